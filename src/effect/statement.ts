import type { Cell } from '../model/regime.ts';
import { type Attribution, attribute } from './attribution.ts';
import { type Comparison, compare } from './comparison.ts';
import {
  barrierShare,
  type Look,
  looksAt,
  MAX_BARRIER_SHARE,
  MIN_CLAIM,
  MIN_MINORITY,
  type OutcomeRecord,
  outcomesNeeded,
  type Verdict,
} from './looks.ts';
import { type MoneyMoved, moneyMoved } from './money.ts';
import type { SignalOutcome } from './outcome.ts';
import { type Estimate, estimateSelection } from './selection.ts';

/** Effect among the signals of one strategy, or of one cell. It explains; it claims nothing. */
export interface EffectRow {
  readonly n: number;
  readonly sent: number;
  readonly effect: Estimate | null;
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
  /** Signals that were sent, of those. */
  readonly sent: number;
  /** sum(m R)/sum(m) - mean(R) over all outcomes, in R; null where nothing was sent. */
  readonly selection: Estimate | null;
  readonly verdict: Verdict;
  /** Why the verdict is what it is, in words. */
  readonly because: string;
  readonly looks: readonly Look[];
  /** Outcomes at which the next look is due, and about how many more it takes to claim an effect like this one. */
  readonly nextLook: number;
  readonly moreNeeded: number | null;
  readonly comparison: readonly Comparison[];
  readonly money: MoneyMoved;
  /** Exact Shapley values; null where nothing was sent. */
  readonly components: readonly Attribution[] | null;
  readonly strategies: readonly (EffectRow & { readonly strategy: string })[];
  readonly regimes: readonly (EffectRow & { readonly cell: Cell })[];
}

/**
 * The overlay statement over a record.
 * @param seed of the resampling: the same record and seed give the same statement
 */
export function effectStatement(record: OutcomeRecord, seed = 7): EffectStatement {
  const { outcomes } = record;
  const n = outcomes.length;
  const count = (source: SignalOutcome['source']) =>
    outcomes.filter((outcome) => outcome.source === source).length;
  const selection = estimateSelection(outcomes, seed);
  const looks = looksAt(record, seed);
  const share = barrierShare(outcomes);
  let nextLook = MIN_CLAIM;
  while (nextLook <= n) nextLook *= 2;
  const latest = looks.at(-1);
  return {
    n,
    trades: count('trade'),
    hostShadows: count('host'),
    barrierShadows: count('barrier'),
    barrierShare: share,
    sent: sentOf(outcomes),
    selection,
    verdict: share > MAX_BARRIER_SHARE ? 'INCONCLUSIVE' : (latest?.verdict ?? 'INCONCLUSIVE'),
    because:
      latest && share > MAX_BARRIER_SHARE && latest.barrierShare <= MAX_BARRIER_SHARE
        ? tooManyBarriers('by now', share)
        : because(latest, n),
    looks,
    nextLook,
    moreNeeded: outcomesNeeded(n, selection),
    comparison: compare(outcomes, seed),
    money: moneyMoved(outcomes),
    components: attribute(outcomes, seed),
    strategies: rowsBy(outcomes, ({ strategy }) => strategy, seed).map(([strategy, row]) => ({
      strategy,
      ...row,
    })),
    regimes: rowsBy(outcomes, ({ cell }) => cell, seed).map(([cell, row]) => ({ cell, ...row })),
  };
}

const sentOf = (outcomes: readonly SignalOutcome[]): number =>
  outcomes.filter(({ multiplier }) => multiplier > 0).length;

function because(look: Look | undefined, n: number): string {
  if (!look) return `nothing is claimed below ${MIN_CLAIM} outcomes, there are ${n}`;
  const at = `at the look at ${look.n} outcomes`;
  const level = `${(100 * (1 - look.alpha)).toFixed(2)}%`;
  if (look.barrierShare > MAX_BARRIER_SHARE) return tooManyBarriers(at, look.barrierShare);
  if (look.minority !== null && look.minority < MIN_MINORITY)
    return `${at}, too few signals were on the smaller side, sent or not (effectively ${look.minority.toFixed(0)}): nothing is claimed below ${MIN_MINORITY}`;
  if (look.effect === null) return `${at}, nothing had been sent`;
  const holds = look.verdict === 'INCONCLUSIVE' ? 'contains 0' : 'does not contain 0';
  return `${at}, the ${level} interval of the selection effect ${holds}`;
}

const tooManyBarriers = (when: string, share: number): string =>
  `${when}, triple barriers stood in for ${(100 * share).toFixed(0)}% of the outcomes: nothing is claimed above ${100 * MAX_BARRIER_SHARE}%`;

function rowsBy<K extends string>(
  outcomes: readonly SignalOutcome[],
  keyOf: (outcome: SignalOutcome) => K,
  seed: number,
): [K, EffectRow][] {
  const groups = new Map<K, SignalOutcome[]>();
  for (const outcome of outcomes) {
    const key = keyOf(outcome);
    const group = groups.get(key) ?? [];
    group.push(outcome);
    groups.set(key, group);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, group]) => [
      key,
      { n: group.length, sent: sentOf(group), effect: estimateSelection(group, seed) },
    ]);
}
