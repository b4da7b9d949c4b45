import { EdgekeeperError } from '../../model/errors.ts';
import { optionalPackage } from '../../model/packages.ts';
import { textOf } from '../table.ts';
import type { TradeHistory } from '../trade-history.ts';
import { fromBacktest, isBacktest } from './freqtrade.ts';

export const isZip = ([p, k, a, b]: Uint8Array): boolean => p === 0x50 && k === 0x4b && a === 3 && b === 4;

/** What one file of an archive may unpack to, in bytes. */
const LARGEST = 512 * 2 ** 20;

/** The backtest result in freqtrade's archive. Throws `HISTORY_INVALID` where none is in it, and `PACKAGE_MISSING`. */
export async function fromZip(path: string, bytes: Uint8Array): Promise<TradeHistory> {
  const { unzipSync } = await optionalPackage('fflate', '0.8', () => import('fflate'));
  const files = unzipSync(bytes, {
    filter: ({ name, originalSize }) => name.endsWith('.json') && originalSize < LARGEST,
  });
  for (const each of Object.values(files)) {
    const value: unknown = JSON.parse(textOf(each));
    if (isBacktest(value)) return fromBacktest(value);
  }
  throw new EdgekeeperError('HISTORY_INVALID', {
    found: `${path} with ${Object.keys(files).join(', ') || 'no JSON file'}`,
    expected: 'an archive with a backtest result of freqtrade',
    hint: 'Nothing was read.',
  });
}
