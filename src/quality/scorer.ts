import type { Enforcement, LevelTally, ScoreDetail } from '../model/decision.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { asCell, CELLS, type Cell, labelOf, REGIMES, type RegimeLabel } from '../model/regime.ts';
import { Ring } from '../model/ring.ts';
import type { Side } from '../model/signal.ts';
import { z } from '../model/z.ts';
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

/** Signals and outcomes of one strategy on one symbol. */
interface SymbolQuality {
  signals: number;
  passed: number;
  sum: number;
  /** Outcomes by side and cell; null before the first. */
  readonly leaves: (Tally | null)[];
}

interface StrategyQuality {
  readonly overall: Tally;
  /** By index of the cell; null before the first outcome. */
  readonly cells: (Tally | null)[];
  readonly below: EwCell;
  readonly belowCells: (EwCell | null)[];
  condemned: number;
  readonly symbols: Map<string, SymbolQuality>;
}

/** A strategy on a symbol, resolved once. */
export interface QualityHandle {
  readonly strategy: StrategyQuality;
  readonly symbol: SymbolQuality;
}

const HISTORY = 1000;
/** Without shadow outcomes a filter must let some signals through, or it could never learn that it is wrong. */
const EXPLORE_EVERY = 10;

const leafIndex = (side: Side, cell: number): number => (side === 'long' ? cell : CELLS.length + cell);
const leafKey = (symbol: string, leaf: number): string =>
  `${symbol}\n${leaf < CELLS.length ? 'long' : 'short'}\n${CELLS[leaf % CELLS.length]}`;
/** The parts of such a key; a symbol may hold anything but a line break. */
function leafOf(key: string): { readonly symbol: string; readonly leaf: number } {
  const [symbol, side, cell] = key.split('\n') as [string, Side, Cell];
  return { symbol, leaf: leafIndex(side, CELLS.indexOf(cell)) };
}

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
    return { strategy: known, symbol: symbolIn(known, symbol) };
  }

  /** The same as `scoreSignal`, for a strategy and symbol that are resolved already. */
  score(
    { strategy, symbol }: QualityHandle,
    signal: Omit<ScorableSignal, 'regime' | 'alignment'>,
    cell: Cell,
    alignment: number | undefined,
  ): SignalScore {
    const score = this.#score(strategy, symbol, signal, cell, alignment);
    symbol.signals += 1;
    symbol.passed += score.passes ? 1 : 0;
    symbol.sum += score.quality;
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
    return loses(below(this.#strategies.get(strategy), CELLS.indexOf(cell)));
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
    const { leaves } = symbolIn(known, symbol);
    const inCell = CELLS.indexOf(cell);
    const leaf = leafIndex(side, inCell);
    known.cells[inCell] ??= emptyTally();
    leaves[leaf] ??= emptyTally();
    addToTally(known.overall, r, weight);
    addToTally(known.cells[inCell], r, weight);
    addToTally(leaves[leaf], r, weight);
    if (!outcome.belowThreshold) return;
    known.belowCells[inCell] ??= emptyEwCell();
    addToEwCell(known.below, r, weight);
    addToEwCell(known.belowCells[inCell], r, weight);
  }

  /** Historical success rate in [0,1] of signals like this one; 0.5 without any. */
  successRateOf(strategy: string, symbol: string, side: Side, cell: Cell): number {
    const known = this.#strategies.get(strategy);
    const inCell = CELLS.indexOf(cell);
    const leaf = known?.symbols.get(symbol)?.leaves[leafIndex(side, inCell)];
    return successRate([known?.overall, known?.cells[inCell], leaf]);
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
    return known === undefined ? [] : [[strategy, stateOf(known)]];
  }

  /** Goes on from a state, of which the strategies follow. */
  begin({ adjustments }: Pick<ScorerState, 'adjustments'>): void {
    this.reset();
    for (const [regime, adjustment] of Object.entries(adjustments))
      this.setRegimeAdjustment(regime as RegimeLabel, adjustment);
  }

  take(strategies: ScorerState['strategies']): void {
    for (const [name, saved] of strategies) this.#strategies.set(name, fromState(saved));
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
    const inCell = CELLS.indexOf(cell);
    const levels = [known?.overall, known?.cells[inCell], on?.leaves[leafIndex(side, inCell)]] as const;
    const historical = successRate(levels);
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
      levels: [pairOf(levels[0]), pairOf(levels[1]), pairOf(levels[2])],
      below: below(known, inCell),
    };
  }

  #strategy(name: string): StrategyQuality {
    let known = this.#strategies.get(name);
    if (!known) {
      known = freshStrategy();
      this.#strategies.set(name, known);
    }
    return known;
  }
}

const freshStrategy = (): StrategyQuality => ({
  overall: emptyTally(),
  cells: CELLS.map(() => null),
  below: emptyEwCell(),
  belowCells: CELLS.map(() => null),
  condemned: 0,
  symbols: new Map(),
});

function symbolIn({ symbols }: StrategyQuality, symbol: string): SymbolQuality {
  let known = symbols.get(symbol);
  if (!known) {
    known = { signals: 0, passed: 0, sum: 0, leaves: Array(2 * CELLS.length).fill(null) };
    symbols.set(symbol, known);
  }
  return known;
}

const below = (known: StrategyQuality | undefined, cell: number): BelowThreshold =>
  belowThreshold(known?.below, known?.belowCells[cell]);

const pairOf = (tally: Tally | null | undefined): LevelTally => (tally ? [tally.wins, tally.losses] : [0, 0]);

type StrategyState = ScorerState['strategies'][number][1];

/** Symbols by name: in which order they were heard of says nothing. */
function stateOf({
  overall,
  cells,
  below: low,
  belowCells,
  condemned,
  symbols,
}: StrategyQuality): StrategyState {
  const byName = [...symbols].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    overall: { ...overall },
    cells: byCell(cells),
    leaves: byName.flatMap(([symbol, { leaves }]) =>
      leaves.flatMap((tally, leaf): StrategyState['leaves'] =>
        tally ? [[leafKey(symbol, leaf), { ...tally }]] : [],
      ),
    ),
    below: { ...low },
    belowCells: byCell(belowCells),
    condemned,
    symbols: byName.flatMap(([symbol, { signals, passed, sum }]): StrategyState['symbols'] =>
      signals > 0 ? [[symbol, { signals, passed, sum }]] : [],
    ),
  };
}

function fromState(saved: StrategyState): StrategyQuality {
  const known = freshStrategy();
  for (const [i, cell] of CELLS.entries()) {
    const [tally, low] = [saved.cells[cell], saved.belowCells[cell]];
    if (tally) known.cells[i] = { ...tally };
    if (low) known.belowCells[i] = { ...low };
  }
  for (const [key, tally] of saved.leaves) {
    const { symbol, leaf } = leafOf(key);
    symbolIn(known, symbol).leaves[leaf] = { ...tally };
  }
  for (const [symbol, counts] of saved.symbols) Object.assign(symbolIn(known, symbol), counts);
  Object.assign(known.overall, saved.overall);
  Object.assign(known.below, saved.below);
  known.condemned = saved.condemned;
  return known;
}

const byCell = <T extends object>(cells: readonly (T | null)[]): Partial<Record<Cell, T>> =>
  Object.fromEntries(CELLS.flatMap((cell, i) => (cells[i] ? [[cell, { ...cells[i] }]] : [])));
