import { DAY, type SimulatedSignal, START } from './signals.ts';
import type { Turn, World } from './worlds.ts';

/** Of one policy in one world. R is that of true means: what luck made of it says nothing about a policy. */
export interface Measures {
  /** R sent per 1000 signals, and that of all signals at the host's own size. */
  readonly sent: number;
  readonly host: number;
  /** How much better than all signals the sent ones are, by size, in R per 1000. */
  readonly selection: number;
  /** True daily mean over the realised daily deviation, a year. */
  readonly sharpe: number;
  /** Mean size. */
  readonly turnover: number;
  /** Changes between nothing and something for signals of one kind, a week and strategy. */
  readonly flips: number;
  /** Hours until each dead strategy is benched, and days until each revived one is back; Infinity for never. */
  readonly benchHours: readonly number[];
  readonly backDays: readonly number[];
}

/** Signals over which a strategy counts as benched, or as back, and the mean size at which it does. */
const NEXT = 10;
const BENCHED = 0.25;
const BACK = 0.75;

export function measure(
  { dead, revived, strategies }: World,
  signals: readonly SimulatedSignal[],
  sizes: Float64Array,
): Measures {
  const count = signals.length;
  let [size, host, sent] = [0, 0, 0];
  for (const [i, { mean }] of signals.entries()) {
    size += sizes[i]!;
    host += mean;
    sent += sizes[i]! * mean;
  }
  const days = (signals.at(-1)!.time - START) / DAY;
  const after = (turn: Turn, is: (mean: number) => boolean) => settledAfter(turn, signals, sizes, is);
  return {
    sent: (1000 * sent) / count,
    host: (1000 * host) / count,
    selection: size > 0 ? 1000 * (sent / size - host / count) : 0,
    sharpe: sharpeOf(signals, sizes, sent / days),
    turnover: size / count,
    flips: flipsOf(signals, sizes) / (days / 7) / strategies,
    benchHours: dead.map((turn) => after(turn, (mean) => mean <= BENCHED) / (DAY / 24)),
    backDays: revived.map((turn) => after(turn, (mean) => mean >= BACK) / DAY),
  };
}

function sharpeOf(signals: readonly SimulatedSignal[], sizes: Float64Array, daily: number): number {
  const byDay = new Map<number, number>();
  for (const [i, { closesAt, r }] of signals.entries()) {
    const day = Math.floor(closesAt / DAY);
    byDay.set(day, (byDay.get(day) ?? 0) + sizes[i]! * r);
  }
  const results = [...byDay.values()];
  const mean = results.reduce((sum, result) => sum + result, 0) / results.length;
  const squares = results.reduce((sum, result) => sum + (result - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (results.length - 1));
  return deviation > 0 ? (Math.sqrt(365) * daily) / deviation : 0;
}

function flipsOf(signals: readonly SimulatedSignal[], sizes: Float64Array): number {
  const last = new Map<string, boolean>();
  let flips = 0;
  for (const [i, { strategy, symbol, regime }] of signals.entries()) {
    const kind = `${strategy} ${symbol} ${regime}`;
    const isSent = sizes[i]! > 0;
    if (last.has(kind) && last.get(kind) !== isSent) flips += 1;
    last.set(kind, isSent);
  }
  return flips;
}

/** Time in ms from a turn until the mean size of the strategy's next signals is what it should be. */
function settledAfter(
  { strategy, day }: Turn,
  signals: readonly SimulatedSignal[],
  sizes: Float64Array,
  is: (mean: number) => boolean,
): number {
  const from = START + day * DAY;
  const own = signals.flatMap((signal, i) =>
    signal.strategy === strategy && signal.time >= from ? [{ time: signal.time, size: sizes[i]! }] : [],
  );
  for (let i = 0; i + NEXT <= own.length; i += 1) {
    const next = own.slice(i, i + NEXT);
    if (is(next.reduce((sum, { size }) => sum + size, 0) / NEXT)) return own[i]!.time - from;
  }
  return Number.POSITIVE_INFINITY;
}

/** Never is later than anything. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)]!, sorted[Math.floor(sorted.length / 2)]!];
  return low === high ? low : (low + high) / 2;
}
