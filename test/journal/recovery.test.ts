import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptimizationEngine, type Options, REASONS } from '../../src/index.ts';
import { recordEvents } from '../../src/journal/recorder.ts';
import { recover } from '../../src/journal/recovery.ts';
import { segmentsIn } from '../../src/journal/segment.ts';
import { LowdbStateStore } from '../../src/journal/state-store.ts';
import { Journal } from '../../src/journal/writer.ts';
import { openOverlay } from '../../src/node/index.ts';
import { cases } from '../cases.ts';
import { AUTHOR, HOUR, names, START, signal, symbols, trade } from '../fixtures.ts';

const directory = async () => join(await mkdtemp(join(tmpdir(), 'edgekeeper-')), 'journal');
const nothingSaved = { read: () => Promise.resolve(null) };

/** One thing that happens to a bot. */
const steps = fc.oneof(
  {
    arbitrary: fc.record({
      do: fc.constant('candle'),
      move: fc.double({ min: -0.02, max: 0.02, noNaN: true }),
    }),
    weight: 6,
  },
  {
    arbitrary: fc.record({
      do: fc.constant('decide'),
      strategy: names,
      symbol: symbols,
      short: fc.boolean(),
      confidence: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
      stop: fc.boolean(),
      whole: fc.boolean(),
      parts: fc.integer({ min: 0, max: 3 }),
      copied: fc.boolean(),
      r: fc.double({ min: -3, max: 3, noNaN: true }),
      withdrawn: fc.boolean(),
    }),
    weight: 10,
  },
  { arbitrary: fc.record({ do: fc.constant('update') }), weight: 2 },
  {
    arbitrary: fc.record({
      do: fc.constant('equity'),
      equity: fc.double({ min: 5000, max: 15_000, noNaN: true }),
    }),
    weight: 1,
  },
  { arbitrary: fc.record({ do: fc.constant('exit'), strategy: names, symbol: symbols }), weight: 1 },
  {
    arbitrary: fc.record({
      do: fc.constantFrom('force', 'observe', 'act', 'reset', 'bad', 'unjudged', 'configure'),
      strategy: names,
    }),
    weight: 1,
  },
);
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never;

/** Lets an engine live through a program. */
function live(engine: OptimizationEngine, program: readonly Step[]): void {
  let price = 100;
  for (const [i, step] of program.entries()) {
    const time = START + (i + 1) * HOUR;
    const author = { ...AUTHOR, time };
    if (step.do === 'candle' && 'move' in step) {
      const open = price;
      price *= 1 + step.move;
      const candle = {
        open,
        high: Math.max(open, price) * 1.001,
        low: Math.min(open, price) * 0.999,
        close: price,
      };
      for (const symbol of ['BTC/USDT', 'ETH/USDT'])
        engine.recordCandle(symbol, '1h', { time: time - HOUR, ...candle, volume: 1 });
    } else if ('parts' in step) {
      const { strategy, symbol, confidence, parts } = step;
      const decision = engine.decide(
        signal({
          id: `s${i}`,
          strategy,
          symbol,
          time,
          side: step.short ? 'short' : 'long',
          ...(confidence === undefined ? {} : { confidence }),
          ...(step.stop ? { stop: price * (step.short ? 1.02 : 0.98), size: 1 } : {}),
          ...(step.whole ? { scalable: false } : {}),
        }),
      );
      if (step.withdrawn) engine.withdraw(decision, 'BELOW_MIN');
      else if (decision.multiplier > 0) {
        const given = step.copied ? JSON.parse(JSON.stringify(decision)) : decision;
        for (let part = 1; part <= parts; part += 1) {
          const open = part < parts ? { openSize: 1 - part / parts } : {};
          const at = { id: `t${i}-${part}`, entryTime: time, exitTime: time + part };
          engine.recordTrade(
            trade(step.r, { ...at, strategy, symbol, ...open, size: 1 / parts, decision: given }),
          );
        }
      }
    } else if (step.do === 'update') engine.updateOptimization(time);
    else if ('equity' in step) engine.recordEquity({ time, equity: step.equity });
    else if ('symbol' in step)
      engine.recordExitSignal({ strategy: step.strategy, symbol: step.symbol, time });
    else if (step.do === 'bad') engine.decide(signal({ time, side: 'up' as never }));
    else if (step.do === 'observe' || step.do === 'act') engine.setMode(step.do, author);
    else if (step.do === 'reset') engine.reset('health', author);
    else if (step.do === 'configure')
      engine.reconfigure({ ...engine.options, minQualityThreshold: 0.6 }, author);
    else if ('strategy' in step && step.do === 'force')
      engine.forceStatus(step.strategy, 'SUSPENDED', author);
    else if ('strategy' in step)
      engine.recordUnjudged({ strategy: step.strategy, symbol: 'BTC/USDT', time, reason: 'FILL_UNKNOWN' });
  }
}

const plain = (engine: OptimizationEngine) => JSON.stringify(engine.snapshot());

/** An engine whose events are recorded, from its first configuration on. */
function recorded(directory: string, options: Options) {
  const engine = new OptimizationEngine(options);
  const journal = new Journal({ directory, durability: 'os', after: { seq: 0, hash: '' } });
  recordEvents(engine, journal);
  engine.reconfigure(options, AUTHOR);
  return { engine, journal };
}

describe('recovery from the journal alone', () => {
  it.each(['posterior', 'guarded'] as const)(
    'gives the state of a bot that was never disturbed, bit for bit, whatever happened to it (%s)',
    async (evidence) => {
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 20, maxLength: 150 }), async (program) => {
          const dir = await directory();
          const { engine, journal } = recorded(dir, { evidence, controlArm: 0.2 });
          live(engine, program);
          await journal.close();
          const { engine: again, differing, lost } = await recover(nothingSaved, dir);
          expect(plain(again)).toBe(plain(engine));
          expect([differing, lost]).toEqual([0, []]);
        }),
        cases(40),
      );
    },
  );
});

describe('a formula that has changed since', () => {
  /** A journal in which a few decisions were sent otherwise than today's rules would send them. */
  async function lived(change: (multiplier: number) => number) {
    const dir = await directory();
    const engine = new OptimizationEngine({});
    const journal = new Journal({ directory: dir, durability: 'os', after: { seq: 0, hash: '' } });
    const sent: { id: string; multiplier: number }[] = [];
    engine.subscribe((event) => {
      if (event.type !== 'decision' && event.type !== 'config') return;
      if (event.type === 'config') {
        journal.append(event, []);
        return;
      }
      const multiplier = change(event.decision.multiplier);
      const action = multiplier > 0 ? 'execute' : 'block';
      const reasons = [REASONS[10]];
      const decision = {
        ...event.decision,
        action,
        multiplier,
        intended: multiplier,
        edgeFactor: multiplier,
        reasons,
      } as const;
      sent.push(decision);
      journal.append({ ...event, decision }, []);
    });
    engine.reconfigure({}, AUTHOR);
    for (let i = 0; i < 5; i += 1)
      engine.decide(signal({ id: `s${i}`, time: START + i * HOUR, size: 1, stop: 90 }));
    await journal.close();
    return { dir, engine, sent };
  }

  it('leaves what was sent as it was sent, and is counted', async () => {
    const { dir, sent } = await lived((multiplier) => multiplier / 3 + 0.01);
    const { engine, differing } = await recover(nothingSaved, dir);
    expect(differing).toBe(5);
    expect(
      engine
        .getRecentDecisions()
        .map(({ id, multiplier, intended, edgeFactor, reasons }) => [
          id,
          multiplier,
          intended,
          edgeFactor,
          reasons,
        ]),
    ).toEqual(sent.map(({ id, multiplier }) => [id, multiplier, multiplier, multiplier, [REASONS[10]]]));
    const [counts] = Object.values(engine.getSignalCounts());
    expect(counts).toMatchObject({ signals: 5, reduced: 5, executed: 0, reasons: { [REASONS[10]]: 5 } });
  });

  it('that blocks or sends otherwise changes neither what was counted as sent nor what is followed', async () => {
    const { dir, engine: then } = await lived(() => 0);
    expect(then.edge.labelOf('EMA_Trend')).toMatchObject({ blocked: 0 });
    const { engine, differing } = await recover(nothingSaved, dir);
    expect(differing).toBe(5);
    expect(engine.edge.snapshot().strategies).toMatchObject([['EMA_Trend', { blocked: 5, sent: [] }]]);
    expect(Object.values(engine.getSignalCounts())[0]).toMatchObject({ signals: 5, blocked: 5 });
    expect(engine.decide(signal({ time: START + 9 * HOUR })).id).toBe('d6');
  });

  it('is said at the start', async () => {
    const { dir } = await lived((multiplier) => multiplier / 2);
    const warned: [string, unknown][] = [];
    const log = {
      info: () => undefined,
      warn: (text: string, more?: unknown) => void warned.push([text, more]),
      error: () => undefined,
    };
    const clock = { now: () => START + 9 * HOUR, sleep: () => Promise.resolve() };
    const overlay = await openOverlay({ stateDir: join(dir, '..'), log, clock });
    await overlay.close();
    expect(warned).toContainEqual([
      'decisions that would be made otherwise today stay as they were sent',
      { decisions: 5 },
    ]);
  });
});

describe('events that are lost', () => {
  it('leave later decisions their names, and no new one gets one of those', async () => {
    const dir = await directory();
    const { engine, journal } = recorded(dir, {});
    for (let i = 0; i < 3; i += 1) engine.decide(signal({ id: `s${i}`, time: START + i }));
    journal.skipTo(journal.seq + 4);
    const later = new OptimizationEngine({});
    later.restore({ ...engine.snapshot(), decisions: 7 });
    const stop = recordEvents(later, journal);
    later.decide(signal({ id: 'later', time: START + 9 }));
    stop();
    await journal.close();
    const { engine: again, lost } = await recover(nothingSaved, dir);
    expect(lost).toEqual([{ type: 'lost', from: 5, to: 8 }]);
    expect(again.getRecentDecisions().at(-1)!.id).toBe('d8');
    expect(again.decide(signal({ id: 'new', time: START + 10 })).id).toBe('d9');
  });
});

describe('a snapshot that is broken', () => {
  const warned: string[] = [];
  const log = {
    info: () => undefined,
    warn: (text: string) => void warned.push(text),
    error: () => undefined,
  };
  const clock = { now: () => START + 99 * HOUR, sleep: () => Promise.resolve() };
  const open = (stateDir: string) => openOverlay({ stateDir, log, clock });

  async function lived() {
    const stateDir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    const { engine, close } = await open(stateDir);
    for (let i = 0; i < 20; i += 1)
      engine.recordTrade(trade((i % 3) - 1, { id: `t${i}`, exitTime: START + i * HOUR }));
    await close();
    return { stateDir, state: plain(engine), file: new LowdbStateStore(stateDir).file };
  }

  it.each([
    ['cut off', (text: string) => text.slice(0, -50)],
    ['zeroed', (text: string) => '\0'.repeat(text.length)],
    ['empty', () => ''],
    ['scribbled on', (text: string) => text.replace('"sequence":20', '"sequence":"x"')],
  ])('%s is made again from a whole journal, and that is said', async (_how, harm) => {
    const { stateDir, state, file } = await lived();
    await writeFile(file, harm(await readFile(file, 'utf8')));
    warned.length = 0;
    const { engine, close } = await open(stateDir);
    expect(plain(engine)).toBe(state);
    expect(warned).toEqual(['the snapshot is broken: the state is made again from the journal']);
    await close();
    warned.length = 0;
    await (await open(stateDir)).close();
    expect(warned).toEqual([]);
  });

  it('stays an error where the journal does not have everything, and nothing is changed', async () => {
    const { stateDir, file } = await lived();
    await writeFile(file, 'half a st');
    const [segment] = await segmentsIn(join(stateDir, 'journal'));
    const text = await readFile(segment!.path, 'utf8');
    await writeFile(segment!.path, text.replace('"t5"', '"t6"'));
    await expect(open(stateDir)).rejects.toThrow(/STATE_CORRUPT.*state\.json/);
    expect(await readFile(file, 'utf8')).toBe('half a st');
  });
});
