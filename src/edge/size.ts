/** Where sizes begin and where they are whole, in theta. */
export interface Ramp {
  readonly lo: number;
  readonly hi: number;
}

/** Ramps at a cap of at most 1, as all-or-nothing has; and at a larger cap. */
export interface Ramps {
  readonly whole: Ramp;
  readonly raised: Ramp;
}

/** Ramps of the presets: the only taste in the policy. */
export const RAMPS: Ramps = { whole: { lo: -0.02, hi: 0.02 }, raised: { lo: 0, hi: 0.06 } };

/** Theta above which sizes grow in proportion, up to the cap. */
const AMPLIFY = 0.08;
/** Least change of a size that is worth a change. */
const DEAD_BAND = 0.25;
/** Share of the target at which a host that sends all or nothing begins, stops, and begins again. */
const WHOLE_FROM = 0.5;
const WHOLE_UNTIL = 0.25;
const WHOLE_AGAIN = 0.75;

/** How a host takes sizes: any size, or its own or none. */
export type SizeMode = 'scale' | 'veto';

export const rampOf = ({ whole, raised }: Ramps, cap: number): Ramp => (cap <= 1 ? whole : raised);

/** The size that a theta deserves, in [0, cap]: non-decreasing, continuous, and whole at the prior mean. */
export function targetSize(theta: number, ramps: Ramps, cap: number): number {
  const { lo, hi } = rampOf(ramps, cap);
  const share = Math.min(1, Math.max(0, (theta - lo) / (hi - lo)));
  return Math.min(cap, share * Math.max(1, theta / AMPLIFY));
}

/**
 * The size after the dead band: small changes of mind change nothing.
 * @param last size given last time to signals like it; null before the first
 */
export function settledSize(target: number, last: number | null, cap: number, mode: SizeMode): number {
  if (mode === 'veto') return wholeOrNone(target, last);
  if (last === null || target === 0 || target === 1 || target === cap) return target;
  return Math.abs(target - last) >= DEAD_BAND ? target : last;
}

/** All or nothing, with hysteresis. */
export function wholeOrNone(target: number, last: number | null): 0 | 1 {
  if (last === null) return target >= WHOLE_FROM ? 1 : 0;
  if (last >= WHOLE_FROM) return target <= WHOLE_UNTIL ? 0 : 1;
  return target >= WHOLE_AGAIN ? 1 : 0;
}
