import { frozen } from '../model/copies.ts';
import { show } from '../model/errors.ts';
import { byName } from '../model/names.ts';
import { isTime } from '../model/time.ts';
import type { EdgeTargets } from '../weighting/targets.ts';
import type { WeightUpdate } from '../weighting/weight-update.ts';
import type { HostClock } from './clock.ts';
import { commandError } from './commands.ts';
import type { OptimizationState } from './events.ts';
import type { Learning } from './learning.ts';
import type { EngineState } from './state.ts';
import { type Standing, standingOf } from './update-history.ts';

/** What is done every hour or so: weights step, and health is judged. */
export class Update {
  readonly #state: EngineState;
  readonly #learning: Learning;
  readonly #clock: HostClock;
  #last: Standing | null = null;

  constructor(state: EngineState, learning: Learning, clock: HostClock) {
    this.#state = state;
    this.#learning = learning;
    this.#clock = clock;
  }

  /**
   * Steps weights and judges health, as far as it is time; repeated at one time it changes nothing. Throws
   * `COMMAND_INVALID` or `TIME_AHEAD`.
   */
  run(now: number): OptimizationState {
    if (!isTime(now)) {
      throw commandError(`update time ${show(now)}`, 'a time in milliseconds since the epoch');
    }
    this.#clock.refuseAhead('an update', now);
    this.#state.touchAll();
    this.#learning.settleShadows();
    // What closes right now waits for what else does: when updates run must not change what is learned.
    this.#learning.advance(now);
    const updates = this.#updateWeights(now);
    const weightChangesThisPeriod: [string, number][] = [];
    for (const update of updates) {
      if (update.cell === null && update.symbol === null) {
        this.#state.countsOf(update.strategy).weightChanges += 1;
        weightChangesThisPeriod.push([update.strategy, update.newWeight - update.previousWeight]);
      }
      this.#state.emit({ type: 'weight', time: now, update });
    }
    let statusChanges = 0;
    for (const strategy of this.#state.parts.manager.getStrategies())
      statusChanges += this.#learning.assess(strategy, now) ? 1 : 0;
    const state: OptimizationState = frozen({
      time: now,
      flags: this.#state.flags,
      mode: this.#state.mode,
      weights: this.#state.parts.optimizer.weights(),
      ...this.#standing(),
      bestStrategy: this.#state.parts.decomposer.bestStrategy(),
      weightChanges: updates.length,
      weightChangesThisPeriod: byName(weightChangesThisPeriod),
      statusChanges,
      drawdown: this.#state.portfolio.drawdown,
    });
    if (this.#state.updatedAt !== now) this.#state.history.push(state);
    this.#state.updatedAt = now;
    this.#state.emit({ type: 'update', time: now, state });
    return state;
  }

  /** Statuses as they are now: the same object until one changes. */
  #standing(): Standing {
    const statuses = this.#state.parts.manager.statuses();
    if (this.#last?.statuses !== statuses) this.#last = standingOf(statuses);
    return this.#last;
  }

  /** Steps the weights that are reported: by the founding scores, or towards what the posterior sizes by. */
  #updateWeights(now: number): WeightUpdate[] {
    const { optimizer, decomposer, judgement } = this.#state.parts;
    if (!this.#state.byEdge) {
      const isDue = decomposer
        .strategies()
        .some((strategy) => optimizer.isDue(strategy, decomposer.evidenceOf(strategy)?.outcomes ?? 0, now));
      return isDue ? optimizer.updateWeights(judgement.weightEvidence(), now) : [];
    }
    const edge = this.#state.parts.edge.view;
    const targets = new Map<string, EdgeTargets>();
    for (const [strategy, outcomes] of edge.outcomes())
      if (optimizer.isDue(strategy, outcomes, now)) targets.set(strategy, edge.sizesOf(strategy));
    return optimizer.followEdge(targets, now);
  }
}
