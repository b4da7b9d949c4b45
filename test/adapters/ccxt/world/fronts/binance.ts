import { exchangeInfoRow } from '../venue/instruments.ts';
import { VenueError } from '../venue/order.ts';
import type { Venue } from '../venue/venue.ts';
import type { Asked, Handler } from './asked.ts';
import { instrumentOf, known, openOrders, WRITES } from './binance-orders.ts';
import { positionRows, rowOf, text, tradeRow } from './binance-rows.ts';

function trades(venue: Venue, asked: Asked): unknown {
  const { startTime, endTime, orderId, limit, fromId } = asked.params;
  const instrument = instrumentOf(venue, asked);
  const rows = venue.ledger.fills.filter(
    (fill) =>
      fill.instrument === instrument &&
      fill.time >= Number(startTime ?? 0) &&
      fill.time <= Number(endTime ?? Number.POSITIVE_INFINITY) &&
      fill.time <= venue.now - asked.tradeLag &&
      fill.id >= Number(fromId ?? 0) &&
      (orderId === undefined || fill.orderId === Number(orderId)),
  );
  const most = Number(limit ?? 500);
  return (startTime === undefined ? rows.slice(-most) : rows.slice(0, most)).map(tradeRow);
}

function account(venue: Venue, { family }: Asked): unknown {
  const { ledger } = venue;
  const rows = ledger
    .currencies()
    .map((asset) => ({ asset, cash: ledger.cash(asset), locked: venue.locked(asset) }));
  if (family === 'api')
    return {
      canTrade: true,
      updateTime: venue.time(),
      balances: rows.map(({ asset, cash, locked }) => ({
        asset,
        free: text(cash - locked),
        locked: text(locked),
      })),
    };
  if (family === 'sapi')
    return {
      tradeEnabled: true,
      userAssets: rows.map(({ asset, cash, locked }) => ({
        asset,
        free: text(Math.max(0, cash - locked)),
        locked: text(Math.min(locked, Math.max(0, cash))),
        borrowed: text(Math.max(0, -cash)),
        interest: '0',
        netAsset: text(cash),
      })),
    };
  return {
    assets: rows.map(({ asset, cash }) => ({
      asset,
      walletBalance: text(cash),
      marginBalance: text(cash),
      availableBalance: text(cash),
      initialMargin: '0',
      crossWalletBalance: text(cash),
      crossUnPnl: '0',
      updateTime: venue.time(),
    })),
    positions: positionRows(venue),
  };
}

const income: Handler = (venue, { params }) =>
  venue.ledger.payments
    .map(({ instrument, amount, time }, i) => ({
      symbol: instrument.id,
      incomeType: 'FUNDING_FEE',
      income: text(amount),
      asset: instrument.settle,
      time,
      tranId: 9000 + i,
      tradeId: '',
    }))
    .filter(
      ({ symbol, time }) =>
        (params.symbol === undefined || symbol === params.symbol) && time >= Number(params.startTime ?? 0),
    );

const ticker: Handler = (venue, asked) => {
  const rows = (asked.params.symbol === undefined ? venue.instruments : [instrumentOf(venue, asked)]).map(
    (instrument) => {
      const price = text(venue.price(instrument));
      return {
        symbol: instrument.id,
        price,
        lastPrice: price,
        bidPrice: price,
        askPrice: price,
        openTime: venue.now,
        closeTime: venue.now,
        count: 1,
      };
    },
  );
  return asked.params.symbol === undefined || asked.family === 'dapi' ? rows : rows[0];
};

const depth: Handler = (venue, asked) => {
  const instrument = instrumentOf(venue, asked);
  const price = venue.price(instrument);
  return { lastUpdateId: 1, bids: [[text(price), '1000']], asks: [[text(price + instrument.tick), '1000']] };
};

/** What the venue answers, by method and path. */
const HANDLERS: Readonly<Record<string, Handler>> = {
  'GET exchangeInfo': (venue) => ({ symbols: venue.instruments.map(exchangeInfoRow) }),
  'GET time': (venue) => ({ serverTime: venue.now }),
  'GET ticker/price': ticker,
  'GET ticker/24hr': ticker,
  'GET ticker/bookTicker': ticker,
  'GET depth': depth,
  'GET leverageBracket': () => [],
  'GET positionSide/dual': (venue) => ({ dualSidePosition: venue.hedged }),
  'GET account': account,
  'GET positionRisk': positionRows,
  'GET income': income,
  'GET myTrades': trades,
  'GET userTrades': trades,
  'GET openOrders': (venue, asked) => openOrders(venue, asked, false).map(rowOf),
  'GET openAlgoOrders': (venue, asked) => openOrders(venue, asked, true).map(rowOf),
  'GET allOrders': (venue, asked) =>
    venue.orders.filter((order) => order.instrument === instrumentOf(venue, asked) && !order.algo).map(rowOf),
  'GET allAlgoOrders': (venue, asked) =>
    venue.orders.filter((order) => order.instrument === instrumentOf(venue, asked) && order.algo).map(rowOf),
  'GET order': (venue, asked) => rowOf(known(venue, asked, false)),
  'GET openOrder': (venue, asked) => rowOf(known(venue, asked, false)),
  'GET algoOrder': (venue, asked) => rowOf(known(venue, asked, true)),
  ...WRITES,
};

const FAMILIES = {
  spot: 'api',
  margin: 'sapi',
  usdm: 'fapi',
  hedge: 'fapi',
  coinm: 'dapi',
  bybit: 'v5',
} as const;

/** What the owner's other accounts answer, in which there is nothing. */
const ELSEWHERE: Readonly<Record<string, Handler>> = {
  'GET account': () => ({ balances: [], userAssets: [], assets: [], positions: [] }),
  'GET positionRisk': () => [],
  'GET income': () => [],
  'GET myTrades': () => [],
  'GET userTrades': () => [],
  'GET openOrders': () => [],
  'GET openAlgoOrders': () => [],
  'GET allOrders': () => [],
  'GET allAlgoOrders': () => [],
  'GET order': (venue, asked) => known(venue, { ...asked, params: { ...asked.params, orderId: '0' } }, false),
};

/** Answers a request, or throws the venue's refusal. */
export function answer(venue: Venue, asked: Asked): unknown {
  const name = `${asked.method} ${asked.path}`;
  const isElsewhere = asked.family !== FAMILIES[venue.settings.kind];
  if (isElsewhere && asked.method !== 'GET')
    throw new VenueError(-2010, 'Account has insufficient balance for requested action.');
  const handler = (isElsewhere ? ELSEWHERE[name] : undefined) ?? HANDLERS[name];
  if (!handler) throw new VenueError(-1, `unknown ${asked.method} ${asked.family} ${asked.path}`);
  return handler(venue, asked);
}
