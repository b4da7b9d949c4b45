import { z } from 'zod';
import type { Enforcement, LevelTally, ScoreDetail } from '../model/decision.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { asCell, CELLS, type Cell, labelOf, REGIMES, type RegimeLabel } from '../model/regime.ts';
import { Ring } from '../model/ring.ts';
import type { Side } from '../model/signal.ts';
import { addToEwCell, type EwCell, emptyEwCell, ewCellSchema } from '../statistics/ew-cell.ts';
import { type BelowThreshold, belowThreshold, loses } from './below-threshold.ts';
import { confluenceOrNull, qualityScore, REGIME_ADJUSTMENTS, rateOrNull } from './score.ts';
import { addToTally, emptyTally, successRate, type Tally, tallySchema } from './success-rate.ts';

export interface ScorerOptions {
  /** Score below which a signal is of low quality; default 0.7. */
  readonly minQualityThreshold?: number;
  readonly regimeAdjustments?: Partial<Readonly<Record<RegimeLabel, number>>>;
  readonly enforcement?: Enforcement;
}

/** A signal as the scorer sees it. Missing or impossible rates count as not given. */
export interface ScorableSignal {
  readonly strategy: string;
  readonly symbol: string;
  readonly side: Side;
  readonly confidence?: number;
  readonly confluence?: number;
  /** Label of the regime (TRENDING counts as with the trend), or the exact cell. Default UNKNOWN. */
  readonly regime?: RegimeLabel | Cell;
  /** Default 0.5: nothing known. */
  readonly alignment?: number;
}

export interface SignalScore {
  readonly strategy: string;
  readonly symbol: string;
  readonly side: Side;
  readonly cell: Cell;
  readonly confidence: number | null;
  readonly confluence: number | null;
  readonly alignment: number;
  readonly successRate: number;
  readonly adjustment: number;
  /** In [0,1]. */
  readonly quality: number;
  /** min(confidence, quality): scoring never makes a host more confident. Null without a confidence. */
  readonly adjustedConfidence: number | null;
  /** The plain threshold, whatever is enforced. */
  readonly passes: boolean;
  /** What the success rate rests on, and what is known of low signals in this cell. */
  readonly levels: ScoreDetail['levels'];
  readonly below: BelowThreshold;
}

export type QualityVerdict = 'pass' | 'advisory' | 'block' | 'explore';

export interface QualitySummary {
  readonly signals: number;
  readonly passed: number;
  readonly avgQuality: number | null;
  readonly successRate: number;
}

const strategyQualitySchema = z.object({
  overall: tallySchema,
  cells: z.partialRecord(z.enum(CELLS), tallySchema),
  leaves: z.array(z.tuple([z.string(), tallySchema])),
  below: ewCellSchema,
  belowCells: z.partialRecord(z.enum(CELLS), ewCellSchema),
  /** Low signals that outcomes speak against, modulo 10; every tenth of them passes. */
  condemned: z.number().int().min(0),
  symbols: z.array(
    z.tuple([z.string(), z.object({ signals: z.number(), passed: z.number(), sum: z.number() })]),
  ),
});

export const scorerStateSchema = z.object({
  /** Factors of regimes that were changed since the configuration was read. */
  adjustments: z.partialRecord(z.enum(REGIMES), z.number()),
  strategies: z.array(z.tuple([z.string(), strategyQualitySchema])),
});
export type ScorerState = z.infer<typeof scorerStateSchema>;

interface StrategyQuality {
  readonly overall: Tally;
  readonly cells: Partial<Record<Cell, Tally>>;
  readonly leaves: Map<string, Tally>;
  readonly below: EwCell;
  readonly belowCells: Partial<Record<Cell, EwCell>>;
  condemned: number;
  readonly symbols: Map<string, { signals: number; passed: number; sum: number }>;
}

const HISTORY = 1000;
/** Without shadow outcomes a filter must let some signals through, or it could never learn that it is wrong. */
const EXPLORE_EVERY = 10;

const leafKey = (symbol: string, side: Side, cell: Cell): string => `${symbol}\n${side}\n${cell}`;

/** Scores signals against what really happened to signals like them. */
export class SignalQualityScorer {
  minQualityThreshold: number;
  enforcement: Enforcement;
  readonly #adjustments: Record<RegimeLabel, number>;
  /** Those that were changed since. */
  #changed: Partial<Record<RegimeLabel, number>> = {};
  readonly #strategies = new Map<string, StrategyQuality>();
  readonly #history = new Ring<SignalScore>(HISTORY);

  constructor(options: ScorerOptions = {}) {
    this.minQualityThreshold = options.minQualityThreshold ?? 0.7;
    this.enforcement = options.enforcement ?? 'guarded';
    this.#adjustments = { ...REGIME_ADJUSTMENTS };
    for (const [regime, adjustment] of Object.entries(options.regimeAdjustments ?? {})) {
      if (adjustment !== undefined) this.setRegimeAdjustment(regime as RegimeLabel, adjustment);
    }
    this.#changed = {};
  }

  /** Scores one signal and remembers the score. */
  scoreSignal(signal: ScorableSignal): SignalScore {
    const score = this.#score(signal);
    const known = this.#strategy(signal.strategy);
    let summary = known.symbols.get(signal.symbol);
    if (!summary) {
      summary = { signals: 0, passed: 0, sum: 0 };
      known.symbols.set(signal.symbol, summary);
    }
    summary.signals += 1;
    summary.passed += score.passes ? 1 : 0;
    summary.sum += score.quality;
    this.#history.push(score);
    return score;
  }

  /** Scores one signal and remembers nothing. */
  previewSignal(signal: ScorableSignal): SignalScore {
    return this.#score(signal);
  }

  /** The signals whose score reaches the threshold. Nothing is remembered. */
  filterSignals<T extends ScorableSignal>(signals: readonly T[]): T[] {
    return signals.filter((signal) => this.#score(signal).passes);
  }

  /**
   * What the enforcement makes of a score. It counts, so call it once per signal.
   * @param followed whether the outcome will be known if the signal is blocked; where it will not, every
   *   tenth passes, or nobody could learn that the filter is wrong
   */
  enforce(score: SignalScore, followed = false): QualityVerdict {
    if (score.passes || this.enforcement === 'off') return 'pass';
    if (this.enforcement === 'advisory') return 'advisory';
    if (this.enforcement === 'strict') return 'block';
    if (!loses(score.below)) return 'advisory';
    if (followed) return 'block';
    const known = this.#strategy(score.strategy);
    known.condemned = (known.condemned + 1) % EXPLORE_EVERY;
    return known.condemned === 0 ? 'explore' : 'block';
  }

  /** Whether outcomes say that below-threshold signals of a strategy lose in this cell. */
  lowSignalsLose(strategy: string, cell: Cell): boolean {
    return loses(this.#below(strategy, cell));
  }

  /**
   * Adds the outcome of a signal, in R. `belowThreshold` is what its score was then; `weight`, in (0,1] and 1
   * by default, is how much an outcome counts that nobody traded.
   */
  recordSignalOutcome(outcome: {
    readonly strategy: string;
    readonly symbol: string;
    readonly side: Side;
    readonly cell: Cell;
    readonly r: number;
    readonly belowThreshold: boolean;
    readonly weight?: number;
  }): void {
    const { strategy, symbol, side, cell, r, weight = 1 } = outcome;
    if (!Number.isFinite(r)) {
      throw new EdgekeeperError('TRADE_INVALID', {
        found: `outcome ${show(r)} of ${strategy}`,
        expected: 'a finite R-multiple',
        hint: 'Divide the profit by the risk taken at entry; nothing was recorded.',
      });
    }
    const known = this.#strategy(strategy);
    const key = leafKey(symbol, side, cell);
    const leaf = known.leaves.get(key) ?? emptyTally();
    known.leaves.set(key, leaf);
    known.cells[cell] ??= emptyTally();
    for (const tally of [known.overall, known.cells[cell], leaf]) addToTally(tally, r, weight);
    if (!outcome.belowThreshold) return;
    known.belowCells[cell] ??= emptyEwCell();
    addToEwCell(known.below, r, weight);
    addToEwCell(known.belowCells[cell], r, weight);
  }

  /** Historical success rate in [0,1] of signals like this one; 0.5 without any. */
  successRateOf(strategy: string, symbol: string, side: Side, cell: Cell): number {
    return successRate(this.#levels(strategy, symbol, side, cell));
  }

  /** The latest scores of this process, oldest first. */
  getSignalHistory(limit = HISTORY): SignalScore[] {
    return this.#history.latest(limit);
  }

  /** Average quality and success rate of a strategy, on one symbol or on all. */
  getQualitySummary(strategy: string, symbol?: string): QualitySummary {
    const known = this.#strategies.get(strategy);
    let [signals, passed, sum] = [0, 0, 0];
    for (const [name, summary] of known?.symbols ?? []) {
      if (symbol !== undefined && symbol !== name) continue;
      signals += summary.signals;
      passed += summary.passed;
      sum += summary.sum;
    }
    return {
      signals,
      passed,
      avgQuality: signals > 0 ? sum / signals : null,
      successRate: successRate([known?.overall, undefined, undefined]),
    };
  }

  /** Changes the factor of one regime. It is part of the state until the configuration says another. Throws `CONFIG_INVALID` unless it is a finite number in [0, 2]. */
  setRegimeAdjustment(regime: RegimeLabel, adjustment: number): void {
    if (!REGIMES.includes(regime) || !(adjustment >= 0 && adjustment <= 2)) {
      throw new EdgekeeperError('CONFIG_INVALID', {
        found: `adjustment ${show(adjustment)} for regime ${show(regime)}`,
        expected: `a factor in [0, 2] for one of ${REGIMES.join(', ')}`,
        hint: 'The defaults are TRENDING 1.1, RANGING 0.8, VOLATILE 0.7, UNKNOWN 1.',
      });
    }
    this.#adjustments[regime] = adjustment;
    this.#changed[regime] = adjustment;
  }

  get regimeAdjustments(): Readonly<Record<RegimeLabel, number>> {
    return this.#adjustments;
  }

  /** Regimes in which at most a perfect signal reaches the threshold, with the score of a perfect one. */
  unreachableRegimes(): { regime: RegimeLabel; perfect: number }[] {
    return REGIMES.flatMap((regime) => {
      const adjustment = this.#adjustments[regime];
      const perfect = qualityScore({
        confidence: 1,
        confluence: 3,
        alignment: 1,
        successRate: 1,
        adjustment,
      });
      return perfect <= this.minQualityThreshold ? [{ regime, perfect }] : [];
    });
  }

  reset(): void {
    this.#strategies.clear();
    this.#history.replace([]);
  }

  snapshot(): ScorerState {
    return {
      adjustments: { ...this.#changed },
      strategies: [...this.#strategies].map(([name, known]) => [
        name,
        structuredClone({ ...known, leaves: [...known.leaves], symbols: [...known.symbols] }),
      ]),
    };
  }

  restore(state: ScorerState): void {
    this.reset();
    for (const [regime, adjustment] of Object.entries(state.adjustments))
      this.setRegimeAdjustment(regime as RegimeLabel, adjustment);
    for (const [name, saved] of structuredClone(state).strategies) {
      this.#strategies.set(name, {
        ...saved,
        leaves: new Map(saved.leaves),
        symbols: new Map(saved.symbols),
      });
    }
  }

  #score(signal: ScorableSignal): SignalScore {
    const { strategy, symbol, side } = signal;
    const regime = signal.regime ?? 'UNKNOWN';
    const cell = asCell(regime);
    const confidence = rateOrNull(signal.confidence);
    const levels = this.#levels(strategy, symbol, side, cell);
    const inputs = {
      confidence,
      confluence: confluenceOrNull(signal.confluence),
      alignment: rateOrNull(signal.alignment) ?? 0.5,
      successRate: successRate(levels),
      adjustment: this.#adjustments[labelOf(cell)],
    };
    const quality = qualityScore(inputs);
    return {
      strategy,
      symbol,
      side,
      cell,
      ...inputs,
      quality,
      adjustedConfidence: confidence === null ? null : Math.min(confidence, quality),
      passes: quality >= this.minQualityThreshold,
      levels: [pairOf(levels[0]), pairOf(levels[1]), pairOf(levels[2])],
      below: this.#below(strategy, cell),
    };
  }

  #levels(
    strategy: string,
    symbol: string,
    side: Side,
    cell: Cell,
  ): [Tally | undefined, Tally | undefined, Tally | undefined] {
    const known = this.#strategies.get(strategy);
    return [known?.overall, known?.cells[cell], known?.leaves.get(leafKey(symbol, side, cell))];
  }

  #below(strategy: string, cell: Cell): BelowThreshold {
    const known = this.#strategies.get(strategy);
    return belowThreshold(known?.below, known?.belowCells[cell]);
  }

  #strategy(name: string): StrategyQuality {
    let known = this.#strategies.get(name);
    if (!known) {
      known = {
        overall: emptyTally(),
        cells: {},
        leaves: new Map(),
        below: emptyEwCell(),
        belowCells: {},
        condemned: 0,
        symbols: new Map(),
      };
      this.#strategies.set(name, known);
    }
    return known;
  }
}

const pairOf = (tally: Tally | undefined): LevelTally => (tally ? [tally.wins, tally.losses] : [0, 0]);
