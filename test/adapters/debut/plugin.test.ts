import { describe, expect, it } from 'vitest';
import { conformance } from '../../../adapters/conformance/index.ts';
import { AUTHOR, engineWith, START } from '../../fixtures.ts';
import { Venue } from '../core/venue.ts';
import { debutBot, debutHost } from './host.ts';

conformance(debutHost);

describe('the Debut plugin', () => {
  it('scales the order that is placed, and changes nothing else of it', async () => {
    const engine = engineWith();
    engine.forceStatus('EMA_Trend', 'DEGRADED', AUTHOR);
    const { bot, tick } = debutBot({}, { engine });
    await tick(100);
    const order = (await bot.createOrder('BUY', 2))!;
    expect(bot.venue.sent).toEqual([{ symbol: 'BTCUSDT', side: 'buy', amount: 1 }]);
    expect(Object.keys(order).sort()).toEqual(
      [
        'author',
        'cid',
        'commission',
        'executedLots',
        'learning',
        'lots',
        'orderId',
        'price',
        'time',
        'type',
      ].sort(),
    );
  });

  it('vetoes synchronously: nothing is placed and createOrder resolves undefined', async () => {
    const engine = engineWith();
    engine.forceStatus('EMA_Trend', 'SUSPENDED', AUTHOR);
    const { bot, plugin, tick } = debutBot({}, { engine });
    await tick(100);
    expect(await bot.createOrder('BUY', 2)).toBeUndefined();
    expect(bot.venue.sent).toEqual([]);
    expect(plugin.api.decision()).toMatchObject({ multiplier: 0, reasons: ['STRATEGY_SUSPENDED'] });
    expect(
      plugin.onBeforeOpen!.call(
        { debut: bot as never },
        { cid: 'x', type: 'BUY', lots: 1, author: 'EMA_Trend' },
      ),
    ).toBe(true);
  });

  it('hears from the strategy what it thinks of the next order, once, and until the next candle', async () => {
    const { bot, plugin, tick } = debutBot();
    await tick(100);
    const decided = async () => {
      await bot.closeAll();
      await tick(100);
      return { before: plugin.api.decision()?.id, open: () => bot.createOrder('BUY', 1) };
    };
    plugin.api.signal({ side: 'BUY', confidence: 0.9, confluence: 3, stop: 95 });
    await bot.createOrder('BUY', 1);
    expect(plugin.api.decision()!.score).toMatchObject({ confidence: 0.9, confluence: 3 });
    const second = await decided();
    await second.open();
    expect(plugin.api.decision()!.score).toMatchObject({ confidence: null });
    await bot.closeAll();
    plugin.api.signal({ side: 'BUY', confidence: 0.9 });
    await tick(100);
    await bot.createOrder('BUY', 1);
    expect(plugin.api.decision()!.score).toMatchObject({ confidence: null });
    await bot.closeAll();
    await tick(100);
    plugin.api.signal({ side: 'SELL', confidence: 0.9 });
    await bot.createOrder('BUY', 1);
    expect(plugin.api.decision()!.score).toMatchObject({ confidence: null });
  });

  it('filters by what the strategy says of its signals once those below the threshold are known to lose', async () => {
    const { bot, plugin, tick } = debutBot({
      edgekeeperGuarded: true,
      edgekeeperThreshold: 0.4,
      edgekeeperWeighting: false,
      edgekeeperRetirement: false,
    });
    const sent = { sure: [] as boolean[], unsure: [] as boolean[] };
    for (let i = 0; i < 240; i += 1) {
      const sure = i % 2 === 0;
      await tick(100);
      plugin.api.signal({ side: 'BUY', confidence: sure ? 0.9 : 0.1, confluence: 3, stop: 95 });
      const order = await bot.createOrder('BUY', 1);
      (sure ? sent.sure : sent.unsure).push(order !== undefined);
      await tick(sure ? 104 : 94);
      await bot.closeAll();
    }
    // Nothing is cut before it is known, and then only what loses.
    expect(sent.unsure.slice(0, 20)).not.toContain(false);
    expect(sent.unsure.filter((wasSent) => !wasSent).length).toBeGreaterThan(30);
    expect(sent.sure).not.toContain(false);
  });

  it('records each part of a partial close with its share of the fees, and the rest at the end', async () => {
    const engine = engineWith();
    const { bot, tick } = debutBot({}, { engine });
    await tick(100);
    const order = (await bot.createOrder('BUY', 2))!;
    await tick(110);
    await bot.reduceOrder(bot.orders[0]!, 0.25);
    await tick(120);
    await bot.closeOrder(bot.orders[0]!);
    const trades = engine.decomposer.getTradeHistory();
    expect(trades.map(({ size, entryPrice, exitPrice }) => [size, entryPrice, exitPrice])).toEqual([
      [0.5, 100, 110],
      [1.5, 100, 120],
    ]);
    expect(trades.reduce((sum, { pnl }) => sum + pnl, 0)).toBeCloseTo(bot.venue.equity() - 1_000_000, 9);
    expect(order.price).toBe(100);
  });

  it('makes one record of an order that is closed while it is still pending', async () => {
    const engine = engineWith();
    const { bot, tick } = debutBot({}, { engine });
    await tick(100);
    bot.beforePlace = async (order) => {
      if (order.close) return;
      bot.beforePlace = async () => undefined;
      await bot.closeOrder(bot.orders[0]!);
    };
    await bot.createOrder('BUY', 1);
    expect(bot.venue.held('EMA_Trend')).toBe(0);
    expect(engine.decomposer.getTradeHistory()).toHaveLength(1);
  });

  it('leaves orders of the learning phase alone, and learns regimes from its candles', async () => {
    const engine = engineWith();
    engine.forceStatus('EMA_Trend', 'SUSPENDED', AUTHOR);
    const { bot, tick } = debutBot({}, { engine });
    await tick(100);
    bot.learning = true;
    await bot.createOrder('BUY', 1);
    await tick(101);
    await bot.closeAll();
    expect(engine.getOptimizationStatus().decisions).toBe(0);
    expect(engine.decomposer.getTradeHistory()).toEqual([]);
    expect(engine.detector.lastClose('BTCUSDT')).toBe(101);
  });

  it('takes back a decision whose order a later plugin vetoed', async () => {
    const engine = engineWith();
    const { bot, tick } = debutBot({}, { engine });
    bot.registerPlugins([{ name: 'later', onBeforeOpen: () => true }]);
    await tick(100);
    expect(await bot.createOrder('BUY', 1)).toBeUndefined();
    for (let i = 0; i < 3; i += 1) await tick(100);
    expect(engine.getRecentDecisions().at(-1)).toMatchObject({
      multiplier: 0,
      reasons: expect.arrayContaining(['NOT_SENT']),
    });
  });

  it('prices a spot fee that binance took in base, whatever it calls it, and reads fees that are text or nothing', async () => {
    for (const [commission, fee] of [
      [{ value: 0.002, currency: 'USDT' }, 0.2],
      [{ value: 0.2, currency: 'USDT' }, 0.2],
      [{ value: '0.2', currency: 'USD' }, 0.2],
      [{ value: Number.NaN, currency: 'USD' }, 0.2],
      [undefined, 0.2],
    ] as const) {
      const engine = engineWith();
      const { bot, tick, plugin } = debutBot({}, { engine });
      bot.opts = { ...bot.opts, broker: 'binance' };
      await tick(100);
      const context = { debut: bot as never };
      const open = {
        cid: 1,
        type: 'BUY',
        lots: 2,
        price: 100,
        executedLots: 2,
        time: START,
        orderId: 'o',
        commission: commission as never,
      };
      await plugin.onOpen!.call(context, open);
      await plugin.onClose!.call(
        context,
        {
          ...open,
          cid: 2,
          type: 'SELL',
          price: Number.NaN,
          time: START + 1,
          commission: { value: 0.2, currency: 'USD' },
        },
        open,
      );
      expect(engine.decomposer.getTradeHistory()[0]).toMatchObject({ exitPrice: 100 });
      expect(engine.decomposer.getTradeHistory()[0]!.fees).toBeCloseTo(fee + 0.2, 9);
    }
  });

  it('keeps open positions and what it learned in the snapshot of the bot', async () => {
    const venue = new Venue();
    const first = debutBot({}, {}, venue);
    await first.tick(100);
    first.plugin.api.signal({ side: 'BUY', stop: 90 });
    await first.bot.createOrder('BUY', 1);
    const snapshot = JSON.parse(JSON.stringify(first.bot.getSnapshot()));
    const second = debutBot({}, {}, venue);
    await second.tick(100);
    second.bot.hydrateSnapshot(snapshot);
    await second.tick(110);
    await second.bot.closeOrder(second.bot.orders[0]!);
    expect(second.plugin.api.status()).toMatchObject({
      trades: 1,
      decisions: 1,
      strategy: expect.any(String),
    });
    const broken = debutBot({}, { log: () => undefined });
    await broken.tick(100);
    broken.bot.hydrateSnapshot({ ...snapshot, pluginsData: { edgekeeper: { version: 9 } } });
    expect(broken.plugin.api.status().errors.STATE_CORRUPT).toBe(1);
  });

  it('never throws from a hook, whatever the host hands it', async () => {
    const { plugin } = debutBot({}, { log: () => undefined });
    const nothing = { debut: undefined } as never;
    expect(plugin.onBeforeOpen!.call(nothing, undefined as never)).toBeUndefined();
    await plugin.onOpen!.call(nothing, undefined as never);
    await plugin.onClose!.call(nothing, undefined as never, undefined as never);
    await plugin.onCandle!.call(nothing, undefined as never);
    plugin.onHydrate.call(nothing, undefined as never);
    expect(plugin.onSnapshot.call(nothing)).toMatchObject({ version: 2 });
    expect(plugin.api.status().errors.ADAPTER_FAILED).toBeGreaterThan(3);
  });

  it('ignores options of others, follows the interval of the bot, and has a base weight for the class it meets', async () => {
    const { bot, plugin, tick } = debutBot({
      edgekeeperBaseWeight: 0.5,
      ticker: 'X',
      takeProfit: 3,
    } as never);
    bot.opts.interval = '15min';
    await tick(100);
    await bot.createOrder('BUY', 2);
    expect(bot.venue.sent).toMatchObject([{ amount: 1 }]);
    expect(plugin.api.status()).toMatchObject({ enabled: true, weight: 0.5, status: 'ACTIVE' });
    plugin.api.disable();
    expect(plugin.api.status().enabled).toBe(false);
    plugin.api.enable();
    expect(plugin.api.status().enabled).toBe(true);
    expect(() => debutBot({ edgekeeperThreshold: 70 })).toThrow(/CONFIG_INVALID.*edgekeeperThreshold/);
  });

  it('says in the log what a veto, a scale and a close look like', async () => {
    const lines: string[] = [];
    const engine = engineWith();
    const { bot, tick } = debutBot({ edgekeeperLog: true }, { engine, log: (line) => lines.push(line) });
    await tick(100);
    engine.forceStatus('EMA_Trend', 'DEGRADED', AUTHOR);
    await bot.createOrder('BUY', 2);
    await tick(110);
    await bot.closeAll();
    engine.forceStatus('EMA_Trend', 'SUSPENDED', AUTHOR);
    await tick(110);
    await bot.createOrder('SELL', 2);
    expect(lines).toEqual([
      'edgekeeper: EMA_Trend BTCUSDT BUY scaled x0.500: 2 -> 1 lots (STRATEGY_DEGRADED, EDGE_REDUCED)',
      'edgekeeper: EMA_Trend BTCUSDT long closed: size 1, pnl 9.79, 1.00 R',
      'edgekeeper: EMA_Trend BTCUSDT SELL vetoed (STRATEGY_SUSPENDED)',
    ]);
  });

  it('keeps many instances apart, as the genetic optimiser makes them', async () => {
    const bots = [0.4, 0.8].map((edgekeeperThreshold) => debutBot({ edgekeeperThreshold }));
    for (const { tick, bot } of bots) {
      await tick(100);
      await bot.createOrder('BUY', 1);
    }
    expect(bots.map(({ plugin }) => plugin.api.decision()!.score!.threshold)).toEqual([0.4, 0.8]);
  });
});
