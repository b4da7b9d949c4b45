import type { Interval } from '../statistics/interval.ts';
import { normalInterval } from '../statistics/interval.ts';
import { normalQuantile } from '../statistics/normal.ts';
import type { SignalOutcome } from './outcome.ts';
import { columnsOf, type Estimate, estimateSelection, minorityOf } from './selection.ts';

export type Verdict = 'IMPROVES' | 'HARMS' | 'INCONCLUSIVE';

/** Outcomes below which nothing is ever claimed. */
export const MIN_CLAIM = 400;
const FIRST_LOOK = 100;
const ALPHA = 0.05;
/** Share of stand-in outcomes above which nothing is claimed. */
export const MAX_BARRIER_SHARE = 0.3;
/** Effective number of signals on the smaller side (sent, or not) below which nothing is claimed. */
export const MIN_MINORITY = 30;
/** Probability with which the number of outcomes that is asked for would do. */
const POWER_QUANTILE = normalQuantile(0.8);
/** Outcomes beyond which nobody waits. */
const TOO_MANY = 1_000_000;

/** Outcomes in the order in which they became known. */
export interface OutcomeRecord {
  readonly outcomes: readonly SignalOutcome[];
  /** The first n of them as they were when there were n; by default as they are now. */
  readonly atLook?: (n: number) => readonly SignalOutcome[] | undefined;
}

/** Whether a look is taken at this number of outcomes. */
export const isLook = (n: number): boolean => n >= MIN_CLAIM && Number.isInteger(Math.log2(n / FIRST_LOOK));

/** One look at the record, at a number of outcomes that was fixed beforehand. */
export interface Look {
  readonly n: number;
  /** Probability of a false claim that this look spends. */
  readonly alpha: number;
  readonly effect: number | null;
  /** At 1 - alpha. */
  readonly interval: Interval | null;
  readonly barrierShare: number;
  /** Effective number of signals on the smaller side of the decision; null where all were treated alike. */
  readonly minority: number | null;
  readonly verdict: Verdict;
}

/** Probability of a false claim spent by the look at 100*2^k outcomes: 0.05/2^(k+1), so that all looks together spend 0.05. */
const alphaOf = (n: number): number => ALPHA / 2 ** (Math.log2(n / FIRST_LOOK) + 1);

export const barrierShare = (outcomes: readonly SignalOutcome[]): number =>
  outcomes.length === 0 ? 0 : outcomes.filter(({ source }) => source === 'barrier').length / outcomes.length;

/**
 * The looks at which a claim can be made: at 400, 800, 1600... outcomes, each over the outcomes known then.
 * Looking at the record at any other time claims nothing, so that watching it does not create claims. The
 * interval takes the bootstrap's standard error: 1,000 resamples do not know their own 0.3% points.
 */
export function looksAt({ outcomes, atLook }: OutcomeRecord, seed: number): Look[] {
  const looks: Look[] = [];
  for (let n = MIN_CLAIM; n <= outcomes.length; n *= 2) {
    const seen = atLook?.(n) ?? outcomes.slice(0, n);
    const alpha = alphaOf(n);
    const found = estimateSelection(seen, seed);
    const share = barrierShare(seen);
    const interval =
      found?.standardError == null
        ? null
        : normalInterval(found.value, found.standardError, normalQuantile(1 - alpha / 2));
    const minority = minorityOf(columnsOf(seen).m);
    const claims = share <= MAX_BARRIER_SHARE && minority >= MIN_MINORITY;
    looks.push({
      n,
      alpha,
      effect: found?.value ?? null,
      interval,
      barrierShare: share,
      minority: Number.isFinite(minority) ? minority : null,
      verdict: claims ? verdictOf(interval) : 'INCONCLUSIVE',
    });
  }
  return looks;
}

function verdictOf(interval: Interval | null): Verdict {
  // No spread at all is a constant multiplier: nothing was selected.
  if (interval === null || interval[0] === interval[1]) return 'INCONCLUSIVE';
  return interval[0] > 0 ? 'IMPROVES' : interval[1] < 0 ? 'HARMS' : 'INCONCLUSIVE';
}

/**
 * Outcomes still needed until a look would claim an effect of the size seen so far, with a probability of
 * 80%; null where no reasonable number would do.
 */
export function outcomesNeeded(n: number, found: Estimate | null): number | null {
  if (found?.standardError == null || !(Math.abs(found.value) > 0) || found.standardError === 0) return null;
  for (let look = MIN_CLAIM; look <= TOO_MANY; look *= 2) {
    if (look <= n) continue;
    const error = found.standardError * Math.sqrt(n / look);
    const needed = (normalQuantile(1 - alphaOf(look) / 2) + POWER_QUANTILE) * error;
    if (Math.abs(found.value) >= needed) return look - n;
  }
  return null;
}
