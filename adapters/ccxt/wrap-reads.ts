import type { AccountExposure } from '../core/exposure.ts';
import { rowsOf } from './answers.ts';
import type { CandleFeed } from './candles.ts';
import { marketOf } from './market.ts';
import type { CcxtTrade } from './orders.ts';
import type { Patches } from './patches.ts';
import type { Prices } from './prices.ts';
import type { Reconciler } from './reconcile.ts';
import type { Host } from './wrap-orders.ts';

interface Parts extends Host {
  readonly exposure: AccountExposure;
  readonly prices: Prices;
  readonly reconciler: Reconciler;
  readonly candles: CandleFeed;
}

const ORDERS = [
  ...['fetchOrder', 'fetchOrders', 'fetchOpenOrders', 'fetchClosedOrders', 'fetchCanceledOrders'],
  ...[
    'fetchCanceledAndClosedOrders',
    'fetchOrderWs',
    'fetchOrdersWs',
    'fetchOpenOrdersWs',
    'fetchClosedOrdersWs',
  ],
  ...['cancelOrder', 'cancelOrders', 'cancelOrderWs', 'cancelOrdersWs', 'cancelOrdersForSymbols'],
  ...['watchOrders', 'watchOrdersForSymbols'],
];
const TRADES = [
  'fetchMyTrades',
  'fetchOrderTrades',
  'fetchMyTradesWs',
  'watchMyTrades',
  'watchMyTradesForSymbols',
];
const POSITIONS = [
  'fetchPositions',
  'fetchPosition',
  'fetchPositionsForSymbol',
  'fetchPositionsRisk',
  'fetchAccountPositions',
  'fetchPositionsWs',
  'fetchPositionWs',
  'fetchPositionsForSymbolWs',
];
/** They tell what has changed: of what they leave out nothing is known. */
const POSITION_STREAMS = ['watchPositions', 'watchPosition', 'watchPositionForSymbols'];
const BALANCES = ['fetchBalance', 'fetchBalanceWs', 'watchBalance'];
const CANDLES = ['fetchOHLCV', 'fetchOHLCVWs', 'watchOHLCV'];
const TICKERS = [
  'fetchTicker',
  'fetchTickers',
  'watchTicker',
  'watchTickers',
  'fetchTickerWs',
  'fetchTickersWs',
];
const BOOKS = ['fetchOrderBook', 'watchOrderBook', 'fetchOrderBookWs', 'fetchL2OrderBook'];

/** Wraps every method of an exchange by which a bot looks at something, and reads along. */
export function wrapReads(patches: Patches, parts: Parts): void {
  const { exchange, exposure, prices, reconciler, candles, aside, isNotOurs } = parts;

  /** @param look is told the arguments before the call, and reads the answer after it */
  function along(
    names: readonly string[],
    look: (args: readonly unknown[]) => (answer: unknown) => void,
  ): void {
    for (const name of names)
      patches.wrap(name, (original) => async (...args) => {
        if (isNotOurs()) return original(...args);
        const read = aside(() => look(args));
        const answer = await original(...args);
        if (read) aside(() => read(answer));
        return answer;
      });
  }

  along(ORDERS, () => (answer) => reconciler.orders.observe(rowsOf(answer)));
  along(TRADES, () => (answer) => reconciler.orders.observeTrades(rowsOf(answer) as CcxtTrade[]));
  along(POSITIONS, (args) => {
    const asked = exposure.ask(exchange.milliseconds());
    const symbols = Array.isArray(args[0]) ? args[0] : [args[0]];
    const expected = symbols.filter(
      (each) => typeof each === 'string' && marketOf(exchange, each)?.symbol === each,
    );
    return (answer) => reconciler.positions.learn(answer, asked, expected);
  });
  along(POSITION_STREAMS, () => {
    const asked = exposure.ask(exchange.milliseconds());
    return (answer) => reconciler.positions.learn(answer, asked, []);
  });
  along(BALANCES, () => {
    const asked = exposure.ask(exchange.milliseconds());
    return (answer) => reconciler.positions.learnBalance(answer, asked);
  });
  along(CANDLES, ([symbol, timeframe]) => {
    reconciler.positions.watch(symbol);
    return (answer) => {
      const rows = answer as number[][];
      prices.note(symbol, rows.at(-1)?.[4]);
      candles.take(String(symbol), String(timeframe ?? '1m'), rows, exchange.milliseconds());
    };
  });
  along(TICKERS, ([symbol]) => {
    reconciler.positions.watch(symbol);
    return (answer) => prices.tickers(answer);
  });
  along(BOOKS, ([symbol]) => {
    reconciler.positions.watch(symbol);
    return (answer) => prices.book(answer, symbol);
  });
}
