import type { EffectStatement } from '../effect/statement.ts';
import type { OptimizationEngine } from '../engine/engine.ts';
import type { Flags, Mode } from '../model/flags.ts';
import type { KnownAlert } from './alert-book.ts';
import { type Observed, observedOf } from './observed.ts';
import { type Change, changesOf } from './report.ts';
import { knownStrategies } from './strategies.ts';
import { verdictOf } from './verdict.ts';

/** How the process is that trades: it says so itself every few seconds. */
export interface BotState {
  /** `silent`: it did not say that it ended, and says nothing any more. */
  readonly state: 'running' | 'silent' | 'stopped';
  /** When it was last heard of, in ms; null where never. */
  readonly heardAt: number | null;
}

/** What an operator wants to know in ten seconds: is it healthy, is it helping, what needs a hand? */
export interface Overview {
  /** Of the latest event. */
  readonly time: number;
  readonly bot: BotState;
  readonly mode: Mode;
  readonly flags: Flags;
  /** The one light: off; nothing known yet; something needs a hand, and how urgently; or nothing does. */
  readonly light: 'off' | 'empty' | 'bad' | 'attention' | 'good';
  readonly healthy: {
    readonly active: number;
    readonly degraded: number;
    readonly suspended: number;
    readonly retired: number;
    /** Rates below the highest equity; null without an equity feed. */
    readonly drawdown: number | null;
    readonly guard: number;
    readonly stopped: boolean;
    readonly entries: number;
    readonly unjudged: number;
    readonly positions: number;
    readonly unbooked: number;
  };
  readonly helping: {
    readonly verdict: EffectStatement['verdict'];
    readonly sentence: string;
    readonly effect: number | null;
    readonly interval: readonly [number, number] | null;
    readonly n: number;
    /** About how many outcomes are missing to a claim, and how many weeks they take; null where nobody can say. */
    readonly moreNeeded: number | null;
    readonly moreWeeks: number | null;
  };
  /** Alerts that a person must see to and has not acknowledged, most severe first. */
  readonly hand: readonly KnownAlert[];
  /** The last day, by the time of events. */
  readonly lastDay: {
    readonly signals: number;
    readonly sent: number;
    readonly reduced: number;
    readonly blocked: number;
    readonly changes: readonly Change[];
  };
  /** What it would have done; null while it acts. */
  readonly observed: Observed | null;
  readonly waitingCommands: number;
  /** What of the record is damaged; null where nothing is. */
  readonly fault: string | null;
}

export interface OverviewParts {
  readonly engine: OptimizationEngine;
  readonly effect: EffectStatement;
  readonly bot: BotState;
  /** Those that hold now. */
  readonly alerts: readonly KnownAlert[];
  readonly waitingCommands: number;
  readonly fault: string | null;
}

const DAY = 86_400_000;

export function overviewOf(parts: OverviewParts): Overview {
  const { engine, effect, bot, alerts, waitingCommands, fault } = parts;
  const { manager, flags, mode } = engine;
  const { time, drawdown, guard, stopped } = engine.getOptimizationStatus();
  const { judged, unjudged, closed, unknownExits } = engine.getCoverage();
  const missed = Object.values(unjudged).reduce((sum, count) => sum + count, 0);
  const decisions = engine.getRecentDecisions().filter((each) => each.time > time - DAY);
  const count = (is: (intended: number) => boolean) =>
    decisions.filter(({ intended }) => is(intended)).length;
  const hand = alerts.filter(({ level, acknowledged }) => level !== 'info' && !acknowledged);
  const isEmpty = knownStrategies(engine).length === 0 && decisions.length === 0;
  return {
    time,
    bot,
    mode,
    flags,
    light: lightOf(flags.enabled, isEmpty, hand),
    healthy: {
      active: manager.getActiveStrategies().length,
      degraded: manager.getDegradedStrategies().length,
      suspended: manager.getSuspendedStrategies().length,
      retired: manager.getRetiredStrategies().length,
      drawdown,
      guard,
      stopped,
      entries: judged + missed,
      unjudged: missed,
      positions: closed + unknownExits,
      unbooked: unknownExits,
    },
    helping: {
      verdict: effect.verdict,
      sentence: verdictOf(effect),
      effect: effect.claim.effect,
      interval: effect.claim.interval,
      n: effect.n,
      moreNeeded: effect.claim.moreNeeded,
      moreWeeks: effect.moreWeeks,
    },
    hand,
    lastDay: {
      signals: decisions.length,
      sent: count((intended) => intended >= 1),
      reduced: count((intended) => intended > 0 && intended < 1),
      blocked: count((intended) => intended === 0),
      changes: changesOf(engine).filter((change) => change.time > time - DAY),
    },
    observed: observedOf(engine),
    waitingCommands,
    fault,
  };
}

function lightOf(isOn: boolean, isEmpty: boolean, hand: readonly KnownAlert[]): Overview['light'] {
  if (!isOn) return 'off';
  if (hand.some(({ level }) => level === 'critical')) return 'bad';
  if (hand.length > 0) return 'attention';
  return isEmpty ? 'empty' : 'good';
}
