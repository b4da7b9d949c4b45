// A decision must cost the same whatever was recorded before: compare the rows, not the machines.
import { bench, describe } from 'vitest';
import { OptimizationEngine } from '../src/index.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2024, 0, 1);

function engineAfter(trades: number): OptimizationEngine {
  const engine = new OptimizationEngine();
  for (let i = 0; i < trades; i += 1) {
    const exitTime = START + i * HOUR;
    engine.recordTrade({
      strategy: 's',
      symbol: 'BTC/USDT',
      entryTime: exitTime,
      exitTime,
      entryPrice: 100,
      stop: 90,
      size: 1,
      pnl: i % 2 ? 12 : -10,
    });
  }
  return engine;
}

describe('decide', () => {
  for (const trades of [0, 1_000, 100_000]) {
    const engine = engineAfter(trades);
    let time = START + trades * HOUR;
    bench(
      `after ${trades} trades`,
      () => {
        time += 1000;
        engine.decide({
          strategy: 's',
          symbol: 'BTC/USDT',
          side: 'long',
          time,
          confidence: 0.8,
          confluence: 3,
        });
      },
      { time: 300, warmupTime: 100 },
    );
  }
});
