import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { describe, expect, it, vi } from 'vitest';
import { OptimizationEngine } from '../../src/index.ts';
import { readJournal } from '../../src/journal/reader.ts';
import { LowdbStateStore } from '../../src/journal/state-store.ts';
import { openOverlay } from '../../src/node/overlay.ts';
import { feedCandles } from '../../src/node/warm-up.ts';
import { HOUR, START, signal, trade, walk } from '../fixtures.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const clock = { now: () => START + 100 * HOUR, sleep: () => Promise.resolve() };

describe('a snapshot', () => {
  it('says no position that the journal does not have yet', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    const { engine, save, close } = await openOverlay({ stateDir, log: quiet, clock });
    for (let i = 0; i < 20; i += 1) engine.recordTrade(trade(1, { id: `t${i}`, exitTime: START + i * HOUR }));
    const saving = save();
    // What happens while it is saved may be in it, or not.
    engine.decide(signal({ time: START + 30 * HOUR }));
    await saving;
    const copy = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    await cp(stateDir, copy, { recursive: true });
    const saved = await new LowdbStateStore(copy).read();
    const { seq: last } = await readJournal(join(copy, 'journal'), 0, () => undefined);
    // The first configuration, and a trade an event.
    expect(saved!.seq).toBeGreaterThanOrEqual(21);
    expect(last).toBeGreaterThanOrEqual(saved!.seq);
    await close();
  });
});

describe('a warm-up of many symbols', () => {
  it('lets the bot have its turns, however long a candle takes, and loses nothing', async () => {
    const engine = new OptimizationEngine();
    const symbols = Array.from({ length: 50 }, (_, i) => `S${i}/USDT`);
    const candles = walk(60);
    // A disk that makes sure of each of them takes a millisecond.
    let now = 0;
    const watch = vi.spyOn(performance, 'now').mockImplementation(() => now);
    engine.subscribe(() => {
      now += 1;
    });
    let longest = 0;
    let since = 0;
    let isOver = false;
    const turn = () => {
      longest = Math.max(longest, now - since);
      since = now;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    await feedCandles(engine, { candles: () => Promise.resolve(candles) }, symbols, START + 60 * HOUR);
    isOver = true;
    watch.mockRestore();
    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThanOrEqual(20);
    for (const symbol of symbols) expect(engine.detector.lastTime(symbol)).toBe(candles.at(-1)!.time);
  });
});
