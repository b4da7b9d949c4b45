import { stat } from 'node:fs/promises';
import { EdgekeeperError } from '../../model/errors.ts';
import { optionalPackage } from '../../model/packages.ts';
import type { TradeHistory } from '../trade-history.ts';
import { type FreqtradeTrade, freqtradeHistory, fromFreqtrade } from './freqtrade.ts';

const MAGIC = 'SQLite format 3\0';

export const isSqlite = (bytes: Uint8Array): boolean =>
  new TextDecoder('latin1').decode(bytes.subarray(0, MAGIC.length)) === MAGIC;

/**
 * The closed trades of freqtrade's database. Refuses one beside which rows wait in a `-wal` file, which are no part of it
 * yet: they would be missed without a word. Throws `HISTORY_INVALID` and `PACKAGE_MISSING`.
 */
export async function fromDatabase(path: string, bytes: Uint8Array): Promise<TradeHistory> {
  const waiting = await stat(`${path}-wal`).then(
    ({ size }) => size,
    () => 0,
  );
  if (waiting > 0) {
    throw new EdgekeeperError('HISTORY_INVALID', {
      found: `${path}-wal, in which the latest trades wait`,
      expected: 'a database that is closed',
      hint: `Stop the bot, or copy it by: sqlite3 ${path} ".backup copy.sqlite".`,
    });
  }
  const { default: load } = await optionalPackage('sql.js', '1', () => import('sql.js'));
  const { Database } = await load();
  const database = new Database(bytes);
  try {
    const columns = database.exec("SELECT name FROM pragma_table_info('trades')")[0]?.values.flat() ?? [];
    if (!columns.includes('open_rate')) {
      throw new EdgekeeperError('HISTORY_INVALID', {
        found: `${path}, a database without freqtrade's table of trades`,
        expected: 'tradesv3.sqlite of freqtrade',
        hint: 'Nothing was read.',
      });
    }
    const statement = database.prepare('SELECT * FROM trades ORDER BY id');
    const rows: FreqtradeTrade[] = [];
    while (statement.step()) rows.push(statement.getAsObject() as unknown as FreqtradeTrade);
    statement.free();
    return freqtradeHistory(
      "freqtrade's database",
      rows.map((row) => fromFreqtrade(row, 'freqtrade')),
    );
  } finally {
    database.close();
  }
}
