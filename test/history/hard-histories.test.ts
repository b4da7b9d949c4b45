import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkHistory, possibleTrades } from '../../src/history/check-history.ts';
import { type ReadOptions, readHistory } from '../../src/history/read-history.ts';

const NOW = Date.UTC(2026, 0, 1);

async function read(name: string, content: string | Uint8Array, options: ReadOptions = {}) {
  const path = join(await mkdtemp(join(tmpdir(), 'edgekeeper-')), name);
  await writeFile(path, content);
  return readHistory(path, options);
}

/** What a history comes to: how many round trips, on which sides, with what profit. */
async function sumOf(name: string, content: string | object, options: ReadOptions = {}) {
  const history = await read(name, typeof content === 'string' ? content : JSON.stringify(content), options);
  const trades = possibleTrades(history, NOW);
  return {
    n: trades.length,
    sides: [...new Set(trades.map(({ side }) => side))].sort().join(),
    sum: trades.reduce((sum, { pnl }) => sum + pnl, 0),
    said: history.notices.join('\n'),
    trades,
  };
}

const at = (hour: number) => `2024-01-05 ${10 + hour}:00:00`;

describe('a history that is easily misread', () => {
  it('of futures has its shorts, and is held against what the venue says was realized', async () => {
    const rows = [
      ['SELL', 110, 0],
      ['BUY', 100, 10],
      ['SELL', 120, 0],
      ['BUY', 115, 5],
      ['SELL', 130, 0],
      ['BUY', 125, 5],
    ].map(([side, price, pnl], i) => `${at(i)},BTCUSDT,${side},${price},1,${price},0.04USDT,${pnl}`);
    const futures = await sumOf(
      'f.csv',
      `Time(UTC),Symbol,Side,Price,Quantity,Amount,Fee,Realized Profit\n${rows.join('\n')}\n`,
    );
    expect([futures.n, futures.sides]).toEqual([3, 'short']);
    expect(futures.sum).toBeCloseTo(20 - 0.24, 9);
    expect(futures.said).not.toMatch(/sums up to/);
    const begun = await sumOf(
      'g.csv',
      `Time(UTC),Symbol,Side,Price,Quantity,Realized Profit\n${at(0)},X,BUY,100,1,50\n${at(1)},X,SELL,110,1,10\n`,
    );
    expect(begun.said).toMatch(/Realized Profit sums up to 60.00, what is paired here to 10.00/);
  });

  it('says open and close of longs and shorts', async () => {
    const rows = ['Open long,3,100', 'Close long,3,110', 'Open short,3,120', 'Close short,3,110'].map(
      (row, i) => `${at(i)},BTC-USDT-SWAP,${row}`,
    );
    const { n, sides, sum } = await sumOf(
      'okx.csv',
      `Time,Symbol,Action,Amount,Filled Price\n${rows.join('\n')}\n`,
    );
    expect([n, sides, sum]).toEqual([2, 'long,short', 60]);
  });

  it('has fills that are alike, each with an id of its own, and others that are there twice', async () => {
    const fill = (id: string, side: string, price: number, hour: number) => ({
      id,
      symbol: 'BTC/USDT',
      side,
      price,
      amount: 1,
      timestamp: Date.UTC(2024, 0, 5, hour),
    });
    const alike = await sumOf('a.json', [
      fill('1', 'buy', 100, 1),
      fill('2', 'buy', 100, 1),
      fill('3', 'sell', 110, 2),
      fill('4', 'sell', 110, 2),
    ]);
    expect([alike.n, alike.sum]).toEqual([2, 20]);
    const twice = await sumOf('b.json', [
      fill('1', 'buy', 100, 1),
      fill('1', 'buy', 100, 1),
      fill('2', 'sell', 110, 2),
      fill('3', 'buy', 200, 3),
      fill('4', 'sell', 190, 4),
    ]);
    expect([twice.n, twice.sum]).toEqual([2, 0]);
    expect(twice.said).toMatch(/1 executions are there twice/);
    const days = await sumOf(
      'd.csv',
      'date closed,symbol,side,pnl\n2024-01-05,X,long,-10\n2024-01-05,X,long,-10\n2024-01-05,X,long,15\n',
    );
    expect([days.n, days.sum]).toEqual([3, -5]);
  });

  it('is one of orders, of which some were never filled', async () => {
    const table = await sumOf(
      'o.csv',
      `Time,Symbol,Side,Price,Quantity,Status\n${at(0)},X,BUY,100,1,FILLED\n${at(1)},X,BUY,90,5,CANCELED\n${at(2)},X,SELL,110,1,FILLED\n${at(3)},X,SELL,150,5,CANCELED\n`,
    );
    expect([table.n, table.sum, table.said]).toEqual([
      1,
      10,
      expect.stringMatching(/2 orders that were not filled/),
    ]);
    const order = (
      side: string,
      price: number,
      average: number | null,
      filled: number,
      status: string,
      hour: number,
    ) => ({
      id: String(hour),
      symbol: 'X/USDT',
      side,
      price,
      average,
      amount: 1,
      filled,
      status,
      timestamp: Date.UTC(2024, 0, 5, hour),
    });
    const json = await sumOf('o.json', [
      order('buy', 105, 100, 1, 'closed', 1),
      order('buy', 90, null, 0, 'canceled', 2),
      order('sell', 90, 110, 1, 'closed', 3),
    ]);
    expect([json.n, json.sum]).toEqual([1, 10]);
    const asked = await sumOf(
      'p.csv',
      `Time,Symbol,Side,Price,Average Price,Quantity\n${at(0)},X,BUY,105,100,1\n${at(1)},X,SELL,90,110,1\n`,
    );
    expect(asked.sum).toBe(10);
  });

  it('counts in contracts, whose size its costs tell', async () => {
    const fill = (
      symbol: string,
      side: string,
      price: number,
      amount: number,
      cost: number,
      hour: number,
    ) => ({ id: String(hour), symbol, side, price, amount, cost, timestamp: Date.UTC(2024, 0, 5, hour) });
    const linear = await sumOf('c.json', [
      fill('BTC/USDT:USDT', 'buy', 40_000, 10, 4000, 1),
      fill('BTC/USDT:USDT', 'sell', 41_000, 10, 4100, 2),
    ]);
    expect(linear.sum).toBeCloseTo(100, 9);
  });

  it("is TradingView's with another currency, and exits in parts", async () => {
    const rows =
      '1,Exit long,2024-01-05 12:00,X,5010,1,480\n1,Entry long,2024-01-05 10:00,E,5000,2,480\n1,Exit long,2024-01-05 14:00,X,5010,1,20\n';
    for (const column of ['Net P&L USD', 'Profit GBP'])
      expect(
        await sumOf(
          'tv.csv',
          `Trade #,Type,Date/Time,Signal,Price USD,Position size (qty),${column}\n${rows}`,
        ),
      ).toMatchObject({ n: 2, sum: 500 });
  });

  it("is MetaTrader's with deposits between its trades", async () => {
    const row = (cells: (string | number)[]) =>
      `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
    const trade = (ticket: number, day: number, profit: number) =>
      row([
        ticket,
        `2024.01.0${day} 10:00:00`,
        'buy',
        '1.00',
        'eurusd',
        '1.1',
        '0',
        '0',
        `2024.01.0${day} 12:00:00`,
        '1.2',
        '0',
        '0',
        '0',
        profit,
      ]);
    const html = `<table>${row(['Ticket', 'Open Time', 'Type', 'Size', 'Item', 'Price', 'S / L', 'T / P', 'Close Time', 'Price', 'Commission', 'Taxes', 'Swap', 'Profit'])}${trade(1, 2, 100)}${row([2, '2024.01.03 10:00:00', 'balance', 'Deposit', 1000])}${trade(3, 4, -100)}${row(['', '', 'from #3[sl]'])}${trade(4, 5, -100)}</table>`;
    expect(await sumOf('mt4.html', html)).toMatchObject({ n: 3, sum: -100 });
  });

  it('says sides in other words, or not at all', async () => {
    const table = (header: string, ...sides: string[]) =>
      `Entry Time,Exit Time,${header},Size,Entry Price,Exit Price\n${sides.map((side, i) => `${at(0)},2024-01-05 1${i + 1}:30:00,${side},1,100,90`).join('\n')}\n`;
    for (const [header, short] of [
      ['Type', 'Verkauf'],
      ['Side', 'Sold'],
      ['L/S', 'S'],
      ['is_short', '1'],
      ['Side', 'Buy to cover'],
    ] as const)
      expect([header, short, await sumOf('s.csv', table(header, short))]).toEqual([
        header,
        short,
        expect.objectContaining({ sides: 'short', sum: 10 }),
      ]);
    await expect(sumOf('s.csv', table('Side', 'up', 'up', 'up'))).rejects.toThrow(/HISTORY_INVALID/);
    const stated = await sumOf('s.csv', `Exit Time,Side,Entry Price,Exit Price,PnL\n${at(0)},?,100,90,10\n`);
    expect([stated.sides, stated.said]).toEqual([
      'short',
      expect.stringMatching(/side of 1 trades is taken from/),
    ]);
  });

  it('has numbers with a decimal comma, column by column', async () => {
    const sum = async (...values: string[]) =>
      (await sumOf('n.csv', `exit time;pnl\n${values.map((value, i) => `${at(i)};${value}`).join('\n')}\n`))
        .sum;
    expect(await sum('0,123', '-0,250', '12,500')).toBeCloseTo(12.373, 9);
    expect(await sum('+12,50', '+7,25')).toBeCloseTo(19.75, 9);
    expect(await sum('1,5E-05', '2,5E-05')).toBeCloseTo(4e-5, 12);
    const mixed = await sumOf('m.csv', `exit time;size;pnl\n${at(0)};0.10;1 234,56\n${at(1)};0.10;-12,5\n`);
    expect(mixed.sum).toBeCloseTo(1222.06, 9);
    expect(await sum('1,234.50', '-1,000.25')).toBeCloseTo(234.25, 9);
  });

  it('leaves out cells, or has too many', async () => {
    const rows = Array.from(
      { length: 20 },
      (_, i) => `2024-01-${String(i + 1).padStart(2, '0')} 10:00,BTC,${i < 10 ? '5,good' : '-9'}`,
    );
    expect(await sumOf('e.csv', `exit time,symbol,pnl,comment\n${rows.join('\n')}\n`)).toMatchObject({
      n: 20,
      sum: -40,
    });
    const broken = Array.from({ length: 10 }, (_, i) => `${at(i % 9)},BTC,${i === 3 ? '1,234.50' : i},tp`);
    expect((await sumOf('t.csv', `exit time,symbol,pnl,comment\n${broken.join('\n')}\n`)).said).toMatch(
      /1 rows say no time/,
    );
    expect(await sumOf('c.csv', `exit time,pnl,\n${at(0)},5,\n${at(1)},6,\n`)).toMatchObject({
      n: 2,
      sum: 11,
    });
  });

  it('pays fees in a third currency, has coins that begin with a digit, and profits before and after fees', async () => {
    const fees = await sumOf(
      'b.csv',
      `Date(UTC),Pair,Side,Price,Executed,Fee\n${at(0)},BTCUSDT,BUY,40000,1BTC,0.1BNB\n${at(1)},BTCUSDT,SELL,40010,1BTC,0.1BNB\n`,
    );
    expect([fees.sum, fees.said]).toEqual([10, expect.stringMatching(/2 fees in another currency/)]);
    const inch = await sumOf(
      'i.csv',
      `Date(UTC),Pair,Side,Price,Executed\n${at(0)},1INCHUSDT,BUY,0.5,101INCH\n${at(1)},1INCHUSDT,SELL,0.6,101INCH\n`,
    );
    expect(inch.sum).toBeCloseTo(1, 9);
    expect(await sumOf('g.csv', `exit time,PnL,Fee,Net PnL\n${at(0)},10,12,-2\n`)).toMatchObject({ sum: -2 });
  });

  it('says its zone in the header, in the cell, or in the name of a month', async () => {
    const exit = async (header: string, text: string, options: ReadOptions = {}) =>
      (await read('z.csv', `${header},pnl\n"${text}",1\n`, options)).trades[0]!.exitTime;
    const ten = Date.UTC(2024, 0, 5, 10);
    expect(await exit('Close Time(UTC+08:00)', '2024-01-05 18:00:00')).toBe(ten);
    expect(await exit('Close Time', '2024-01-05T10:00:00Z')).toBe(ten);
    expect(await exit('Close Time', 'Jan 5, 2024 10:00')).toBe(ten);
    expect(await exit('Close Time', 'Jan 5, 2024 12:00', { offsetMinutes: 120 })).toBe(ten);
    const said = async (text: string) =>
      (await read('z.csv', `Close Time,pnl\n"${text}",1\n`)).notices.join();
    expect(await said('2024-01-05T10:00:00Z')).not.toMatch(/no time zone/);
    expect(await said('1/25/2024 12:05:00 AM')).toMatch(/no time zone/);
  });

  it('begins with the newest, and ties', async () => {
    const rows = [
      '2024-01-06,X,SELL,120,1',
      '2024-01-06,X,BUY,110,1',
      '2024-01-05,X,SELL,105,1',
      '2024-01-05,X,BUY,100,1',
    ];
    expect(await sumOf('n.csv', `Date,Symbol,Side,Price,Quantity\n${rows.join('\n')}\n`)).toMatchObject({
      n: 2,
      sum: 15,
    });
  });

  it('lies ahead of the clock in part, which is said', async () => {
    const history = await read('f.csv', `exit time,pnl\n2025-12-31 20:00,5\n2026-01-01 03:00,-50\n`);
    const { suspicious, trades } = checkHistory(history, { config: {}, candles: new Map(), now: NOW });
    expect([trades, suspicious.join()]).toEqual([
      1,
      expect.stringMatching(/1 trades are from the future and are left out/),
    ]);
  });

  it('is long, or damaged', async () => {
    const long = Array.from({ length: 130_000 }, (_, i) => `${1_704_448_800_000 + i * 1000},1`);
    expect((await read('l.csv', `exit time,pnl\n${long.join('\n')}\n`)).trades).toHaveLength(130_000);
    for (const [name, content] of [
      ['q.csv', 'exit time,pnl,comment\n2024-01-05 10:00,5,"unclosed\n'],
      ['z.zip', new Uint8Array([0x50, 0x4b, 3, 4, 1, 2, 3])],
      ['d.sqlite', new TextEncoder().encode(`SQLite format 3\0${'x'.repeat(200)}`)],
      ['f.json', '{"strategy":{"A":{"trades":[null]}}}'],
    ] as const)
      await expect(read(name, content), name).rejects.toMatchObject({ code: 'HISTORY_INVALID' });
  });
});
