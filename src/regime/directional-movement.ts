import { z } from '../model/z.ts';
import { type Bar, trueRange } from './true-range.ts';

const PERIOD = 14;
/** Steps that make 14 DX, the first of which is of 14 steps. */
const WARM_UP = 2 * PERIOD - 1;

export const directionalMovementSchema = z.object({
  /** Steps from one bar to the next since it began. */
  steps: z.number().int().min(0),
  /** True range, and movement up and down, as Wilder's sums over 14 steps. */
  range: z.number(),
  up: z.number(),
  down: z.number(),
  /** Average of DX over 14 of them; the sum of those there are while it warms up. */
  adx: z.number(),
  /** Whether a DX was 0/0, for nothing had moved since it began. */
  isStill: z.boolean(),
});
export type DirectionalMovement = z.infer<typeof directionalMovementSchema>;

export const startDirectionalMovement = (): DirectionalMovement => ({
  steps: 0,
  range: 0,
  up: 0,
  down: 0,
  adx: 0,
  isStill: false,
});

/**
 * Takes the step from one bar to the next, in place (Wilder, New Concepts in Technical Trading Systems, 1978: a sum over
 * 14 begins plain, and then takes x as sum - sum/14 + x). Where nothing moved while it warmed up there is no first
 * average, and it begins again with the next step that moves.
 */
export function stepDirectionalMovement(state: DirectionalMovement, previous: Bar, bar: Bar): void {
  const rise = bar.high - previous.high;
  const fall = previous.low - bar.low;
  if (state.isStill && state.steps >= WARM_UP && (rise !== 0 || fall !== 0))
    Object.assign(state, startDirectionalMovement());
  state.steps += 1;
  const isSeed = state.steps <= PERIOD;
  state.range = sum(state.range, trueRange(previous.close, bar), isSeed);
  state.up = sum(state.up, rise > fall && rise > 0 ? rise : 0, isSeed);
  state.down = sum(state.down, fall > rise && fall > 0 ? fall : 0, isSeed);
  if (state.steps < PERIOD || state.isStill) return;
  const plus = plusDi(state);
  const minus = minusDi(state);
  const dx = (Math.abs(plus - minus) / (plus + minus)) * 100;
  if (Number.isFinite(dx)) takeDx(state, dx);
  else state.isStill = true;
}

/** Average directional index, in [0,100]: 0 where nothing moves; null while there is too little history. */
export function adxOf({ steps, adx, isStill }: DirectionalMovement): number | null {
  if (steps < WARM_UP) return null;
  return isStill ? 0 : adx;
}

/** Whether movement up is at least as large as that down, as far as there is history enough to say. */
export function isRising(state: DirectionalMovement): boolean {
  return state.steps < WARM_UP || !(plusDi(state) < minusDi(state));
}

const plusDi = ({ up, range }: DirectionalMovement): number => (up * 100) / range;
const minusDi = ({ down, range }: DirectionalMovement): number => (down * 100) / range;

const sum = (before: number, x: number, isSeed: boolean): number =>
  isSeed ? before + x : before - before / PERIOD + x;

function takeDx(state: DirectionalMovement, dx: number): void {
  if (state.steps > WARM_UP) state.adx += (dx - state.adx) * (1 / PERIOD);
  else if (state.steps < WARM_UP) state.adx += dx;
  else state.adx = (state.adx + dx) / PERIOD;
}
