import { describe, expect, it } from 'vitest';
import { AUTHOR, engineWith } from '../../fixtures.ts';
import { Venue } from '../core/venue.ts';
import { debutBot } from './host.ts';

const HOT = ['onBeforeOpen', 'onOpen', 'onClose', 'onCandle'] as const;

describe('the Debut plugin that is off', () => {
  it('has no hook that an order or a candle would call', () => {
    const { plugin } = debutBot({ edgekeeper: false });
    for (const hook of HOT) expect(plugin).not.toHaveProperty(hook);
    for (const hook of HOT) expect(debutBot().plugin).toHaveProperty(hook);
  });

  it('is absent whatever engine it shares', async () => {
    const engine = engineWith();
    engine.forceStatus('EMA_Trend', 'SUSPENDED', AUTHOR);
    const before = JSON.stringify(engine.snapshot());
    const { bot, plugin, tick } = debutBot({ edgekeeper: false }, { engine });
    await tick(100);
    await bot.createOrder('BUY', 2);
    await tick(110);
    await bot.closeAll();
    expect(bot.venue.sent).toHaveLength(2);
    expect(JSON.stringify(engine.snapshot())).toBe(before);
    expect(plugin.api.status()).toMatchObject({ enabled: false, strategy: 'EMA_Trend', decisions: 0 });
    expect([plugin.api.decision(), plugin.api.trades()]).toEqual([null, []]);
    plugin.api.signal({ side: 'BUY' });
    plugin.api.disable();
  });

  it('joins the bot when it is enabled, with what its snapshot kept, and is left again', async () => {
    const venue = new Venue();
    const first = debutBot({}, {}, venue);
    await first.tick(100);
    await first.bot.createOrder('BUY', 1);
    const snapshot = JSON.parse(JSON.stringify(first.bot.getSnapshot()));

    const { bot, plugin, tick } = debutBot({ edgekeeper: false }, {}, venue);
    bot.hydrateSnapshot(structuredClone(snapshot));
    await tick(105);
    expect(bot.getSnapshot().pluginsData).toEqual(snapshot.pluginsData);
    plugin.api.enable();
    expect(plugin.api.status()).toMatchObject({ enabled: true, decisions: 1 });
    await tick(110);
    await bot.closeOrder(bot.orders[0]!);
    expect(plugin.api.trades()).toMatchObject([{ entryPrice: 100, exitPrice: 110, decisionId: 'd1' }]);
    bot.ordersCount = 0;
    await bot.createOrder('BUY', 1);
    expect(plugin.api.status().decisions).toBe(2);
    plugin.api.disable();
    await tick(110);
    await bot.createOrder('SELL', 1).catch(() => undefined);
    expect(plugin.api.status()).toMatchObject({ enabled: false, decisions: 2 });
  });

  it('is enabled before it meets its bot, too', async () => {
    const venue = new Venue();
    const { plugin } = debutBot({ edgekeeper: false }, {}, venue);
    plugin.api.enable();
    expect(plugin.api.status().enabled).toBe(true);
  });

  it('books what it let through before, and looks at nothing else', async () => {
    const engine = engineWith();
    const { bot, plugin, tick } = debutBot({}, { engine });
    await tick(100);
    await bot.createOrder('BUY', 1);
    plugin.api.disable();
    const decided = engine.getOptimizationStatus().decisions;
    await tick(110);
    expect(engine.detector.lastClose('BTCUSDT')).toBe(100);
    await bot.createOrder('BUY', 1);
    await bot.closeAll();
    expect(plugin.api.trades()).toHaveLength(1);
    expect(engine.getOptimizationStatus()).toMatchObject({ decisions: decided, errors: {} });
    plugin.api.enable();
    await tick(120);
    await bot.createOrder('BUY', 1);
    expect(engine.getOptimizationStatus().decisions).toBe(decided + 1);
  });

  it('leaves the other bots of a shared engine alone, and is left with them by its operator', async () => {
    const engine = engineWith();
    const [one, two] = [debutBot({}, { engine }), debutBot({}, { engine })];
    for (const { tick } of [one, two]) await tick(100);
    one.plugin.api.disable();
    await one.bot.createOrder('BUY', 1);
    expect(engine.getOptimizationStatus().decisions).toBe(0);
    await two.bot.createOrder('BUY', 1);
    expect(engine.getOptimizationStatus().decisions).toBe(1);
    expect([one, two].map(({ plugin }) => plugin.api.status().enabled)).toEqual([false, true]);
    engine.setFlags({ enabled: false }, AUTHOR);
    await two.tick(110);
    expect(two.plugin.api.status().enabled).toBe(false);
    expect(engine.detector.lastClose('BTCUSDT')).toBe(100);
  });
});
