// Shift weight towards what works: bounded steps, anchored at the base weights.
import { initializeOptimizer } from 'edgekeeper';

const optimizer = initializeOptimizer({ EMA_Trend: 1, FVG_Pattern: 1, RSI_Reversal: 0.8 });

const now = Date.UTC(2024, 0, 1);
const updates = optimizer.updateWeights(
  {
    EMA_Trend: {
      outcomes: 50,
      overall: { n: 50, meanR: 0.1, grossProfit: 27.5, grossLoss: 22.5, drawdown: 0.05, deviation: 1 },
    },
    FVG_Pattern: {
      outcomes: 50,
      overall: { n: 50, meanR: -0.2, grossProfit: 20, grossLoss: 30, drawdown: 0.12, deviation: 1 },
    },
  },
  now,
);
for (const { strategy, cell, previousWeight, newWeight } of updates) {
  if (cell === null) console.log(`${strategy}: ${previousWeight.toFixed(3)} -> ${newWeight.toFixed(3)}`);
}

const summary = optimizer.getAllocationSummary();
console.log(`Total allocation: ${summary.totalAllocation.toFixed(2)}`);
console.log(
  `Normalized: ${JSON.stringify(optimizer.normalizeWeights(), (_, x) => (typeof x === 'number' ? Number(x.toFixed(3)) : x))}`,
);
console.log(`Changes remembered: ${optimizer.getWeightHistory().length}`);
