import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type OptimizationEngine, StrategyStatus } from '../../src/index.ts';
import { auditEntries } from '../../src/journal/audit.ts';
import { recover } from '../../src/journal/recovery.ts';
import { LowdbStateStore } from '../../src/journal/state-store.ts';
import { openOverlay } from '../../src/node/index.ts';
import { cases } from '../cases.ts';
import { HOUR, START, signal, trade, walk } from '../fixtures.ts';
import { call, callsOf, doorsOf } from '../hostile.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const clock = { now: () => START + 100 * HOUR, sleep: () => Promise.resolve() };
const directory = () => mkdtemp(join(tmpdir(), 'edgekeeper-doors-'));
const opened = (stateDir: string) =>
  openOverlay({ stateDir, log: quiet, clock, durability: 'everyEvent', config: { evidence: 'guarded' } });

/** The engine as a process finds it that starts after one that was killed just now. */
const afterKill = async (stateDir: string): Promise<OptimizationEngine> =>
  (await recover(new LowdbStateStore(stateDir), join(stateDir, 'journal'))).engine;

describe('what code says of a component of a live engine', () => {
  it('is there after a kill, and in the audit', async () => {
    const stateDir = await directory();
    const { engine, close } = await opened(stateDir);
    engine.manager.forceStatus('Bad', StrategyStatus.RETIRED, 'Manual retirement');
    engine.scorer.minQualityThreshold = 0.6;
    engine.scorer.enforcement = 'strict';
    engine.scorer.setRegimeAdjustment('RANGING', 0.9);
    engine.optimizer.setWeights({ Good: { weight: 1.5, cells: {} } });
    engine.optimizer.resetToBaseWeights();
    const restarted = await afterKill(stateDir);
    expect(restarted.snapshot()).toEqual(engine.snapshot());
    expect(restarted.decide(signal({ strategy: 'Bad', time: clock.now() })).multiplier).toBe(0);
    expect(restarted.scorer.minQualityThreshold).toBe(0.6);
    const { entries } = await auditEntries(join(stateDir, 'journal'));
    const said = entries.filter(({ who }) => who === 'host');
    expect(said.map(({ what, why }) => [what, why])).toEqual(
      expect.arrayContaining([
        ['status of Bad', 'Manual retirement'],
        ['command forceStatus', 'Manual retirement'],
        ['command setQuality', 'called by code'],
        ['command setWeights', 'called by code'],
        ['command reset', 'called by code'],
      ]),
    );
    await close();
    const again = await opened(stateDir);
    expect(again.engine.manager.statusOf('Bad')).toBe('RETIRED');
    expect(again.engine.scorer.enforcement).toBe('strict');
    await again.close();
  });
});

describe('hostile input to a live overlay', () => {
  it('never makes a state directory that cannot be opened, by a clean end or by a kill', async () => {
    await fc.assert(
      fc.asyncProperty(callsOf(doorsOf((await live()).engine), 60), async (calls) => {
        const stateDir = await directory();
        const { engine, close } = await opened(stateDir);
        for (const each of calls) {
          // These are how a state is rebuilt from a journal: nobody journals them.
          if (!['restore', 'apply', 'learnPast', 'recordShadow'].includes(each.method)) call(engine, each);
        }
        const { options } = engine;
        expect((await afterKill(stateDir)).snapshot()).toEqual(engine.snapshot());
        await close();
        const again = await openOverlay({ stateDir, log: quiet, clock, config: options });
        expect(again.engine.snapshot()).toEqual(engine.snapshot());
        await again.close();
      }),
      cases(25),
    );
  });

  it.each<[what: string, input: (engine: OptimizationEngine) => void]>([
    [
      'a score in a regime that is none',
      (engine) => engine.scorer.scoreSignal({ ...signal(), regime: 'QUIET' as never }),
    ],
    [
      'an outcome in a regime that is no cell',
      (engine) =>
        (engine.scorer as never as { recordSignalOutcome(x: object): void }).recordSignalOutcome({
          ...signal(),
          cell: 'TRENDING',
          r: 1,
          belowThreshold: true,
        }),
    ],
    [
      'a symbol called constructor',
      (engine) => {
        for (const candle of walk(150)) engine.recordCandle('constructor', '1h', candle);
        engine.decide(signal({ symbol: 'constructor', strategy: 'toString', time: START + 99 * HOUR }));
        engine.recordTrade(trade(1, { symbol: 'constructor', strategy: 'toString' }));
        engine.updateOptimization(START + 99 * HOUR);
      },
    ],
    [
      'equity of 1e308',
      (engine) => {
        engine.recordEquity({ time: START, equity: 1e308 });
      },
    ],
    [
      'prices that alternate between 1e300 and 1e-300',
      (engine) => {
        for (const [i, candle] of walk(150).entries()) {
          const price = i % 2 ? 1e300 : 1e-300;
          engine.recordCandle('BTC/USDT', '1h', {
            ...candle,
            open: price,
            high: price,
            low: price,
            close: price,
          });
        }
      },
    ],
    [
      'prices that alternate between the most and the least there can be',
      (engine) => {
        for (const [i, candle] of walk(450).entries()) {
          const price = i % 2 ? 1e15 : 1e-15;
          engine.recordCandle('BTC/USDT', '1h', {
            ...candle,
            open: price,
            high: price,
            low: price,
            close: price,
          });
        }
      },
    ],
    [
      'a pin for longer than there are times',
      (engine) => engine.manager.forceStatus('A', 'SUSPENDED', { pinForHours: 1e305 }),
    ],
    [
      'a posterior with variances below 0',
      (engine) => {
        const posterior = engine.edge.snapshot();
        engine.execute({
          type: 'setPosterior',
          posterior: { ...posterior, pool: posterior.pool.map(() => -1) },
          time: START,
          actor: 'a',
          reason: 'r',
        });
      },
    ],
    [
      'a decision of a trade that was put together by hand',
      (engine) => {
        const decision = engine.decide(signal({ time: START }));
        engine.recordTrade(
          trade(1, { decision: { ...decision, time: 'now', edge: { quality: 'good' }, score: 5 } as never }),
        );
      },
    ],
    [
      'a signal with a value that JSON cannot say',
      (engine) => {
        engine.decide({ ...signal(), size: 10n, regime: { self: engine } } as never);
      },
    ],
    [
      'a code of an error that is none',
      (engine) => {
        for (let i = 0; i < 1000; i += 1) engine.countError({ toString: null } as never, i);
      },
    ],
  ])('such as %s leaves one that opens', async (_what, input) => {
    const stateDir = await directory();
    const { engine, close } = await opened(stateDir);
    try {
      input(engine);
    } catch (error) {
      expect((error as { code?: string }).code).toMatch(/^[A-Z_]+$/);
    }
    expect((await afterKill(stateDir)).snapshot()).toEqual(engine.snapshot());
    await close();
    const again = await opened(stateDir);
    expect(again.engine.snapshot()).toEqual(engine.snapshot());
    await again.close();
  });
});

/** An overlay, to look at its doors. */
async function live() {
  const overlay = await opened(await directory());
  await overlay.close();
  return overlay;
}
