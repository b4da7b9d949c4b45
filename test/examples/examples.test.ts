import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';

const folder = new URL('../../examples/', import.meta.url);

/** Runs an example and returns what it printed. */
async function printed(name: string): Promise<string[]> {
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(String(line)));
  await import(new URL(name, folder).pathname);
  return lines;
}

afterEach(() => vi.restoreAllMocks());

describe('examples', () => {
  it('record trades and read their metrics', async () => {
    expect(await printed('record-trades.mjs')).toEqual([
      'Win rate: 0.5',
      'Expectancy: 75 (0.25 R)',
      'Profit factor: 2.5',
      'TREND_WITH: expectancy=1 R',
      'RANGING: expectancy=-0.5 R',
    ]);
  });

  it('update weights', async () => {
    expect(await printed('update-weights.mjs')).toEqual([
      'EMA_Trend: 1.000 -> 1.150',
      'FVG_Pattern: 1.000 -> 0.850',
      'Total allocation: 2.80',
      'Normalized: {"EMA_Trend":0.411,"FVG_Pattern":0.304,"RSI_Reversal":0.286}',
      'Changes remembered: 2',
    ]);
  });

  it('score signals', async () => {
    expect(await printed('score-signals.mjs')).toEqual([
      'Quality score: 0.748',
      'Should execute: true',
      'High quality signals: 1/1',
      'Average quality: 0.748',
    ]);
  });

  it('assess and force a status', async () => {
    const lines = await printed('assess-strategies.mjs');
    expect(lines.slice(0, 2)).toEqual(['Status: ACTIVE', 'Confidence: 0.80']);
    expect(lines[2]).toMatch(
      /^BadStrategy: DEGRADED, violates expectancy, profitFactor, winRate, maxDrawdown/,
    );
    expect(lines.slice(3)).toEqual([
      'Active: EMA_Trend; retired: BadStrategy',
      'BadStrategy: ACTIVE -> DEGRADED by edgekeeper',
      'BadStrategy: DEGRADED -> RETIRED by alice',
    ]);
  });

  it('run the engine and print every report', async () => {
    const lines = await printed('run-engine.mjs');
    expect(lines[0]).toBe('Best performer: EMA_Trend');
    for (const part of [
      'Quality',
      'Size multiplier',
      'Tracked strategies: 2',
      'UNKNOWN: EMA_Trend',
      'NO_EQUITY_FEED',
      'Report: written',
      'Table: 2 rows',
    ]) {
      expect(
        lines.some((line) => line.includes(part)),
        part,
      ).toBe(true);
    }
  });

  it('keep the promises to a risk manager', async () => {
    expect(await printed('risk-compliance.mjs')).toEqual(['All promises kept.']);
  });

  it('put an overlay on a ccxt bot', async () => {
    const { default: ccxt } = await import('ccxt');
    const { withEdgekeeper } = await import('../../examples/ccxt-bot.mjs');
    const { replayMarket } = await import('../../src/paper/market-rules.ts');
    const exchange = new ccxt.Exchange({ id: 'venue', enableRateLimit: false }) as never as {
      setMarkets(m: object[]): void;
      createOrder: (...args: unknown[]) => Promise<unknown>;
      fetchOHLCV: () => Promise<number[][]>;
    };
    exchange.setMarkets([replayMarket('BTC/USDT', 100)]);
    exchange.fetchOHLCV = async () => [];
    exchange.createOrder = async (symbol, type, side, amount) => ({
      id: '1',
      symbol,
      type,
      side,
      amount,
      status: 'open',
    });
    const bot = await withEdgekeeper(exchange as never, await mkdtemp(join(tmpdir(), 'edgekeeper-')));
    bot.engine.forceStatus('EMA_Trend', 'SUSPENDED', { time: 0, actor: 'tester', reason: 'a test' });
    await expect(exchange.createOrder('BTC/USDT', 'market', 'buy', 1)).rejects.toThrow(/STRATEGY_SUSPENDED/);
    await expect(exchange.createOrder('BTC/USDT', 'market', 'sell', 1)).resolves.toMatchObject({ amount: 1 });
    await bot.close();
  });

  it('are all run here', async () => {
    expect((await readdir(folder)).filter((name) => name.endsWith('.mjs')).sort()).toEqual([
      'assess-strategies.mjs',
      'ccxt-bot.mjs',
      // By the test of trials, and by `.ci/run`: it needs a process of its own.
      'paper-bot.mjs',
      'record-trades.mjs',
      'risk-compliance.mjs',
      'run-engine.mjs',
      'score-signals.mjs',
      'update-weights.mjs',
    ]);
  });
});
