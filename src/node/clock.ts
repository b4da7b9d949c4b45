import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../model/ports.ts';

/** The machine's clock. */
export const wallClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await setTimeout(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  },
};
