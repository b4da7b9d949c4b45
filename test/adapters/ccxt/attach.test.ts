import ccxt from 'ccxt';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AttachOptions, attach, type CcxtExchange } from '../../../adapters/ccxt/index.ts';
import { type CcxtInstance, PaperAccount, simulateOrders } from '../../../src/paper/index.ts';
import { replayMarket } from '../../../src/paper/market-rules.ts';
import { AUTHOR, engineWith, HOUR, START } from '../../fixtures.ts';

type Order = { id: string; status: string; amount: number; filled: number };

/** A paper exchange on ccxt's own base class, with a market of one symbol. */
function venue() {
  const exchange = new ccxt.Exchange({ id: 'venue', enableRateLimit: false }) as unknown as CcxtInstance;
  exchange.setMarkets([replayMarket('BTC/USDT', 100)]);
  const account = new PaperAccount({ quote: 'USDT', balance: 100_000, slippageBps: 0 });
  let now = START;
  exchange.milliseconds = () => now;
  simulateOrders(exchange, { account, symbols: ['BTC/USDT'], errors: ccxt });
  account.mark('BTC/USDT', 100);
  return {
    exchange,
    account,
    /** The next candle, at one price. */
    tick(price = 100) {
      account.onCandle('BTC/USDT', {
        time: now,
        open: price,
        high: price,
        low: price,
        close: price,
        volume: 1,
      });
      now += HOUR;
    },
    buy: (amount: number, params = {}) =>
      exchange.createOrder('BTC/USDT', 'market', 'buy', amount, undefined, params) as Promise<Order>,
    sell: (amount: number, params = {}) =>
      exchange.createOrder('BTC/USDT', 'market', 'sell', amount, undefined, params) as Promise<Order>,
  };
}

function attached(options: Partial<AttachOptions> = {}) {
  const made = venue();
  const engine = options.engine ?? engineWith();
  const price = { open: 100, high: 100, low: 100, close: 100, volume: 1 };
  engine.recordCandle('BTC/USDT', '1h', { time: START - HOUR, ...price });
  const detach = attach(made.exchange as CcxtExchange, {
    engine,
    strategy: 's',
    sizing: 'host-reads-position',
    ...options,
  });
  return { ...made, engine, detach };
}

const amounts = fc.array(
  fc.integer({ min: 10, max: 500 }).map((lots) => lots / 100),
  { minLength: 1, maxLength: 8 },
);

describe('attached to a ccxt exchange', () => {
  it('a neutral overlay changes nothing of what is sent', async () => {
    await fc.assert(
      fc.asyncProperty(amounts, fc.constantFrom('neutral', 'disabled'), async (sizes, kind) => {
        const [plain, overlaid] = [
          venue(),
          attached({ engine: engineWith({ enabled: kind === 'neutral' }) }),
        ];
        for (const size of sizes) {
          for (const each of [plain, overlaid]) {
            await each.buy(size);
            each.tick();
            await each.sell(size);
            each.tick();
          }
        }
        expect(overlaid.account.fills).toEqual(plain.account.fills);
      }),
      { numRuns: 20 },
    );
  });

  it("a veto rejects as the exchange's own invalid order, and the bot trades again once vetoes stop", async () => {
    const { engine, buy, account, tick } = attached();
    engine.forceStatus('s', 'SUSPENDED', AUTHOR);
    const refused = await buy(1).catch((error) => error);
    expect(refused).toBeInstanceOf(ccxt.InvalidOrder);
    expect(refused).not.toBeInstanceOf(ccxt.NetworkError);
    expect(refused).toMatchObject({
      name: 'OrderVetoed',
      message: expect.stringContaining('STRATEGY_SUSPENDED'),
      decision: { action: 'block' },
    });
    expect(account.orderCount).toBe(0);
    engine.forceStatus('s', 'ACTIVE', AUTHOR);
    tick();
    await buy(1);
    expect(account.orderCount).toBe(1);
  });

  it('a degraded strategy sends exactly the rounded half', async () => {
    const { engine, buy } = attached();
    engine.forceStatus('s', 'DEGRADED', AUTHOR);
    expect((await buy(1.03)).amount).toBe(0.51);
  });

  it('an increase is never sent, unless the configuration allows it', async () => {
    expect((await attached({ engine: engineWith({ baseWeights: { s: 2 } }) }).buy(1)).amount).toBe(1);
    expect(
      (await attached({ engine: engineWith({ baseWeights: { s: 2 }, reduceOnly: false }) }).buy(1)).amount,
    ).toBe(2);
  });

  it('entries are whole or vetoed for a bot that keeps its own quantity', async () => {
    const { engine, buy } = attached({ sizing: 'veto-only' });
    engine.forceStatus('s', 'DEGRADED', AUTHOR);
    expect((await buy(1)).amount).toBe(1);
  });

  it('every exit goes out in full under a veto on everything', async () => {
    const { engine, buy, sell, tick, account, exchange } = attached();
    await buy(4);
    tick();
    engine.forceStatus('s', 'RETIRED', AUTHOR);
    await sell(1);
    await sell(1, { stopLossPrice: 120 });
    await sell(1, { takeProfitPrice: 90 });
    await exchange.createOrder('BTC/USDT', 'limit', 'sell', 1, 80);
    tick();
    expect(account.balance('BTC')).toBe(0);
    expect((await buy(1, { reduceOnly: true })).amount).toBe(1);
  });

  it('after a scaled entry the position ends at 0', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 10, max: 5000 }), async (lots) => {
        const { engine, buy, sell, tick, account } = attached();
        engine.forceStatus('s', 'DEGRADED', AUTHOR);
        const entry = await buy(lots / 100);
        tick();
        await sell(entry.amount);
        tick();
        expect(account.balance('BTC')).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it("an order that would fall below the venue's minimum is withdrawn, not rejected by the venue", async () => {
    const { engine, buy, account, tick } = attached();
    engine.forceStatus('s', 'DEGRADED', AUTHOR);
    for (const candle of [100])
      engine.recordCandle('BTC/USDT', '1h', {
        time: START - HOUR,
        open: candle,
        high: candle,
        low: candle,
        close: candle,
        volume: 1,
      });
    tick();
    await expect(buy(0.06)).rejects.toThrow(/BELOW_MIN/);
    tick();
    await expect(buy(0.01)).rejects.toThrow(/BELOW_MIN/);
    expect(account.orderCount).toBe(0);
    expect(engine.getSignalCounts().s).toMatchObject({ blocked: 2, reasons: { BELOW_MIN: 2 } });
  });

  it('a retried order is one decision, whatever the exchange says to the first try', async () => {
    const { engine, buy, tick } = attached();
    engine.forceStatus('s', 'SUSPENDED', AUTHOR);
    for (let i = 0; i < 5; i += 1) await buy(1 + i).catch(() => undefined);
    expect(engine.getOptimizationStatus().decisions).toBe(1);
    tick();
    for (let i = 0; i < 3; i += 1) await buy(1, { clientOrderId: 'mine' }).catch(() => undefined);
    expect(engine.getOptimizationStatus().decisions).toBe(2);
  });

  it("the host's own order is sent when the overlay fails, or what names it answers later", async () => {
    const broken = () => {
      throw new Error('broken');
    };
    const later = () => Promise.reject(new Error('later')) as never;
    for (const identify of [broken, later]) {
      const { engine, buy } = attached({ identify });
      expect((await buy(1)).amount).toBe(1);
      expect(engine.getOptimizationStatus().errors.ADAPTER_FAILED).toBeGreaterThan(0);
    }
  });

  it('a suspended strategy is blocked even when the bot cannot say what it meant, or has not loaded its markets', async () => {
    const made = attached({
      identify: () => {
        throw new Error('broken');
      },
    });
    made.engine.forceStatus('s', 'SUSPENDED', AUTHOR);
    await expect(made.buy(1)).rejects.toThrow(/STRATEGY_SUSPENDED/);
    const { markets } = made.exchange;
    made.exchange.markets = undefined;
    made.exchange.loadMarkets = async () => {
      made.exchange.markets = markets;
    };
    await expect(made.buy(1)).rejects.toThrow(/STRATEGY_SUSPENDED/);
  });

  it("an order that nobody knows is somebody's by hand, and stays untouched", async () => {
    const made = venue();
    const engine = engineWith({ baseWeights: { default: 0.5 } });
    attach(made.exchange as CcxtExchange, {
      engine,
      sizing: 'host-reads-position',
      identify: () => undefined,
    });
    expect((await made.buy(1)).amount).toBe(1);
    expect(engine.getOptimizationStatus().decisions).toBe(0);
  });

  it('an order that says what to spend spends its share', async () => {
    const { engine, buy } = attached();
    engine.forceStatus('s', 'DEGRADED', AUTHOR);
    expect((await buy(1, { cost: 100 })).amount).toBe(0.5);
  });

  it('a retried order below the minimum is withdrawn once', async () => {
    const { engine, buy } = attached();
    engine.forceStatus('s', 'DEGRADED', AUTHOR);
    for (let i = 0; i < 3; i += 1) await buy(0.01, { clientOrderId: 'mine' }).catch(() => undefined);
    expect(engine.getSignalCounts().s).toMatchObject({ signals: 1, executed: 0, reduced: 0, blocked: 1 });
  });

  it('errors of the exchange reach the bot as they are', async () => {
    const { buy } = attached();
    await expect(buy(1e9)).rejects.toBeInstanceOf(ccxt.InsufficientFunds);
  });

  it('detached, the exchange is as it was', async () => {
    const made = venue();
    const before = Object.getOwnPropertyDescriptors(made.exchange);
    const detach = attach(made.exchange as CcxtExchange, { engine: engineWith() });
    detach();
    expect(Object.getOwnPropertyDescriptors(made.exchange)).toEqual(before);
  });

  it('detached, the exchange stays as it was whoever kept one of its methods', async () => {
    const made = venue();
    const before = Object.getOwnPropertyDescriptors(made.exchange);
    const detach = attach(made.exchange as CcxtExchange, { engine: engineWith() });
    const { createOrder } = made.exchange;
    detach();
    await createOrder('BTC/USDT', 'market', 'buy', 1);
    expect(Object.getOwnPropertyDescriptors(made.exchange)).toEqual(before);
    expect(made.account.orderCount).toBe(1);
  });
});

describe('the record', () => {
  const identify: AttachOptions['identify'] = ({ params }) => ({
    strategy: String(params.clientOrderId).split('-')[0]!,
    stop: 90,
  });

  it('has one trade per closed part, with every field and the decision behind it', async () => {
    const { engine, buy, sell, tick, exchange } = attached({ identify });
    const entry = await buy(2, { clientOrderId: 'ema-1' });
    tick(100);
    await exchange.fetchOrder(entry.id);
    for (const part of [0.5, 1.5]) {
      const exit = await sell(part, { clientOrderId: `ema-${part}` });
      tick(110);
      for (let i = 0; i < 3; i += 1) await exchange.fetchOrder(exit.id);
    }
    const [first, second] = engine.decomposer.getTradeHistory();
    expect(engine.decomposer.getTradeHistory()).toHaveLength(2);
    expect(first).toMatchObject({
      strategy: 'ema',
      symbol: 'BTC/USDT',
      side: 'long',
      size: 0.5,
      entryPrice: 100,
      exitPrice: 110,
      rSource: 'stop',
      multiplier: 1,
      decisionId: 'd1',
    });
    expect(first!.pnl).toBeCloseTo(0.5 * 10 - 0.001 * 0.5 * 210, 9);
    expect(second!.pnl).toBeCloseTo(1.5 * 10 - 0.001 * 1.5 * 210, 9);
    expect(first!.r).toBeCloseTo(first!.pnl / 5, 9);
  });

  it('comes as well from trades as from orders, and from both only once', async () => {
    const { engine, buy, sell, tick, exchange } = attached({ identify });
    await buy(1, { clientOrderId: 'ema-1' });
    tick();
    await sell(1, { clientOrderId: 'ema-2' });
    tick(105);
    await exchange.fetchMyTrades('BTC/USDT');
    await exchange.fetchClosedOrders('BTC/USDT');
    await exchange.fetchMyTrades('BTC/USDT');
    expect(engine.decomposer.getPortfolioPerformance()).toMatchObject({
      trades: 1,
      totalPnl: expect.closeTo(5 - 0.205, 9),
    });
  });

  it('tells two strategies on one symbol apart', async () => {
    const { engine, buy, sell, tick, exchange } = attached({ identify });
    for (const [name, size] of [
      ['ema', 1],
      ['rsi', 2],
    ] as const)
      await buy(size, { clientOrderId: `${name}-1` });
    tick(100);
    await exchange.fetchMyTrades('BTC/USDT');
    for (const [name, size] of [
      ['rsi', 2],
      ['ema', 1],
    ] as const)
      await sell(size, { clientOrderId: `${name}-2` });
    tick(110);
    await exchange.fetchMyTrades('BTC/USDT');
    expect(engine.decomposer.getStrategyPerformance('ema').totalPnl).toBeCloseTo(10 - 0.21, 9);
    expect(engine.decomposer.getStrategyPerformance('rsi').totalPnl).toBeCloseTo(20 - 0.42, 9);
  });

  it('adds up to the change of the account, whatever is bought and sold', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            lots: fc.integer({ min: 10, max: 300 }),
            price: fc.integer({ min: 50, max: 200 }),
            part: fc.integer({ min: 1, max: 100 }),
          }),
          { minLength: 1, maxLength: 10 },
        ),
        async (rounds) => {
          const { engine, buy, sell, tick, exchange, account } = attached();
          for (const { lots, price, part } of rounds) {
            const entry = await buy(lots / 100);
            tick(price);
            await exchange.fetchMyTrades('BTC/USDT');
            const share = Number(
              exchange.amountToPrecision('BTC/USDT', Math.max(0.01, (entry.amount * part) / 100)),
            );
            for (const amount of [share, entry.amount - share]) {
              if (amount < 0.005 || amount * price < 5) continue;
              await sell(amount).catch(() => undefined);
              tick(price + 5);
              await exchange.fetchMyTrades('BTC/USDT');
            }
          }
          const left = account.balance('BTC');
          if (left > 0) {
            await exchange.createOrder('BTC/USDT', 'market', 'sell', left + 0.001).catch(() => undefined);
            tick();
            await exchange.fetchMyTrades('BTC/USDT');
          }
          fc.pre(account.balance('BTC') < 1e-9);
          expect(engine.decomposer.getPortfolioPerformance().totalPnl).toBeCloseTo(
            account.equity() - 100_000,
            6,
          );
        },
      ),
      { numRuns: 40 },
    );
  });
});
