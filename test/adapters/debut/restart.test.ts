import { describe, expect, it } from 'vitest';
import { engineWith, HOUR, START, walk } from '../../fixtures.ts';
import { Venue } from '../core/venue.ts';
import { debutBot } from './host.ts';

describe('a Debut bot that starts again', () => {
  it.each([
    ['5min', HOUR / 12],
    ['1h', HOUR],
    ['4h', 4 * HOUR],
    ['day', 24 * HOUR],
  ])('knows its regimes on %s before the first candle', async (interval, length) => {
    const first = debutBot();
    first.bot.opts.interval = interval;
    for (const [i, { open: o, high: h, low: l, close: c, volume: v }] of walk(200).entries())
      await first.bot.candle({ time: START + i * length, o, h, l, c, v });
    const snapshot = JSON.parse(JSON.stringify(first.bot.getSnapshot()));
    const { bot, plugin } = debutBot();
    bot.hydrateSnapshot(snapshot);
    await bot.start();
    bot.currentCandle = { ...bot.currentCandle, c: 100, time: START + 200 * length };
    await bot.createOrder('BUY', 1);
    expect(plugin.api.decision()!.regime).not.toBe('UNKNOWN');
  });

  it('counts what it does not hold any more as closed nobody knows how', async () => {
    const first = debutBot();
    await first.tick(100);
    await first.bot.createOrder('BUY', 1);
    const snapshot = JSON.parse(JSON.stringify(first.bot.getSnapshot()));
    const { bot } = debutBot();
    bot.hydrateSnapshot({ ...snapshot, orders: [] });
    const { engine, open } = bot.getSnapshot().pluginsData.edgekeeper as {
      engine: { coverage: { unknownExits: unknown } };
      open: unknown[];
    };
    expect(engine.coverage.unknownExits).toEqual([['EMA_Trend', 1]]);
    expect(open).toEqual([]);
  });

  it('takes back a decision whose order had not opened when it ended', async () => {
    const first = debutBot();
    await first.tick(100);
    first.bot.beforePlace = () => new Promise(() => undefined);
    void first.bot.createOrder('BUY', 1);
    const snapshot = JSON.parse(JSON.stringify(first.bot.getSnapshot()));
    const { bot, plugin, tick } = debutBot();
    bot.hydrateSnapshot(snapshot);
    for (let i = 0; i < 3; i += 1) await tick(100);
    const { engine } = bot.getSnapshot().pluginsData.edgekeeper as {
      engine: { counts: [string, { vetoed?: number }][] };
    };
    expect(JSON.stringify(engine.counts)).toContain('NOT_SENT');
    expect(plugin.api.status().errors).toEqual({});
  });

  it('keeps its switch, alone or on a shared engine', async () => {
    for (const extras of [{}, { engine: engineWith() }]) {
      const first = debutBot({}, extras);
      await first.tick(100);
      first.plugin.api.disable();
      const second = debutBot({}, extras);
      second.bot.hydrateSnapshot(JSON.parse(JSON.stringify(first.bot.getSnapshot())));
      expect(second.plugin.api.status().enabled).toBe(false);
    }
  });

  it('opens what the first version of the plugin kept', async () => {
    const venue = new Venue();
    const first = debutBot({}, {}, venue);
    await first.tick(100);
    await first.bot.createOrder('BUY', 4);
    const snapshot = JSON.parse(JSON.stringify(first.bot.getSnapshot()));
    const { decision, ...order } = snapshot.pluginsData.edgekeeper.open[0][1];
    const { side, price, time, lots, fee } = order;
    // A quarter of it had closed by then, which the first version did not note.
    snapshot.orders[0].lots = 3;
    snapshot.orders[0].executedLots = 3;
    const open = [[snapshot.orders[0].cid, { decision, side, price, time, lots, fee }]];
    snapshot.pluginsData.edgekeeper = { version: 1, engine: snapshot.pluginsData.edgekeeper.engine, open };

    const { bot, plugin, tick } = debutBot({}, {}, venue);
    bot.hydrateSnapshot(snapshot);
    await tick(110);
    await bot.closeOrder(bot.orders[0]!);
    expect(plugin.api.trades()).toMatchObject([
      { strategy: 'EMA_Trend', size: 3, decisionId: decision.id, fees: expect.closeTo(0.3 + 0.33, 9) },
    ]);
    expect(plugin.api.status().errors).toEqual({});
  });

  it.each<[string, (kept: { readonly engine: object }) => unknown]>([
    ['without anything but its version', () => ({ version: 2 })],
    ['of a version that is yet to come', (kept) => ({ ...kept, version: 9 })],
    ['that is a text', () => 'x'],
    ['with an engine that is none', (kept) => ({ ...kept, engine: { a: 1 } })],
    ['with an engine of another version', (kept) => ({ ...kept, engine: { ...kept.engine, version: 99 } })],
    ['with a position that is none', (kept) => ({ ...kept, open: [['a', null]] })],
    ['with a decision that is none', (kept) => ({ ...kept, pending: [['a', {}]] })],
    ['whose switch is a text', (kept) => ({ ...kept, enabled: 'yes' })],
  ])('refuses a state %s as a whole, says so once, and goes on judging', async (_, damage) => {
    const venue = new Venue();
    const first = debutBot({}, {}, venue);
    await first.tick(100);
    await first.bot.createOrder('BUY', 1);
    const snapshot = JSON.parse(JSON.stringify(first.bot.getSnapshot()));
    snapshot.pluginsData.edgekeeper = damage(snapshot.pluginsData.edgekeeper);
    const lines: string[] = [];
    const { bot, plugin, tick } = debutBot({}, { log: (line) => lines.push(line) }, venue);
    bot.hydrateSnapshot(snapshot);
    const { enabled, decisions, trades, errors } = plugin.api.status();
    expect({ enabled, decisions, trades }).toEqual({ enabled: true, decisions: 0, trades: 0 });
    expect(Object.entries(errors)).toEqual([
      [expect.stringMatching(/^(STATE_CORRUPT|SNAPSHOT_INVALID)$/), 1],
    ]);
    expect(lines).toEqual([expect.stringContaining('learned anew')]);
    await tick(110);
    await bot.closeOrder(bot.orders[0]!);
    await bot.createOrder('BUY', 1);
    expect(plugin.api.status()).toMatchObject({ enabled: true, decisions: 1, trades: 1 });
    expect(lines).toHaveLength(1);
  });
});
