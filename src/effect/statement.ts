import type { Stakes } from '../model/choices.ts';
import type { Cell } from '../model/regime.ts';
import { type Attribution, attribute, effectOf } from './attribution.ts';
import type { Claim, Verdict } from './claim.ts';
import { type Comparison, compare } from './comparison.ts';
import { type ArmStatement, armStatement } from './control-arm.ts';
import type { EffectLedger } from './ledger.ts';
import { type MoneyStatement, moneyOf } from './money.ts';
import type { SignalOutcome } from './outcome.ts';

/** Effect among the signals of one strategy, or of one cell. It explains; it claims nothing. */
export interface EffectRow {
  readonly n: number;
  readonly sent: number;
  /** R per unit of size sent; null where there is none to speak of. */
  readonly effect: number | null;
  readonly standardError: number | null;
}

/** Whether the overlay helped, as far as its record can say. */
export interface EffectStatement {
  /** Signals whose outcome is known, by where it is known from. */
  readonly n: number;
  readonly trades: number;
  readonly hostShadows: number;
  readonly barrierShadows: number;
  /** Share in [0,1] of outcomes that a triple barrier stood in for. */
  readonly barrierShare: number;
  /** Signals that the overlay sent, of those; while it observed, would have sent. */
  readonly sent: number;
  /** Outcomes of the time while the overlay only observed. */
  readonly observed: number;
  /** Signals that were not sent and whose outcome nobody knows; null where nobody counted. */
  readonly unknown: number | null;
  readonly verdict: Verdict;
  /** Why the verdict is what it is, in words. */
  readonly because: string;
  /** Whether bigger sizes went to better results, with its interval at all times at once. */
  readonly claim: Claim;
  /** About how many weeks the outcomes still needed take at the pace so far; null where nobody can say. */
  readonly moreWeeks: number | null;
  readonly comparison: readonly Comparison[];
  readonly money: MoneyStatement;
  /** Exact Shapley values; null where there is no effect. */
  readonly components: readonly Attribution[] | null;
  readonly strategies: readonly (EffectRow & { readonly strategy: string })[];
  readonly regimes: readonly (EffectRow & { readonly cell: Cell })[];
  /** What the control arm says; null where there is none. */
  readonly arm: ArmStatement | null;
}

export interface StatementOptions {
  /** How the host sizes; found from what it sent where it is not said. */
  readonly stakes?: Stakes | undefined;
  /** Signals that were not sent, all of them, to say how many are missing here. */
  readonly blocked?: number;
}

/** More triple barriers than this among the outcomes, and nothing is claimed. */
export const MAX_BARRIER_SHARE = 0.3;
const WEEK = 7 * 86_400_000;

/** The overlay statement over a record. */
export function effectStatement(
  ledger: EffectLedger,
  { stakes, blocked }: StatementOptions = {},
): EffectStatement {
  const { outcomes } = ledger;
  const n = outcomes.length;
  const count = (is: (outcome: SignalOutcome) => boolean) => outcomes.filter(is).length;
  const barrierShadows = count(({ source }) => source === 'barrier');
  const barrierShare = n > 0 ? barrierShadows / n : 0;
  const arm = armStatement(ledger);
  const found = ledger.claim.claim(arm?.correction);
  const claim = barrierShare > MAX_BARRIER_SHARE ? withheld(found, barrierShare) : found;
  const followed = count(({ source }) => source !== 'trade');
  return {
    n,
    trades: count(({ source }) => source === 'trade'),
    hostShadows: count(({ source }) => source === 'host'),
    barrierShadows,
    barrierShare,
    sent: sentOf(outcomes),
    observed: count(({ observed }) => observed),
    unknown: blocked === undefined ? null : Math.max(0, blocked - followed),
    verdict: claim.verdict,
    because: claim.because,
    claim,
    moreWeeks: weeksOf(claim.moreNeeded, outcomes),
    comparison: compare(outcomes),
    money: moneyOf(outcomes, ledger.deposits, stakes),
    components: attribute(outcomes),
    strategies: rowsBy(outcomes, ({ strategy }) => strategy).map(([strategy, row]) => ({ strategy, ...row })),
    regimes: rowsBy(outcomes, ({ cell }) => cell).map(([cell, row]) => ({ cell, ...row })),
    arm,
  };
}

/** What may be said of a claim that rests on guesses: the effect, and nothing about how sure it is. */
const withheld = (claim: Claim, share: number): Claim => ({
  ...claim,
  interval: null,
  bound: null,
  moreNeeded: null,
  verdict: 'INCONCLUSIVE',
  because: `triple barriers stood in for ${(100 * share).toFixed(0)}% of the outcomes: nothing is claimed above ${100 * MAX_BARRIER_SHARE}%`,
});

const sentOf = (outcomes: readonly SignalOutcome[]): number =>
  outcomes.filter(({ intended }) => intended > 0).length;

function weeksOf(more: number | null, outcomes: readonly SignalOutcome[]): number | null {
  if (more === null || outcomes.length < 2) return null;
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for (const { decidedAt, closedAt } of outcomes) {
    first = Math.min(first, decidedAt);
    last = Math.max(last, closedAt);
  }
  return last > first ? (more * (last - first)) / outcomes.length / WEEK : null;
}

function rowsBy<K extends string>(
  outcomes: readonly SignalOutcome[],
  keyOf: (outcome: SignalOutcome) => K,
): [K, EffectRow][] {
  const groups = new Map<K, SignalOutcome[]>();
  for (const outcome of outcomes) {
    const group = groups.get(keyOf(outcome)) ?? [];
    group.push(outcome);
    groups.set(keyOf(outcome), group);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, group]) => {
      const { effect, standardError } = effectOf(group);
      return [key, { n: group.length, sent: sentOf(group), effect, standardError }];
    });
}
