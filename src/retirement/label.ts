import type { StrategyStatus } from '../model/strategy.ts';

/** What a label is derived from: smoothed over outcomes, and the time and outcomes in the present status. */
export interface LabelFacts {
  /** Share of their size that the strategy's signals get, in [0,1], and P(mean R > 0). */
  readonly size: number;
  readonly probability: number;
  readonly hoursInStatus: number;
  readonly outcomesInStatus: number;
  /** Whether a signal of it got a size by itself just now. */
  readonly atWork: boolean;
}

const ACTIVE_FROM = 0.8;
const ACTIVE_UNTIL = 0.65;
const SUSPENDED_UNTIL = 0.05;
/** Share above which a strategy counts as at work again. */
export const AT_WORK = 0.15;
const RETIRED_HOURS = 72;
const RETIRED_OUTCOMES = 60;
const RETIRED_PROBABILITY = 0.05;

/** The label that a strategy moves to, or null where it stays. It is derived from sizes and never causes one. */
export function nextLabel(status: StrategyStatus, facts: LabelFacts): StrategyStatus | null {
  const { size, probability, hoursInStatus, outcomesInStatus, atWork } = facts;
  if (status !== 'ACTIVE' && size >= ACTIVE_FROM) return 'ACTIVE';
  switch (status) {
    case 'ACTIVE':
      return size <= SUSPENDED_UNTIL ? 'SUSPENDED' : size < ACTIVE_UNTIL ? 'DEGRADED' : null;
    case 'DEGRADED':
      return size <= SUSPENDED_UNTIL ? 'SUSPENDED' : null;
    case 'SUSPENDED': {
      if (size > AT_WORK || atWork) return 'DEGRADED';
      const isLost =
        hoursInStatus >= RETIRED_HOURS &&
        outcomesInStatus >= RETIRED_OUTCOMES &&
        probability <= RETIRED_PROBABILITY;
      return isLost ? 'RETIRED' : null;
    }
    case 'RETIRED':
      return size > AT_WORK || atWork ? 'DEGRADED' : null;
  }
}

/** A share or a probability with two digits, as people read it: worded anew at every outcome. */
const DIGITS = Array.from({ length: 101 }, (_, hundredths) =>
  (hundredths / 100).toFixed(2).replace(/^0\./, '.'),
);
const digits = (value: number): string => DIGITS[Math.round(100 * value)]!;

/** What a label rests on, in words. */
export const labelWords = ({ size, probability }: Pick<LabelFacts, 'size' | 'probability'>): string =>
  `P(mean R > 0) = ${digits(probability)}, its signals get ${digits(size)} of their size`;
