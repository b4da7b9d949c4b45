import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readCandles, symbolsIn } from '../../src/paper/candle-files.ts';
import { DATA, hasData, WITHOUT_DATA } from '../fixtures.ts';

const HEAD = 'timestamp,open,high,low,close,volume\n';
const ROW = '1600560000000,100,110,90,105,3\n';

async function directory(text: string | Buffer, name = 'BTC_USDT-1h.csv'): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
  await writeFile(join(path, name), text);
  return path;
}

describe('candle files', () => {
  it('are read plain and gzipped, in any order of columns, as editors on Windows begin them too', async () => {
    const candle = { time: 1600560000000, open: 100, high: 110, low: 90, close: 105, volume: 3 };
    expect(await readCandles(await directory(HEAD + ROW), 'BTC/USDT', '1h')).toEqual([candle]);
    expect(
      await readCandles(await directory(gzipSync(HEAD + ROW), 'BTC_USDT-1h.csv.gz'), 'BTC/USDT', '1h'),
    ).toEqual([candle]);
    expect(await readCandles(await directory(`\uFEFF${HEAD}${ROW}`), 'BTC/USDT', '1h')).toEqual([candle]);
    const shuffled = 'extra,close,volume,low,high,open,timestamp\nx,105,3,90,110,100,1600560000000\n';
    expect(await readCandles(await directory(shuffled), 'BTC/USDT', '1h')).toEqual([candle]);
  });

  it('are cut to the wanted time', async () => {
    const rows = [0, 1, 2, 3].map((i) => `${1600560000000 + i * 3_600_000},100,110,90,105,3\n`).join('');
    const path = await directory(HEAD + rows);
    const read = await readCandles(path, 'BTC/USDT', '1h', {
      from: 1600560000000 + 3_600_000,
      to: 1600560000000 + 3 * 3_600_000,
    });
    expect(read).toHaveLength(2);
    await expect(readCandles(path, 'BTC/USDT', '1h', { from: 2e12 })).rejects.toThrow(
      /no candle in the wanted time/,
    );
  });

  it('say which symbols there are', async () => {
    expect(await symbolsIn(await directory(HEAD, 'SOL_USDT-1h.csv.gz'), '1h')).toEqual(['SOL/USDT']);
    expect(await symbolsIn('/nowhere/at/all', '1h')).toEqual([]);
  });

  it.each([
    ['a missing column', 'timestamp,open,high,low,close\n1,2,3,4,5\n', /CANDLES_INVALID.*no column volume/],
    [
      'rows out of order',
      `${HEAD}1600563600000,100,110,90,105,3\n${ROW}`,
      /line 3: 1600560000000 after 1600563600000/,
    ],
    ['a duplicate', HEAD + ROW + ROW, /line 3: a second candle at 1600560000000/],
    ['a number that is none', `${HEAD}1600560000000,100,NaN,90,105,3\n`, /line 2: high "NaN".*finite number/],
    ['an empty cell', `${HEAD}1600560000000,100,,90,105,3\n`, /line 2: high ""/],
    ['a high below the low', `${HEAD}1600560000000,100,80,90,105,3\n`, /line 2: high 80 is below/],
    ['a price of 0', `${HEAD}1600560000000,0,110,0,105,3\n`, /open 0 is not a positive price/],
    ['no candle', HEAD, /no candle in BTC_USDT-1h.csv/],
    ['nothing', '', /no candle in/],
  ])('with %s are refused with the line', async (_name, text, message) => {
    await expect(readCandles(await directory(text), 'BTC/USDT', '1h')).rejects.toThrow(message);
  });

  it('that are missing or cannot be read are coded errors', async () => {
    await expect(readCandles('/nowhere/at/all', 'BTC/USDT', '1h')).rejects.toThrow(
      /CANDLES_MISSING.*no directory/,
    );
    await expect(readCandles(await directory(HEAD), 'ETH/USDT', '1h')).rejects.toThrow(
      /CANDLES_MISSING.*ETH_USDT-1h.csv.*BTC_USDT-1h.csv/,
    );
    await expect(
      readCandles(await directory('no gzip', 'BTC_USDT-1h.csv.gz'), 'BTC/USDT', '1h'),
    ).rejects.toThrow(/CANDLES_INVALID.*cannot be read/);
  });

  it.skipIf(!hasData)(`hold the published prices (${hasData ? 'real candles' : WITHOUT_DATA})`, async () => {
    const candles = await readCandles(join(DATA, 'candles/1h'), 'BTC/USDT', '1h');
    expect(candles).toHaveLength(37_516);
    expect(candles.find(({ time }) => time === Date.UTC(2021, 0, 1))?.open).toBe(28_923.63);
    expect(
      Math.max(...candles.filter(({ time }) => time < Date.UTC(2022, 0, 1)).map(({ high }) => high)),
    ).toBe(69_000);
  });
});
