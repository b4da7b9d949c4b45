import { checkedState, isMoney, refuse } from '../model/doors.ts';
import { show } from '../model/errors.ts';
import { isTime } from '../model/time.ts';
import { z } from '../model/z.ts';

const guardSchema = z.object({
  /** Factor on new exposure, in [0,1]. */
  factor: z.number().min(0).max(1),
  /** Host time until which it holds, in ms: of a fleet that falls silent nothing is known. */
  until: z.number(),
});
export type FleetGuard = z.infer<typeof guardSchema>;

export const fleetStateSchema = z.object({ guard: guardSchema.nullable() });
export type FleetState = z.infer<typeof fleetStateSchema>;

/** What a bot is told by its fleet, but for priors, which are the posterior's. */
export class FleetWord {
  #guard: FleetGuard | null = null;

  get guard(): FleetGuard | null {
    return this.#guard;
  }

  /** Factor on new exposure at a time, in [0,1]; 1 where the fleet says nothing, or said it too long ago. */
  guardAt(time: number): number {
    return this.#guard === null || time > this.#guard.until ? 1 : this.#guard.factor;
  }

  setGuard(guard: FleetGuard | null): void {
    this.#guard = guard && { factor: guard.factor, until: guard.until };
  }

  snapshot(): FleetState {
    return { guard: this.#guard && { ...this.#guard } };
  }

  restore(state: FleetState): void {
    this.setGuard(checkedState(fleetStateSchema, state).guard);
  }
}

/** Throws `COMMAND_INVALID`. */
export function checkFleetGuard(guard: FleetGuard | null): void {
  if (guard === null) return;
  const { factor, until } = guard ?? {};
  if (!isMoney(factor) || factor < 0 || factor > 1 || !isTime(until))
    refuse(
      `a guard of ${show(factor)} until ${show(until)}`,
      'a factor in [0,1] and a time in ms',
      'COMMAND_INVALID',
      'Nothing was changed.',
    );
}
