import { authored, type By } from '../model/authorship.ts';
import type { WeightingMethod } from '../model/choices.ts';
import {
  checkedCell,
  checkedState,
  checkName,
  checkTime,
  isMoney,
  plain,
  reading,
  refuse,
} from '../model/doors.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { byName } from '../model/names.ts';
import { CELLS, type Cell, type RegimeLabel } from '../model/regime.ts';
import { z } from '../model/z.ts';
import { checkEvidence, checkTargets, checkWeights } from './checks.ts';
import { FixedShares, sharesSchema } from './hedge.ts';
import { NO_EVIDENCE } from './score.ts';
import { clampWeight, stepPreservingTotal, stepWeight, type WeightBounds } from './step.ts';
import {
  entryOn,
  type StrategyWeight,
  strategyWeightSchema,
  type WeightsByCell,
  weightIn,
} from './strategy-weight.ts';
import {
  type EdgeTargets,
  harmonicDeviation,
  kellyFactor,
  Scores,
  type StrategyEvidence,
} from './targets.ts';
import { type WeightUpdate, weightUpdateSchema } from './weight-update.ts';

export interface OptimizerOptions {
  /** Largest relative change of one step; default 0.15. */
  readonly adjustmentRate?: number;
  /** Bounds of every weight; default 0.1 and 2. */
  readonly minWeight?: number;
  readonly maxWeight?: number;
  /** Drawdown at which the score's penalty is full; default 0.15. */
  readonly maxDrawdown?: number;
  readonly method?: WeightingMethod;
  /** Keep the sum of the weights at the sum of the base weights. */
  readonly preserveTotal?: boolean;
  /** Share of equity that one R stands for; default 0.01. */
  readonly riskPerTrade?: number;
}

export interface AllocationSummary {
  readonly weights: Readonly<Record<string, number>>;
  readonly baseWeights: Readonly<Record<string, number>>;
  readonly normalizedWeights: Readonly<Record<string, number>>;
  readonly totalAllocation: number;
}

export const optimizerStateSchema = z.object({
  strategies: z.array(z.tuple([z.string(), strategyWeightSchema])),
  shares: sharesSchema,
  history: z.array(weightUpdateSchema),
});
export type OptimizerState = z.infer<typeof optimizerStateSchema>;

/** What is known of a strategy of which nothing is. */
const UNKNOWN: StrategyEvidence = { outcomes: 0, overall: NO_EVIDENCE };

const NUMBERS = ['adjustmentRate', 'minWeight', 'maxWeight', 'maxDrawdown', 'riskPerTrade'] as const;

const HOUR = 3_600_000;
const MIN_STEP_INTERVAL = HOUR;
const STALE_AFTER = 24 * HOUR;
/** Overall weight changes kept for the report; the cells' are reported by the update that makes them. */
const HISTORY = 200;

/**
 * Shifts weight towards what works: every target is anchored at the base weight, so that nothing compounds,
 * and every step is bounded.
 */
export class AdaptiveWeightingOptimizer {
  readonly #bounds: WeightBounds;
  readonly #options: Required<
    Pick<OptimizerOptions, 'maxDrawdown' | 'method' | 'preserveTotal' | 'riskPerTrade'>
  >;
  readonly #strategies = new Map<string, StrategyWeight>();
  readonly #shares = new FixedShares();
  #history: WeightUpdate[] = [];
  /** Until a weight changes. */
  #weights: Readonly<Record<string, number>> | null = null;

  /** @throws EdgekeeperError `CONFIG_INVALID` for a base weight outside the bounds */
  constructor(baseWeights: Readonly<Record<string, number>> = {}, given: OptimizerOptions = {}) {
    const options = { ...given };
    for (const name of NUMBERS)
      if (options[name] !== undefined && !isMoney(options[name]))
        refuse(`${name} = ${show(options[name])}`, 'a number', 'CONFIG_INVALID');
    this.#bounds = {
      minWeight: options.minWeight ?? 0.1,
      maxWeight: options.maxWeight ?? 2,
      adjustmentRate: options.adjustmentRate ?? 0.15,
    };
    this.#options = {
      maxDrawdown: options.maxDrawdown ?? 0.15,
      method: options.method ?? 'score',
      preserveTotal: options.preserveTotal ?? false,
      riskPerTrade: options.riskPerTrade ?? 0.01,
    };
    for (const [strategy, base] of Object.entries(baseWeights)) this.register(strategy, base);
  }

  get minWeight(): number {
    return this.#bounds.minWeight;
  }

  get maxWeight(): number {
    return this.#bounds.maxWeight;
  }

  /** Base weight of a strategy never heard of: 1, within the bounds. */
  get defaultBase(): number {
    return clampWeight(1, this.#bounds);
  }

  /** What is known of a strategy; undefined for one never heard of. Do not change it. */
  find(strategy: string): Readonly<StrategyWeight> | undefined {
    return this.#strategies.get(strategy);
  }

  /** Adds a strategy at its base weight; one that is known keeps what it has. */
  register(strategy: string, base = this.defaultBase): void {
    checkName(strategy);
    this.#checkBounds(strategy, base);
    if (this.#strategies.has(strategy)) return;
    this.#weights = null;
    this.#shares.admit(strategy);
    this.#strategies.set(strategy, {
      base,
      weight: base,
      cells: {},
      symbols: [],
      outcomes: 0,
      steppedAt: null,
      steps: 0,
    });
  }

  /** Tells the method `hedge` of one outcome in R; other methods read the evidence when they step. */
  recordOutcome(strategy: string, r: number): void {
    if (!isMoney(r)) refuse(`outcome ${show(r)}`, 'a finite R-multiple', 'TRADE_INVALID');
    if (this.#options.method === 'hedge' && this.#strategies.has(strategy)) this.#shares.add(strategy, r);
  }

  /**
   * Steps every weight that may step at `time`: one whose strategy has new outcomes and took its last step
   * at least an hour ago, or took it at least a day ago. Returns what changed, and is a no-op when repeated.
   * Throws `EVIDENCE_INVALID` or `COMMAND_INVALID`, and changes nothing then.
   * @param given evidence by strategy; strategies without evidence keep their weights
   * @param time host time in ms
   */
  updateWeights(given: Readonly<Record<string, StrategyEvidence>>, time: number): WeightUpdate[] {
    checkTime(time, 'update time');
    const evidence = byName(reading('evidence', 'EVIDENCE_INVALID', () => Object.entries(given)));
    for (const [strategy, known] of Object.entries(evidence))
      reading('evidence', 'EVIDENCE_INVALID', () => checkEvidence(strategy, known));
    const due = new Map<string, WeightUpdate['reason']>();
    for (const [strategy, known] of Object.entries(evidence)) {
      this.register(strategy);
      const reason = this.#dueReason(this.#strategies.get(strategy)!, known.outcomes, time);
      if (reason) due.set(strategy, reason);
    }
    if (due.size === 0) return [];

    const isScored = this.#options.method === 'score';
    const scores = new Scores(evidence, this.#options.maxDrawdown);
    // Sums of them must not depend on who came first.
    const all = this.#options.preserveTotal ? [...this.#strategies].sort(([a], [b]) => (a < b ? -1 : 1)) : [];
    const updates: WeightUpdate[] = [];
    for (const cell of [null, ...CELLS]) {
      for (const [strategy, newWeight, target] of this.#stepped(evidence, cell, due, all, scores)) {
        const known = this.#strategies.get(strategy)!;
        const previousWeight = weightIn(known, cell);
        if (cell === null) known.weight = newWeight;
        else known.cells[cell] = newWeight;
        if (newWeight === previousWeight) continue;
        updates.push({
          time,
          strategy,
          cell,
          symbol: null,
          previousWeight,
          newWeight,
          target,
          reason: due.get(strategy) ?? 'new-outcomes',
          components: isScored && evidence[strategy] ? scores.of(strategy, cell) : null,
        });
      }
    }
    for (const strategy of due.keys()) {
      const known = this.#strategies.get(strategy)!;
      known.outcomes = evidence[strategy]!.outcomes;
      known.steppedAt = time;
      known.steps += 1;
    }
    this.#remember(updates);
    return updates;
  }

  /**
   * Steps every weight that may step towards what the posterior sizes by: overall, by cell and by symbol. The bounds of
   * every weight and of every step hold here as well.
   * @param targets by strategy; who is not due may be left out
   * @param time host time in ms
   */
  followEdge(targets: ReadonlyMap<string, EdgeTargets>, time: number): WeightUpdate[] {
    checkTime(time, 'update time');
    reading('targets', 'EVIDENCE_INVALID', () => {
      for (const [strategy, target] of targets) checkTargets(strategy, target);
    });
    const updates: WeightUpdate[] = [];
    for (const [strategy, { outcomes, overall, cells, symbols, onSymbols }] of targets) {
      this.register(strategy);
      const known = this.#strategies.get(strategy)!;
      const reason = this.#dueReason(known, outcomes, time);
      if (reason === null) continue;
      const step = (
        previousWeight: number,
        factor: number,
        cell: Cell | null,
        symbol: string | null,
      ): number => {
        const target = known.base * factor;
        const newWeight = stepWeight(previousWeight, target, this.#bounds);
        if (newWeight !== previousWeight)
          updates.push({
            time,
            strategy,
            cell,
            symbol,
            previousWeight,
            newWeight,
            target,
            reason,
            components: null,
          });
        return newWeight;
      };
      known.weight = step(known.weight, overall, null, null);
      for (const cell of CELLS) known.cells[cell] = step(weightIn(known, cell), cells[cell], cell, null);
      known.symbols = symbols.map((symbol, i) => {
        const on = entryOn(known, symbol, i) ?? [symbol, known.base];
        on[1] = step(on[1], onSymbols[i]!, null, symbol);
        return on;
      });
      known.outcomes = outcomes;
      known.steppedAt = time;
      known.steps += 1;
    }
    this.#remember(updates);
    return updates;
  }

  /** Weight of a strategy on a symbol: its base weight where nothing is known of it there. */
  getWeightForSymbol(strategy: string, symbol: string): number {
    const known = this.#strategies.get(strategy);
    return known === undefined ? this.defaultBase : (entryOn(known, symbol)?.[1] ?? known.base);
  }

  /** Overall weights by strategy. */
  getCurrentWeights(): Record<string, number> {
    return { ...this.weights() };
  }

  /** The same to look at: one and the same object until a weight changes. */
  weights(): Readonly<Record<string, number>> {
    this.#weights ??= this.#record(({ weight }) => weight);
    return this.#weights;
  }

  getBaseWeights(): Record<string, number> {
    return this.#record(({ base }) => base);
  }

  /**
   * Weight of a strategy in a regime, or overall; TRENDING without a side counts as with the trend. A strategy never
   * heard of has weight 1. Throws `ARGUMENT_INVALID` for a regime that is none.
   */
  getWeightForRegime(strategy: string, regime: RegimeLabel | Cell | null): number {
    const cell = regime === null ? null : checkedCell(regime);
    const known = this.#strategies.get(strategy);
    if (!known) return this.defaultBase;
    return weightIn(known, cell);
  }

  getBaseWeight(strategy: string): number {
    return this.#strategies.get(strategy)?.base ?? this.defaultBase;
  }

  /** Overall weights scaled to sum to 1. */
  normalizeWeights(): Record<string, number> {
    let total = 0;
    for (const { weight } of this.#strategies.values()) total += weight;
    return this.#record(({ weight }) => weight / total);
  }

  /** Puts every weight back to its base. Returns what changed. @param by the time of the latest step where it says none */
  resetToBaseWeights(by?: By): WeightUpdate[] {
    const { time } = authored(by, this.#latest());
    checkTime(time);
    this.#shares.even();
    const bases = [...this.#strategies].map(
      ([name, { base }]) => [name, { weight: base, cells: {} }] as const,
    );
    return this.#assign(bases, time, 'reset');
  }

  /**
   * Sets weights by hand, such as those of an earlier time; a cell that is not named gets the base weight.
   * Returns what changed. Throws `COMMAND_INVALID`, or `CONFIG_INVALID` for a weight outside the bounds, and changes
   * nothing then. @param by the time of the latest step where it says none
   */
  setWeights(given: Readonly<Record<string, WeightsByCell>>, by?: By): WeightUpdate[] {
    const { time } = authored(by, this.#latest());
    checkTime(time);
    const weights = plain('weights', given, 'COMMAND_INVALID');
    checkWeights(weights);
    for (const [strategy, { weight, cells }] of Object.entries(weights)) {
      for (const value of [weight, ...Object.values(cells)]) this.#checkBounds(strategy, value);
    }
    for (const strategy of Object.keys(weights)) this.register(strategy);
    return this.#assign(Object.entries(weights), time, 'set');
  }

  /** Weights of every strategy, overall and by cell. */
  getWeightsByCell(): Record<string, WeightsByCell> {
    return byName(
      [...this.#strategies].map(([name, { weight, cells }]) => [name, { weight, cells: { ...cells } }]),
    );
  }

  getAllocationSummary(): AllocationSummary {
    const weights = this.getCurrentWeights();
    return {
      weights,
      baseWeights: this.getBaseWeights(),
      normalizedWeights: this.normalizeWeights(),
      totalAllocation: Object.values(weights).reduce((a, b) => a + b, 0),
    };
  }

  /** The latest changes of overall weights, oldest first. */
  getWeightHistory(strategy?: string): WeightUpdate[] {
    return this.#history.filter((update) => strategy === undefined || update.strategy === strategy);
  }

  snapshot(): OptimizerState {
    return structuredClone({ ...this.head(), strategies: [...this.#strategies] });
  }

  /** Restores weights within the bounds of today's configuration, whose base weights count. */
  restore(state: OptimizerState): void {
    const { strategies, ...head } = structuredClone(checkedState(optimizerStateSchema, state));
    this.begin(head);
    this.take(strategies);
  }

  /** The state but for the strategies. It is live: write it down at once. */
  head(): OptimizerState {
    return { strategies: [], shares: this.#shares.snapshot(), history: this.#history };
  }

  /** Strategies in the order in which they were heard of. */
  strategies(): string[] {
    return [...this.#strategies.keys()];
  }

  /** Goes on from a state, of which the strategies follow. It is handed over: do not keep it. */
  begin({ shares, history }: Pick<OptimizerState, 'shares' | 'history'>): void {
    this.#shares.restore(shares);
    // Who is in the configuration and not in the state has come to it since.
    for (const strategy of this.#strategies.keys()) this.#shares.admit(strategy);
    this.#history = history;
  }

  /** Goes on from these weights, within the bounds. They are handed over: do not keep them. */
  take(strategies: OptimizerState['strategies']): void {
    const clamp = (weight: number) => clampWeight(weight, this.#bounds);
    for (const [name, saved] of strategies) {
      const base = this.#strategies.get(name)?.base ?? clamp(saved.base);
      const cells = Object.fromEntries(
        Object.entries(saved.cells).map(([cell, weight]) => [cell, clamp(weight)]),
      );
      const symbols = saved.symbols.map(([symbol, weight]): [string, number] => [symbol, clamp(weight)]);
      this.#strategies.set(name, { ...saved, base, weight: clamp(saved.weight), cells, symbols });
    }
    this.#weights = null;
  }

  /** The next weight and its target of every strategy that steps now. */
  #stepped(
    evidence: Readonly<Record<string, StrategyEvidence>>,
    cell: Cell | null,
    due: ReadonlyMap<string, unknown>,
    all: readonly (readonly [string, StrategyWeight])[],
    scores: Scores,
  ): [strategy: string, weight: number, target: number][] {
    const factorOf = this.#factors(evidence, cell, scores);
    const target = (name: string, known: StrategyWeight) => known.base * factorOf(name);
    if (!this.#options.preserveTotal) {
      return [...due.keys()].map((name) => {
        const known = this.#strategies.get(name)!;
        const aim = target(name, known);
        return [name, stepWeight(weightIn(known, cell), aim, this.#bounds), aim];
      });
    }
    const targets = all.map(([name, known]) => target(name, known));
    const total = all.reduce((sum, [, { base }]) => sum + base, 0);
    const weights = stepPreservingTotal(
      all.map(([, known]) => weightIn(known, cell)),
      targets,
      total,
      this.#bounds,
    );
    return all.map(([name], i) => [name, weights[i]!, targets[i]!]);
  }

  /** The factor of every strategy on its base weight; what they have in common is found once. */
  #factors(
    evidence: Readonly<Record<string, StrategyEvidence>>,
    cell: Cell | null,
    scores: Scores,
  ): (strategy: string) => number {
    const { method, riskPerTrade } = this.#options;
    const of = (strategy: string): StrategyEvidence => evidence[strategy] ?? UNKNOWN;
    switch (method) {
      case 'score':
        return (strategy) => scores.of(strategy, cell).score;
      case 'hedge':
        return (strategy) => this.#shares.size * this.#shares.of(strategy);
      case 'kelly':
        return (strategy) => {
          const { overall, cells } = of(strategy);
          return kellyFactor((cell !== null && cells?.[cell]) || overall, riskPerTrade);
        };
      case 'riskParity': {
        const harmonic = harmonicDeviation([...this.#strategies.keys()].map((name) => of(name).overall));
        return (strategy) => harmonic / of(strategy).overall.deviation;
      }
    }
  }

  /** Whether the weights of a strategy may step. @param outcomes ever recorded of it @param time host time in ms */
  isDue(strategy: string, outcomes: number, time: number): boolean {
    const known = this.#strategies.get(strategy);
    return known === undefined || this.#dueReason(known, outcomes, time) !== null;
  }

  #dueReason(known: StrategyWeight, outcomes: number, time: number): WeightUpdate['reason'] | null {
    const waited = known.steppedAt === null ? Number.POSITIVE_INFINITY : time - known.steppedAt;
    if (outcomes !== known.outcomes && waited >= MIN_STEP_INTERVAL) return 'new-outcomes';
    if (known.steppedAt !== null && waited >= STALE_AFTER) return 'stale-reversion';
    return null;
  }

  #assign(
    weights: readonly (readonly [strategy: string, weights: WeightsByCell])[],
    time: number,
    reason: WeightUpdate['reason'],
  ): WeightUpdate[] {
    const updates: WeightUpdate[] = [];
    for (const [strategy, { weight, cells }] of weights) {
      const known = this.#strategies.get(strategy)!;
      const note = (cell: Cell | null, previousWeight: number, newWeight: number) => {
        if (newWeight === previousWeight) return;
        updates.push({
          time,
          strategy,
          cell,
          symbol: null,
          previousWeight,
          newWeight,
          target: newWeight,
          reason,
          components: null,
        });
      };
      note(null, known.weight, weight);
      for (const cell of CELLS) note(cell, weightIn(known, cell), cells[cell] ?? known.base);
      known.weight = weight;
      known.cells = { ...cells };
      known.symbols = [];
      known.steppedAt = time;
    }
    this.#remember(updates);
    return updates;
  }

  #checkBounds(strategy: string, weight: number): void {
    const { minWeight, maxWeight } = this.#bounds;
    if (typeof weight === 'number' && weight >= minWeight && weight <= maxWeight) return;
    throw new EdgekeeperError('CONFIG_INVALID', {
      found: `weight ${show(weight)} of ${strategy}`,
      expected: `a weight in [${minWeight}, ${maxWeight}]`,
      hint: 'Change the weight, or minWeight and maxWeight.',
    });
  }

  /** Time of the latest step, in ms; 0 before any. */
  #latest(): number {
    let latest = 0;
    for (const { steppedAt } of this.#strategies.values()) latest = Math.max(latest, steppedAt ?? 0);
    return latest;
  }

  #remember(updates: readonly WeightUpdate[]): void {
    if (updates.length > 0) this.#weights = null;
    this.#history.push(...updates.filter(({ cell, symbol }) => cell === null && symbol === null));
    this.#history = this.#history.slice(-HISTORY);
  }

  #record(value: (known: StrategyWeight) => number): Record<string, number> {
    return byName([...this.#strategies].map(([name, known]) => [name, value(known)]));
  }
}
