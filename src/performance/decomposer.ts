import { checkedState, checkLimit, checkName, checkTime, isMoney, refuse } from '../model/doors.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { byName } from '../model/names.ts';
import type { PositionOutcome } from '../model/position.ts';
import { CELLS, type Cell } from '../model/regime.ts';
import { Ring } from '../model/ring.ts';
import type { Trade, TradeInput } from '../model/trade.ts';
import { z } from '../model/z.ts';
import {
  addOutcome,
  addTrade,
  cellFrom,
  cellState,
  emptyPerformanceCell,
  meanR,
  type PerformanceCell,
  performanceCellSchema,
} from './cell.ts';
import { Evidence, evidenceSchema } from './evidence.ts';
import { type Performance, performanceOf } from './metrics.ts';
import { PositionBook, positionBookSchema } from './positions.ts';
import { RecentIds, recentIdsSchema } from './recent-ids.ts';
import { readTrade } from './trade-input.ts';
import { checkTrade, type TradeContext, tradeRecord } from './trade-record.ts';
import { OutcomeWindow, type WindowMetrics } from './window.ts';

/** Metrics by which `getTopStrategies` ranks. */
export const RANKING_METRICS = ['expectancy', 'profitFactor', 'sharpe', 'winRate', 'totalPnl'] as const;
export type RankingMetric = (typeof RANKING_METRICS)[number];

export interface DecomposerOptions {
  /** Capital per strategy in quote currency: the base of its returns where no equity is given. */
  readonly capital?: Readonly<Record<string, number>>;
  /** Share of equity that one R stands for; default 0.01. */
  readonly riskPerTrade?: number;
}

export const decomposerStateSchema = z.object({
  sequence: z.number().int().min(0),
  seen: recentIdsSchema,
  positions: positionBookSchema,
  cells: z.array(
    z.tuple([
      z.tuple([z.string().nullable(), z.string().nullable(), z.enum(CELLS).nullable()]),
      performanceCellSchema,
    ]),
  ),
  evidence: z.array(z.tuple([z.string(), evidenceSchema])),
});
export type DecomposerState = z.infer<typeof decomposerStateSchema>;

/** What recording a trade came to. */
export interface RecordedTrade {
  readonly trade: Trade;
  /** What its position came to, if this trade closed the rest of it. */
  readonly outcome: PositionOutcome | null;
  /** A position that had to be forgotten, because too many are open. */
  readonly dropped: string | null;
}

type Path = readonly [strategy: string | null, symbol: string | null, cell: Cell | null];

/** Cells by symbol and regime. */
type Cells = Map<string, { readonly path: Path; readonly cell: PerformanceCell }>;

interface StrategyRecord {
  readonly cells: Cells;
  /** The cells that trades on a symbol are counted in, by regime: resolved at the first of them. */
  readonly counted: Map<string, (readonly PerformanceCell[] | null)[]>;
  /** Null before the first outcome. */
  evidence: Evidence | null;
}

const freshRecord = (): StrategyRecord => ({ cells: new Map(), counted: new Map(), evidence: null });

/** How many trades `getTradeHistory` remembers. */
const HISTORY = 1000;

const EMPTY_WINDOW = new OutcomeWindow().metrics();

/** By symbol and regime; the strategy has cells of its own. */
const keyOf = ([, symbol, cell]: Path): string => JSON.stringify([symbol, cell]);
const WHOLE = keyOf([null, null, null]);

/**
 * Breaks performance down by strategy, symbol and regime at entry. Money is counted by trade, once per id; evidence
 * by position, once it is closed. What they add up to is kept, not the trades, so that memory grows with
 * strategies x symbols x regimes only.
 */
export class PerformanceDecomposer {
  readonly #capital: ReadonlyMap<string, number>;
  readonly #riskPerTrade: number;
  /** Cells over all strategies, by symbol or regime or neither; and what is known of each strategy. */
  readonly #overall: Cells = new Map();
  readonly #strategies = new Map<string, StrategyRecord>();
  /** Changes with every outcome. */
  #best: string | null | undefined;
  readonly #history = new Ring<Trade>(HISTORY);
  readonly #positions = new PositionBook();
  #seen = new RecentIds();
  #sequence = 0;

  constructor(options: DecomposerOptions = {}) {
    const { capital = {}, riskPerTrade = 0.01 } = options ?? {};
    for (const [strategy, amount] of [...Object.entries(capital), ['riskPerTrade', riskPerTrade] as const])
      if (!(isMoney(amount) && amount > 0))
        refuse(`${show(amount)} for ${show(strategy)}`, 'an amount above 0', 'CONFIG_INVALID');
    this.#capital = new Map(Object.entries(capital));
    this.#riskPerTrade = riskPerTrade;
  }

  /**
   * Records one closed trade. Returns its record, or null when a trade with this id was recorded before.
   * Throws `TRADE_INVALID` for a trade that cannot be true, and `TRADE_TOO_OLD` for one that closed so long
   * ago that it can no longer be told from a duplicate; neither changes anything.
   */
  recordTrade(input: TradeInput): Trade | null {
    return this.record(readTrade(input))?.trade ?? null;
  }

  /**
   * The same of a trade that was read, and what the position of the trade came to if nothing of it is open any more. It is
   * handed over.
   */
  record(input: TradeInput): RecordedTrade | null {
    checkTrade(input);
    if (input.id !== undefined && !this.#seen.isNew(input.id, input.exitTime)) return null;
    const evidence = this.#strategies.get(input.strategy)?.evidence ?? new Evidence();
    const context: TradeContext = {
      capital: this.#capital.get(input.strategy) ?? null,
      riskPerTrade: this.#riskPerTrade,
      averageLoss: evidence.averageLoss,
    };
    const trade = Object.freeze(tradeRecord(input, input.id ?? `trade-${this.#sequence + 1}`, context));

    this.#sequence += 1;
    if (input.id !== undefined) this.#seen.add(input.id, input.exitTime);
    const { strategy } = trade;
    for (const cell of this.#countedIn(trade)) addTrade(cell, trade);
    this.#history.push(trade);
    const { outcome, dropped } = this.#positions.add(input, trade, context);
    if (outcome === null) return { trade, outcome, dropped };
    for (const cell of this.#countedIn(outcome)) addOutcome(cell, outcome.r);
    this.#best = undefined;
    this.#strategyAt(strategy).evidence = evidence;
    evidence.add(outcome);
    return { trade, outcome, dropped };
  }

  /**
   * Ends a position of which nobody knows how it ended, so that it is never learned. Returns false for one that had
   * ended before. Throws `TRADE_INVALID`.
   */
  dropPosition(strategy: string, symbol: string, positionId: string, time: number): boolean {
    checkName(strategy, 'strategy', 'TRADE_INVALID');
    checkName(symbol, 'symbol', 'TRADE_INVALID');
    checkName(positionId, 'positionId', 'TRADE_INVALID');
    checkTime(time, 'time', 'TRADE_INVALID');
    return this.#positions.drop(strategy, symbol, positionId, time);
  }

  /** Metrics of one strategy over everything it traded; all null or 0 for one that never traded. */
  getStrategyPerformance(strategy: string): Performance {
    return this.#performance([strategy, null, null]);
  }

  /** Metrics per cell that has trades: of one strategy, or of all when none is named. */
  getRegimeEffectiveness(strategy: string | null = null): Partial<Record<Cell, Performance>> {
    const result: Partial<Record<Cell, Performance>> = {};
    for (const cell of CELLS) {
      const performance = this.#performance([strategy, null, cell]);
      if (performance.trades > 0) result[cell] = performance;
    }
    return result;
  }

  /** Metrics per symbol that has trades: of one strategy, or of all when none is named. */
  getSymbolBreakdown(strategy: string | null = null): Record<string, Performance> {
    const result: [string, Performance][] = [];
    for (const { path, cell } of this.#cellsOf(strategy).values()) {
      if (path[1] !== null && path[2] === null) result.push([path[1], performanceOf(cell)]);
    }
    return byName(result.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Metrics of one strategy on one symbol in one cell: the leaf of every other breakdown. */
  getLeafPerformance(strategy: string, symbol: string, cell: Cell): Performance {
    return this.#performance([strategy, symbol, cell]);
  }

  getPortfolioPerformance(): Performance {
    return this.#performance([null, null, null]);
  }

  /**
   * Strategies by a metric, best first, or worst first; those without a value are last, equals in order of name.
   * Throws `METRIC_UNKNOWN`.
   */
  getTopStrategies(
    metric: RankingMetric = 'expectancy',
    limit = 5,
    order: 'best' | 'worst' = 'best',
  ): { strategy: string; performance: Performance }[] {
    if (!RANKING_METRICS.includes(metric)) {
      throw new EdgekeeperError('METRIC_UNKNOWN', {
        found: show(metric),
        expected: `one of ${RANKING_METRICS.join(', ')}`,
        hint: 'Choose a metric of the list.',
      });
    }
    checkLimit(limit);
    if (order !== 'best' && order !== 'worst') refuse(`order ${show(order)}`, '"best" or "worst"');
    const sign = order === 'best' ? 1 : -1;
    const value = (performance: Performance) =>
      performance[metric] === null ? Number.NEGATIVE_INFINITY : sign * performance[metric];
    return this.getStrategies()
      .map((strategy) => ({ strategy, performance: this.getStrategyPerformance(strategy) }))
      .sort((a, b) => {
        const [x, y] = [value(a.performance), value(b.performance)];
        return x === y ? 0 : y > x ? 1 : -1;
      })
      .slice(0, limit);
  }

  /** The latest trades recorded by this process, oldest first. */
  getTradeHistory(limit = HISTORY): Trade[] {
    checkLimit(limit);
    return this.#history.latest(limit);
  }

  /** Names of the strategies that have trades, in alphabetical order. */
  getStrategies(): string[] {
    return [...this.#strategies.keys()].sort();
  }

  /** The strategy with the highest expectancy in R, the first by name among equals; null before any position. */
  bestStrategy(): string | null {
    if (this.#best === undefined) {
      this.#best = null;
      let highest = Number.NEGATIVE_INFINITY;
      for (const [strategy, { cells }] of this.#strategies) {
        const { n, mean } = meanR(cells.get(WHOLE)!.cell);
        if (n === 0 || mean < highest) continue;
        if (mean === highest && this.#best !== null && this.#best < strategy) continue;
        this.#best = strategy;
        highest = mean;
      }
    }
    return this.#best;
  }

  /** What the outcomes of a strategy say, for the components that judge it; undefined before any. Do not change it. */
  evidenceOf(strategy: string): Evidence | undefined {
    return this.#strategies.get(strategy)?.evidence ?? undefined;
  }

  /** Metrics over the latest outcomes of a strategy. */
  windowOf(strategy: string): WindowMetrics {
    return this.evidenceOf(strategy)?.window.metrics() ?? EMPTY_WINDOW;
  }

  /** Starts the latest outcomes of a strategy anew, so that it is judged on what comes. */
  resetWindow(strategy: string): void {
    this.evidenceOf(strategy)?.window.clear();
  }

  /** Forgets everything but which trades were seen, and what is open. */
  reset(): void {
    this.#overall.clear();
    this.#strategies.clear();
    this.#best = undefined;
    this.#history.replace([]);
  }

  snapshot(): DecomposerState {
    const strategies = this.strategies();
    return structuredClone({
      ...this.head(),
      cells: [null, ...strategies].flatMap((strategy) => this.cellsOf(strategy)),
      evidence: strategies.flatMap((strategy) => this.evidenceIn(strategy)),
    });
  }

  /** Throws `SNAPSHOT_INVALID`, and changes nothing then. */
  restore(state: DecomposerState): void {
    const { cells, evidence, ...head } = structuredClone(checkedState(decomposerStateSchema, state));
    this.begin(head);
    this.takeCells(cells);
    this.takeEvidence(evidence);
  }

  /** The state but for what is known by strategy. Of this and of what follows: it is live, write it down at once. */
  head(): DecomposerState {
    return {
      sequence: this.#sequence,
      seen: this.#seen.snapshot(),
      positions: this.#positions.snapshot(),
      cells: [],
      evidence: [],
    };
  }

  /** Strategies in the order in which they were heard of. */
  strategies(): string[] {
    return [...this.#strategies.keys()];
  }

  /** Cells of a strategy, or those over all where it is null. */
  cellsOf(strategy: string | null): DecomposerState['cells'] {
    return [...this.#cellsOf(strategy).values()].map(({ path, cell }) => [[...path], cellState(cell)]);
  }

  evidenceIn(strategy: string): DecomposerState['evidence'] {
    const evidence = this.evidenceOf(strategy);
    return evidence === undefined ? [] : [[strategy, evidence.state()]];
  }

  /** Goes on from a state, of which the rest follows. It is handed over: do not keep it. */
  begin({ sequence, seen, positions }: Pick<DecomposerState, 'sequence' | 'seen' | 'positions'>): void {
    this.reset();
    this.#sequence = sequence;
    this.#seen = new RecentIds(seen);
    this.#positions.restore(positions);
  }

  takeCells(cells: DecomposerState['cells']): void {
    for (const [path, cell] of cells) {
      const [strategy] = path;
      const into = strategy === null ? this.#overall : this.#strategyAt(strategy).cells;
      into.set(keyOf(path), { path, cell: cellFrom(cell) });
    }
  }

  takeEvidence(evidence: DecomposerState['evidence']): void {
    for (const [strategy, known] of evidence) this.#strategyAt(strategy).evidence = Evidence.from(known);
  }

  #performance(path: Path): Performance {
    for (const name of path) if (name !== null) checkName(name, 'name');
    return performanceOf(this.#cellsOf(path[0]).get(keyOf(path))?.cell ?? emptyPerformanceCell());
  }

  #cellsOf(strategy: string | null): Cells {
    return strategy === null ? this.#overall : (this.#strategies.get(strategy)?.cells ?? NO_CELLS);
  }

  #strategyAt(name: string): StrategyRecord {
    let known = this.#strategies.get(name);
    if (known === undefined) {
      known = freshRecord();
      this.#strategies.set(name, known);
    }
    return known;
  }

  /** The cells that a trade, or an outcome, is counted in: its leaf and every roll-up. */
  #countedIn({
    strategy,
    symbol,
    cell,
  }: Pick<Trade, 'strategy' | 'symbol' | 'cell'>): readonly PerformanceCell[] {
    const { cells, counted } = this.#strategyAt(strategy);
    let byCell = counted.get(symbol);
    if (byCell === undefined) {
      byCell = CELLS.map(() => null);
      counted.set(symbol, byCell);
    }
    const index = CELLS.indexOf(cell);
    let known = byCell[index]!;
    if (known === null) {
      known = pathsOf(strategy, symbol, cell).map((path) =>
        cellAt(path[0] === null ? this.#overall : cells, path),
      );
      byCell[index] = known;
    }
    return known;
  }
}

const NO_CELLS: Cells = new Map();

function cellAt(cells: Cells, path: Path): PerformanceCell {
  const key = keyOf(path);
  const known = cells.get(key);
  if (known) return known.cell;
  const cell = emptyPerformanceCell();
  cells.set(key, { path, cell });
  return cell;
}

const pathsOf = (strategy: string, symbol: string, cell: Cell): readonly Path[] => [
  [strategy, symbol, cell],
  [strategy, symbol, null],
  [strategy, null, cell],
  [strategy, null, null],
  [null, symbol, null],
  [null, null, cell],
  [null, null, null],
];
