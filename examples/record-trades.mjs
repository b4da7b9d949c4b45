// Record closed trades and read what they say about a strategy.
import { initializeDecomposer, recordTrade } from 'edgekeeper';

const decomposer = initializeDecomposer();

recordTrade({
  id: 'trade-1',
  strategy: 'EMA_Trend',
  symbol: 'BTC/USDT',
  side: 'long',
  entryTime: 1704067200000,
  exitTime: 1704153600000,
  entryPrice: 42_000,
  exitPrice: 42_500,
  stop: 41_500,
  size: 0.5,
  pnl: 250,
  regime: 'TRENDING',
});
recordTrade({
  id: 'trade-2',
  strategy: 'EMA_Trend',
  symbol: 'BTC/USDT',
  side: 'long',
  entryTime: 1704240000000,
  exitTime: 1704326400000,
  entryPrice: 43_000,
  exitPrice: 42_800,
  stop: 42_600,
  size: 0.5,
  pnl: -100,
  regime: 'RANGING',
});

const performance = decomposer.getStrategyPerformance('EMA_Trend');
console.log(`Win rate: ${performance.winRate}`);
console.log(`Expectancy: ${performance.expectancy} (${performance.expectancyR} R)`);
console.log(`Profit factor: ${performance.profitFactor}`);

for (const [regime, { expectancyR }] of Object.entries(decomposer.getRegimeEffectiveness('EMA_Trend'))) {
  console.log(`${regime}: expectancy=${expectancyR} R`);
}
