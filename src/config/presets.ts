import { RAMPS, type Ramps } from '../edge/size.ts';
import type { PresetName } from '../model/choices.ts';

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
