// The engine does all of it: decide before an order, record after the close, update by the hour.
import { initializeEngine, initializeMonitor } from 'edgekeeper';

const engine = initializeEngine({
  baseWeights: { EMA_Trend: 1, FVG_Pattern: 1 },
  riskMaxDrawdown: 0.2,
  qualityFiltering: true,
  adaptiveWeighting: true,
  retirementManagement: true,
});

const HOUR = 3_600_000;
let now = Date.UTC(2024, 0, 1);

for (let i = 0; i < 60; i += 1) {
  now += HOUR;
  const strategy = i % 2 ? 'EMA_Trend' : 'FVG_Pattern';
  const decision = engine.decide({
    strategy,
    symbol: 'BTC/USDT',
    side: 'long',
    time: now,
    confidence: 0.75,
    confluence: 3,
  });
  if (decision.action === 'block') continue;
  // Your bot sends its order at size x decision.multiplier here, and one day it closes:
  const won = strategy === 'EMA_Trend' ? i % 3 !== 0 : i % 3 === 0;
  engine.recordTrade({
    id: `trade-${i}`,
    strategy,
    symbol: 'BTC/USDT',
    entryTime: now,
    exitTime: now + HOUR / 2,
    entryPrice: 42_000,
    stop: 41_580,
    size: 0.1 * decision.multiplier,
    pnl: (won ? 60 : -42) * decision.multiplier,
    decision,
  });
  engine.updateOptimization(now);
}

const state = engine.updateOptimization(now + HOUR);
console.log(`Best performer: ${state.bestStrategy}`);
console.log(`Statuses: ${JSON.stringify(state.statuses)}`);

const { quality, shouldExecute } = engine.scoreSignal({
  strategy: 'EMA_Trend',
  symbol: 'BTC/USDT',
  side: 'long',
  time: now,
  confidence: 0.75,
  confluence: 3,
});
console.log(`Quality ${quality.toFixed(3)}, execute: ${shouldExecute}`);
console.log(
  `Size multiplier: ${engine.getPositionSizeMultiplier({ strategy: 'EMA_Trend', signalQuality: quality }).toFixed(3)}`,
);

const monitor = initializeMonitor(engine);
console.log(`Tracked strategies: ${monitor.getOptimizationStatus().metrics.strategiesTracked}`);
console.log(`EMA_Trend weight: ${monitor.getStrategySummary('EMA_Trend').currentWeight.toFixed(3)}`);
console.log(`Normalized weights: ${JSON.stringify(monitor.getAllocationReport().normalizedWeights)}`);
console.log(`Degraded: ${monitor.getHealthReport().degraded}`);
for (const [regime, rows] of Object.entries(monitor.getRegimeEffectivenessReport().byRegime)) {
  for (const { strategy, performance } of rows)
    console.log(`${regime}: ${strategy} expectancy=${performance.expectancyR?.toFixed(2)} R`);
}
for (const { level, code, message } of monitor.getAlerts()) console.log(`${level} ${code}: ${message}`);
console.log(`Report: ${monitor.exportJson().length > 1000 ? 'written' : 'empty'}`);
const table = await monitor.getDataFrameExport('performance');
console.log(`Table: ${table.numRows()} rows x ${table.numCols()} columns`);
