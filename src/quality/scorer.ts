import type { Enforcement, ScoreDetail } from '../model/decision.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { asCell, type Cell, labelOf, REGIMES, type RegimeLabel } from '../model/regime.ts';
import { Ring } from '../model/ring.ts';
import type { Side } from '../model/signal.ts';
import { z } from '../model/z.ts';
import { type BelowThreshold, loses } from './below-threshold.ts';
import { confluenceOrNull, qualityScore, REGIME_ADJUSTMENTS, rateOrNull } from './score.ts';
import { StrategyQuality, type SymbolQuality, strategyQualitySchema } from './strategy-quality.ts';
import { rateOf } from './success-rate.ts';

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

export const scorerStateSchema = z.object({
  /** Factors of regimes that were changed since the configuration was read. */
  adjustments: z.partialRecord(z.enum(REGIMES), z.number()),
  strategies: z.array(z.tuple([z.string(), strategyQualitySchema])),
});
export type ScorerState = z.infer<typeof scorerStateSchema>;

/** A strategy on a symbol, resolved once. */
export interface QualityHandle {
  readonly strategy: StrategyQuality;
  readonly symbol: SymbolQuality;
}

const HISTORY = 1000;
/** Without shadow outcomes a filter must let some signals through, or it could never learn that it is wrong. */
const EXPLORE_EVERY = 10;

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
    const { strategy, symbol, regime = 'UNKNOWN' } = signal;
    return this.score(this.handle(strategy, symbol), signal, asCell(regime), signal.alignment);
  }

  /** The handle of a strategy on a symbol; what was never heard of begins with nothing. */
  handle(strategy: string, symbol: string): QualityHandle {
    const known = this.#strategy(strategy);
    return { strategy: known, symbol: known.on(symbol) };
  }

  /** The same as `scoreSignal`, for a strategy and symbol that are resolved already. */
  score(
    { strategy, symbol }: QualityHandle,
    signal: Omit<ScorableSignal, 'regime' | 'alignment'>,
    cell: Cell,
    alignment: number | undefined,
  ): SignalScore {
    const score = this.#score(strategy, symbol, signal, cell, alignment);
    symbol.count(score.quality, score.passes);
    this.#history.push(score);
    return score;
  }

  /** Scores one signal and remembers nothing. */
  previewSignal(signal: ScorableSignal): SignalScore {
    const { regime = 'UNKNOWN', alignment } = signal;
    const known = this.#strategies.get(signal.strategy);
    return this.#score(known, known?.symbols.get(signal.symbol), signal, asCell(regime), alignment);
  }

  /** The signals whose score reaches the threshold. Nothing is remembered. */
  filterSignals<T extends ScorableSignal>(signals: readonly T[]): T[] {
    return signals.filter((signal) => this.previewSignal(signal).passes);
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
    return loses(this.#strategies.get(strategy)?.below(cell) ?? NOTHING_BELOW);
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
    known.add(symbol, side, cell, r, weight);
    if (outcome.belowThreshold) known.addBelow(cell, r, weight);
  }

  /** Historical success rate in [0,1] of signals like this one; 0.5 without any. */
  successRateOf(strategy: string, symbol: string, side: Side, cell: Cell): number {
    const known = this.#strategies.get(strategy);
    return rateOf(known?.levels(cell, side, known.symbols.get(symbol)) ?? NO_LEVELS);
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
      successRate: rateOf([known?.overall() ?? NO_LEVELS[0], NO_LEVELS[1], NO_LEVELS[2]]),
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
    return structuredClone({
      ...this.head(),
      strategies: this.strategies().flatMap((strategy) => this.qualityOf(strategy)),
    });
  }

  restore(state: ScorerState): void {
    const { strategies, adjustments } = structuredClone(state);
    this.begin({ adjustments });
    this.take(strategies);
  }

  /** The state but for the strategies. Of this and of what follows: it is live, write it down at once. */
  head(): ScorerState {
    return { adjustments: this.#changed, strategies: [] };
  }

  /** Strategies in the order in which they were heard of. */
  strategies(): string[] {
    return [...this.#strategies.keys()];
  }

  qualityOf(strategy: string): ScorerState['strategies'] {
    const known = this.#strategies.get(strategy);
    return known === undefined ? [] : [[strategy, known.state()]];
  }

  /** Goes on from a state, of which the strategies follow. */
  begin({ adjustments }: Pick<ScorerState, 'adjustments'>): void {
    this.reset();
    for (const [regime, adjustment] of Object.entries(adjustments))
      this.setRegimeAdjustment(regime as RegimeLabel, adjustment);
  }

  take(strategies: ScorerState['strategies']): void {
    for (const [name, saved] of strategies) this.#strategies.set(name, StrategyQuality.from(saved));
  }

  #score(
    known: StrategyQuality | undefined,
    on: SymbolQuality | undefined,
    signal: Omit<ScorableSignal, 'regime' | 'alignment'>,
    cell: Cell,
    givenAlignment: number | undefined,
  ): SignalScore {
    const { strategy, symbol, side } = signal;
    const confidence = rateOrNull(signal.confidence);
    const confluence = confluenceOrNull(signal.confluence);
    const alignment = rateOrNull(givenAlignment) ?? 0.5;
    const adjustment = this.#adjustments[labelOf(cell)];
    const levels = known?.levels(cell, side, on) ?? NO_LEVELS;
    const historical = rateOf(levels);
    const quality = qualityScore({
      confidence,
      confluence,
      alignment,
      successRate: historical,
      adjustment,
    });
    return {
      strategy,
      symbol,
      side,
      cell,
      confidence,
      confluence,
      alignment,
      successRate: historical,
      adjustment,
      quality,
      adjustedConfidence: confidence === null ? null : Math.min(confidence, quality),
      passes: quality >= this.minQualityThreshold,
      levels,
      below: known?.below(cell) ?? NOTHING_BELOW,
    };
  }

  #strategy(name: string): StrategyQuality {
    let known = this.#strategies.get(name);
    if (!known) {
      known = new StrategyQuality();
      this.#strategies.set(name, known);
    }
    return known;
  }
}

const NO_LEVELS: SignalScore['levels'] = [
  [0, 0],
  [0, 0],
  [0, 0],
];
const NOTHING_BELOW: BelowThreshold = { n: 0, probability: 0.5 };
