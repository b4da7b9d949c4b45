import ccxt from 'ccxt';
import { describe, expect, it } from 'vitest';
import { type CcxtInstance, PaperAccount, paperExchange } from '../../src/paper/index.ts';
import { replayMarket } from '../../src/paper/market-rules.ts';
import { HOUR, START } from '../fixtures.ts';

const SYMBOL = 'BTC/USDT:USDT';
type Wish = Parameters<PaperAccount['place']>[0];

/** An account on a swap, with the exchange's own way of placing: at once, at the last price. */
function account({
  leverage = 10,
  balance = 10_000,
  participation,
}: {
  leverage?: number;
  balance?: number;
  participation?: number;
} = {}) {
  const made = new PaperAccount({
    quote: 'USDT',
    balance,
    slippageBps: 0,
    ...(participation === undefined ? {} : { participation }),
  });
  made.addMarket({ symbol: SYMBOL, base: 'BTC', quote: 'USDT', taker: 0, maker: 0, contractSize: 1 });
  made.setLeverage(SYMBOL, leverage);
  made.mark(SYMBOL, 100);
  const place = (wish: Partial<Wish>) => {
    const order = made.place({
      clientOrderId: undefined,
      symbol: SYMBOL,
      type: 'market',
      side: 'buy',
      amount: 1,
      price: undefined,
      stopLossPrice: undefined,
      takeProfitPrice: undefined,
      timestamp: START,
      ...wish,
    });
    made.meetNow(order, START);
    return order;
  };
  return { made, place };
}

const candle = (open: number, high: number, low: number, close: number, volume = 1000) => ({
  time: START + HOUR,
  open,
  high,
  low,
  close,
  volume,
});

describe('a candle that goes further than the account can answer for', () => {
  it('has it liquidated on the way, also where the price comes back', () => {
    const { made, place } = account({ leverage: 20 });
    place({ amount: 1800 });
    made.onCandle(SYMBOL, candle(100, 101, 85, 100));
    expect(made.position(SYMBOL).contracts).toBe(0);
    // 10,000 stand for 1,800 coins: about 5.5 down, less what a venue keeps.
    const { price } = made.fills.at(-1)!;
    expect(price).toBeGreaterThan(94.4);
    expect(price).toBeLessThan(96);
    expect(made.equity()).toBeGreaterThanOrEqual(0);
    expect(made.equity()).toBeLessThan(2000);
  });

  it.each([
    ['long', 'buy', candle(60, 60, 55, 58)],
    ['short', 'sell', candle(140, 150, 139, 140)],
  ] as const)('owes nothing after a gap, %s', (_, side, gap) => {
    const { made, place } = account({ leverage: 20 });
    place({ side, amount: 1800 });
    made.onCandle(SYMBOL, gap);
    expect(made.fills.at(-1)!.price).toBe(gap.open);
    expect(made.equity()).toBe(0);
  });

  it('leaves those alone who can', () => {
    const { made, place } = account({ leverage: 2 });
    place({ amount: 150 });
    made.onCandle(SYMBOL, candle(100, 101, 60, 99));
    expect(made.position(SYMBOL).contracts).toBe(150);
    expect(made.equity()).toBeCloseTo(10_000 - 150, 9);
  });
});

describe('an order in the book', () => {
  it('fills at its own price as a maker, also on a gap beyond it', () => {
    const { made, place } = account();
    const order = place({ type: 'limit', price: 95, amount: 10 });
    made.onCandle(SYMBOL, candle(80, 82, 79, 81));
    expect(order).toMatchObject({ status: 'closed', cost: 950 });
  });

  it('that a stop put there fills between its two prices, or waits', () => {
    const { made, place } = account();
    place({ amount: 20 });
    const within = place({ type: 'limit', side: 'sell', amount: 5, price: 94, stopLossPrice: 95 });
    made.onCandle(SYMBOL, candle(100, 100, 85, 100));
    expect(within).toMatchObject({ status: 'closed', cost: 475 });
    const gapped = place({ type: 'limit', side: 'sell', amount: 5, price: 94, stopLossPrice: 95 });
    made.onCandle(SYMBOL, candle(80, 85, 75, 84));
    expect(gapped.status).toBe('open');
    made.onCandle(SYMBOL, candle(90, 99, 90, 98));
    expect(gapped).toMatchObject({ status: 'closed', cost: 470 });
  });

  it('that filled in part has its stop for that part', () => {
    const { made, place } = account({ participation: 0.1 });
    const order = place({
      type: 'limit',
      price: 95,
      amount: 20,
      protection: { stopLossPrice: 65, takeProfitPrice: undefined },
    });
    made.onCandle(SYMBOL, candle(96, 97, 94, 95, 10));
    expect([
      order.filled,
      made
        .openOrders()
        .filter(({ waits }) => waits)
        .map(({ amount }) => amount),
    ]).toEqual([1, [1]]);
    made.cancel(order.id);
    made.onCandle(SYMBOL, candle(90, 91, 60, 62, 1000));
    expect(made.position(SYMBOL).contracts).toBe(0);
  });
});

describe('an exchange on paper', () => {
  function venue() {
    const exchange = new ccxt.bybit({ enableRateLimit: false });
    exchange.setMarkets([
      {
        ...replayMarket('BTC/USDT', 100),
        symbol: SYMBOL,
        settle: 'USDT',
        type: 'swap',
        spot: false,
        swap: true,
        contract: true,
        linear: true,
        inverse: false,
        contractSize: 1,
      },
    ] as never);
    const state = { price: 100 };
    Object.assign(exchange, { fetchTicker: async (symbol: string) => ({ symbol, last: state.price }) });
    const paper = paperExchange(exchange as unknown as CcxtInstance, { balance: 10_000, slippageBps: 10 });
    return { exchange, state, ...paper };
  }

  it('says as free what can be spent, losses of open positions taken off', async () => {
    const { exchange, state, stop } = venue();
    await exchange.setLeverage(10, SYMBOL);
    await exchange.createOrder(SYMBOL, 'market', 'buy', 500);
    state.price = 95;
    await exchange.fetchTicker(SYMBOL);
    const order = (share: number, free: number) =>
      exchange.createOrder(SYMBOL, 'market', 'buy', Math.floor((share * 10 * free) / 95));
    await exchange.createOrder(SYMBOL, 'market', 'buy', 1);
    const { free } = (await exchange.fetchBalance()).USDT!;
    expect(free).toBeLessThan(3000);
    await order(0.9, free as number);
    stop();
  });

  it('refuses what cannot be paid, slippage and all, instead of taking and dropping it', async () => {
    const { exchange, stop } = venue();
    const { free } = (await exchange.fetchBalance()).USDT!;
    const most = (free as number) / 100 / 1.0006;
    await expect(exchange.createOrder(SYMBOL, 'market', 'buy', most)).rejects.toBeInstanceOf(
      ccxt.InsufficientFunds,
    );
    expect((await exchange.createOrder(SYMBOL, 'market', 'buy', most * 0.99)).status).toBe('closed');
    stop();
  });

  it('keeps of an order that is edited what the edit does not name, and the order where the edit is refused', async () => {
    const { exchange, account: books, stop } = venue();
    await exchange.createOrder(SYMBOL, 'market', 'sell', 10);
    const stopOrder = await exchange.createOrder(SYMBOL, 'market', 'buy', 10, undefined, {
      stopLossPrice: 105,
      reduceOnly: true,
    });
    const moved = await exchange.editOrder(stopOrder.id!, SYMBOL, 'market', 'buy', 10, undefined, {
      stopLossPrice: 108,
    });
    expect(moved.reduceOnly).toBe(true);
    const limit = await exchange.createOrder(SYMBOL, 'limit', 'buy', 10, 90);
    await expect(exchange.editOrder(limit.id!, SYMBOL, 'limit', 'buy', 1e6, 90)).rejects.toBeInstanceOf(
      ccxt.InsufficientFunds,
    );
    expect((await exchange.fetchOrder(limit.id!, SYMBOL)).status).toBe('open');
    expect(books.openOrders()).toHaveLength(2);
    stop();
  });

  it.each<[string, unknown[]]>([
    ['fetchOpenOrders', [SYMBOL]],
    ['fetchMyTrades', [SYMBOL]],
    ['fetchPositions', [[SYMBOL]]],
    ['setLeverage', [3, SYMBOL]],
    ['cancelAllOrders', [SYMBOL]],
    ['fetchTradingFee', [SYMBOL]],
  ])('loads its markets whatever is asked of it first, as ccxt does: %s', async (name, given) => {
    const { exchange, stop } = venue();
    const { markets } = exchange;
    Object.assign(exchange, {
      markets: undefined,
      fetchMarkets: async () => Object.values(markets as object),
      fetchCurrencies: async () => ({}),
    });
    await (exchange as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[name]!(...given);
    expect(Object.keys(exchange.markets as object)).toEqual([SYMBOL]);
    stop();
  });

  it('gives the latest where nobody says from when', async () => {
    const { exchange, stop } = venue();
    const ids: unknown[] = [];
    for (let i = 0; i < 4; i += 1)
      ids.push((await exchange.createOrder(SYMBOL, 'market', i % 2 === 0 ? 'buy' : 'sell', 1)).id);
    const [trade] = await exchange.fetchMyTrades(SYMBOL, undefined, 1);
    expect(trade!.order).toBe(ids.at(-1));
    expect((await exchange.fetchClosedOrders(SYMBOL, undefined, 2)).map(({ id }) => id)).toEqual(
      ids.slice(-2),
    );
    stop();
  });
});
