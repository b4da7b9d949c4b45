import type { LotBookState } from '../core/lots.ts';
import type { InFlightState } from './in-flight.ts';

/** What a home-grown bot keeps over a restart, as plain JSON. */
export interface MiddlewareState {
  readonly lots: LotBookState;
  /** Fills that were booked lately: told again they are no news. */
  readonly fills: readonly string[];
  readonly flights: InFlightState;
}

const NOTHING_OUT: InFlightState = { flights: [], lost: [] };

/** A state as it is now, also of one that knew open positions alone. */
export const readState = (state: MiddlewareState | LotBookState): MiddlewareState =>
  'lots' in state ? state : { lots: state, fills: [], flights: NOTHING_OUT };
