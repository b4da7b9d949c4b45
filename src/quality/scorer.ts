import { ENFORCEMENTS, type Enforcement, type ScoreDetail } from '../model/decision.ts';
import { checkedState, checkLimit, checkName, reading, refuse } from '../model/doors.ts';
import { type Cell, labelOf, REGIMES, type RegimeLabel } from '../model/regime.ts';
import { Ring } from '../model/ring.ts';
import type { Side } from '../model/signal.ts';
import { z } from '../model/z.ts';
import { type BelowThreshold, loses } from './below-threshold.ts';
import {
  checkAdjustment,
  checkEnforcement,
  checkThreshold,
  readOutcome,
  readSignal,
  type ScorableSignal,
  type ScoredOutcome,
} from './checks.ts';
import { confluenceOrNull, qualityScore, REGIME_ADJUSTMENTS, rateOrNull } from './score.ts';
import { StrategyQuality, type SymbolQuality, strategyQualitySchema } from './strategy-quality.ts';
import { rateOf } from './success-rate.ts';

export interface ScorerOptions {
  /** Score below which a signal is of low quality; default 0.7. */
  readonly minQualityThreshold?: number;
  readonly regimeAdjustments?: Partial<Readonly<Record<RegimeLabel, number>>>;
  readonly enforcement?: Enforcement;
}

export type { ScorableSignal } from './checks.ts';

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
  /** What was changed since the configuration was read; null where nothing was. */
  minQualityThreshold: z.number().min(0).max(1).nullable(),
  enforcement: z.enum(ENFORCEMENTS).nullable(),
  /** Factors of regimes, likewise. */
  adjustments: z.partialRecord(z.enum(REGIMES), z.number().min(0).max(2)),
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

/** What a low score is, and what it does. */
export interface QualitySettings {
  /** Score in [0,1] below which a signal is of low quality. */
  readonly minQualityThreshold: number;
  readonly enforcement: Enforcement;
}

/** Scores signals against what really happened to signals like them. */
export class SignalQualityScorer implements QualitySettings {
  readonly #configured: QualitySettings & { readonly adjustments: Readonly<Record<RegimeLabel, number>> };
  #threshold: number;
  #enforcement: Enforcement;
  #adjustments: Record<RegimeLabel, number>;
  /** What was changed since. */
  #changed = unchanged();
  readonly #strategies = new Map<string, StrategyQuality>();
  readonly #history = new Ring<SignalScore>(HISTORY);

  constructor(options: ScorerOptions = {}) {
    const { minQualityThreshold = 0.7, enforcement = 'guarded', regimeAdjustments } = options ?? {};
    checkThreshold(minQualityThreshold);
    checkEnforcement(enforcement);
    const adjustments = { ...REGIME_ADJUSTMENTS };
    for (const [regime, adjustment] of Object.entries(regimeAdjustments ?? {})) {
      if (adjustment === undefined) continue;
      checkAdjustment(regime as RegimeLabel, adjustment);
      adjustments[regime as RegimeLabel] = adjustment;
    }
    this.#configured = { minQualityThreshold, enforcement, adjustments };
    this.#threshold = minQualityThreshold;
    this.#enforcement = enforcement;
    this.#adjustments = { ...adjustments };
  }

  /**
   * Score in [0,1] below which a signal is of low quality. What it is set to is part of the state until the
   * configuration says another. Throws `CONFIG_INVALID`.
   */
  get minQualityThreshold(): number {
    return this.#threshold;
  }

  set minQualityThreshold(threshold: number) {
    checkThreshold(threshold);
    // Plus 0: no negative zero, which JSON would not keep.
    this.#threshold = threshold + 0;
    this.#changed.minQualityThreshold = this.#threshold;
  }

  /** What a low score does; the same goes for it. */
  get enforcement(): Enforcement {
    return this.#enforcement;
  }

  set enforcement(enforcement: Enforcement) {
    checkEnforcement(enforcement);
    this.#enforcement = enforcement;
    this.#changed.enforcement = enforcement;
  }

  /** Scores one signal and remembers the score. */
  scoreSignal(signal: ScorableSignal): SignalScore {
    const read = readSignal(signal);
    return this.score(this.handle(read.strategy, read.symbol), read, read.cell, read.alignment);
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
    const read = readSignal(signal);
    const known = this.#strategies.get(read.strategy);
    return this.#score(known, known?.symbols.get(read.symbol), read, read.cell, read.alignment);
  }

  /** The signals whose score reaches the threshold. Nothing is remembered. */
  filterSignals<T extends ScorableSignal>(signals: readonly T[]): T[] {
    return reading('a list of signals', 'SIGNAL_INVALID', () =>
      signals.filter((signal) => this.previewSignal(signal).passes),
    );
  }

  /**
   * What the enforcement makes of a score. It counts, so call it once per signal.
   * @param followed whether the outcome will be known if the signal is blocked; where it will not, every
   *   tenth passes, or nobody could learn that the filter is wrong
   */
  enforce(score: SignalScore, followed = false): QualityVerdict {
    const { passes, below, strategy } = reading('a score', 'ARGUMENT_INVALID', () => ({ ...score }));
    if (passes || this.#enforcement === 'off') return 'pass';
    if (this.#enforcement === 'advisory') return 'advisory';
    if (this.#enforcement === 'strict') return 'block';
    if (typeof below !== 'object' || below === null) refuse('no score', 'a score as scoreSignal() gave it');
    if (!loses(below)) return 'advisory';
    if (followed) return 'block';
    checkName(strategy);
    const known = this.#strategy(strategy);
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
  recordSignalOutcome(outcome: ScoredOutcome): void {
    const { strategy, symbol, side, cell, r, weight, belowThreshold } = readOutcome(outcome);
    const known = this.#strategy(strategy);
    known.add(symbol, side, cell, r, weight);
    if (belowThreshold) known.addBelow(cell, r, weight);
  }

  /** Historical success rate in [0,1] of signals like this one; 0.5 without any. */
  successRateOf(strategy: string, symbol: string, side: Side, cell: Cell): number {
    const known = this.#strategies.get(strategy);
    return rateOf(known?.levels(cell, side, known.symbols.get(symbol)) ?? NO_LEVELS);
  }

  /** The latest scores of this process, oldest first. */
  getSignalHistory(limit = HISTORY): SignalScore[] {
    checkLimit(limit);
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
    checkAdjustment(regime, adjustment);
    this.#adjustments[regime] = adjustment + 0;
    this.#changed.adjustments[regime] = adjustment + 0;
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
      return perfect <= this.#threshold ? [{ regime, perfect }] : [];
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

  /** Throws `SNAPSHOT_INVALID`, and changes nothing then. */
  restore(given: ScorerState): void {
    const { strategies, ...head } = structuredClone(checkedState(scorerStateSchema, given));
    this.begin(head);
    this.take(strategies);
  }

  /** The state but for the strategies. Of this and of what follows: it is live, write it down at once. */
  head(): ScorerState {
    return { ...this.#changed, strategies: [] };
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
  begin({ minQualityThreshold, enforcement, adjustments }: Omit<ScorerState, 'strategies'>): void {
    this.reset();
    this.#changed = { minQualityThreshold, enforcement, adjustments };
    this.#threshold = minQualityThreshold ?? this.#configured.minQualityThreshold;
    this.#enforcement = enforcement ?? this.#configured.enforcement;
    this.#adjustments = { ...this.#configured.adjustments, ...adjustments };
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
      passes: quality >= this.#threshold,
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

const unchanged = (): {
  minQualityThreshold: number | null;
  enforcement: Enforcement | null;
  adjustments: Partial<Record<RegimeLabel, number>>;
} => ({ minQualityThreshold: null, enforcement: null, adjustments: {} });
