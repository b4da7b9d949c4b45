/** What went wrong where a bench could not measure what it says: no number is better than a wrong one. */
export class BenchError extends Error {}

/** Fails a bench whose world is not what its row says. */
export function demand(holds: boolean, message: string): asserts holds {
  if (!holds) throw new BenchError(message);
}

export const UNITS = ['us', 'ms', 'events/s', 'B', 'x', '%'] as const;
export type Unit = (typeof UNITS)[number];

/** A number beside which a measured one is read: a bare loop of the same work, or somebody else's. */
export interface Beside {
  readonly what: string;
  readonly value: number;
}

/** What must be: one of a row's numbers below or above a bound. */
export interface Must {
  readonly of: 'median' | 'p99' | 'ratio' | 'value';
  readonly below?: number;
  readonly above?: number;
}

/** One row as a concept measures it; in the row's own unit throughout. */
export interface Measurement {
  readonly what: string;
  readonly unit: Unit;
  readonly median: number;
  /** Of single calls; absent where calls are too short to be timed one by one. */
  readonly p99?: number;
  /** Measured in the same run. */
  readonly floor?: Beside;
  readonly peers?: readonly Beside[];
  readonly must?: readonly Must[];
}

export interface Row {
  readonly what: string;
  readonly unit: Unit;
  readonly median: number;
  readonly p99: number | null;
  readonly floor: Beside | null;
  /** Median over floor. */
  readonly ratio: number | null;
  readonly peers: readonly Beside[];
  readonly must: string;
  /** Null where nothing must be. */
  readonly holds: boolean | null;
}

/** A complete row. @throws BenchError for a number that was not measured */
export function rowOf(measured: Measurement): Row {
  const { what, unit, median, p99 = null, floor = null, peers = [], must = [] } = measured;
  for (const [name, value] of [
    ['median', median],
    ['p99', p99 ?? 0],
    ['floor', floor?.value ?? 0],
    ...peers.map((peer) => [peer.what, peer.value] as const),
  ] as const)
    demand(Number.isFinite(value), `${what}: ${name} is ${value}`);
  demand(floor === null || floor.value > 0, `${what}: the floor took no time`);
  const ratio = floor && median / floor.value;
  const numbers = { median, p99, ratio, value: median };
  const judged = must.map(({ of, below, above }) => {
    const value = numbers[of];
    demand(value !== null, `${what}: nothing is known of its ${of}`);
    const isMet = (below === undefined || value < below) && (above === undefined || value > above);
    const name = of === 'value' ? '' : `${of} `;
    return { isMet, text: `${name}${below === undefined ? `> ${above}` : `< ${below}`}` };
  });
  return {
    what,
    unit,
    median,
    p99,
    floor,
    ratio,
    peers,
    must: judged.map(({ text }) => text).join(', '),
    holds: judged.length === 0 ? null : judged.every(({ isMet }) => isMet),
  };
}
