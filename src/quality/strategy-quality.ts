import type { LevelTally, ScoreDetail } from '../model/decision.ts';
import { CELLS, type Cell } from '../model/regime.ts';
import type { Side } from '../model/signal.ts';
import { z } from '../model/z.ts';
import { doubles } from '../statistics/doubles.ts';
import { addToEwCellAt, EW_CELL, ewCellAt, ewCellSchema, writeEwCell } from '../statistics/ew-cell.ts';
import { type BelowThreshold, belowThreshold } from './below-threshold.ts';
import { addToTallyAt, TALLY, type Tally, tallySchema } from './success-rate.ts';

export const strategyQualitySchema = z.object({
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
export type StrategyQualityState = z.infer<typeof strategyQualitySchema>;

/** Where each number stands: tallies overall and by cell; outcomes below the threshold, overall and by cell. */
const BY_CELL = TALLY;
const BELOW = BY_CELL + CELLS.length * TALLY;
const BELOW_BY_CELL = BELOW + EW_CELL;
const SIZE = BELOW_BY_CELL + CELLS.length * EW_CELL;

const tallyAt = (cell: number): number => BY_CELL + cell * TALLY;
const belowAt = (cell: number): number => BELOW_BY_CELL + cell * EW_CELL;

/** Signals and outcomes of one strategy on one symbol. */
export class SymbolQuality {
  signals = 0;
  passed = 0;
  sum = 0;
  /** Tallies by side and cell. */
  readonly tallies = doubles(2 * CELLS.length * TALLY);

  count(quality: number, passes: boolean): void {
    this.signals += 1;
    this.passed += passes ? 1 : 0;
    this.sum += quality;
  }
}

const leafAt = (side: Side, cell: number): number => (side === 'long' ? cell : CELLS.length + cell) * TALLY;

/** What is known of the signals of one strategy. */
export class StrategyQuality {
  condemned = 0;
  readonly symbols = new Map<string, SymbolQuality>();
  readonly #values = doubles(SIZE);
  /** By cell, until the next outcome of a low signal. */
  readonly #below: (BelowThreshold | null)[] = CELLS.map(() => null);

  /** What is known of it on a symbol; nothing at first. */
  on(symbol: string): SymbolQuality {
    let known = this.symbols.get(symbol);
    if (known === undefined) {
      known = new SymbolQuality();
      this.symbols.set(symbol, known);
    }
    return known;
  }

  /** Wins and losses of all its signals. */
  overall(): LevelTally {
    return pairAt(this.#values, 0);
  }

  /** Wins and losses that a success rate rests on: of the strategy; in the cell; on the symbol and side. */
  levels(cell: Cell, side: Side, symbol: SymbolQuality | undefined): ScoreDetail['levels'] {
    const index = CELLS.indexOf(cell);
    const leaf = symbol === undefined ? NO_TALLY : pairAt(symbol.tallies, leafAt(side, index));
    return [pairAt(this.#values, 0), pairAt(this.#values, tallyAt(index)), leaf];
  }

  /** What is known of its low signals in a cell. */
  below(cell: Cell): BelowThreshold {
    const index = CELLS.indexOf(cell);
    let below = this.#below[index]!;
    if (below === null) {
      below = belowThreshold(ewCellAt(this.#values, BELOW), ewCellAt(this.#values, belowAt(index)));
      this.#below[index] = below;
    }
    return below;
  }

  /** Adds the outcome of a signal. @param r R-multiple @param weight in (0,1] */
  add(symbol: string, side: Side, cell: Cell, r: number, weight: number): void {
    const index = CELLS.indexOf(cell);
    addToTallyAt(this.#values, 0, r, weight);
    addToTallyAt(this.#values, tallyAt(index), r, weight);
    addToTallyAt(this.on(symbol).tallies, leafAt(side, index), r, weight);
  }

  /** Adds the outcome of a signal whose score was below the threshold. */
  addBelow(cell: Cell, r: number, weight: number): void {
    addToEwCellAt(this.#values, BELOW, r, weight);
    addToEwCellAt(this.#values, belowAt(CELLS.indexOf(cell)), r, weight);
    this.#below.fill(null);
  }

  /** Symbols stand by name: in which order they were heard of says nothing. */
  state(): StrategyQualityState {
    const values = this.#values;
    const byName = [...this.symbols].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      overall: tally(values, 0),
      cells: byCell((i) => (isTally(values, tallyAt(i)) ? tally(values, tallyAt(i)) : null)),
      leaves: byName.flatMap(([symbol, { tallies }]) =>
        LEAVES.flatMap(([side, cell], leaf): StrategyQualityState['leaves'] =>
          isTally(tallies, leaf * TALLY)
            ? [[`${symbol}\n${side}\n${cell}`, tally(tallies, leaf * TALLY)]]
            : [],
        ),
      ),
      below: ewCellAt(values, BELOW),
      belowCells: byCell((i) => (values[belowAt(i)]! > 0 ? ewCellAt(values, belowAt(i)) : null)),
      condemned: this.condemned,
      symbols: byName.flatMap(([symbol, { signals, passed, sum }]): StrategyQualityState['symbols'] =>
        signals > 0 ? [[symbol, { signals, passed, sum }]] : [],
      ),
    };
  }

  static from(state: StrategyQualityState): StrategyQuality {
    const quality = new StrategyQuality();
    const values = quality.#values;
    quality.condemned = state.condemned;
    write(values, 0, state.overall);
    writeEwCell(values, BELOW, state.below);
    for (const [i, cell] of CELLS.entries()) {
      const [known, low] = [state.cells[cell], state.belowCells[cell]];
      if (known) write(values, tallyAt(i), known);
      if (low) writeEwCell(values, belowAt(i), low);
    }
    for (const [key, known] of state.leaves) {
      const [symbol, side, cell] = key.split('\n') as [string, Side, Cell];
      write(quality.on(symbol).tallies, leafAt(side, CELLS.indexOf(cell)), known);
    }
    for (const [symbol, counts] of state.symbols) Object.assign(quality.on(symbol), counts);
    return quality;
  }
}

const NO_TALLY: LevelTally = [0, 0];
const LEAVES = (['long', 'short'] as const).flatMap((side) => CELLS.map((cell) => [side, cell] as const));

const pairAt = (values: number[], at: number): LevelTally => [values[at]!, values[at + 1]!];
const isTally = (values: number[], at: number): boolean => values[at]! + values[at + 1]! > 0;
const tally = (values: number[], at: number): Tally => ({ wins: values[at]!, losses: values[at + 1]! });

function write(values: number[], at: number, { wins, losses }: Tally): void {
  values[at] = wins;
  values[at + 1] = losses;
}

const byCell = <T>(of: (cell: number) => T | null): Partial<Record<Cell, T>> =>
  Object.fromEntries(
    CELLS.flatMap((cell, i) => {
      const known = of(i);
      return known === null ? [] : [[cell, known]];
    }),
  );
