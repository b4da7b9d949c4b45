// Judge the health of strategies, and overrule the verdict when you know better.
import { initializeManager } from 'edgekeeper';

const manager = initializeManager();
const now = Date.UTC(2024, 0, 1);

const health = manager.assessStrategy({
  strategy: 'EMA_Trend',
  time: now,
  trades: 50,
  expectancy: 0.5,
  profitFactor: 1.2,
  winRate: 0.52,
  maxDrawdown: 0.08,
  consecutiveLosses: 2,
  edgeProbability: 0.8,
});
console.log(`Status: ${health.status}`);
console.log(`Confidence: ${health.confidence.toFixed(2)}`);

const sick = manager.assessStrategy({
  strategy: 'BadStrategy',
  time: now,
  trades: 50,
  expectancy: -0.3,
  profitFactor: 0.6,
  winRate: 0.3,
  maxDrawdown: 0.2,
  consecutiveLosses: 6,
});
console.log(`${sick.strategy}: ${sick.status}, ${sick.reason}`);

manager.forceStatus('BadStrategy', 'RETIRED', {
  time: now,
  actor: 'alice',
  reason: 'manual retirement',
  pinForHours: 'forever',
});
console.log(`Active: ${manager.getActiveStrategies()}; retired: ${manager.getRetiredStrategies()}`);
for (const { strategy, oldStatus, newStatus, actor } of manager.getAuditLog()) {
  console.log(`${strategy}: ${oldStatus} -> ${newStatus} by ${actor}`);
}
