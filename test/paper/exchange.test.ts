import ccxt from 'ccxt';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CcxtInstance, PaperAccount, simulateOrders } from '../../src/paper/index.ts';
import { replayMarket } from '../../src/paper/market-rules.ts';
import { HOUR, START } from '../fixtures.ts';

const SPOT = 'BTC/USDT';
const SWAP = 'BTC/USDT:USDT';

type Methods = Record<string, (...args: never[]) => Promise<never>>;

/** A paper exchange with a price of its own, on spot and a linear swap of 0.01 BTC a contract. */
function venue({
  balance = 10_000 as number | Record<string, number>,
  participation = undefined as number | undefined,
} = {}) {
  const exchange = new ccxt.Exchange({ id: 'venue', enableRateLimit: false }) as unknown as CcxtInstance;
  const spot = { ...replayMarket(SPOT, 100), precision: { amount: 0.01, price: 0.01 } };
  const swap = { ...spot, symbol: SWAP, type: 'swap', spot: false, swap: true, contract: true, linear: true };
  exchange.setMarkets([
    spot,
    { ...swap, settle: 'USDT', contractSize: 0.01, precision: { amount: 1, price: 0.01 } },
  ]);
  const account = new PaperAccount({
    quote: 'USDT',
    balance,
    slippageBps: 0,
    ...(participation === undefined ? {} : { participation }),
  });
  const state = { now: START, price: 100 };
  exchange.milliseconds = () => state.now;
  simulateOrders(exchange, {
    account,
    errors: ccxt,
    priceNow: async (symbol) => account.mark(symbol, state.price),
  });
  const candle = (open: number, high: number, low: number, close: number, volume = 1000) => {
    for (const symbol of [SPOT, SWAP])
      account.onCandle(symbol, { time: state.now, open, high, low, close, volume }, state.now);
    state.price = close;
    state.now += HOUR;
  };
  return { exchange, account, state, candle, call: exchange as unknown as Methods };
}

const order = async (
  on: ReturnType<typeof venue>,
  type: string,
  side: string,
  amount: number | undefined,
  price?: number,
  params: object = {},
  symbol = SPOT,
) => on.exchange.createOrder(symbol, type, side, amount as number, price, params as Record<string, unknown>);

describe('a paper exchange', () => {
  it('fills a market order at once, and a limit order that is as good as one', async () => {
    const on = venue();
    expect(await order(on, 'market', 'buy', 2)).toMatchObject({ status: 'closed', filled: 2, average: 100 });
    expect(await order(on, 'limit', 'buy', 1, 105)).toMatchObject({ status: 'closed', average: 100 });
    expect(await order(on, 'limit', 'buy', 1, 95)).toMatchObject({ status: 'open', filled: 0 });
    expect(await on.exchange.fetchBalance()).toMatchObject({
      BTC: { free: 3, used: 0, total: 3 },
      free: { BTC: 3 },
      total: { USDT: expect.closeTo(10_000 - 300 * 1.001, 6) },
      used: { USDT: expect.closeTo(95 * 1.001, 6) },
    });
  });

  it('spends what an order by cost says', async () => {
    const on = venue();
    for (const params of [{ cost: 500 }, { quoteOrderQty: 500 }])
      expect(await order(on, 'market', 'buy', undefined, undefined, params)).toMatchObject({ filled: 5 });
    expect(await on.call.createMarketBuyOrderWithCost!(SPOT as never, 250 as never)).toMatchObject({
      filled: 2.5,
    });
  });

  it('lets stops and targets wait for their price, whatever they are called', async () => {
    const stops: [type: string, price: number | undefined, params: object][] = [
      ['market', undefined, { stopLossPrice: 90 }],
      ['market', undefined, { stopPrice: 90 }],
      ['market', undefined, { triggerPrice: 90 }],
      ['stop_market', undefined, { stopPrice: 90 }],
      ['STOP_LOSS', undefined, { stopPrice: 90 }],
      ['stop', 90, {}],
    ];
    for (const [type, price, params] of stops) {
      const on = venue({ balance: { USDT: 0, BTC: 1 } });
      const placed = await order(on, type, 'sell', 1, price, params);
      expect(placed, type).toMatchObject({ status: 'open', triggerPrice: 90 });
      on.candle(100, 120, 91, 95);
      expect((await on.exchange.fetchOrder(placed.id)).status).toBe('open');
      on.candle(95, 96, 85, 92);
      expect(await on.exchange.fetchOrder(placed.id)).toMatchObject({ status: 'closed', average: 90 });
    }
    const on = venue({ balance: { USDT: 0, BTC: 1 } });
    const target = await order(on, 'market', 'sell', 1, undefined, { triggerPrice: 110 });
    on.candle(100, 111, 99, 105);
    expect(await on.exchange.fetchOrder(target.id)).toMatchObject({ status: 'closed', average: 110 });
  });

  it('rests a stop with a limit at its limit once it is touched', async () => {
    const on = venue({ balance: { USDT: 0, BTC: 1 } });
    const placed = await order(on, 'stop_limit', 'sell', 1, 92, { stopPrice: 90 });
    on.candle(95, 96, 85, 88);
    expect((await on.exchange.fetchOrder(placed.id)).status).toBe('open');
    on.candle(88, 93, 87, 92);
    expect(await on.exchange.fetchOrder(placed.id)).toMatchObject({ status: 'closed', average: 92 });
  });

  it('puts the stop and the target of an entry on what it opens, and drops them with it', async () => {
    const on = venue();
    await order(on, 'market', 'buy', 1, undefined, {
      stopLoss: { triggerPrice: 90 },
      takeProfit: { triggerPrice: 110 },
    });
    expect(await on.exchange.fetchOpenOrders(SPOT)).toMatchObject([
      { side: 'sell', amount: 1, stopLossPrice: 90, takeProfitPrice: 110 },
    ]);
    on.candle(100, 120, 80, 100);
    expect(on.account.balance('BTC')).toBe(0);
    expect(on.account.fills.at(-1)).toMatchObject({ side: 'sell', price: 90 });

    const swap = venue();
    await order(swap, 'market', 'buy', 5, undefined, { stopLoss: { triggerPrice: 90 } }, SWAP);
    await order(swap, 'market', 'sell', 5, undefined, { reduceOnly: true }, SWAP);
    expect(await swap.exchange.fetchOpenOrders(SWAP)).toEqual([]);
  });

  it('takes a share of the volume at a time, and lets the rest wait', async () => {
    const on = venue({ participation: 0.1 });
    const placed = await order(on, 'limit', 'buy', 10, 99);
    on.candle(99, 100, 98, 99, 40);
    expect(await on.exchange.fetchOrder(placed.id)).toMatchObject({
      status: 'open',
      filled: 4,
      remaining: 6,
    });
    on.candle(99, 100, 98, 99, 1000);
    expect(await on.exchange.fetchOrder(placed.id)).toMatchObject({ status: 'closed', filled: 10 });
    expect(await on.exchange.fetchMyTrades(SPOT)).toHaveLength(2);
  });

  it('refuses what the venue would', async () => {
    const on = venue();
    const refused: [code: string, ...(Parameters<typeof order> extends [unknown, ...infer R] ? R : never)][] =
      [
        ['InvalidOrder', 'market', 'buy', 0.0001],
        ['InvalidOrder', 'market', 'buy', 0.01],
        ['InvalidOrder', 'limit', 'buy', 1],
        ['InvalidOrder', 'market', 'hold', 1],
        ['InvalidOrder', 'iceberg', 'buy', 1],
        ['InvalidOrder', 'limit', 'buy', 1, 101, { postOnly: true }],
        ['InvalidOrder', 'market', 'sell', 1, undefined, { reduceOnly: true }, SWAP],
        ['InsufficientFunds', 'market', 'buy', 101],
        ['InsufficientFunds', 'market', 'sell', 1],
      ];
    for (const [code, ...wish] of refused)
      await expect(order(on, ...wish), wish.join()).rejects.toBeInstanceOf(ccxt[code as 'InvalidOrder']);
    await expect(on.exchange.cancelOrder('no')).rejects.toBeInstanceOf(ccxt.OrderNotFound);
    await expect(on.call.withdraw!()).rejects.toBeInstanceOf(ccxt.NotSupported);
    expect(on.account.orderCount).toBe(0);
  });

  it('cancels and edits', async () => {
    const on = venue();
    const { id } = await order(on, 'limit', 'buy', 1, 90);
    const edited = await on.call.editOrder!(...([id, SPOT, 'limit', 'buy', 2, 91] as never[]));
    expect(edited).toMatchObject({ amount: 2, price: 91, status: 'open' });
    expect((await on.exchange.fetchOrder(id)).status).toBe('canceled');
    await order(on, 'limit', 'buy', 1, 80);
    expect(await on.call.cancelAllOrders!(SPOT as never)).toHaveLength(2);
    expect(await on.exchange.fetchOpenOrders()).toEqual([]);
    expect(await order(on, 'limit', 'buy', 1, 90, { timeInForce: 'IOC' })).toMatchObject({
      status: 'canceled',
    });
  });

  it('has positions in swaps, long and short, that turn around, at their leverage', async () => {
    const on = venue();
    await on.call.setLeverage!(...([5, SWAP] as never[]));
    // 100 contracts are 1 BTC.
    await order(on, 'market', 'buy', 100, undefined, {}, SWAP);
    on.state.price = 110;
    on.account.mark(SWAP, 110);
    const [position] = (await on.call.fetchPositions!()) as unknown as object[];
    expect(position).toMatchObject({
      side: 'long',
      contracts: 100,
      entryPrice: 100,
      unrealizedPnl: 10,
      initialMargin: 20,
    });
    await order(on, 'market', 'sell', 150, undefined, {}, SWAP);
    expect(on.account.position(SWAP)).toMatchObject({ contracts: -50, entryPrice: 110 });
    on.state.price = 100;
    await order(on, 'market', 'buy', 500, undefined, { reduceOnly: true }, SWAP);
    expect(on.account.positions).toEqual([]);
    const fees = on.account.fills.reduce((sum, { fee }) => sum + fee, 0);
    expect(on.account.equity()).toBeCloseTo(10_000 + 10 + 5 - fees, 9);
  });

  it('is liquidated when the positions are worth more than it can answer for', async () => {
    const on = venue({ balance: 100 });
    await on.call.setLeverage!(...([20, SWAP] as never[]));
    await order(on, 'market', 'buy', 1500, undefined, {}, SWAP);
    on.candle(100, 100, 93, 93.5);
    expect(on.account.positions).toEqual([]);
    expect(on.account.equity()).toBeLessThan(10);
  });

  it('never makes money by trading at one price, whatever is ordered', async () => {
    const kind = fc.record({
      symbol: fc.constantFrom(SPOT, SWAP),
      side: fc.constantFrom('buy', 'sell'),
      amount: fc.integer({ min: 1, max: 60 }),
      reduceOnly: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(kind, { maxLength: 25 }), async (wishes) => {
        const on = venue();
        for (const { symbol, side, amount, reduceOnly } of wishes)
          await order(on, 'market', side, amount, undefined, { reduceOnly }, symbol).catch(() => undefined);
        const fees = on.account.fills.reduce((sum, { fee }) => sum + fee, 0);
        expect(on.account.equity()).toBeCloseTo(10_000 - fees, 6);
        expect(on.account.free()).toBeLessThanOrEqual(10_000);
        expect(on.account.balance('BTC')).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 40 },
    );
  });
});
