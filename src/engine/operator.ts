import { type Options, parseConfig, withEvidence } from '../config/schema.ts';
import { type Authorship, authored, type By, checkAuthorship } from '../model/authorship.ts';
import { frozen } from '../model/copies.ts';
import { plain, reading } from '../model/doors.ts';
import type { Flags } from '../model/flags.ts';
import type { RegimeLabel } from '../model/regime.ts';
import type { ForceOptions } from '../retirement/force.ts';
import type { HostClock } from './clock.ts';
import { commandError, readCommand } from './commands.ts';
import { componentsOf, flagsOf, reconfigured } from './components.ts';
import type { Command, QualityChange, ResetTarget, Said } from './events.ts';
import type { Learning } from './learning.ts';
import type { EngineState } from './state.ts';

/** Carries out what people say: commands, and another configuration. */
export class Operator {
  readonly #state: EngineState;
  readonly #learning: Learning;
  readonly #clock: HostClock;

  constructor(state: EngineState, learning: Learning, clock: HostClock) {
    this.#state = state;
    this.#learning = learning;
    this.#clock = clock;
  }

  /**
   * Carries out an operator's command. Returns false for one whose id was carried out before. Throws
   * `COMMAND_INVALID` or `TIME_AHEAD`, or `CONFIG_INVALID` for a setting out of bounds, and changes nothing then.
   */
  execute(given: Command): boolean {
    const command = readCommand(given);
    const { time, actor, reason, id } = command;
    if (id !== undefined && this.#state.commands.latest().includes(id)) return false;
    this.#clock.refuseAhead('a command', time);
    const named = strategiesIn(command);
    if (!this.#state.hasRoomFor(named))
      throw commandError(
        `${named.length} strategies, more than there is room for`,
        `at most maxStrategies = ${this.#state.config.maxStrategies} with those that are known`,
      );
    if (command.type === 'resume' && !this.#state.portfolio.stopped)
      throw commandError('resume, and no hard stop that holds anything', 'a hard stop that has acted');
    const before = this.#beforeCommand(command);
    this.#state.touchAll();
    // A command that may still be refused must not have changed anything by then: its shadows settle after it.
    const refusable = command.type === 'setWeights';
    if (!refusable) {
      this.#learning.settleShadows();
      this.#learning.settleEdge();
    }
    switch (command.type) {
      case 'setFlags':
        this.#state.operatorFlags = { ...this.#state.operatorFlags, ...command.flags };
        this.#state.flags = flagsOf(this.#state.config, this.#state.operatorFlags);
        break;
      case 'forceStatus':
        this.#force(command);
        break;
      case 'setMode':
        this.#state.operatorMode = command.mode;
        break;
      case 'setQuality':
        this.#setQuality(command.quality);
        break;
      case 'setPosterior':
        this.#state.parts.edge.replace(command.posterior);
        break;
      case 'reset':
        this.#reset(command.target, { time, actor, reason });
        break;
      case 'setWeights':
        for (const update of this.#state.parts.optimizer.setWeights(command.weights, time))
          this.#state.emit({ type: 'weight', time, update });
        break;
      case 'rebasePeak':
        this.#state.portfolio.rebasePeak();
        break;
      case 'resume':
        this.#state.portfolio.resume();
        break;
      case 'setFleet':
        if (command.priors !== undefined) this.#state.parts.edge.now.setPriors(command.priors);
        if (command.guard !== undefined) this.#state.fleet.setGuard(command.guard);
        break;
    }
    if (refusable) {
      this.#learning.settleShadows();
      this.#learning.settleEdge();
    }
    for (const strategy of named) this.#state.admits(strategy, null);
    this.#state.forgetSubjects();
    if (id !== undefined) this.#state.commands.push(id);
    this.#learning.advance(time);
    this.#state.emit({ type: 'command', time, command, before });
    return true;
  }

  /** Carries out what code of a host says. @param by why, or who, when and why */
  say(command: Said, by?: By): void {
    this.execute({ ...authored(by, this.#clock.present), ...command } as Command);
  }

  /**
   * Takes another configuration between two events, and keeps everything learned. A switch that the new
   * configuration sets otherwise than the old one overrules what an operator said before. Throws
   * `CONFIG_INVALID` or `TIME_AHEAD`, and changes nothing then.
   */
  reconfigure(given: Options, by?: By): void {
    // It is refused as it was given, and taken as it is kept.
    reading('a configuration', 'CONFIG_INVALID', () => parseConfig(given));
    const options = plain('a configuration', given, 'CONFIG_INVALID');
    // Nothing else that a host has in its object may reach the journal.
    const { time, actor, reason } = authored(by, this.#clock.present);
    const authorship: Authorship = { time, actor, reason };
    // A faulty one is refused before anything is changed.
    componentsOf(options);
    checkAuthorship(authorship);
    this.#clock.refuseAhead('a configuration', authorship.time);
    this.#state.touchAll();
    this.#learning.settleShadows();
    this.#learning.settleEdge();
    const { options: old, config: before } = this.#state;
    const parts = reconfigured(options, this.#state.parts);
    // By the founding rules an operator's bench stands until they move it; where sizes decide, until it is taken back.
    if (before.evidence !== 'posterior' && parts.config.evidence === 'posterior') parts.manager.holdForced();
    if (parts.config.mode !== before.mode) this.#state.operatorMode = null;
    const kept = Object.entries(this.#state.operatorFlags).filter(
      ([flag]) => parts.config[flag as keyof Flags] === before[flag as keyof Flags],
    );
    this.#state.operatorFlags = Object.fromEntries(kept);
    this.#state.options = frozen(withEvidence(options));
    this.#state.adopt(parts);
    this.#state.forgetSubjects();
    this.#state.flags = flagsOf(parts.config, this.#state.operatorFlags);
    this.#learning.advance(authorship.time);
    this.#state.emit({
      type: 'config',
      time: authorship.time,
      authorship,
      options: this.#state.options,
      before: old,
    });
  }

  /** What a command is about to change, for the audit. Statuses and weights say it themselves. */
  #beforeCommand(command: Command): unknown {
    if (command.type === 'setFlags') {
      return Object.fromEntries(
        Object.keys(command.flags).map((flag) => [flag, this.#state.flags[flag as keyof Flags]]),
      );
    }
    if (command.type === 'setMode') return { mode: this.#state.mode };
    if (command.type === 'setFleet')
      return {
        ...(command.priors === undefined ? {} : { priors: this.#state.parts.edge.now.getPriors() }),
        ...(command.guard === undefined ? {} : { guard: this.#state.fleet.guard }),
      };
    if (command.type === 'setQuality') return this.#qualityBefore(command.quality);
    return command.type === 'rebasePeak' || command.type === 'resume'
      ? { drawdown: this.#state.portfolio.drawdown, stopped: this.#state.portfolio.stopped }
      : null;
  }

  /** An operator's word on a strategy: a bench holds until it is taken back, and ACTIVE starts anew. */
  #force(command: Extract<Command, { type: 'forceStatus' }>): void {
    const { strategy, status, time } = command;
    const pinForHours =
      command.pinForHours ?? (this.#state.byEdge && status !== 'ACTIVE' ? 'forever' : undefined);
    const options: ForceOptions = { ...command, ...(pinForHours === undefined ? {} : { pinForHours }) };
    const change = this.#state.parts.manager.forceStatus(strategy, status, options);
    if (status === 'ACTIVE') {
      this.#state.parts.edge.now.revive(strategy);
      this.#state.parts.decomposer.resetWindow(strategy);
    }
    this.#state.emit({ type: 'status', time, change });
  }

  #setQuality({ minQualityThreshold, enforcement, regimeAdjustments = {} }: QualityChange): void {
    const { scorer } = this.#state.parts;
    if (minQualityThreshold !== undefined) scorer.minQualityThreshold = minQualityThreshold;
    if (enforcement !== undefined) scorer.enforcement = enforcement;
    for (const [regime, adjustment] of Object.entries(regimeAdjustments))
      scorer.setRegimeAdjustment(regime as RegimeLabel, adjustment);
  }

  #qualityBefore({ regimeAdjustments, ...settings }: QualityChange): QualityChange {
    const { scorer } = this.#state.parts;
    const factors = Object.keys(regimeAdjustments ?? {}).map((regime) => [
      regime,
      scorer.regimeAdjustments[regime as RegimeLabel],
    ]);
    return {
      ...Object.fromEntries(
        Object.keys(settings).map((name) => [name, scorer[name as keyof typeof settings]]),
      ),
      ...(regimeAdjustments === undefined ? {} : { regimeAdjustments: Object.fromEntries(factors) }),
    };
  }

  #reset(target: ResetTarget, authorship: Authorship): void {
    const { time } = authorship;
    const all = target === 'all';
    if (all || target === 'weights') {
      for (const update of this.#state.parts.optimizer.resetToBaseWeights(time))
        this.#state.emit({ type: 'weight', time, update });
    }
    if (all || target === 'health') {
      for (const change of this.#state.parts.manager.reset(authorship))
        this.#state.emit({ type: 'status', time, change });
    }
    if (all || target === 'scores') this.#state.parts.scorer.reset();
    if (all || target === 'performance') this.#state.parts.decomposer.reset();
    if (all || target === 'regimes') this.#state.parts.detector.reset();
    if (all) this.#state.shadows.reset();
    this.#learning.forget(target);
  }
}

/** Strategies that a command names. */
function strategiesIn(command: Command): string[] {
  switch (command.type) {
    case 'forceStatus':
      return [command.strategy];
    case 'setWeights':
      return Object.keys(command.weights);
    case 'setPosterior':
      return command.posterior.strategies.map(([name]) => name);
    default:
      return [];
  }
}
