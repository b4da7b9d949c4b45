import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORMATS, written } from '../../src/export/formats.ts';
import { TABLES, type Table, tableOf } from '../../src/export/tables.ts';
import type { Overlay } from '../../src/node/index.ts';
import { edgekeeper } from '../cli/run-cli.ts';
import { fresh, tradingBot } from '../server/served.ts';

let stateDir = '';
let bot: Overlay;
beforeAll(async () => {
  stateDir = await fresh();
  bot = await tradingBot(stateDir, 30);
  bot.engine.updateOptimization(Date.now());
  const { engine } = bot;
  // A position that closes in two parts.
  const decision = engine.decide({
    strategy: 'EMA_Trend',
    symbol: 'BTC/USDT',
    side: 'long',
    time: Date.now(),
  });
  const part = {
    strategy: 'EMA_Trend',
    symbol: 'BTC/USDT',
    entryTime: Date.now() - 10,
    entryPrice: 100,
    stop: 90,
    size: 1,
    decision,
  };
  engine.recordTrade({ ...part, exitTime: Date.now(), pnl: 3, openSize: 1 });
  engine.recordTrade({ ...part, exitTime: Date.now() + 1, pnl: -1 });
  await bot.durable();
});
afterAll(() => bot.close());

const tableOfBot = (name: (typeof TABLES)[number]) => tableOf(name, { stateDir, engine: bot.engine });
const text = async (table: Table, format: 'csv' | 'jsonl') =>
  new TextDecoder().decode(await written(table, format));

describe('tables of a record', () => {
  it('have every trade, position and decision once', async () => {
    const [trades, positions, decisions] = await Promise.all(
      (['trades', 'positions', 'decisions'] as const).map(tableOfBot),
    );
    expect([trades!.rows.length, positions!.rows.length, decisions!.rows.length]).toEqual([32, 31, 31]);
    const { totalPnl } = bot.engine.decomposer.getPortfolioPerformance();
    for (const { rows } of [trades!, positions!])
      expect(rows.reduce((sum, { pnl }) => sum + Number(pnl), 0)).toBeCloseTo(totalPnl, 9);
    expect(positions!.rows.at(-1)).toMatchObject({ parts: 2, size: 2, pnl: 2, r: 0.1 });
    expect(decisions!.rows.map(({ id }) => id)).toEqual(bot.engine.getRecentDecisions().map(({ id }) => id));
  });

  it.each(TABLES)('can be read back as they are from each kind of file: %s', async (name) => {
    const table = await tableOfBot(name);
    const names = Object.keys(table.columns);
    const rows = table.rows.map((row) => names.map((column) => row[column] ?? null));

    const lines = (await text(table, 'jsonl'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const finite = (value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? null : value);
    expect(lines.map((line) => names.map((column) => line[column]))).toEqual(
      rows.map((row) => row.map(finite)),
    );

    const cells: string[][] = parse(await text(table, 'csv'));
    expect(cells[0] ?? []).toEqual(names);
    expect(cells).toHaveLength(rows.length + 1);

    const file = join(await mkdtemp(join(tmpdir(), 'edgekeeper-')), `${name}.parquet`);
    await writeFile(file, await written(table, 'parquet'));
    const duck = await (await DuckDBInstance.create()).connect();
    const read = await duck.runAndReadAll(`SELECT * FROM '${file}'`);
    expect(read.columnNames()).toEqual(names);
    const values = read
      .getRowsJS()
      .map((row) => row.map((value) => (value instanceof Date ? value.getTime() : value)));
    expect(values).toEqual(rows);
    duck.closeSync();
  });

  it('make no formula of a name, and no two cells of one', async () => {
    const table: Table = {
      columns: { name: 'text', r: 'number' },
      rows: [
        { name: '=HYPERLINK("x")', r: -1 },
        { name: 'a,"b"\nc', r: Number.POSITIVE_INFINITY },
      ],
    };
    expect(parse(await text(table, 'csv'))).toEqual([
      ['name', 'r'],
      [`'=HYPERLINK("x")`, '-1'],
      ['a,"b"\nc', 'Infinity'],
    ]);
    expect(JSON.parse((await text(table, 'jsonl')).split('\n')[1]!)).toEqual({ name: 'a,"b"\nc', r: null });
  });

  it('are written by the command line, and refused where there is none of that name', async () => {
    const file = join(await fresh(), 'trades.parquet');
    const state = ['--state-dir', stateDir];
    expect(await edgekeeper('export', 'trades', '--out', file, ...state)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^32 rows are in/),
    });
    const printed = await edgekeeper('export', 'positions', ...state);
    expect(parse(printed.out)).toHaveLength(32);
    expect(await edgekeeper('export', 'nonsense', ...state)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/OPTION_INVALID.*trades, positions/s),
    });
    expect((await edgekeeper('export', 'trades', '--format', 'parquet', ...state)).err).toMatch(
      /--out trades.parquet/,
    );
    expect(FORMATS).toHaveLength(3);
  });
});
