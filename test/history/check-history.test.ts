import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { savedEngine } from '../../src/cli/saved.ts';
import { checkHistory } from '../../src/history/check-history.ts';
import { pairFills } from '../../src/history/fills.ts';
import { importHistory } from '../../src/history/import-history.ts';
import { suspicious } from '../../src/history/suspicious.ts';
import type { PastFill, PastTrade } from '../../src/history/trade-history.ts';
import { LowdbStateStore } from '../../src/journal/state-store.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { HOUR, START } from '../fixtures.ts';

const NOW = START + 10_000 * HOUR;

/** Trades a few hours apart that win with a chance, and 1.5 times what they lose. */
function played(count: number, chance: (i: number) => number, over: Partial<PastTrade> = {}): PastTrade[] {
  const random = seededRandom(7);
  return Array.from({ length: count }, (_, i) => {
    const entryTime = START + i * 6 * HOUR;
    const pnl = random.uniform() < chance(i) ? 15 : -10;
    const prices = { entryPrice: 100, exitPrice: 100 + pnl / 10, size: 10, fees: 0.1, stop: 99 };
    return {
      strategy: 'S',
      symbol: 'BTC/USDT',
      side: 'long',
      entryTime,
      exitTime: entryTime + 3 * HOUR,
      pnl,
      ...prices,
      ...over,
    };
  });
}
const history = (trades: readonly PastTrade[]) => ({ format: 'trades', trades, notices: [], columns: null });
const check = (trades: readonly PastTrade[]) =>
  checkHistory(history(trades), { config: {}, candles: new Map(), now: NOW });

describe('a checked history', () => {
  it('tells a strategy that has an edge from one that never had one and one that lost it', () => {
    const good = played(500, () => 0.6, { strategy: 'Good' });
    const bad = played(500, () => 0.3, { strategy: 'Bad' });
    const gone = played(900, (i) => (i < 400 ? 0.65 : 0.25), { strategy: 'Gone' });
    const { strategies, noticed, trades } = check([...good, ...bad, ...gone]);
    const of = (name: string) => strategies.find(({ strategy }) => strategy === name)!;
    expect(trades).toBe(1900);
    expect(of('Good').probability).toBeGreaterThan(0.9);
    // What it is now: old outcomes fade, and a strategy borrows from the others.
    expect(of('Bad').probability).toBeLessThan(0.2);
    expect(of('Bad').share).toBeLessThan(0.2);
    expect(of('Good').performance.trades).toBe(500);
    const faded = noticed.findLast(({ strategy }) => strategy === 'Gone')!;
    expect(faded.sends).toBe('less');
    expect(faded.time).toBeGreaterThan(gone[400]!.entryTime);
  });

  it('says what would have been with its sizes, which never grow unless they may', () => {
    const { money } = check(played(400, () => 0.3));
    expect(money.sized).toBeGreaterThan(money.made);
    const won = check(played(400, () => 0.7)).money;
    expect(won.sized).toBeLessThanOrEqual(won.made);
  });

  it('looks at each trade once, and at none that cannot be', () => {
    const [first, second] = played(2, () => 1);
    const { trades, suspicious: found } = check([
      first!,
      first!,
      second!,
      { ...second!, exitTime: START - HOUR, pnl: 3 },
      { ...second!, exitTime: NOW + 48 * HOUR, pnl: 4 },
    ]);
    expect(trades).toBe(2);
    expect(found.join()).toMatch(
      /1 rows are there twice.*1 trades end before.*1 trades are from the future/s,
    );
  });

  it('finds odd what is too good or unclear', () => {
    const odd: [said: RegExp, trades: PastTrade[]][] = [
      [/win: losses/, played(100, () => 1)],
      [/stops lie 50.0% away/, played(50, () => 0.5, { stop: 50 })],
      [/wrong side/, played(50, () => 0.5, { stop: 120 })],
      [/not what their prices/, played(50, () => 0.5, { size: 1000 })],
      [/before fees/, played(50, () => 0.5, { fees: 0 })],
      [/equally long/, played(50, () => 0.5)],
    ];
    for (const [said, trades] of odd) expect(suspicious({ trades }, NOW).join('\n')).toMatch(said);
    const usual = played(50, () => 0.5).map((trade, i) => ({ ...trade, exitTime: trade.exitTime + i }));
    expect(suspicious({ trades: usual }, NOW)).toEqual([]);
  });

  it('starts a state, in which all is marked as imported and nothing counts for the overlay', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    const given = history(played(120, () => 0.6));
    const options = { config: {}, file: 'mine.csv', now: NOW, stateDir };
    expect(await importHistory(given, options)).toBe(120);
    const engine = await savedEngine(stateDir);
    expect(engine.decomposer.getStrategyPerformance('S')).toMatchObject({ trades: 120 });
    expect(engine.decomposer.getTradeHistory().every(({ id }) => id.startsWith('imported-'))).toBe(true);
    expect(engine.getOptimizationStatus()).toMatchObject({ decisions: 0, enabled: { enabled: true } });
    await expect(importHistory(given, options)).rejects.toMatchObject({ code: 'STATE_OCCUPIED' });
    // One that was ended halfway is begun anew.
    const half = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    const ended = vi.spyOn(LowdbStateStore.prototype, 'save').mockRejectedValueOnce(new Error('no power'));
    await expect(importHistory(given, { ...options, stateDir: half })).rejects.toThrow('no power');
    ended.mockRestore();
    await expect(savedEngine(half)).rejects.toMatchObject({ code: 'STATE_MISSING' });
    expect(await importHistory(given, { ...options, stateDir: half })).toBe(120);
    expect((await savedEngine(half)).snapshot()).toEqual(engine.snapshot());
    const other = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    await writeFile(join(other, 'state.json'), 'no state');
    await expect(importHistory(given, { ...options, stateDir: other })).rejects.toThrow();
  });
});

describe('executions', () => {
  it('come to the change of the account, whatever is bought and sold', () => {
    const fill = fc.record({
      side: fc.constantFrom('buy' as const, 'sell' as const),
      price: fc.integer({ min: 50, max: 150 }),
      amount: fc.integer({ min: 1, max: 9 }),
      fee: fc.double({ min: 0, max: 1, noNaN: true }),
      symbol: fc.constantFrom('A/B', 'C/B'),
    });
    fc.assert(
      fc.property(fc.array(fill, { maxLength: 40 }), fc.integer({ min: 50, max: 150 }), (given, last) => {
        const fills: PastFill[] = given.map((each, i) => ({ ...each, strategy: 'S', time: START + i }));
        // Everything is closed at the end at one price.
        for (const symbol of ['A/B', 'C/B']) {
          const net = fills
            .filter((each) => each.symbol === symbol)
            .reduce((sum, { side, amount }) => sum + (side === 'buy' ? amount : -amount), 0);
          if (net !== 0)
            fills.push({
              symbol,
              strategy: 'S',
              time: START + 1000,
              side: net > 0 ? 'sell' : 'buy',
              price: last,
              amount: Math.abs(net),
              fee: 0,
            });
        }
        const { trades, open } = pairFills(fills, true);
        const cash = fills.reduce(
          (sum, { side, price, amount, fee }) => sum + (side === 'buy' ? -1 : 1) * price * amount - fee,
          0,
        );
        expect(open).toBe(0);
        expect(trades.reduce((sum, { pnl }) => sum + pnl, 0)).toBeCloseTo(cash, 6);
      }),
    );
  });
});
