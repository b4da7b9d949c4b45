import { EdgePosterior } from '../edge/posterior.ts';
import type { By } from '../model/authorship.ts';
import { copyOf } from '../model/copies.ts';
import type { Enforcement } from '../model/decision.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { RegimeLabel } from '../model/regime.ts';
import type { StrategyStatus } from '../model/strategy.ts';
import type { Trade, TradeInput } from '../model/trade.ts';
import { PerformanceDecomposer } from '../performance/decomposer.ts';
import { TrackRecords } from '../performance/track-record.ts';
import { checkAdjustment } from '../quality/checks.ts';
import { SignalQualityScorer } from '../quality/scorer.ts';
import { RegimeDetector } from '../regime/detector.ts';
import type { ForceOptions } from '../retirement/force.ts';
import { StrategyRetirementManager } from '../retirement/manager.ts';
import { AdaptiveWeightingOptimizer } from '../weighting/optimizer.ts';
import type { WeightsByCell } from '../weighting/strategy-weight.ts';
import type { Components } from './components.ts';
import type { QualityChange, ResetTarget, Said } from './events.ts';
import { Portfolio } from './portfolio.ts';

/** What of each component only reads. */
const READS = {
  decomposer: [
    'getStrategyPerformance',
    'getRegimeEffectiveness',
    'getSymbolBreakdown',
    'getLeafPerformance',
    'getPortfolioPerformance',
    'getTopStrategies',
    'getTradeHistory',
    'getStrategies',
    'evidenceOf',
    'windowOf',
    'snapshot',
  ],
  optimizer: [
    'minWeight',
    'maxWeight',
    'getWeightForRegime',
    'getWeightForSymbol',
    'getBaseWeight',
    'getBaseWeights',
    'getCurrentWeights',
    'getWeightsByCell',
    'normalizeWeights',
    'getAllocationSummary',
    'getWeightHistory',
    'snapshot',
  ],
  scorer: [
    'previewSignal',
    'lowSignalsLose',
    'successRateOf',
    'getSignalHistory',
    'getQualitySummary',
    'regimeAdjustments',
    'unreachableRegimes',
    'snapshot',
  ],
  manager: [
    'thresholds',
    'statusOf',
    'pinOf',
    'getStrategies',
    'getStatuses',
    'getStrategyHealth',
    'getAllHealth',
    'getActiveStrategies',
    'getDegradedStrategies',
    'getSuspendedStrategies',
    'getRetiredStrategies',
    'getAuditLog',
    'snapshot',
  ],
  detector: [
    'regimeOf',
    'isFresh',
    'marketRegime',
    'staleSymbols',
    'lastTime',
    'lastClose',
    'getSymbols',
    'skipped',
    'snapshot',
  ],
  edge: [
    'getPriors',
    'target',
    'lastSizeOf',
    'capOf',
    'lowest',
    'getStrategies',
    'labelOf',
    'expect',
    'symbolsOf',
    'differing',
    'modelWeights',
    'designEffect',
    'snapshot',
  ],
  portfolio: ['equity', 'drawdown', 'recentDrawdown', 'stopped', 'snapshot'],
  tracks: ['proofOf', 'snapshot'],
} as const satisfies {
  readonly decomposer: readonly (keyof PerformanceDecomposer)[];
  readonly optimizer: readonly (keyof AdaptiveWeightingOptimizer)[];
  readonly scorer: readonly (keyof SignalQualityScorer)[];
  readonly manager: readonly (keyof StrategyRetirementManager)[];
  readonly detector: readonly (keyof RegimeDetector)[];
  readonly edge: readonly (keyof EdgePosterior)[];
  readonly portfolio: readonly (keyof Portfolio)[];
  readonly tracks: readonly (keyof TrackRecords)[];
};

type Reads<T, K extends keyof typeof READS> = Readonly<Pick<T, (typeof READS)[K][number] & keyof T>>;

/** Performance as an engine knows it. */
export interface DecomposerView extends Reads<PerformanceDecomposer, 'decomposer'> {
  /** Records a trade as `engine.recordTrade` does. */
  recordTrade(input: TradeInput): Trade | null;
  /** Commands `reset performance`. */
  reset(by?: By): void;
}

/** Weights as an engine has them. */
export interface OptimizerView extends Reads<AdaptiveWeightingOptimizer, 'optimizer'> {
  /** Commands `reset weights`. */
  resetToBaseWeights(by?: By): void;
  /** Commands `setWeights`. */
  setWeights(weights: Readonly<Record<string, WeightsByCell>>, by?: By): void;
}

/** Scores as an engine makes them; what is assigned here is a command. */
export interface ScorerView
  extends Reads<SignalQualityScorer, 'scorer'>,
    Pick<SignalQualityScorer, 'filterSignals'> {
  /** Scores a signal and changes nothing. */
  readonly scoreSignal: SignalQualityScorer['previewSignal'];
  minQualityThreshold: number;
  enforcement: Enforcement;
  setRegimeAdjustment(regime: RegimeLabel, adjustment: number, by?: By): void;
  /** Commands `reset scores`. */
  reset(by?: By): void;
}

/** Health as an engine judges it. */
export interface ManagerView extends Reads<StrategyRetirementManager, 'manager'> {
  /** Commands `forceStatus`. @param by why, or who, when and why, and for how long */
  forceStatus(strategy: string, status: StrategyStatus, by?: By | Partial<ForceOptions>): void;
  /** Commands `reset health`. */
  reset(by?: By): void;
}

/** Regimes as an engine sees them. */
export interface DetectorView extends Reads<RegimeDetector, 'detector'> {
  /** Commands `reset regimes`. */
  reset(by?: By): void;
}

/** The account as an engine knows it. */
export interface PortfolioView extends Reads<Portfolio, 'portfolio'> {
  /** Commands `rebasePeak`. */
  rebasePeak(by?: By): void;
  /** Commands `resume`. */
  resume(by?: By): void;
}

/** What is expected of signals. */
export type EdgeView = Reads<EdgePosterior, 'edge'>;
/** What the records of strategies prove. */
export type TracksView = Reads<TrackRecords, 'tracks'>;

/** What an engine shows of its components. */
export interface Views {
  readonly decomposer: DecomposerView;
  readonly optimizer: OptimizerView;
  readonly scorer: ScorerView;
  readonly manager: ManagerView;
  readonly detector: DetectorView;
  readonly edge: EdgeView;
  readonly portfolio: PortfolioView;
  readonly tracks: TracksView;
}

/** What views look at and speak to. */
export interface Viewed {
  readonly state: {
    readonly parts: Components;
    readonly portfolio: Portfolio;
    readonly tracks: TrackRecords;
  };
  readonly recordTrade: (input: TradeInput) => Trade | null;
  /** Carries out a command of host code. */
  readonly say: (command: Said, by?: By) => void;
}

/** Makes the views of an engine, once: they see whatever components it has at the time. */
export function viewsOf({ state, recordTrade, say }: Viewed): Views {
  const reset = (target: ResetTarget) => (by?: By) => say({ type: 'reset', target }, by);
  const change = (quality: QualityChange, by?: By) => say({ type: 'setQuality', quality }, by);
  const scorer = () => state.parts.scorer;
  return {
    decomposer: viewOf('decomposer', PerformanceDecomposer, () => state.parts.decomposer, {
      recordTrade,
      reset: reset('performance'),
    }),
    optimizer: viewOf('optimizer', AdaptiveWeightingOptimizer, () => state.parts.optimizer, {
      resetToBaseWeights: reset('weights'),
      setWeights: (weights: Readonly<Record<string, WeightsByCell>>, by?: By) =>
        say({ type: 'setWeights', weights }, by),
    }),
    scorer: viewOf('scorer', SignalQualityScorer, scorer, {
      scoreSignal: (signal: Parameters<SignalQualityScorer['previewSignal']>[0]) =>
        copyOf(scorer().previewSignal(signal)),
      filterSignals: <T extends Parameters<SignalQualityScorer['previewSignal']>[0]>(signals: readonly T[]) =>
        scorer().filterSignals(signals),
      get minQualityThreshold() {
        return scorer().minQualityThreshold;
      },
      set minQualityThreshold(minQualityThreshold) {
        change({ minQualityThreshold });
      },
      get enforcement() {
        return scorer().enforcement;
      },
      set enforcement(enforcement) {
        change({ enforcement });
      },
      setRegimeAdjustment: (regime: RegimeLabel, adjustment: number, by?: By) => {
        checkAdjustment(regime, adjustment);
        change({ regimeAdjustments: { [regime]: adjustment } }, by);
      },
      reset: reset('scores'),
    }),
    manager: viewOf('manager', StrategyRetirementManager, () => state.parts.manager, {
      forceStatus: (strategy: string, status: StrategyStatus, by?: By | Partial<ForceOptions>) =>
        say({ type: 'forceStatus', strategy, status }, by),
      reset: reset('health'),
    }),
    detector: viewOf('detector', RegimeDetector, () => state.parts.detector, { reset: reset('regimes') }),
    edge: viewOf('edge', EdgePosterior, () => state.parts.edge.view, {}),
    portfolio: viewOf('portfolio', Portfolio, () => state.portfolio, {
      rebasePeak: (by?: By) => say({ type: 'rebasePeak' }, by),
      resume: (by?: By) => say({ type: 'resume' }, by),
    }),
    tracks: viewOf('tracks', TrackRecords, () => state.tracks, {}),
  };
}

/** One that reads what it is told to read, does what it has of its own, and refuses everything else of its class. */
function viewOf<K extends keyof typeof READS, T extends object, Own extends object>(
  name: K,
  { prototype }: { readonly prototype: T },
  source: () => T,
  own: Own,
): Reads<T, K> & Own {
  const view = {};
  for (const method of Object.getOwnPropertyNames(prototype)) {
    if (method === 'constructor') continue;
    const refused = () => {
      throw new EdgekeeperError('READ_ONLY', {
        found: `engine.${name}.${method}`,
        expected: 'what reads, or a command',
        hint: 'What changes an engine goes through decide, record..., updateOptimization or execute. Nothing was changed.',
      });
    };
    const isMethod = typeof Object.getOwnPropertyDescriptor(prototype, method)!.value === 'function';
    Object.defineProperty(
      view,
      method,
      isMethod ? { value: refused, configurable: true } : { get: refused, set: refused, configurable: true },
    );
  }
  for (const key of READS[name] as readonly string[]) {
    const isMethod = typeof Object.getOwnPropertyDescriptor(prototype, key)?.value === 'function';
    const read = source as () => Record<string, (...args: unknown[]) => unknown>;
    Object.defineProperty(view, key, {
      enumerable: true,
      configurable: true,
      ...(isMethod
        ? // No rest arguments: what is asked in an order's way allocates nothing.
          { value: (a: unknown, b: unknown, c: unknown, d: unknown) => copyOf(read()[key]!(a, b, c, d)) }
        : { get: () => copyOf(read()[key]), set: undefined }),
    });
  }
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(own)))
    Object.defineProperty(view, key, descriptor);
  return Object.freeze(view) as Reads<T, K> & Own;
}
