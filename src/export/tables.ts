import { join } from 'node:path';
import { blockedBy } from '../decision/fallback.ts';
import type { OptimizationEngine } from '../engine/engine.ts';
import type { JournalLine } from '../journal/codec/line.ts';
import { asFarAsReadable, type OnFault, type Progress, readWhole } from '../journal/reader.ts';
import { JOURNAL_DIR } from '../journal/segment.ts';
import type { Decision } from '../model/decision.ts';
import type { PositionOutcome } from '../model/position.ts';
import type { Trade } from '../model/trade.ts';
import { OptimizationMonitor } from '../monitor/monitor.ts';

export const TABLES = [
  'trades',
  'positions',
  'decisions',
  'weights',
  'health',
  'performance',
  'regimes',
] as const;
export type TableName = (typeof TABLES)[number];

/** A value of a table: one column has values of one kind, or null. */
export type Value = string | number | boolean | null;
/** Names and kinds of the columns; `time` is ms UTC. */
export type Columns = Readonly<Record<string, 'time' | 'number' | 'text' | 'boolean'>>;
export interface Table {
  readonly columns: Columns;
  readonly rows: readonly Readonly<Record<string, Value>>[];
}

const TRADES: Columns = {
  id: 'text',
  positionId: 'text',
  decisionId: 'text',
  strategy: 'text',
  symbol: 'text',
  side: 'text',
  cell: 'text',
  entryTime: 'time',
  exitTime: 'time',
  entryPrice: 'number',
  exitPrice: 'number',
  size: 'number',
  baseSize: 'number',
  multiplier: 'number',
  fees: 'number',
  funding: 'number',
  pnl: 'number',
  r: 'number',
  rSource: 'text',
  returnRate: 'number',
  mae: 'number',
  mfe: 'number',
};
const POSITIONS: Columns = {
  id: 'text',
  strategy: 'text',
  symbol: 'text',
  side: 'text',
  cell: 'text',
  entryTime: 'time',
  exitTime: 'time',
  parts: 'number',
  size: 'number',
  pnl: 'number',
  r: 'number',
};
const DECISIONS: Columns = {
  id: 'text',
  time: 'time',
  strategy: 'text',
  symbol: 'text',
  side: 'text',
  action: 'text',
  multiplier: 'number',
  intended: 'number',
  quality: 'number',
  regime: 'text',
  cell: 'text',
  status: 'text',
  weight: 'number',
  edgeFactor: 'number',
  guard: 'number',
  fleetGuard: 'number',
  probability: 'number',
  reasons: 'text',
};
const WEIGHTS: Columns = {
  time: 'time',
  strategy: 'text',
  cell: 'text',
  previousWeight: 'number',
  newWeight: 'number',
  reason: 'text',
};

/** Gathers a table from a journal. */
class Rows {
  readonly rows: Record<string, Value>[] = [];
  readonly #decisions = new Map<string, number>();

  take(table: TableName, { event, effects = [] }: JournalLine): void {
    if (table === 'weights') {
      for (const effect of effects)
        if (effect.type === 'weight') this.rows.push(pick(WEIGHTS, { ...effect.update, time: effect.time }));
    } else if (event.type === 'trade') {
      if (table === 'trades') this.rows.push(pick(TRADES, event.trade));
      if (table === 'positions') this.#position(event.trade, event.outcome);
    } else if (table === 'decisions') this.#decision(event);
  }

  #decision(event: JournalLine['event']): void {
    if (event.type === 'decision') {
      this.#decisions.set(event.decision.id, this.rows.length);
      this.rows.push(decisionRow(event.decision));
    } else if (event.type === 'withdrawal') {
      const at = this.#decisions.get(event.decision.id);
      if (at !== undefined) this.rows[at] = decisionRow(blockedBy(event.decision, event.reason));
    }
  }

  /** The trade that closes the rest of a position says what it came to; an older journal knows no parts. */
  #position(trade: Trade, outcome: PositionOutcome | null | undefined): void {
    if (outcome === null) return;
    const { positionId, decisionId } = trade;
    const id = positionId ?? decisionId ?? trade.id;
    this.rows.push(pick(POSITIONS, outcome === undefined ? { ...trade, id, parts: 1 } : { ...outcome, id }));
  }
}

const decisionRow = ({ reasons, edge, ...decision }: Decision): Record<string, Value> => ({
  ...pick(DECISIONS, decision),
  probability: edge?.probability ?? null,
  reasons: reasons.join(' '),
});

function pick(columns: Columns, from: object): Record<string, Value> {
  return Object.fromEntries(
    Object.keys(columns).map((name) => [name, (from as Record<string, Value | undefined>)[name] ?? null]),
  );
}

const FROM_JOURNAL: Partial<Readonly<Record<TableName, Columns>>> = {
  trades: TRADES,
  positions: POSITIONS,
  decisions: DECISIONS,
  weights: WEIGHTS,
};

export interface TableSource {
  readonly stateDir: string;
  readonly engine: OptimizationEngine;
  readonly onProgress?: Progress;
  /** Told of damage, behind which nothing is read; without it `JOURNAL_CORRUPT` is thrown. */
  readonly onFault?: OnFault;
}

/** One table of all that is on record of a state directory. */
export async function tableOf(
  name: TableName,
  { stateDir, engine, onProgress, onFault }: TableSource,
): Promise<Table> {
  const columns = FROM_JOURNAL[name];
  if (columns !== undefined) {
    const gathered = new Rows();
    const reading = readWhole(join(stateDir, JOURNAL_DIR), (line) => gathered.take(name, line), onProgress);
    await asFarAsReadable(reading, onFault);
    return { columns, rows: gathered.rows };
  }
  const rows = new OptimizationMonitor(engine).getRows(name as 'health' | 'performance' | 'regimes');
  return { columns: kindsOf(rows), rows };
}

/** Kinds of columns by their values: a column of nothing but nulls is one of numbers. */
function kindsOf(rows: readonly Readonly<Record<string, Value>>[]): Columns {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return Object.fromEntries(
    names.map((name) => {
      const value = rows.map((row) => row[name]).find((each) => each !== null && each !== undefined);
      const isTime = /(^time|At|Until|Time)$/.test(name) && typeof value === 'number';
      return [
        name,
        isTime
          ? 'time'
          : typeof value === 'string'
            ? 'text'
            : typeof value === 'boolean'
              ? 'boolean'
              : 'number',
      ];
    }),
  );
}
