import fc from 'fast-check';
import { EdgekeeperError } from '../src/index.ts';
import { HOUR, START, signal, trade } from './fixtures.ts';

/** What hosts should never send, and do: made anew each time, for some of it ends what it touches. */
const MAKERS = {
  nothing: () => undefined,
  null: () => null,
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  minusInfinity: () => Number.NEGATIVE_INFINITY,
  minusZero: () => -0,
  zero: () => 0,
  minusOne: () => -1,
  tiny: () => Number.MIN_VALUE,
  tinyPrice: () => 1e-300,
  half: () => 0.5,
  integer: () => 2 ** 53,
  huge: () => 1e300,
  most: () => 1e308,
  least: () => -1e308,
  money: () => 1e15,
  empty: () => '',
  number: () => '1',
  proto: () => '__proto__',
  constructor: () => 'constructor',
  toString: () => 'toString',
  quiet: () => 'QUIET',
  trending: () => 'TRENDING',
  control: () => 'a\nb',
  long: () => 'x'.repeat(5000),
  surrogate: () => '\ud800',
  true: () => true,
  list: () => [],
  object: () => ({}),
  bare: () => Object.create(null),
  symbol: () => Symbol('s'),
  big: () => 10n,
  function: () => () => {
    throw new Error('called');
  },
  date: () => new Date(Number.NaN),
  map: () => new Map([['a', 1]]),
  promise: () => Promise.resolve(1),
  frozen: () => Object.freeze({ strategy: 's', id: 'i' }),
  cyclic: () => {
    const cyclic: Record<string, unknown> = { strategy: 's' };
    cyclic.self = cyclic;
    return cyclic;
  },
  getter: () => ({
    get strategy() {
      throw new Error('a getter that throws');
    },
  }),
  proxy: () =>
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('a proxy that throws');
        },
        ownKeys: () => {
          throw new Error('a proxy that throws');
        },
      },
    ),
  revoked: () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  fickle: () => {
    let calls = 0;
    const fickle = () => {
      calls += 1;
      return calls % 2 === 1 ? 1 : Number.NaN;
    };
    return { valueOf: fickle, toString: () => 'fickle', toJSON: fickle };
  },
} as const satisfies Record<string, () => unknown>;

/** How one of these is written down: fast-check cannot print all that it would have to. */
interface Written {
  readonly sane: string | null;
  /** Properties that are something else. */
  readonly changes: readonly (readonly [key: string, maker: keyof typeof MAKERS])[];
  readonly maker: keyof typeof MAKERS;
  readonly hour: number;
  readonly name: number;
  readonly getters: boolean;
}

const NAMES = ['A', 'B', 'constructor', 'toString', 'hasOwnProperty'];
const by = (time: number) => ({ time, actor: 'a', reason: 'r' });

/** Values that a method would take, by what they are. */
const SANE: Record<string, (time: number, name: string) => unknown> = {
  signal: (time, strategy) => signal({ time, strategy, symbol: strategy, id: `s${time}${strategy}` }),
  trade: (time, strategy) =>
    trade(1, { id: `t${time}`, strategy, symbol: strategy, entryTime: time, exitTime: time }),
  loss: (time, strategy) =>
    trade(-1, { id: `t${time}`, strategy, symbol: strategy, entryTime: time, exitTime: time }),
  candle: (time) => ({ time, open: 100, high: 110, low: 90, close: 105, volume: 1 }),
  spike: (time) => ({ time, open: 1e15, high: 1e15, low: 1e-15, close: 1e-15, volume: 1e21 }),
  equity: (time) => ({ time, equity: 1000, deposit: 1 }),
  entry: (time, strategy) => ({ strategy, symbol: strategy, time, reason: 'FILL_UNKNOWN' }),
  exit: (time, strategy) => ({ strategy, symbol: strategy, time, size: 1, positionId: 'p' }),
  flags: (time) => ({ type: 'setFlags', flags: { qualityFiltering: false }, ...by(time) }),
  force: (time, strategy) => ({
    type: 'forceStatus',
    strategy,
    status: 'SUSPENDED',
    pinForHours: 1,
    ...by(time),
  }),
  quality: (time) => ({
    type: 'setQuality',
    quality: { minQualityThreshold: 0.5, enforcement: 'strict', regimeAdjustments: { RANGING: 0.9 } },
    ...by(time),
  }),
  weights: (time, strategy) => ({
    type: 'setWeights',
    weights: { [strategy]: { weight: 1.5, cells: {} } },
    ...by(time),
  }),
  outcome: (time, strategy) => ({
    ...{ id: 'o', strategy, symbol: strategy, side: 'long', cell: 'RANGING', r: 1, weight: 1, quality: 0.5 },
    ...{ closedAt: time, decidedAt: time, held: HOUR, belowThreshold: true },
  }),
  assessment: (time, strategy) => ({
    ...{ strategy, time, trades: 30, expectancy: -1, profitFactor: 0.1, winRate: 0.1, maxDrawdown: 0.5 },
    ...{ consecutiveLosses: 12, edgeProbability: 0.4 },
  }),
  evidence: (_time, strategy) => ({
    [strategy]: {
      outcomes: 5,
      overall: { n: 5, meanR: 1, grossProfit: 5, grossLoss: 1, drawdown: 0, deviation: 1 },
    },
  }),
  options: (_time, strategy) => ({ baseWeights: { [strategy]: 1.5 }, marketWeights: { [strategy]: 2 } }),
  authorship: (time) => by(time),
  name: (_time, strategy) => strategy,
  time: (time) => time,
  timeframe: () => '1h',
  status: () => 'RETIRED',
  cell: () => 'RANGING',
  trending: () => 'TRENDING',
  switches: () => ({ adaptiveWeighting: false }),
  one: () => 1,
};

/** What some methods take: most calls of them are nearly right. */
const TAKES: Record<string, readonly (readonly (keyof typeof SANE)[])[]> = {
  decide: [['signal']],
  scoreSignal: [['signal']],
  previewSignal: [['signal']],
  recordTrade: [['trade', 'loss']],
  record: [['trade', 'loss', 'equity']],
  recordCandle: [['name'], ['timeframe'], ['candle', 'spike']],
  update: [['name'], ['timeframe'], ['candle', 'spike']],
  recordEquity: [['equity']],
  recordUnjudged: [['entry']],
  recordUnknownExit: [['exit']],
  recordExitSignal: [['signal']],
  recordOutcome: [['name'], ['one'], ['one']],
  recordShadow: [['name'], ['one'], ['one'], ['time']],
  recordSignalOutcome: [['outcome']],
  learn: [['outcome']],
  updateOptimization: [['time']],
  updateWeights: [['evidence'], ['time']],
  assessStrategy: [['assessment']],
  execute: [['flags', 'force', 'quality', 'weights']],
  forceStatus: [['name'], ['status'], ['authorship']],
  setRegimeAdjustment: [['trending'], ['one']],
  setFlags: [['switches'], ['authorship']],
  reconfigure: [['options'], ['authorship']],
  dropPosition: [['name'], ['name'], ['name'], ['time']],
  register: [['name']],
  getWeightForRegime: [['name'], ['cell']],
  getPositionSizeMultiplier: [['name'], ['one'], ['cell']],
};

const makers = fc.constantFrom(...(Object.keys(MAKERS) as (keyof typeof MAKERS)[]));
const written = (kinds: readonly string[] = Object.keys(SANE)): fc.Arbitrary<Written> =>
  fc.record({
    sane: fc.option(fc.constantFrom(...kinds), { freq: 6 }),
    changes: fc.array(fc.tuple(fc.constantFrom(...Object.keys(keysOf())), makers), { maxLength: 2 }),
    maker: makers,
    hour: fc.nat(200),
    name: fc.nat(NAMES.length - 1),
    getters: fc.boolean(),
  });

function keysOf(): Record<string, true> {
  const keys: Record<string, true> = {};
  for (const make of Object.values(SANE)) {
    const value = make(START, 'A');
    if (typeof value === 'object') for (const key of Object.keys(value!)) keys[key] = true;
  }
  return keys;
}

function valueFrom({ sane, changes, maker, hour, name, getters }: Written): unknown {
  if (sane === null) return MAKERS[maker]();
  const value = SANE[sane]!(START + hour * HOUR, NAMES[name]!);
  if (typeof value !== 'object' || value === null) return value;
  for (const [key, how] of changes) {
    if (!(key in value)) continue;
    const spoilt = MAKERS[how]();
    const get = () => {
      throw new Error('a property that throws');
    };
    const descriptor = getters && how === 'getter' ? { get } : { value: spoilt, writable: true };
    Object.defineProperty(value, key, { ...descriptor, enumerable: true, configurable: true });
  }
  return value;
}

/** One call of a method. */
export interface Call {
  readonly method: string;
  readonly args: readonly Written[];
}

/**
 * What the parts of an engine hand over to each other, checked as a whole before: a state piece by piece, and what was
 * resolved once. None of it is a door.
 */
const HANDED_OVER = [
  ...['begin', 'take', 'takeCells', 'takeEvidence', 'takeSymbols', 'walk', 'head', 'fork'],
  ...['find', 'handle', 'score', 'assess', 'predict', 'lastSize', 'keepSize', 'evidenceIn', 'cellsOf'],
  'record',
];

/** Names of everything that can be called, or set, of an object, found by looking at it. */
export function doorsOf(subject: object): string[] {
  const own = Object.getOwnPropertyNames(subject);
  const inherited = Object.getOwnPropertyNames(Object.getPrototypeOf(subject));
  return [...new Set([...own, ...inherited])].filter((key) => {
    if (key === 'constructor' || key in Object.prototype || HANDED_OVER.includes(key)) return false;
    const at = Object.hasOwn(subject, key) ? subject : Object.getPrototypeOf(subject);
    const { value, set } = Object.getOwnPropertyDescriptor(at, key)!;
    return typeof value === 'function' || set !== undefined;
  });
}

const argsOf = (method: string): fc.Arbitrary<Written[]> => {
  const anything = fc.array(written(), { maxLength: 4 });
  const takes = TAKES[method];
  return takes
    ? fc.oneof(
        { weight: 5, arbitrary: fc.tuple(...takes.map((kinds) => written(kinds))) },
        { weight: 1, arbitrary: anything },
      )
    : anything;
};

/** Calls of these methods, as a hostile host makes them. */
export const callsOf = (methods: readonly string[], maxLength = 30): fc.Arbitrary<Call[]> =>
  fc.array(
    fc
      .constantFrom(...methods)
      .chain((method) => fc.record({ method: fc.constant(method), args: argsOf(method) })),
    { minLength: 1, maxLength },
  );

/** Makes a call. Whatever comes of it but a coded error is a fault. Returns whether it was taken. */
export function call(subject: object, { method, args }: Call): boolean {
  const values = args.map(valueFrom);
  try {
    const at =
      Object.getOwnPropertyDescriptor(subject, method) ??
      Object.getOwnPropertyDescriptor(Object.getPrototypeOf(subject), method);
    if (at?.set) (subject as Record<string, unknown>)[method] = values[0];
    else {
      const result = (subject as Record<string, (...given: unknown[]) => unknown>)[method]!(...values);
      if (result instanceof Promise) void result.catch(() => undefined);
    }
    return true;
  } catch (error) {
    if (!(error instanceof EdgekeeperError))
      throw new Error(`${method} threw ${String(error)}\n${(error as Error).stack}`, { cause: error });
    return false;
  }
}
