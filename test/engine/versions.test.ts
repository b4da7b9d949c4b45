import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SNAPSHOT_VERSION, snapshotSchema } from '../../src/engine/snapshot.ts';
import type { Command, EngineEvent } from '../../src/index.ts';
import { z } from '../../src/model/z.ts';
import { AUTHOR, engineWith, feed, HOUR, START, signal, trade, walk } from '../fixtures.ts';

/** The shapes of this version. Two shapes once called themselves version 3: whoever read one could not read the other. */
const PINNED = {
  version: 7,
  snapshot: '701323b734ef8581',
  events: '15b5ecba9567d8bd',
};

const WHAT_TO_DO = `changed, and what was written in the old shape must still be read.
  1. Was version ${PINNED.version} released, or is there a fixture of it? Raise SNAPSHOT_VERSION in src/engine/snapshot.ts and bring
     the old shape up to date in MIGRATIONS. An event that changes has to be read in both shapes, by what it has or has not.
  2. Freeze a fixture of the version before: scripts/freeze-state.mjs.
  3. Say it in the table of state versions in CHANGELOG.md.
  4. Pin the new hash here.`;

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One text for one value, in whatever order its properties were written. */
const canonical = (value: Json): string =>
  Array.isArray(value)
    ? `[${value.map(canonical).join(',')}]`
    : typeof value === 'object' && value !== null
      ? `{${Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, of]) => `${JSON.stringify(key)}:${canonical(of)}`)
          .join(',')}}`
      : JSON.stringify(value);

const hashOf = (value: Json): string =>
  createHash('sha256').update(canonical(value)).digest('hex').slice(0, 16);

/** What plain data is made of: the kinds of values that were seen at each place. */
interface Shape {
  readonly kinds: Set<string>;
  readonly fields: Map<string, Shape>;
  items: Shape | null;
}

const nothing = (): Shape => ({ kinds: new Set(), fields: new Map(), items: null });

function see(shape: Shape, value: Json): void {
  shape.kinds.add(value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value);
  if (Array.isArray(value)) {
    shape.items ??= nothing();
    for (const item of value) see(shape.items, item);
  } else if (typeof value === 'object' && value !== null)
    for (const [key, of] of Object.entries(value)) {
      const field = shape.fields.get(key) ?? nothing();
      shape.fields.set(key, field);
      see(field, of);
    }
}

const written = ({ kinds, fields, items }: Shape): Json => ({
  kinds: [...kinds].sort(),
  fields: Object.fromEntries([...fields].map(([key, field]) => [key, written(field)])),
  items: items && written(items),
});

/** Everything that can happen, once at least. */
function everyEvent(): Exclude<EngineEvent, { type: 'error' }>[] {
  const events: Exclude<EngineEvent, { type: 'error' }>[] = [];
  const engine = engineWith({ evidence: 'guarded', maxMultiplier: 2 });
  engine.subscribe((event) => {
    if (event.type !== 'error') events.push(event);
  });
  for (const candle of walk(200)) engine.recordCandle('BTC/USDT', '1h', candle);
  let time = START + 200 * HOUR;
  const whole = {
    stop: 90,
    target: 130,
    exitRule: 'host',
    size: 1,
    feeRate: 0.001,
    slippageRate: 0.001,
  } as const;
  const asked = signal({
    id: 's',
    time,
    regime: 'TRENDING',
    reduceOnly: false,
    scalable: true,
    intent: 'open',
    ...whole,
  });
  const decision = engine.decide(asked);
  engine.withdraw(engine.decide(signal({ time })), 'BELOW_MIN');
  engine.recordEquity({ time, equity: 1000, deposit: 10 });
  const prices = { exitPrice: 110, lowestPrice: 95, highestPrice: 111, equityAtEntry: 1000 };
  const costs = { fees: 1, funding: 0.1, returnRate: 0.1, stopRate: 0.1, atrRate: 0.01 };
  const sent = { decision, positionId: 'p', side: 'long', ...prices, ...costs } as const;
  engine.recordTrade(trade(1, { ...sent, openSize: 1, entryTime: time, exitTime: time }));
  engine.recordTrade(trade(1, { ...sent, openSize: 0, entryTime: time, exitTime: time }));
  time = feed(engine, [1, -1, 2, -1], {}, time);
  engine.recordUnjudged({ strategy: 'EMA_Trend', symbol: 'BTC/USDT', time, reason: 'FILL_UNKNOWN' });
  engine.recordUnknownExit({ strategy: 'EMA_Trend', symbol: 'BTC/USDT', time, positionId: 'q', size: 1 });
  engine.updateOptimization(time);
  const posterior = engine.edge.snapshot();
  const commands: Record<Command['type'], Command> = {
    setFlags: { ...AUTHOR, id: 'c1', type: 'setFlags', flags: { enabled: true } },
    setMode: { ...AUTHOR, id: 'c2', type: 'setMode', mode: 'act' },
    setQuality: {
      ...AUTHOR,
      id: 'c3',
      type: 'setQuality',
      quality: { minQualityThreshold: 0.5, enforcement: 'strict', regimeAdjustments: { RANGING: 1 } },
    },
    setWeights: {
      ...AUTHOR,
      id: 'c4',
      type: 'setWeights',
      weights: { EMA_Trend: { weight: 1.5, cells: { RANGING: 1 } } },
    },
    setPosterior: { ...AUTHOR, id: 'c5', type: 'setPosterior', posterior },
    reset: { ...AUTHOR, id: 'c6', type: 'reset', target: 'weights' },
    rebasePeak: { ...AUTHOR, id: 'c7', type: 'rebasePeak' },
    forceStatus: {
      ...AUTHOR,
      id: 'c8',
      type: 'forceStatus',
      strategy: 'EMA_Trend',
      status: 'SUSPENDED',
      pinForHours: 24,
    },
    resume: { ...AUTHOR, id: 'c9', type: 'resume' },
    setFleet: {
      ...AUTHOR,
      id: 'c10',
      type: 'setFleet',
      priors: [['EMA_Trend', { mean: 0.1, deviation: 0.1 }]],
      guard: { factor: 0.5, until: time + HOUR },
    },
  };
  engine.reconfigure({ evidence: 'guarded', hardStop: 0.5 });
  engine.recordEquity({ time: time + 1, equity: 100 });
  for (const command of Object.values(commands)) engine.execute(command);
  engine.recordEquity({ time: time + 2, equity: 1000 });
  engine.decide(signal({ id: 'held', time: time + 2, ...whole }));
  engine.recordExitSignal({ strategy: 'EMA_Trend', symbol: 'BTC/USDT', time: time + HOUR });
  const from = time + HOUR;
  for (const candle of walk(4, 3, { start: from, price: 100 })) engine.recordCandle('BTC/USDT', '1h', candle);
  engine.reconfigure({});
  engine.forceStatus('EMA_Trend', 'ACTIVE');
  engine.decide(signal({ id: 'edge', time: from + 5 * HOUR, ...whole }));
  return events;
}

describe('a version of the state', () => {
  it('has one shape of a snapshot', () => {
    const shape = JSON.parse(JSON.stringify(z.toJSONSchema(snapshotSchema, { io: 'input' })));
    expect(
      { version: SNAPSHOT_VERSION, hash: hashOf(shape) },
      `The shape of a snapshot ${WHAT_TO_DO}`,
    ).toEqual({
      version: PINNED.version,
      hash: PINNED.snapshot,
    });
  });

  it('has one shape of each event', () => {
    const shapes = new Map<string, Shape>();
    for (const event of everyEvent()) {
      const key = event.type === 'command' ? `command ${event.command.type}` : event.type;
      const shape = shapes.get(key) ?? nothing();
      shapes.set(key, shape);
      see(shape, JSON.parse(JSON.stringify(event)));
    }
    const seen: Record<Exclude<EngineEvent['type'], 'error' | 'command'>, true> = {
      ...{ decision: true, withdrawal: true, trade: true, unjudged: true, unknownExit: true, candle: true },
      ...{ equity: true, exit: true, update: true, config: true, weight: true, status: true, shadow: true },
    };
    expect([...shapes.keys()].filter((key) => !key.startsWith('command ')).sort()).toEqual(
      Object.keys(seen).sort(),
    );
    const all = Object.fromEntries([...shapes].map(([key, shape]) => [key, written(shape)]));
    expect(hashOf(all), `The shape of an event ${WHAT_TO_DO}`).toBe(PINNED.events);
  });

  it('is in the table of the changelog, and each one before it has a fixture that opens', () => {
    const changelog = readFileSync(new URL('../../CHANGELOG.md', import.meta.url), 'utf8');
    for (let version = 1; version <= SNAPSHOT_VERSION; version += 1)
      expect(changelog, `a row for version ${version}`).toMatch(new RegExp(`^\\| ${version} \\|`, 'm'));
    for (let version = 3; version < SNAPSHOT_VERSION; version += 1)
      expect(existsSync(new URL(`../journal/fixtures/v${version}/state.json.gz`, import.meta.url))).toBe(
        true,
      );
  });
});
