// The promises that the overlay makes to a risk manager, checked.
import assert from 'node:assert/strict';
import { OptimizationEngine } from 'edgekeeper';

const engine = new OptimizationEngine({ baseWeights: { EMA_Trend: 1, BadStrat: 1 } });
const time = Date.UTC(2024, 0, 1);

// 1. Weights never leave their bounds.
for (const weight of Object.values(engine.optimizer.getCurrentWeights())) {
  assert(weight >= engine.optimizer.minWeight && weight <= engine.optimizer.maxWeight);
}

// 2. Scoring never raises confidence.
const decision = engine.decide({
  strategy: 'EMA_Trend',
  symbol: 'BTC/USDT',
  side: 'long',
  time,
  confidence: 0.9,
});
assert(decision.adjustedConfidence !== null && decision.adjustedConfidence <= 0.9);

// 3. Multipliers never exceed the limit.
const multiplier = engine.getPositionSizeMultiplier({ strategy: 'EMA_Trend', signalQuality: 0.5 });
assert(multiplier >= 0 && multiplier <= 2);

// 4. Suspended strategies open nothing, and exits pass all the same.
engine.forceStatus('BadStrat', 'SUSPENDED', { time, actor: 'alice', reason: 'a test' });
assert.equal(engine.getStrategyWeight('BadStrat'), 0);
assert.equal(engine.decide({ strategy: 'BadStrat', symbol: 'BTC/USDT', side: 'long', time }).action, 'block');
assert.equal(
  engine.decide({ strategy: 'BadStrat', symbol: 'BTC/USDT', side: 'long', time, intent: 'close' }).action,
  'pass',
);

// 5. Switched off, the overlay is absent.
engine.setFlags({ enabled: false }, { time, actor: 'alice', reason: 'a test' });
assert.equal(engine.decide({ strategy: 'BadStrat', symbol: 'BTC/USDT', side: 'long', time }).multiplier, 1);

console.log('All promises kept.');
