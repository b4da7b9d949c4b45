import { describe, expect, it } from 'vitest';
import {
  AdaptiveWeightingOptimizer,
  EdgekeeperError,
  getDecomposer,
  getEngine,
  getManager,
  getMonitor,
  getOptimizer,
  getScorer,
  initializeEngine,
  recordTrade,
  StrategyStatus,
} from '../../src/index.ts';
import { HOUR, START } from '../fixtures.ts';

/** What the founding document shows, in our names. Values are what it comes to; words are what it is refused with. */
const baseWeights = { EMA_Trend: 1, FVG_Pattern: 1, Bad: 1 };
const start = () =>
  initializeEngine({
    baseWeights,
    riskMaxDrawdown: 0.2,
    enableQualityFiltering: true,
    enableAdaptiveWeighting: true,
    enableRetirementManagement: true,
    evidence: 'guarded',
  });
// As somebody writes it who has no types to tell them.
type Loose = Record<string, (...args: unknown[]) => unknown>;
const loose = (of: object): Loose => of as Loose;
const POSITIONAL = ['EMA_Trend', 'BTC/USDT', 'BUY', 0.75, 3] as const;
const KEYWORDS = {
  strategy: 'EMA_Trend',
  symbol: 'BTC/USDT',
  signalType: 'BUY',
  originalConfidence: 0.75,
  confluenceCount: 3,
  regime: 'TRENDING',
};

describe('what the founding document shows', () => {
  it.each<[what: string, call: () => unknown, comesTo: unknown]>([
    // 1. Performance decomposer
    [
      'record_trade(strategy_name=, entry_ts=, ...)',
      () => recordTrade({ ...KEYWORDS, pnl: 250, entryTs: START } as never),
      /TRADE_INVALID.*entryTime/,
    ],
    ['get_strategy_performance', () => getDecomposer().getStrategyPerformance('EMA_Trend').trades, 1],
    [
      'get_regime_effectiveness',
      () => Object.keys(getDecomposer().getRegimeEffectiveness('EMA_Trend')),
      ['TREND_WITH'],
    ],
    [
      'get_symbol_breakdown',
      () => Object.keys(getDecomposer().getSymbolBreakdown('EMA_Trend')),
      ['BTC/USDT'],
    ],
    ['get_top_strategies', () => getDecomposer().getTopStrategies('expectancy', 1)[0]!.strategy, 'EMA_Trend'],
    // 2. Adaptive weighting optimizer
    [
      'update_weights(performance_data, regime=)',
      () => loose(getOptimizer()).updateWeights!({}, 'TRENDING'),
      /READ_ONLY/,
    ],
    ['get_current_weights', () => ({ ...getOptimizer().getCurrentWeights() }), baseWeights],
    [
      'get_weight_for_regime(s, "TRENDING")',
      () => getOptimizer().getWeightForRegime('EMA_Trend', 'TRENDING'),
      1,
    ],
    [
      'get_weight_for_regime(s, "QUIET")',
      () => getOptimizer().getWeightForRegime('EMA_Trend', 'QUIET' as never),
      /ARGUMENT_INVALID.*QUIET/,
    ],
    ['normalize_weights', () => getOptimizer().normalizeWeights().EMA_Trend, 1 / 3],
    ['reset_to_base_weights', () => getOptimizer().resetToBaseWeights(), undefined],
    ['get_allocation_summary', () => getOptimizer().getAllocationSummary().totalAllocation, 3],
    ['get_weight_history', () => getOptimizer().getWeightHistory(), []],
    // 3. Signal quality scorer
    [
      'score_signal(signal_type="BUY", ...)',
      () => getScorer().scoreSignal(KEYWORDS as never),
      /SIGNAL_INVALID.*side/,
    ],
    [
      'score_signal(side="long", ...)',
      () => getScorer().scoreSignal({ ...KEYWORDS, side: 'long', regime: 'TRENDING' }).cell,
      'TREND_WITH',
    ],
    ['min_quality_threshold', () => getScorer().minQualityThreshold, 0.7],
    [
      'min_quality_threshold = 0.6',
      () => {
        getScorer().minQualityThreshold = 0.6;
        return getScorer().minQualityThreshold;
      },
      0.6,
    ],
    [
      'set_regime_adjustment',
      () => {
        getScorer().setRegimeAdjustment('RANGING', 0.9);
        return getScorer().regimeAdjustments.RANGING;
      },
      0.9,
    ],
    ['get_signal_history(limit=50)', () => getScorer().getSignalHistory(50), []],
    ['get_quality_summary', () => getScorer().getQualitySummary('EMA_Trend', 'BTC/USDT').avgQuality, null],
    [
      'filter_signals',
      () => getScorer().filterSignals([{ strategy: 'EMA_Trend', symbol: 'X', side: 'long' }]),
      [],
    ],
    ['record_signal_outcome', () => loose(getScorer()).recordSignalOutcome!({}), /READ_ONLY/],
    // 4. Strategy retirement manager
    ['assess_strategy', () => loose(getManager()).assessStrategy!({}), /READ_ONLY/],
    ['get_strategy_health', () => getManager().getStrategyHealth('EMA_Trend')!.status, 'ACTIVE'],
    ['get_all_health', () => Object.keys(getManager().getAllHealth()).length, 3],
    ['get_active_strategies', () => getManager().getActiveStrategies().length, 3],
    ['get_audit_log', () => getManager().getAuditLog('EMA_Trend'), []],
    ['min_expectancy', () => getManager().thresholds.minExpectancy, 0.1],
    [
      'force_status(s, RETIRED, "Manual retirement")',
      () => {
        getManager().forceStatus('Bad', StrategyStatus.RETIRED, 'Manual retirement');
        return getManager().getAuditLog('Bad').at(-1)!.reason;
      },
      'Manual retirement',
    ],
    [
      'force_status of a status that is none',
      () => getManager().forceStatus('Bad', 'BENCHED' as never),
      /COMMAND_INVALID.*BENCHED/,
    ],
    // 5. Optimization engine
    [
      'update_optimization(regime="TRENDING")',
      () => loose(getEngine()).updateOptimization!({ regime: 'TRENDING' }),
      /COMMAND_INVALID.*update time/,
    ],
    [
      'update_optimization(now)',
      () => getEngine().updateOptimization(START + 5 * HOUR).activeStrategies.length,
      3,
    ],
    [
      'score_signal("EMA_Trend", "BTC/USDT", "BUY", 0.75, 3)',
      () => loose(getEngine()).scoreSignal!(...POSITIONAL),
      /SIGNAL_INVALID.*one object/,
    ],
    [
      'score_signal(signal)',
      () =>
        getEngine().scoreSignal({ ...KEYWORDS, side: 'long', time: START, regime: 'TRENDING' }).shouldExecute,
      true,
    ],
    [
      'get_position_size_multiplier("EMA_Trend", 0.5)',
      () => getEngine().getPositionSizeMultiplier('EMA_Trend', 0.5),
      1,
    ],
    [
      'get_position_size_multiplier(strategy=, signal_quality=, regime=)',
      () =>
        getEngine().getPositionSizeMultiplier({
          strategy: 'EMA_Trend',
          signalQuality: 0.5,
          regime: 'TRENDING',
        }),
      1,
    ],
    [
      'get_position_size_multiplier(s, 50)',
      () => getEngine().getPositionSizeMultiplier('EMA_Trend', 50),
      /ARGUMENT_INVALID.*50/,
    ],
    [
      'get_position_size_multiplier(s, "0.5")',
      () => getEngine().getPositionSizeMultiplier('EMA_Trend', '0.5' as never),
      /ARGUMENT_INVALID/,
    ],
    [
      'get_position_size_multiplier(s, 0.5, "QUIET")',
      () => getEngine().getPositionSizeMultiplier('EMA_Trend', 0.5, 'QUIET' as never),
      /ARGUMENT_INVALID.*QUIET/,
    ],
    [
      'get_position_size_multiplier()',
      () => loose(getEngine()).getPositionSizeMultiplier!(),
      /ARGUMENT_INVALID/,
    ],
    [
      'get_strategy_weight("EMA_Trend", "TRENDING")',
      () => getEngine().getStrategyWeight('EMA_Trend', 'TRENDING'),
      1,
    ],
    [
      'get_strategy_weight(s, "QUIET")',
      () => getEngine().getStrategyWeight('EMA_Trend', 'QUIET' as never),
      /ARGUMENT_INVALID/,
    ],
    ['get_strategy_weight()', () => loose(getEngine()).getStrategyWeight!(), /ARGUMENT_INVALID/],
    ['get_optimization_status', () => getEngine().getOptimizationStatus().enabled.enabled, true],
    ['get_optimization_history(limit=10)', () => getEngine().getOptimizationHistory(10), []],
    [
      'initialize_engine(base_weights=...)',
      () => initializeEngine({ base_weights: baseWeights } as never),
      /CONFIG_INVALID.*baseWeights/,
    ],
    // 6. Optimization monitor
    [
      'get_monitor().get_optimization_status',
      () => getMonitor().getOptimizationStatus().metrics.strategiesTracked,
      3,
    ],
    ['get_strategy_summary', () => getMonitor().getStrategySummary('EMA_Trend').currentWeight, 1],
    ['get_allocation_report', () => getMonitor().getAllocationReport().totalAllocation, 3],
    ['get_health_report', () => getMonitor().getHealthReport().suspended, []],
    [
      'get_regime_effectiveness_report',
      () => Object.keys(getMonitor().getRegimeEffectivenessReport().byRegime),
      ['TREND_WITH'],
    ],
    ['export_json("report.json")', () => getMonitor().exportJson('report.json' as never), /OPTION_INVALID/],
  ])('%s', (_what, call, comesTo) => {
    const engine = start();
    recordTrade({
      strategy: 'EMA_Trend',
      symbol: 'BTC/USDT',
      pnl: 250,
      entryTime: START,
      exitTime: START + HOUR,
      regime: 'TRENDING',
      size: 0.5,
    });
    const before = engine.snapshot();
    if (comesTo instanceof RegExp) {
      expect(call).toThrow(EdgekeeperError);
      expect(call).toThrow(comesTo);
      expect(engine.snapshot()).toEqual(before);
    } else expect(call()).toEqual(comesTo);
  });

  it('gives a suspended strategy no weight, and never opens what is retired', () => {
    const engine = start();
    engine.manager.forceStatus('Bad', StrategyStatus.SUSPENDED, 'Test');
    expect(engine.getStrategyWeight('Bad')).toBe(0);
    expect(engine.getPositionSizeMultiplier('Bad', 0.5)).toBe(0);
    engine.manager.forceStatus('Bad', 'RETIRED');
    expect(engine.getPositionSizeMultiplier('Bad', 0.5, 'TRENDING')).toBe(0);
  });

  it('is refused of an optimizer that stands alone where it says something else here', () => {
    const optimizer = new AdaptiveWeightingOptimizer(baseWeights);
    const data = { EMA_Trend: { expectancy: 2.5, profitFactor: 1.8, maxDrawdown: 0.05, sharpeRatio: 1.2 } };
    expect(() => loose(optimizer).updateWeights!(data, 'TRENDING')).toThrow(/COMMAND_INVALID/);
    expect(() => loose(optimizer).updateWeights!(data, START)).toThrow(/EVIDENCE_INVALID/);
    expect({ ...optimizer.getCurrentWeights() }).toEqual(baseWeights);
  });
});
