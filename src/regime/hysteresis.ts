import { REGIMES, type RegimeLabel, type RegimeProbabilities } from '../model/regime.ts';
import { z } from '../model/z.ts';

/** The current label, bars since it was taken, and the challenger's run. */
export const hysteresisSchema = z.object({
  label: z.enum(REGIMES),
  dwell: z.number().int().min(0),
  challenger: z.enum(REGIMES),
  confirmations: z.number().int().min(0),
});
export type Hysteresis = z.infer<typeof hysteresisSchema>;

export const startHysteresis = (): Hysteresis => ({
  label: 'UNKNOWN',
  dwell: 0,
  challenger: 'UNKNOWN',
  confirmations: 0,
});

const MIN_LEAD = 0.15;
const MIN_CONFIRMATIONS = 3;
const MIN_DWELL = 8;

/** Of two that are equally probable the first. */
function mostProbable({ TRENDING, RANGING, VOLATILE }: RegimeProbabilities): keyof RegimeProbabilities {
  if (RANGING > TRENDING) return VOLATILE > RANGING ? 'VOLATILE' : 'RANGING';
  return VOLATILE > TRENDING ? 'VOLATILE' : 'TRENDING';
}

/** Takes one closed bar, in place. A label changes only when a challenger led clearly on three bars in a row. */
export function stepHysteresis(state: Hysteresis, p: RegimeProbabilities): RegimeLabel {
  const challenger = mostProbable(p);
  if (state.label === 'UNKNOWN') {
    Object.assign(state, { label: challenger, dwell: 0, challenger: 'UNKNOWN', confirmations: 0 });
    return challenger;
  }
  state.dwell += 1;
  if (challenger !== state.label && p[challenger] - p[state.label] >= MIN_LEAD) {
    state.confirmations = state.challenger === challenger ? state.confirmations + 1 : 1;
    state.challenger = challenger;
  } else {
    resetConfirmation(state);
  }
  if (state.confirmations >= MIN_CONFIRMATIONS && state.dwell >= MIN_DWELL) {
    Object.assign(state, { label: challenger, dwell: 0, challenger: 'UNKNOWN', confirmations: 0 });
  }
  return state.label;
}

export function resetConfirmation(state: Hysteresis): void {
  state.confirmations = 0;
  state.challenger = 'UNKNOWN';
}
