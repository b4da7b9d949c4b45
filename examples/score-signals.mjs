// Score a signal before it becomes an order.
import { initializeScorer } from 'edgekeeper';

const scorer = initializeScorer();

const score = scorer.scoreSignal({
  strategy: 'EMA_Trend',
  symbol: 'BTC/USDT',
  side: 'long',
  confidence: 0.75,
  confluence: 3, // EMA, RSI and support agree
  regime: 'TRENDING',
  alignment: 0.85,
});
console.log(`Quality score: ${score.quality.toFixed(3)}`);
console.log(`Should execute: ${score.quality >= scorer.minQualityThreshold}`);

// What really happened is what the next score is built on.
scorer.recordSignalOutcome({
  strategy: 'EMA_Trend',
  symbol: 'BTC/USDT',
  side: 'long',
  cell: score.cell,
  r: 1.5,
  belowThreshold: !score.passes,
});

const high = scorer.getSignalHistory(50).filter(({ quality }) => quality >= 0.7);
console.log(`High quality signals: ${high.length}/${scorer.getSignalHistory().length}`);
console.log(`Average quality: ${scorer.getQualitySummary('EMA_Trend', 'BTC/USDT').avgQuality?.toFixed(3)}`);
