import { RAMPS, type Ramps } from '../edge/size.ts';
import type { PresetName } from '../model/choices.ts';

/** What an option is where neither the configuration nor a preset says: the only home of these defaults. */
export const DEFAULTS = {
  enabled: true,
  mode: 'act',
  qualityFiltering: true,
  adaptiveWeighting: true,
  retirementManagement: true,
  preset: 'conservative',
  evidence: 'posterior',
  baseWeights: {},
  capital: {},
  weighting: 'score',
  preserveTotal: false,
  regimeAdjustments: {},
  maxConsecutiveLosses: 10,
  minTradesForAssessment: 20,
  riskMaxDrawdown: 0.2,
  explore: true,
  retiredEvery: 1,
  controlArm: 0,
  maxMultiplier: 2,
  riskPerTrade: 0.01,
  probation: true,
  feeRate: 0.001,
  slippageRate: 0.0005,
  seed: 7,
  timeframe: '1h',
  maxStrategies: 1000,
  maxSymbols: 500,
  marketWeights: {},
  updateIntervalHours: 1,
} as const;

/** What a preset fills in where the configuration says nothing: the only home of these defaults. */
export const PRESETS = {
  conservative: {
    adjustmentRate: 0.15,
    minWeight: 0.1,
    maxWeight: 2,
    minQualityThreshold: 0.7,
    minExpectancy: 0.1,
    minProfitFactor: 0.8,
    minWinRate: 0.35,
    maxDrawdown: 0.15,
    degradedWindowHours: 24,
    suspendedWindowHours: 72,
  },
  aggressive: {
    adjustmentRate: 0.3,
    minWeight: 0.05,
    maxWeight: 3,
    minQualityThreshold: 0.6,
    minExpectancy: 0,
    minProfitFactor: 0.8,
    minWinRate: 0.35,
    maxDrawdown: 0.15,
    degradedWindowHours: 6,
    suspendedWindowHours: 72,
  },
} as const satisfies Record<PresetName, object>;

/** How much lower the ramp of the aggressive preset starts, in theta. */
const EARLIER = 0.02;

const earlier = ({ whole, raised }: Ramps): Ramps => ({
  whole: { lo: whole.lo - EARLIER, hi: whole.hi - EARLIER },
  raised: { lo: raised.lo - EARLIER, hi: raised.hi - EARLIER },
});

/** How fast the posterior forgets a strategy's own part, in outcomes, and where its sizes begin. */
export const EDGE_PRESETS: Readonly<
  Record<PresetName, { readonly halfLife: number; readonly ramps: Ramps }>
> = {
  conservative: { halfLife: 200, ramps: RAMPS },
  aggressive: { halfLife: 100, ramps: earlier(RAMPS) },
};
