import { countDecision, countWithdrawal, type SignalCounts } from '../decision/counts.ts';
import { blockedBy, fallback, passed } from '../decision/fallback.ts';
import { signalFault } from '../decision/fault.ts';
import { type Judged, judge } from '../decision/judge.ts';
import { isClose, readSignal } from '../decision/signal-input.ts';
import { countSignal, countWithdrawal as countSignalWithdrawn } from '../edge/sent-signals.ts';
import {
  asSent,
  type Decision,
  isUnjudgeable,
  REASONS,
  type ReasonCode,
  sentAlike,
} from '../model/decision.ts';
import { reading } from '../model/doors.ts';
import { show } from '../model/errors.ts';
import type { Signal } from '../model/signal.ts';
import { HEALTH, isName } from '../model/strategy.ts';
import { isTime } from '../model/time.ts';
import type { HostClock } from './clock.ts';
import { commandError } from './commands.ts';
import type { Learning } from './learning.ts';
import type { EngineState } from './state.ts';
import type { ResolvedSubject } from './subject.ts';

/** Decides on signals, and remembers what it decided. */
export class Judging {
  readonly #state: EngineState;
  readonly #learning: Learning;
  readonly #clock: HostClock;
  readonly #isOn: () => boolean;

  constructor(state: EngineState, learning: Learning, clock: HostClock, isOn: () => boolean) {
    this.#state = state;
    this.#learning = learning;
    this.#clock = clock;
    this.#isOn = isOn;
  }

  /**
   * Decides on a signal. Never throws and never waits: what cannot be judged is sent at its base size, times
   * health and guard as last known. A signal with an id that was decided before gets the same decision.
   */
  decide(given: Signal): Decision {
    try {
      if (!this.#isOn()) return passed(named(given, this.#state.time), 'off', 'OVERLAY_DISABLED');
      if (isClose(given)) return passed(named(given, this.#state.time), 'exit', 'EXIT_PASSES');
      return this.judge(readSignal(given));
    } catch (error) {
      this.#state.countError('DECIDE_FAILED', error);
      return this.#fallback(asSignal(readSignal(given), this.#state.time), 'failed', 'INTERNAL_ERROR');
    }
  }

  /**
   * Says that a decision was not sent after all, for instance because the venue's minimum is larger. Returns
   * the decision as it then stands; saying it twice changes nothing.
   */
  withdraw(given: Decision, reason: ReasonCode): Decision {
    if (!REASONS.includes(reason))
      throw commandError(`reason ${show(reason)} of a withdrawal`, REASONS.join(', '));
    const decision = reading('a decision', 'COMMAND_INVALID', () => ({ ...given }));
    if (typeof decision.id !== 'string' || !Array.isArray(decision.reasons))
      throw commandError(`decision ${show(decision.id)}`, 'a decision as decide() returned it');
    const known = this.#state.recent.get(decision.id);
    if (known?.multiplier === 0) return known;
    const withdrawn = blockedBy(known ?? decision, reason);
    if (!known) return withdrawn;
    this.#learning.settleShadows();
    this.#touch(known);
    countWithdrawal(this.#state.countsOf(known.strategy), known, reason);
    const edge = this.#state.parts.edge.now.find(known.strategy);
    if (edge) countSignalWithdrawn(edge, known.id);
    this.#learning.follow(withdrawn);
    this.#state.recent.replace(withdrawn);
    this.#state.emit({ type: 'withdrawal', time: known.time, decision: known, reason });
    return withdrawn;
  }

  judge(signal: Signal): Decision {
    const id = `d${this.#state.decisions + 1}`;
    // A name is looked at once: what is known was one.
    const isKnown = this.#state.resolved(signal.strategy, signal.symbol) !== undefined;
    const fault = signalFault(signal, isKnown);
    if (fault !== null) {
      this.#state.countError('SIGNAL_INVALID', new Error(fault));
      const nameable = asSignal(signal, this.#state.time);
      return this.decided(nameable, this.#fallback(nameable, id, 'SIGNAL_INVALID'));
    }
    if (this.#clock.isAhead(signal.time)) {
      this.#state.countError('TIME_AHEAD', this.#clock.ahead('a signal', signal.time));
      const present = { ...asSignal(signal, this.#state.time), time: this.#state.time };
      return this.decided(present, this.#fallback(present, id, 'TIME_AHEAD'));
    }
    const known = this.#state.recent.ofSignal(signal);
    if (known) return this.#stillSent(known);
    const subject = this.#state.admitted(signal.strategy, signal.symbol);
    if (subject === null) return this.decided(signal, this.#fallback(signal, id, 'NAME_LIMIT'));
    const { decision, isOwn } = this.#judged(signal, id, subject);
    if (isOwn) this.#learning.atWork(decision, decision.status);
    return this.decided(signal, decision, subject.counts);
  }

  /**
   * Judges a signal of the past again, for everything that follows from it, but what was sent then stays what was sent.
   * Returns whether the rules of today would have sent the same.
   */
  judgeAgain(signal: Signal, sent: Decision): boolean {
    const number = Number(sent.id.slice(1));
    // Where decisions before it are lost, later ones must not be called by its name.
    if (Number.isSafeInteger(number)) this.#state.decisions = Math.max(this.#state.decisions, number - 1);
    if (isUnjudgeable(sent) || signalFault(signal) !== null) {
      this.decided(signal, sent);
      return isUnjudgeable(sent);
    }
    const subject = this.#state.admitted(signal.strategy, signal.symbol);
    if (subject === null) {
      this.decided(signal, { ...sent, reasons: [...sent.reasons, 'NAME_LIMIT'] });
      return false;
    }
    const { decision, isOwn } = this.#judged(signal, sent.id, subject);
    const isSame = sentAlike(decision, sent);
    if (isOwn && (isSame || sent.edgeFactor > 0)) this.#learning.atWork(sent, decision.status);
    if (!isSame) this.#recount(decision, sent);
    this.decided(signal, isSame ? decision : asSent(decision, sent), subject.counts);
    return isSame;
  }

  #judged(signal: Signal, id: string, subject: ResolvedSubject): Judged {
    this.#learning.settleShadows();
    this.#learning.advance(signal.time);
    this.#learning.settleEdge();
    this.#state.coverage.countJudged();
    this.#touch(signal);
    return judge(signal, id, subject, this.#state);
  }

  /** The posterior counted a signal as it would be sent today. */
  #recount(today: Decision, sent: Decision): void {
    const edge = this.#state.parts.edge.now.find(sent.strategy);
    if (!edge || !this.#state.byEdge || today.intended > 0 === sent.intended > 0) return;
    if (today.intended > 0) {
      countSignalWithdrawn(edge, sent.id);
      return;
    }
    edge.blocked -= 1;
    countSignal(edge, sent.id, true);
  }

  #fallback(signal: Signal, id: string, reason: ReasonCode): Decision {
    const subject = this.#state.glance(signal.strategy, signal.symbol);
    return fallback(signal, id, reason, subject, this.#state);
  }

  /** A decision on a signal that comes again: the same, unless its strategy or everything was stopped in the meantime. */
  #stillSent(known: Decision): Decision {
    const { manager } = this.#state.parts;
    if (this.#state.mode === 'act' && this.#state.stopped() && known.multiplier > 0)
      return blockedBy(known, 'HARD_STOP');
    const benched = this.#state.byEdge
      ? manager.pinOf(known.strategy, this.#state.time)
      : manager.statusOf(known.strategy);
    const status =
      (this.#state.flags.retirementManagement && this.#state.mode === 'act' && benched) || 'ACTIVE';
    if ((status !== 'SUSPENDED' && status !== 'RETIRED') || known.multiplier === 0) return known;
    return { ...blockedBy(known, `STRATEGY_${status}`), status, health: HEALTH[status] };
  }

  #touch({ strategy, symbol }: Pick<Signal, 'strategy' | 'symbol'>): void {
    this.#state.touch('strategy', strategy);
    this.#state.touch('symbol', symbol);
  }

  /** @param counts of the strategy, where they are at hand */
  decided(signal: Signal, decision: Decision, counts?: SignalCounts): Decision {
    this.#touch(decision);
    this.#state.decisions += 1;
    if (decision.reasons.includes('NAME_LIMIT')) {
      // Nothing is kept by its names.
      this.#state.coverage.countUnjudged({ ...decision, strategy: '', reason: 'NAME_LIMIT' });
      this.#state.emit({ type: 'decision', time: decision.time, signal, decision });
      return decision;
    }
    countDecision(counts ?? this.#state.countsOf(decision.strategy), decision);
    this.#state.recent.add(signal, decision);
    this.#learning.follow(decision);
    this.#state.emit({ type: 'decision', time: decision.time, signal, decision });
    return decision;
  }
}

/** What a decision that judges nothing says of a signal, whatever a host handed over. */
function named(signal: unknown, time: number): Pick<Signal, 'strategy' | 'symbol' | 'side' | 'time'> {
  try {
    const given = signal as Partial<Signal>;
    const { strategy, symbol, side } = given;
    return {
      strategy: typeof strategy === 'string' ? strategy : '',
      symbol: typeof symbol === 'string' ? symbol : '',
      side: side === 'short' ? 'short' : 'long',
      time: isTime(given.time) ? given.time : time,
    };
  } catch {
    // Not an object, or one whose properties throw.
    return { strategy: '', symbol: '', side: 'long', time };
  }
}

/** A signal that can at least be named in a decision. */
function asSignal(signal: Signal, time: number): Signal {
  const { id, ...given } = signal;
  return {
    ...given,
    ...(isName(id) ? { id } : {}),
    strategy: isName(given.strategy) ? given.strategy : '',
    symbol: isName(given.symbol) ? given.symbol : '',
    side: given.side === 'short' ? 'short' : 'long',
    time: isTime(given.time) ? given.time : time,
  };
}
