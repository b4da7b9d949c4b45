import { describe, expect, it } from 'vitest';
import type { DebutOrder } from '../../../adapters/debut/index.ts';
import { engineWith, START } from '../../fixtures.ts';
import { Venue } from '../core/venue.ts';
import { debutBot, type FakeOrder } from './host.ts';

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe('positions of a Debut bot', () => {
  it('are the opened orders: the parts in which one closes are one outcome', async () => {
    const engine = engineWith();
    const { bot, tick } = debutBot({}, { engine });
    await tick(100);
    await bot.createOrder('BUY', 2);
    const heard: [string | undefined, number | undefined][] = [];
    engine.subscribe((event) => {
      if (event.type === 'trade') heard.push([event.input.positionId, event.input.openSize]);
    });
    for (const [price, share] of [
      [110, 0.5],
      [120, 0.5],
      [130, 1],
    ] as const) {
      await tick(price);
      if (share === 1) await bot.closeOrder(bot.orders[0]!);
      else await bot.reduceOrder(bot.orders[0]!, share);
    }
    const [position] = new Set(heard.map(([id]) => id));
    expect(position).toMatch(/^BTCUSDT\/EMA_Trend\/c\d+@/);
    expect(heard).toEqual([
      [position, 1],
      [position, 0.5],
      [position, 0],
    ]);
    expect(engine.getCoverage().closed).toBe(1);
    expect(sum(engine.decomposer.getTradeHistory().map(({ pnl }) => pnl))).toBeCloseTo(
      bot.venue.equity() - 1_000_000,
      9,
    );
  });

  it('are told apart where client ids come again', async () => {
    const engine = engineWith();
    const { bot, plugin } = debutBot({}, { engine });
    const context = { debut: bot as never };
    for (const time of [START, START + 1000]) {
      const order = { cid: 7, type: 'BUY', lots: 1, executedLots: 1, price: 100, time, author: 'EMA_Trend' };
      await plugin.onOpen!.call(context, order);
      await plugin.onClose!.call(context, { ...order, cid: 8, type: 'SELL', price: 101 }, order);
    }
    expect(engine.decomposer.getTradeHistory()).toHaveLength(2);
    expect(engine.getCoverage().closed).toBe(2);
  });

  it('keep their names short enough for a record, however long that of the strategy is', async () => {
    const { bot, plugin, tick } = debutBot({ edgekeeperStrategy: 'x'.repeat(100) });
    await tick(100);
    await bot.createOrder('BUY', 1);
    await tick(101);
    await bot.closeAll();
    expect(plugin.api.status()).toMatchObject({ trades: 1, errors: {} });
  });

  it('from before the plugin are recorded with what the host says, and pay their entry fee once', async () => {
    const engine = engineWith();
    const venue = new Venue();
    const plain = debutBot({ edgekeeper: false }, {}, venue);
    await plain.tick(100);
    await plain.bot.createOrder('BUY', 4);
    const { bot, tick } = debutBot({}, { engine }, venue);
    await tick(100);
    bot.orders = structuredClone(plain.bot.orders);
    await tick(110);
    for (let i = 0; i < 3; i += 1) await bot.reduceOrder(bot.orders[0]!, 0.5);
    await bot.closeOrder(bot.orders[0]!);
    const trades = engine.decomposer.getTradeHistory();
    expect(trades.map(({ size }) => size)).toEqual([2, 1, 0.5, 0.5]);
    expect(sum(trades.map(({ fees }) => fees))).toBeCloseTo(0.4 + 0.44, 9);
    expect(sum(trades.map(({ pnl }) => pnl))).toBeCloseTo(venue.equity() - 1_000_000, 9);
    expect(engine.getOptimizationStatus().errors).toEqual({ POSITION_UNKNOWN: 1 });
    expect(engine.getCoverage().closed).toBe(1);
  });

  it('of which a part closed before the plugin knew pay the fee of the rest', async () => {
    const engine = engineWith();
    const { bot, plugin } = debutBot({}, { engine });
    // Opened with 4 lots and a fee of 0.4; 3 of them had closed before.
    const opened: DebutOrder = {
      cid: 1,
      type: 'BUY',
      lots: 1,
      executedLots: 1,
      price: 100,
      time: START,
      orderId: 'o',
      commission: { value: 0.4, currency: 'USD' },
    };
    const order = { ...opened, cid: 2, type: 'SELL', price: 110, time: START + 1, commission: undefined };
    await plugin.onClose!.call({ debut: bot as never }, order, opened);
    expect(engine.decomposer.getTradeHistory()[0]!.fees).toBeCloseTo(0.1 + 0.11, 9);
  });

  it('that close less than they held are known to have lost sight of the rest', async () => {
    const engine = engineWith();
    const { bot, plugin } = debutBot({}, { engine });
    const context = { debut: bot as never };
    const opened: DebutOrder = { cid: 1, type: 'BUY', lots: 4, executedLots: 4, price: 100, time: START };
    await plugin.onOpen!.call(context, opened);
    await plugin.onClose!.call(context, { ...opened, cid: 2, type: 'SELL', executedLots: 3 }, opened);
    expect(engine.decomposer.getTradeHistory()).toMatchObject([{ size: 3 }]);
    expect(engine.getCoverage()).toMatchObject({ closed: 0, unknownExits: 1 });
  });

  it('are not sold twice: what a host closes beyond them is counted and not recorded', async () => {
    const engine = engineWith();
    const { bot, tick } = debutBot({}, { engine }, new Venue({ shorts: true }));
    // A venue of whole lots cannot halve one: Debut closes it, and believes that one is left.
    bot.lotRule = (lots) => Math.max(1, Math.round(lots));
    await tick(100);
    await bot.createOrder('BUY', 1);
    await tick(110);
    await bot.reduceOrder(bot.orders[0]!, 0.5);
    expect(bot.orders[0]!.lots).toBe(1);
    await bot.closeOrder(bot.orders[0]!);
    const trades = engine.decomposer.getTradeHistory();
    expect(trades).toMatchObject([{ size: 1, pnl: expect.closeTo(10 - 0.1 - 0.11, 9) }]);
    expect(engine.getOptimizationStatus().errors).toEqual({ POSITION_UNKNOWN: 1 });
  });

  it('that a venue of whole steps closed by their half are gone with the close of nothing that follows', async () => {
    const engine = engineWith();
    const { bot, plugin, tick } = debutBot({ edgekeeperShrink: true }, { engine });
    await tick(100);
    await bot.createOrder('BUY', 1);
    const [opened] = bot.orders;
    const close = { ...opened!, cid: 'half', type: 'SELL', time: START + 1 };
    await plugin.onClose!.call({ debut: bot as never }, { ...close, reduce: 0.5 }, opened!);
    await plugin.onClose!.call(
      { debut: bot as never },
      { ...close, cid: 'rest', lots: 0, executedLots: 0 },
      opened!,
    );
    await plugin.onClose!.call(
      { debut: bot as never },
      { ...close, cid: 'again', lots: 0, executedLots: 0 },
      opened!,
    );
    expect(engine.decomposer.getTradeHistory()).toMatchObject([{ size: 1 }]);
    expect(engine.getCoverage()).toMatchObject({ closed: 1, unknownExits: 0 });
    expect(plugin.api.status().errors).toEqual({});
    expect(bot.getSnapshot().pluginsData.edgekeeper).toMatchObject({ open: [] });
  });

  it('whose close failed are known to be lost while the bot runs, and not paired with what comes', async () => {
    const engine = engineWith();
    const { bot, tick } = debutBot({}, { engine });
    await tick(100);
    await bot.createOrder('BUY', 1);
    bot.beforePlace = () => Promise.reject(new Error('the venue says no'));
    await expect(bot.closeOrder(bot.orders[0]!)).rejects.toThrow();
    bot.beforePlace = async () => undefined;
    expect(bot.orders).toEqual([]);
    for (let i = 0; i < 3; i += 1) await tick(101);
    expect(engine.getCoverage()).toMatchObject({ closed: 0, unknownExits: 1 });
    expect(bot.getSnapshot().pluginsData.edgekeeper).toMatchObject({ open: [] });
    await bot.createOrder('BUY', 1);
    await tick(102);
    await bot.closeAll();
    expect(engine.getCoverage()).toMatchObject({ closed: 1, unknownExits: 1 });
    expect(engine.getOptimizationStatus().errors).toEqual({});
  });

  it('whose close takes longer than a candle are recorded when it is told', async () => {
    const engine = engineWith();
    const { bot, tick } = debutBot({}, { engine });
    await tick(100);
    await bot.createOrder('BUY', 1);
    let fill = () => {};
    bot.beforePlace = () =>
      new Promise((resolve) => {
        fill = resolve;
      });
    const closing = bot.closeOrder(bot.orders[0]!);
    await tick(101);
    fill();
    await closing;
    await tick(102);
    expect(engine.getCoverage()).toMatchObject({ closed: 1, unknownExits: 0 });
  });

  it('of which a close of nothing is the last that the host says are known to be lost', async () => {
    const engine = engineWith();
    const { bot, plugin, tick } = debutBot({}, { engine });
    await tick(100);
    await bot.createOrder('BUY', 1);
    const [opened] = bot.orders;
    const close = { ...opened!, cid: 'none', type: 'SELL', lots: 0, executedLots: 0 };
    await plugin.onClose!.call({ debut: bot as never }, close, opened!);
    expect(engine.getCoverage()).toMatchObject({ closed: 0, unknownExits: 1 });
  });

  it.each([
    ['SPOT', 0.002],
    ['MARGIN', 0.002],
    ['FUTURES', 0.2],
  ])(
    'on %s of Binance pay the fee that was meant, in whatever it was charged',
    async (instrumentType, value) => {
      const engine = engineWith();
      const { bot, plugin, tick } = debutBot({}, { engine });
      bot.opts = { ...bot.opts, broker: 'binance', instrumentType };
      await tick(100);
      const context = { debut: bot as never };
      const opened = {
        cid: 1,
        type: 'BUY',
        lots: 2,
        executedLots: 2,
        price: 100,
        time: START,
        commission: { value, currency: 'USDT' },
      };
      await plugin.onOpen!.call(context, opened);
      const exit = { ...opened, cid: 2, type: 'SELL', time: START + 1, commission: { value: 0.2 } };
      await plugin.onClose!.call(context, exit, opened);
      expect(engine.decomposer.getTradeHistory()[0]!.fees).toBeCloseTo(0.4, 9);
    },
  );

  it('are listed as trades by the API, the parts one by one', async () => {
    const { bot, plugin, tick } = debutBot({}, {}, new Venue({ shorts: true }));
    expect(plugin.api.trades()).toEqual([]);
    await tick(100);
    await bot.createOrder('SELL', 2);
    await tick(90);
    await bot.reduceOrder(bot.orders[0] as FakeOrder, 0.5);
    await bot.closeAll();
    expect(plugin.api.trades()).toMatchObject([
      { strategy: 'EMA_Trend', symbol: 'BTCUSDT', side: 'short', size: 1, entryPrice: 100, exitPrice: 90 },
      { side: 'short', size: 1 },
    ]);
    plugin.api.trades().length = 0;
    expect(plugin.api.trades()).toHaveLength(2);
  });
});
