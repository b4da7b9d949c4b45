import type { Stakes } from '../model/choices.ts';
import { SCRATCH } from '../model/trade.ts';
import { addToCoMoments, emptyCoMoments } from '../statistics/co-moments.ts';
import type { Deposit } from './ledger.ts';
import type { SignalOutcome } from './outcome.ts';

/** Two accounts that start alike: the real one, and one whose host sent every signal at its own size. */
export interface TwinAccount {
  readonly start: number;
  readonly with: number;
  readonly without: number;
  /** with - without. */
  readonly net: number;
  /** The account without the overlay came to nothing, and traded no more from then on. */
  readonly ruined: boolean;
  /** How stakes follow equity: 1 in proportion, 0 not at all. */
  readonly scaling: number;
  /** Money that signals not sent, or reduced, did not lose, and did not gain; all at least 0. */
  readonly savedByBlocking: number;
  readonly savedByReducing: number;
  readonly missedByBlocking: number;
  readonly missedByReducing: number;
  /** What increased signals gained, and lost, beyond the host's own size. */
  readonly gainedByIncreasing: number;
  readonly lostByIncreasing: number;
  /** What the same signals came to on a larger or smaller account. The rows sum to `net`. */
  readonly byAccount: number;
}

/** Money that the overlay moved, as far as it is known. */
export interface MoneyStatement {
  /** Outcomes that the accounts are made of, or without an equity feed those whose money is known, of all. */
  readonly n: number;
  readonly outcomes: number;
  /** Null without an equity feed: nobody knows then what the host would have staked. */
  readonly twin: TwinAccount | null;
  /** Sums of m R and of R at the sizes that were traded. */
  readonly withR: number;
  readonly withoutR: number;
}

/** An outcome whose money and account are known: `risk` is the money of one R at the host's own size as decided. */
interface Staked {
  readonly decidedAt: number;
  readonly closedAt: number;
  readonly r: number;
  readonly m: number;
  readonly risk: number;
  readonly equity: number;
}

/** What acted on the account: where the overlay only observed, what it would have sent. */
const sizeOf = ({ observed, intended, multiplier }: SignalOutcome): number =>
  observed ? intended : multiplier;

/** @param stakes how the host sizes; found from what it sent where it is not said */
export function moneyOf(
  outcomes: readonly SignalOutcome[],
  deposits: readonly Deposit[],
  stakes?: Stakes,
): MoneyStatement {
  const known = outcomes.filter(({ pnl }) => pnl !== null);
  const staked = stakedOf(known);
  const sum = (of: (outcome: SignalOutcome) => number) =>
    outcomes.reduce((all, outcome) => all + of(outcome), 0);
  return {
    n: staked.length > 0 ? staked.length : known.length,
    outcomes: outcomes.length,
    twin: staked.length === 0 ? null : twinOf(staked, deposits, stakes),
    withR: sum((outcome) => sizeOf(outcome) * outcome.r),
    withoutR: sum(({ r }) => r),
  };
}

/** A step of the two accounts. */
export type TwinStep = [time: number, real: number, alone: number];

/** The two accounts over time, after each outcome and deposit; empty without an equity feed. */
export function twinCurve(
  outcomes: readonly SignalOutcome[],
  deposits: readonly Deposit[],
  stakes?: Stakes,
): TwinStep[] {
  const staked = stakedOf(outcomes.filter(({ pnl }) => pnl !== null));
  const steps: TwinStep[] = [];
  if (staked.length > 0) twinOf(staked, deposits, stakes, (step) => steps.push(step));
  return steps;
}

/** Outcomes whose account is known, of those whose money is. */
function stakedOf(known: readonly SignalOutcome[]): Staked[] {
  return known.flatMap((outcome): Staked[] => {
    const { r, pnl, equity, decidedAt, closedAt } = outcome;
    if (equity === null || !(equity > 0)) return [];
    // What came to nothing moves no money, whatever was at risk.
    const risk = Math.abs(r) < SCRATCH ? 0 : pnl! / r;
    return [{ decidedAt, closedAt, r, m: sizeOf(outcome), risk, equity }];
  });
}

/** Slope of ln(risk) on ln(equity), in [0,1]; 1 where equity hardly moved: then it makes no difference. */
function scalingOf(staked: readonly Staked[], stakes: Stakes | undefined): number {
  if (stakes !== undefined) return stakes === 'equity' ? 1 : 0;
  const moments = emptyCoMoments();
  for (const { risk, equity } of staked)
    if (risk > 0) addToCoMoments(moments, Math.log(equity), Math.log(risk));
  return moments.xx > 1e-12 ? Math.min(1, Math.max(0, moments.xy / moments.xx)) : 1;
}

function twinOf(
  staked: readonly Staked[],
  deposits: readonly Deposit[],
  stakes: Stakes | undefined,
  onStep: (step: TwinStep) => void = () => undefined,
): TwinAccount {
  const scaling = scalingOf(staked, stakes);
  const first = staked.reduce((earliest, each) => (each.decidedAt < earliest.decidedAt ? each : earliest));
  const start = first.equity;
  const moved = {
    savedByBlocking: 0,
    savedByReducing: 0,
    missedByBlocking: 0,
    missedByReducing: 0,
    gainedByIncreasing: 0,
    lostByIncreasing: 0,
    byAccount: 0,
  };
  let [real, alone, ruined] = [start, start, false];
  const stakeOf = new Map<Staked, number>();
  for (const step of inOrder(staked, deposits, first.decidedAt)) {
    if (step.kind === 'deposit') {
      // Money that came from elsewhere, or went there, is nobody's gain: both accounts have it, ruined or not.
      real += step.amount;
      alone += step.amount;
      ruined ||= alone <= 0;
      onStep([step.time, real, alone]);
      continue;
    }
    const { risk, equity, r, m } = step.outcome;
    if (step.kind === 'decision') {
      stakeOf.set(step.outcome, ruined ? 0 : risk * (alone / equity) ** scaling);
      continue;
    }
    const stake = stakeOf.get(step.outcome) ?? 0;
    real += m * risk * r;
    const before = alone;
    if (!ruined) alone += stake * r;
    if (!ruined && alone <= 0) [alone, ruined] = [0, true];
    onStep([step.time, real, alone]);
    // By what it came to in money: parts with other risks may make a loss of a gain in R.
    const gain = stake * r;
    const change = (m - 1) * gain;
    const amount = Math.abs(change);
    if (m > 1) moved[gain > 0 ? 'gainedByIncreasing' : 'lostByIncreasing'] += amount;
    else if (m > 0) moved[gain > 0 ? 'missedByReducing' : 'savedByReducing'] += amount;
    else moved[gain > 0 ? 'missedByBlocking' : 'savedByBlocking'] += amount;
    // What is left of the difference is that of the accounts: of their stakes, and of a ruin that stops at nothing.
    moved.byAccount += m * risk * r - (alone - before) - change;
  }
  return { start, with: real, without: alone, net: real - alone, ruined, scaling, ...moved };
}

type Happening =
  | { readonly kind: 'decision' | 'close'; readonly time: number; readonly outcome: Staked }
  | { readonly kind: 'deposit'; readonly time: number; readonly amount: number };

const ORDER = { deposit: 0, close: 1, decision: 2 } as const;

/** Everything that moved the accounts; at one time what closes comes before what is decided. */
function inOrder(staked: readonly Staked[], deposits: readonly Deposit[], from: number): Happening[] {
  return [
    ...deposits
      .filter(({ time }) => time > from)
      .map(({ time, amount }): Happening => ({ kind: 'deposit', time, amount })),
    ...staked.flatMap((outcome): Happening[] => [
      { kind: 'decision', time: outcome.decidedAt, outcome },
      // What closes at its own decision closes after it.
      { kind: 'close', time: Math.max(outcome.closedAt, outcome.decidedAt + 0.5), outcome },
    ]),
  ].sort((a, b) => a.time - b.time || ORDER[a.kind] - ORDER[b.kind]);
}
