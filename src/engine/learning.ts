import { learnedQuality } from '../decision/by-edge.ts';
import { countOutcome } from '../decision/counts.ts';
import type { WaitingOutcome } from '../edge/learning.ts';
import type { Decision } from '../model/decision.ts';
import { isMoney } from '../model/doors.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import type { PositionOutcome } from '../model/position.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import type { StrategyStatus } from '../model/strategy.ts';
import { AT_WORK } from '../retirement/label.ts';
import type { StatusChange } from '../retirement/record.ts';
import { canFollow } from '../shadow/shadow.ts';
import { winsorise } from '../statistics/ew-cell.ts';
import type { Command, ResetTarget } from './events.ts';
import type { EngineState } from './state.ts';

/** An outcome as the posterior and the track records learn it, which also want to know when its signal was decided. */
export type DecidedOutcome = WaitingOutcome & { readonly decidedAt: number };

/** What there is to learn from a signal that was not sent. */
export function outcomeOfShadow({ decision, r, weight, entryTime, exitTime }: ShadowOutcome): DecidedOutcome {
  const { id, strategy, symbol, cell, time } = decision;
  const quality = learnedQuality(decision);
  const times = { closedAt: exitTime, held: exitTime - entryTime, decidedAt: time };
  return { id, strategy, symbol, cell, r, weight, quality, ...times };
}

/** An event of before this version: the outcomes that came with it, before what it did and by it. */
export interface PastEvent {
  readonly time: number;
  /** Whether it lets everything settle that waits, or what closed before it, or nothing. */
  readonly settles: 'all' | 'earlier' | 'nothing';
  readonly before: readonly DecidedOutcome[];
  readonly by: DecidedOutcome | null;
  /** What an operator said, who may have had something forgotten. */
  readonly command: Command | null;
}

/** Lets every component learn from what signals came to, whether they were sent or only followed. */
export class Learning {
  readonly #state: EngineState;
  readonly #followsShadows: boolean;
  readonly #about = ({ strategy }: WaitingOutcome): void => this.#state.touch('strategy', strategy);
  readonly #learned = ({ strategy, closedAt }: WaitingOutcome): void => {
    if (this.#state.byEdge) this.label(strategy, closedAt, 'outcome');
  };

  /** @param followsShadows whether signals that are not sent are followed here, or their outcomes are given */
  constructor(state: EngineState, followsShadows: boolean) {
    this.#state = state;
    this.#followsShadows = followsShadows;
  }

  /** Time has passed: what closed before is learned. */
  advance(time: number): void {
    this.#state.time = Math.max(this.#state.time, time);
    this.settleEdge(time);
  }

  /**
   * Learns from a signal that was not sent and whose outcome is known. The engine calls it for what it
   * follows itself; call it only with `shadows: 'given'`, for the journal does not keep it as an event. Throws
   * `TRADE_INVALID`, and changes nothing then.
   */
  recordShadow(outcome: ShadowOutcome): void {
    const { decision, r, weight, exitTime } = outcome;
    const { strategy } = decision;
    if (!isMoney(r) || !(weight > 0 && weight <= 1 && isMoney(1 / weight))) {
      throw new EdgekeeperError('TRADE_INVALID', {
        found: `outcome ${show(r)} of weight ${show(weight)} of ${strategy}`,
        expected: 'a finite R-multiple, and a weight in (0,1]',
        hint: 'Nothing was changed.',
      });
    }
    // A signal of the control arm teaches with what it really came to, where it came to anything.
    if (decision.reasons.includes('CONTROL_ARM') && decision.multiplier > 0) {
      this.#state.emit({ type: 'shadow', time: exitTime, outcome });
      return;
    }
    if (!this.#state.admits(strategy, decision.symbol)) return;
    this.#state.touch('strategy', strategy);
    this.#adopt(outcomeOfShadow(outcome));
    this.#state.parts.scorer.recordSignalOutcome({ ...decision, r, weight });
    countOutcome(this.#state.countsOf(strategy), decision, winsorise(r));
    this.#state.parts.manager.recordShadow(strategy, winsorise(r), weight, decision.time);
    this.#state.emit({ type: 'shadow', time: exitTime, outcome });
  }

  /** Lets every component learn from what a position came to. */
  learn(outcome: PositionOutcome, tradeId: string, deviation: number): void {
    const { strategy, r, decision } = outcome;
    this.#adopt({
      id: outcome.positionId ?? tradeId,
      strategy,
      symbol: outcome.symbol,
      cell: decision?.cell ?? outcome.cell,
      r,
      weight: 1,
      quality: decision && learnedQuality(decision),
      closedAt: outcome.exitTime,
      held: outcome.exitTime - outcome.entryTime,
      decidedAt: decision?.time ?? outcome.entryTime,
    });
    this.#state.parts.optimizer.register(strategy);
    this.#state.parts.optimizer.recordOutcome(strategy, r);
    this.#state.parts.scorer.recordSignalOutcome(outcome);
    this.#state.parts.manager.recordOutcome(strategy, winsorise(r), deviation);
    if (decision?.action === 'execute') countOutcome(this.#state.countsOf(strategy), decision, winsorise(r));
    this.#state.coverage.countClosed();
    this.assess(strategy, this.#state.time);
  }

  /** Notes whether the outcome of a signal can be followed, and follows one that is not sent. */
  follow(decision: Decision): void {
    if (decision.plan === null) return;
    const followed =
      canFollow(decision) && this.#state.parts.detector.isFresh(decision.symbol, decision.time);
    this.#state.shadows.note(decision.strategy, followed);
    if (!followed || !this.#followsShadows) return;
    const isArm = decision.reasons.includes('CONTROL_ARM') && decision.intended === 0;
    if (decision.multiplier > 0 && !isArm) return;
    if (!this.#state.byEdge) {
      this.#state.shadows.open(decision);
      return;
    }
    const { blocked } = this.#state.parts.edge.now.labelOf(decision.strategy);
    const isSkipped = decision.status === 'RETIRED' && blocked % this.#state.config.retiredEvery !== 0;
    if (!isSkipped) this.#state.shadows.openEach(decision);
  }

  /** Learns from the signals that were not sent and whose outcome is known now. */
  settleShadows(): void {
    for (const outcome of this.#state.shadows.settle()) this.recordShadow(outcome);
  }

  /** Learns the outcomes that wait: all of them, or those that closed before a time. */
  settleEdge(before = Number.POSITIVE_INFINITY): void {
    this.#state.parts.edge.settle(before, this.#learned, this.#about);
  }

  /** Derives the label of a strategy anew. Returns whether it changed. */
  label(strategy: string, time: number, cause: 'outcome' | 'signal' | 'time'): boolean {
    const { size, p } = this.#state.parts.edge.now.labelOf(strategy);
    return this.#tell(this.#state.parts.manager.followLabel(strategy, { size, probability: p, time, cause }));
  }

  /** A signal got a size by the evidence alone: its strategy is not benched. @param status of it as it is now */
  atWork({ strategy, time }: Decision, status: StrategyStatus): void {
    if (status !== 'SUSPENDED' && status !== 'RETIRED') return;
    if (this.#state.parts.manager.pinOf(strategy, time) !== null) return;
    this.#state.parts.edge.now.raiseLabel(strategy, AT_WORK);
    this.label(strategy, time, 'signal');
  }

  /** Judges the health of a strategy. Returns whether its status changed. */
  assess(strategy: string, time: number): boolean {
    const { decomposer, judgement, manager } = this.#state.parts;
    const labelled = this.#state.byEdge;
    const change = manager.assess(strategy, time, decomposer.windowOf(strategy), {
      edgeProbability: judgement.edgeProbability(strategy),
      frozen: !this.#state.flags.retirementManagement,
      labelled,
      followed: this.#state.shadows.follows(strategy),
    });
    if (labelled) return this.label(strategy, time, 'time');
    // What comes back from the bench is judged on what it does from now on.
    if (change?.oldStatus === 'SUSPENDED' && change.newStatus === 'DEGRADED')
      decomposer.resetWindow(strategy);
    return this.#tell(change);
  }

  #tell(change: StatusChange | null): boolean {
    if (change !== null) this.#state.emit({ type: 'status', time: change.time, change });
    return change !== null;
  }

  /** Forgets of what the posterior and the track records learned what a reset is about. */
  forget(target: ResetTarget): void {
    const all = target === 'all';
    const { edge } = this.#state.parts;
    if (target === 'weights') for (const strategy of edge.now.getStrategies()) edge.now.revive(strategy);
    if (target === 'health') edge.now.resetLabels();
    if (target === 'scores') edge.now.forgetSlopes();
    if (all || target === 'performance') this.#state.tracks.reset();
    if (all) edge.reset();
  }

  /**
   * Learns what came of an event of before this version, whose snapshot has not seen it: outcomes are learned just as
   * they would have been then.
   */
  learnPast({ time, settles, before, by, command }: PastEvent): void {
    this.#state.touchAll();
    for (const outcome of before) this.#adopt(outcome);
    if (settles !== 'nothing') this.settleEdge(settles === 'all' ? undefined : time);
    if (by !== null) this.#adopt(by);
    if (command?.type === 'reset') this.forget(command.target);
    if (command?.type === 'forceStatus' && command.status === 'ACTIVE')
      this.#state.parts.edge.now.revive(command.strategy);
    this.#state.forgetSubjects();
  }

  #adopt(outcome: DecidedOutcome): void {
    if (!this.#state.admits(outcome.strategy, outcome.symbol)) return;
    this.#state.parts.edge.add(outcome);
    this.#state.tracks.add(outcome.strategy, outcome);
  }
}
