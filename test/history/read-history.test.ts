import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import initSqlJs from 'sql.js';
import { describe, expect, it } from 'vitest';
import { type ReadOptions, readHistory } from '../../src/history/read-history.ts';

const T0 = Date.UTC(2024, 0, 5, 10);
const HOUR = 3_600_000;

async function read(name: string, content: string | Uint8Array, options: ReadOptions = {}) {
  const path = join(await mkdtemp(join(tmpdir(), 'edgekeeper-')), name);
  await writeFile(path, content);
  return { path, ...(await readHistory(path, options)) };
}

/** A trade of freqtrade, as its documentation has the fields. */
const freqtrade = (over: object = {}) => ({
  pair: 'BTC/USDT',
  amount: 2,
  open_rate: 100,
  close_rate: 110,
  fee_open: 0.001,
  fee_close: 0.001,
  open_date: '2024-01-05 10:00:00+00:00',
  close_date: '2024-01-05 12:00:00+00:00',
  profit_abs: 19.58,
  is_open: false,
  is_short: false,
  initial_stop_loss_abs: 95,
  exit_reason: 'roi',
  ...over,
});
const BACKTEST = JSON.stringify({
  strategy: {
    Trend: {
      trades: [freqtrade(), freqtrade({ is_short: true, profit_abs: -20 }), freqtrade({ is_open: true })],
    },
  },
});

describe('a trade history', () => {
  it("is freqtrade's backtest result, bare or in its archive", async () => {
    const zip = zipSync({
      'backtest-result-config.json': strToU8('{}'),
      'backtest-result.json': strToU8(BACKTEST),
    });
    for (const history of [await read('b.json', BACKTEST), await read('b.zip', zip)]) {
      expect(history.format).toMatch(/backtest result of freqtrade/);
      expect(history.trades).toMatchObject([
        {
          strategy: 'Trend',
          symbol: 'BTC/USDT',
          side: 'long',
          entryTime: T0,
          exitTime: T0 + 2 * HOUR,
          stop: 95,
          size: 2,
        },
        { side: 'short', pnl: -20 },
      ]);
      expect(history.trades[0]!.fees).toBeCloseTo(0.42, 12);
      expect(history.notices.join()).toMatch(/1 that are open/);
    }
  });

  it("is freqtrade's database, unless rows wait beside it", async () => {
    const { Database } = await initSqlJs();
    const database = new Database();
    database.run(`CREATE TABLE trades (id INTEGER PRIMARY KEY, exchange VARCHAR, pair VARCHAR, is_open BOOLEAN, fee_open FLOAT,
      fee_close FLOAT, open_rate FLOAT, close_rate FLOAT, close_profit FLOAT, close_profit_abs FLOAT, amount FLOAT,
      open_date DATETIME, close_date DATETIME, initial_stop_loss FLOAT, exit_reason VARCHAR, strategy VARCHAR, is_short BOOLEAN)`);
    database.run(`INSERT INTO trades VALUES (1,'binance','ETH/USDT',0,0.001,0.001,100,90,-0.1,-10.2,1,
      '2024-01-05 10:00:00.123456','2024-01-05 11:00:00.000000',80,'stop_loss','Dip',0)`);
    database.run(
      `INSERT INTO trades VALUES (2,'binance','ETH/USDT',1,0.001,NULL,100,NULL,NULL,NULL,1,'2024-01-06 10:00:00',NULL,80,NULL,'Dip',0)`,
    );
    const bytes = database.export();
    const history = await read('tradesv3.sqlite', bytes);
    expect(history.trades).toMatchObject([
      { strategy: 'Dip', symbol: 'ETH/USDT', entryTime: T0 + 123, exitTime: T0 + HOUR, pnl: -10.2, stop: 80 },
    ]);
    await writeFile(`${history.path}-wal`, 'x');
    await expect(readHistory(history.path)).rejects.toMatchObject({ code: 'HISTORY_INVALID' });
    const other = new Database();
    other.run('CREATE TABLE notes (text VARCHAR)');
    await expect(read('other.sqlite', other.export())).rejects.toThrow(/without freqtrade's table/);
  });

  it('is what fetchMyTrades of ccxt answers, with fees in either currency', async () => {
    const fill = (over: object) => ({
      symbol: 'BTC/USDT',
      price: 100,
      amount: 1,
      timestamp: T0,
      side: 'buy',
      ...over,
    });
    const { trades, notices } = await read(
      'mine.json',
      JSON.stringify([
        fill({ id: 'a', amount: 2, fee: { cost: 0.002, currency: 'BTC' } }),
        fill({
          id: 'b',
          side: 'sell',
          amount: 1.998,
          price: 110,
          timestamp: T0 + HOUR,
          fee: { cost: 0.2, currency: 'USDT' },
        }),
        fill({ id: 'c', fee: { cost: 1, currency: 'BNB' }, timestamp: T0 + 2 * HOUR }),
      ]),
      { strategy: 'Mine' },
    );
    expect(trades).toMatchObject([
      { strategy: 'Mine', side: 'long', entryPrice: 100, exitPrice: 110, size: 1.998 },
    ]);
    expect(trades[0]!.pnl).toBeCloseTo(1.998 * 110 - 200 - 0.2, 9);
    expect(notices.join()).toMatch(/1 fees in another currency.*1 positions have no end/s);
  });

  it("is TradingView's list of trades, old and new", async () => {
    const old = `Trade #,Type,Signal,Date/Time,Price USDT,Contracts,Profit USDT,Profit %\n
1,Exit Long,Stop,2024-01-05 12:00,95,2,-10,-5.0\n1,Entry Long,Go,2024-01-05 10:00,100,2,,\n2,Entry Short,Go,2024-01-06 10:00,100,1,,\n2,Exit Short,Open,,,1,3,3`;
    const now = `\uFEFFTrade number,Type,Date and time,Signal,Price USDT,Size (qty),Net PnL USDT,Net PnL %
1,Entry long,2024-01-05 10:00,Go,100,2,-10,-5
1,Exit long,2024-01-05 12:00,Stop,95,2,-10,-5`;
    for (const text of [old, now]) {
      const { trades, format } = await read('list.csv', text, { symbol: 'BTC/USDT' });
      expect(format).toMatch(/TradingView/);
      expect(trades).toMatchObject([
        {
          symbol: 'BTC/USDT',
          side: 'long',
          entryTime: T0,
          exitTime: T0 + 2 * HOUR,
          entryPrice: 100,
          exitPrice: 95,
          pnl: -10,
          exitReason: 'Stop',
        },
      ]);
    }
  });

  it("is MetaTrader's report, whose costs are apart from its profits", async () => {
    const row = (cells: readonly string[], tag = 'td') =>
      `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
    const five = `<html><table>${row(['Positions'], 'th')}
      ${row(['Time', 'Position', 'Symbol', 'Type', 'Volume', 'Price', 'S / L', 'T / P', 'Time', 'Price', 'Commission', 'Swap', 'Profit'])}
      ${row(['2024.01.05 10:00:00', '77', 'EURUSD', 'sell', '0.10', '1.10000', '1.11000', '', '2024.01.05 12:00:00', '1.09000', '-0.70', '-0.30', '1 100.00'])}
      ${row(['Orders'], 'th')}</table></html>`;
    const four = `<html><table>
      ${row(['Ticket', 'Open Time', 'Type', 'Size', 'Item', 'Price', 'S / L', 'T / P', 'Close Time', 'Price', 'Commission', 'Taxes', 'Swap', 'Profit'])}
      ${row(['7', '2024.01.05 10:00', 'sell', '0.10', 'EURUSD', '1.10000', '1.11000', '0.00', '2024.01.05 12:00', '1.09000', '-0.70', '0.00', '-0.30', '1 100.00'])}</table></html>`;
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(five, 'utf16le')]);
    for (const content of [five, four, utf16]) {
      const { trades } = await read('report.html', content);
      expect(trades).toMatchObject([
        { symbol: 'EURUSD', side: 'short', entryTime: T0, exitTime: T0 + 2 * HOUR, stop: 1.11, pnl: 1099 },
      ]);
    }
  });

  it('is a table of closed trades or of executions, whatever its columns are called', async () => {
    const closed = await read(
      'closed.csv',
      'Opened,Closed,Pair,Direction,Qty,Entry Price,Exit Price,Net PnL\n2024-01-05 10:00,2024-01-05 12:00,BTCUSDT,Long,2,100,110,19.5\n',
    );
    expect(closed.trades).toMatchObject([{ symbol: 'BTCUSDT', side: 'long', entryTime: T0, pnl: 19.5 }]);
    expect(closed.columns).toMatchObject({
      entryTime: 'Opened',
      exitTime: 'Closed',
      pnl: 'Net PnL',
      side: 'Direction',
    });
    const binance = await read(
      'binance.csv',
      'Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n2024-01-05 10:00:00,BTCUSDT,BUY,100,2BTC,200USDT,0.2USDT\n2024-01-05 12:00:00,BTCUSDT,SELL,110,2BTC,220USDT,0.22USDT\n',
    );
    expect(binance.trades).toMatchObject([{ size: 2, pnl: expect.closeTo(19.58, 9) }]);
    const told = await read('odd.csv', 'when;what;res\n2024-01-05;BTC;5\n', {
      columns: { exitTime: 'when', symbol: 'what', pnl: 'res' },
    });
    expect(told.trades).toMatchObject([{ symbol: 'BTC', pnl: 5, exitTime: Date.UTC(2024, 0, 5) }]);
  });

  it('is what exchanges export, each column taken for what it is there', async () => {
    const at = '2024-01-05 10:00:00';
    const later = '2024-01-05 12:00:00';
    const bybit = await read(
      'bybit.csv',
      `Contracts,Closing Direction,Qty,Entry Price,Exit Price,Closed P&L,Exit Type,Filled/Settlement Time(UTC+0),Create Time\nBTCUSDT,Sell,2,100,110,19.5,Trade,${later},${at}\n`,
    );
    expect(bybit.trades).toMatchObject([
      { symbol: 'BTCUSDT', side: 'long', entryTime: T0, exitTime: T0 + 2 * HOUR, pnl: 19.5, size: 2 },
    ]);
    const exports: Record<string, string> = {
      binance: `Time(UTC),Symbol,Side,Price,Quantity,Amount,Fee,Realized Profit\n${at},BTCUSDT,BUY,100,2,200,0.2,0\n${later},BTCUSDT,SELL,110,2,220,0.22,20\n`,
      kraken: `txid,ordertxid,pair,time,type,ordertype,price,cost,fee,vol,margin,misc,ledgers\na,b,BTCUSDT,${at},buy,market,100,200,0.2,2,0,,\nc,d,BTCUSDT,${later},sell,market,110,220,0.22,2,0,,\n`,
      kucoin: `UID,Account Type,Order ID,Symbol,Deal Type,Side,Order Price,Filled Amount,Filled Price,Filled Volume,Filled Time(UTC+00:00),Fee,Maker/Taker,Fee Currency\n1,m,o,BTCUSDT,DEAL,BUY,100,2,100,200,${at},0.2,TAKER,USDT\n1,m,p,BTCUSDT,DEAL,SELL,110,2,110,220,${later},0.22,TAKER,USDT\n`,
      coinbase: `portfolio,trade id,product,side,created at,size,size unit,price,fee,total,price/fee/total unit\nd,1,BTC-USDT,BUY,${at},2,BTC,100,0.2,-200.2,USDT\nd,2,BTC-USDT,SELL,${later},2,BTC,110,0.22,219.78,USDT\n`,
    };
    for (const [name, text] of Object.entries(exports)) {
      const { trades } = await read(`${name}.csv`, text);
      expect(trades, name).toMatchObject([
        { side: 'long', size: 2, entryPrice: 100, exitPrice: 110, entryTime: T0, exitTime: T0 + 2 * HOUR },
      ]);
      expect(trades[0]!.pnl, name).toBeCloseTo(20 - 0.42, 9);
    }
  });

  it('has seconds, percents and European numbers noticed, and never 1970', async () => {
    const seconds = await read('s.csv', `entry_time,exit_time,pnl\n${T0 / 1000},${(T0 + HOUR) / 1000},5\n`);
    expect(seconds.trades[0]).toMatchObject({ entryTime: T0, exitTime: T0 + HOUR });
    expect(seconds.notices.join()).toMatch(/exit_time is in seconds/);
    const european = await read(
      'e.csv',
      'exit time;profit\n05.01.2024 10:00;1.234,56\n25.01.2024 10:00;-0,5\n',
      { dates: 'dmy' },
    );
    expect(european.trades.map(({ pnl }) => pnl)).toEqual([1234.56, -0.5]);
    expect(european.trades[0]!.exitTime).toBe(T0);
    const rates = await read(
      'p.csv',
      'exit time,entry price,exit price,profit %\n2024-01-05T10:00:00+02:00,100,101,1.0%\n',
    );
    expect(rates.trades[0]).toMatchObject({ returnRate: 0.01, exitTime: T0 - 2 * HOUR });
    const zone = await read('z.csv', 'exit time,pnl\n2024-01-05 12:00,1\n', { offsetMinutes: 120 });
    expect(zone.trades[0]!.exitTime).toBe(T0);
    const american = await read('a.csv', 'exit time,pnl\n01/05/2024 10:00 AM,1\n01/25/2024 1:00 PM,2\n');
    expect(american.trades.map(({ exitTime }) => exitTime)).toEqual([T0, Date.UTC(2024, 0, 25, 13)]);
    for (const [name, text] of [
      ['small numbers', 'exit time,pnl\n5,1\n6,1\n'],
      ['days that may be months', 'exit time,pnl\n01/05/2024,1\n'],
    ])
      await expect(read('x.csv', text!), name).rejects.toMatchObject({ code: 'HISTORY_INVALID' });
  });

  it('is refused with a word of what it is where it is none', async () => {
    const wrong: [name: string, content: string, said: RegExp][] = [
      ['empty.csv', '', /an empty file/],
      ['words.csv', 'a,b\nc,d\n', /columns "a", "b"/],
      ['half.csv', 'exit time,pnl\nsoon,1\nlater,2\n2024-01-05,3\n', /2 of 3 rows/],
      ['broken.json', '{"a":', /JSON/],
      ['other.json', '{"a":1}', /JSON with a/],
      ['none.json', JSON.stringify({ strategy: { S: { trades: [] } } }), /without a closed trade/],
      [
        'bad.json',
        JSON.stringify([{ timestamp: 1, side: 'buy', amount: -1, price: 1, symbol: 'A/B' }]),
        /amount/,
      ],
    ];
    for (const [name, content, said] of wrong) await expect(read(name, content), name).rejects.toThrow(said);
    await expect(readHistory('/nowhere/at/all.csv')).rejects.toThrow(/no file/);
    await expect(
      read('c.csv', 'exit time,pnl\n2024-01-05,1\n', { columns: { pnl: 'gain' } }),
    ).rejects.toThrow(/no column "gain"/);
  });
});

const REAL = new URL('../../../shared/data/trades/', import.meta.url);
const isThere = await readFile(new URL('live/trades_bot_ba.csv', REAL)).then(
  () => true,
  () => false,
);

describe.skipIf(!isThere)(
  `real trade histories${isThere ? '' : ' (skipped: no folder with real data)'}`,
  () => {
    it.each(['2024-09-07_10-47-34', '2024-09-07_15-54-20'])(
      'come to what freqtrade itself says of %s',
      async (name) => {
        const file = new URL(`backtest/genetrader/backtest-result-${name}.json`, REAL);
        const { strategy_comparison: said } = JSON.parse(await readFile(file, 'utf8')) as {
          strategy_comparison: { trades: number; profit_total_abs: number; wins: number; losses: number }[];
        };
        const { trades } = await readHistory(file.pathname);
        const total = trades.reduce((sum, { pnl }) => sum + pnl, 0);
        expect(trades).toHaveLength(said[0]!.trades);
        expect(total).toBeCloseTo(said[0]!.profit_total_abs, 4);
        expect(trades.filter(({ pnl }) => pnl > 0)).toHaveLength(said[0]!.wins);
      },
    );

    it('pair the live fills of a market maker to what its account gained', async () => {
      const file = new URL('live/trades_bot_ba.csv', REAL).pathname;
      const { trades, format } = await readHistory(file);
      expect(format).toBe("Hummingbot's trades");
      // By the first two of its fills sold before anything was bought here; from then on money is what counts.
      const rows = (await readFile(file, 'utf8')).trim().split('\n').slice(1);
      let [cash, units, price] = [0, 0, 0];
      for (const row of rows) {
        const cells = row.split(',');
        const [side, at, amount] = [cells[9], Number(cells[11]), Number(cells[12])];
        const fee = Number(row.split('"').at(-1)!.split(',')[1]);
        if (side === 'SELL' && units < amount) continue;
        const sign = side === 'BUY' ? 1 : -1;
        cash -= sign * at * amount + fee;
        units += sign * amount;
        price = at;
      }
      const realised = trades.reduce((sum, { pnl }) => sum + pnl, 0);
      // What is still held is worth about what was paid for it.
      expect(Math.abs(realised - (cash + units * price))).toBeLessThan(0.02 * units * price + 0.5);
    });
  },
);
