import type { Subject } from '../decision/context.ts';
import { countsOf, type SignalCounts } from '../decision/counts.ts';
import type { Leaf } from '../edge/posterior.ts';
import { CELLS, type Cell, type Regime } from '../model/regime.ts';
import type { Signal } from '../model/signal.ts';
import type { StrategyStatus } from '../model/strategy.ts';
import type { Evidence } from '../performance/evidence.ts';
import type { QualityHandle, QualityVerdict, SignalScore } from '../quality/scorer.ts';
import { pinAt, type StrategyRecord } from '../retirement/record.ts';
import { type StrategyWeight, weightIn } from '../weighting/strategy-weight.ts';
import type { Components } from './components.ts';
import { alignmentOf } from './judgement.ts';

/**
 * A strategy on a symbol, and what each component knows of them. A component is asked by name once, when it is first
 * needed; nothing is made known by asking. It is good until a component is replaced or reset.
 */
export class ResolvedSubject implements Subject {
  readonly strategy: string;
  readonly symbol: string;
  readonly #parts: Components;
  readonly #leaves: (Leaf | null)[] = CELLS.map(() => null);
  #evidence: Evidence | undefined;
  #health: Readonly<StrategyRecord> | undefined;
  #weight: Readonly<StrategyWeight> | undefined;
  #quality: QualityHandle | undefined;
  readonly #allCounts: Map<string, SignalCounts>;
  #counts: SignalCounts | undefined;

  /** @param counts what became of the signals of each strategy */
  constructor(strategy: string, symbol: string, parts: Components, counts: Map<string, SignalCounts>) {
    this.strategy = strategy;
    this.symbol = symbol;
    this.#parts = parts;
    this.#allCounts = counts;
  }

  /** What became of the strategy's signals. */
  get counts(): SignalCounts {
    this.#counts ??= countsOf(this.#allCounts, this.strategy);
    return this.#counts;
  }

  regimeAt(time: number): Regime {
    return this.#parts.detector.regimeOf(this.symbol, time);
  }

  hasFeed(time: number): boolean {
    return this.#parts.detector.isFresh(this.symbol, time);
  }

  lastClose(): number | null {
    return this.#parts.detector.lastClose(this.symbol);
  }

  status(): StrategyStatus {
    this.#health ??= this.#parts.manager.find(this.strategy);
    return this.#health === undefined ? 'ACTIVE' : this.#health.status;
  }

  pinAt(time: number): StrategyStatus | null {
    this.#health ??= this.#parts.manager.find(this.strategy);
    return this.#health === undefined ? null : pinAt(this.#health, time);
  }

  weightIn(cell: Cell): number {
    this.#weight ??= this.#parts.optimizer.find(this.strategy);
    return this.#weight === undefined ? this.#parts.optimizer.defaultBase : weightIn(this.#weight, cell);
  }

  baseWeight(): number {
    this.#weight ??= this.#parts.optimizer.find(this.strategy);
    return this.#weight === undefined ? this.#parts.optimizer.defaultBase : this.#weight.base;
  }

  alignmentIn(cell: Cell): number {
    this.#evidence ??= this.#parts.decomposer.evidenceOf(this.strategy);
    return alignmentOf(this.#evidence, cell);
  }

  score(signal: Signal, cell: Cell, alignment: number): SignalScore {
    this.#quality ??= this.#parts.scorer.handle(this.strategy, this.symbol);
    return this.#parts.scorer.score(this.#quality, signal, cell, alignment);
  }

  enforce(score: SignalScore, followed: boolean): QualityVerdict {
    return this.#parts.scorer.enforce(score, followed);
  }

  leafIn(cell: Cell): Leaf {
    const index = CELLS.indexOf(cell);
    let leaf = this.#leaves[index]!;
    if (leaf === null) {
      leaf = this.#parts.edge.now.leaf(this.strategy, this.symbol, cell);
      this.#leaves[index] = leaf;
    }
    return leaf;
  }
}
