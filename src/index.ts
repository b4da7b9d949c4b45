export { PRESETS } from './config/presets.ts';
export type { Configuration } from './config/rooms.ts';
export { type Config, configJsonSchema, type Options, parseConfig } from './config/schema.ts';
export { drawdownGuard, qualityFactor, roundToLot, sizeMultiplier } from './decision/sizing.ts';
export { EdgePosterior } from './edge/posterior.ts';
export { targetSize } from './edge/size.ts';
export {
  type Calibration,
  type CalibrationReport,
  calibrate,
  calibrationReport,
} from './effect/calibration.ts';
export { EffectLedger } from './effect/ledger.ts';
export type { SignalOutcome } from './effect/outcome.ts';
export { type EffectStatement, effectStatement } from './effect/statement.ts';
export { type EngineHooks, OptimizationEngine } from './engine/engine.ts';
export type {
  Command,
  EngineEvent,
  EquityReport,
  InputEvent,
  Observer,
  OptimizationState,
  QualityChange,
  ResetTarget,
} from './engine/events.ts';
export { parseSnapshot, type Snapshot } from './engine/snapshot.ts';
export type { OptimizationStatus } from './engine/status.ts';
export type {
  DecomposerView,
  DetectorView,
  EdgeView,
  ManagerView,
  OptimizerView,
  PortfolioView,
  ScorerView,
  TracksView,
} from './engine/views.ts';
export type { Authorship, By } from './model/authorship.ts';
export { type Candle, timeframeMs } from './model/candle.ts';
export type { EvidenceMode, Stakes, WeightingMethod } from './model/choices.ts';
export {
  type Coverage,
  UNJUDGED_REASONS,
  type UnjudgedEntry,
  type UnjudgedReason,
  type UnknownExit,
} from './model/coverage.ts';
export { type Action, type Decision, type Enforcement, REASONS, type ReasonCode } from './model/decision.ts';
export { EdgekeeperError, type ErrorCode } from './model/errors.ts';
export type { Flag, Flags, Mode } from './model/flags.ts';
export type { Clock, Log, MarketData } from './model/ports.ts';
export type { PositionOutcome } from './model/position.ts';
export { CELLS, type Cell, cellOf, REGIMES, type Regime, type RegimeLabel } from './model/regime.ts';
export type { ShadowOutcome } from './model/shadow-outcome.ts';
export type { Side, Signal } from './model/signal.ts';
export { STRATEGY_STATUSES, StrategyStatus } from './model/strategy.ts';
export type { Trade, TradeInput } from './model/trade.ts';
export type { AlertNews, KnownAlert } from './monitor/alert-book.ts';
export type { Alert, AlertCode } from './monitor/alerts.ts';
export type { Effectiveness } from './monitor/effectiveness.ts';
export { type Explanation, explain } from './monitor/explanation.ts';
export { OptimizationMonitor } from './monitor/monitor.ts';
export { PerformanceDecomposer } from './performance/decomposer.ts';
export type { Performance } from './performance/metrics.ts';
export { SignalQualityScorer, type SignalScore } from './quality/scorer.ts';
export { RegimeDetector } from './regime/detector.ts';
export { type PolicyDiff, PolicyReplay } from './replay/diff.ts';
export { averageRunLength, thresholdForFalseAlarms } from './retirement/cusum.ts';
export { StrategyRetirementManager } from './retirement/manager.ts';
export * from './shared/instances.ts';
export {
  deflatedSharpe,
  minimumTrackRecord,
  probabilisticSharpe,
  type SharpeRecord,
} from './statistics/sharpe-test.ts';
export { AdaptiveWeightingOptimizer } from './weighting/optimizer.ts';
export { weightScore } from './weighting/score.ts';
export type { WeightUpdate } from './weighting/weight-update.ts';
