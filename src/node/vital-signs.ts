import { performance } from 'node:perf_hooks';
import { Latency, writeVitals } from '../journal/vitals.ts';
import type { Clock } from '../model/ports.ts';

/** How often a bot writes down how it is, in ms. */
export const VITALS_EVERY = 5000;

export interface VitalSignsOptions {
  readonly stateDir: string;
  readonly clock: Clock;
  /** Events that are not in the journal yet. */
  readonly journalLag: () => number;
}

/** Writes down how a running bot is, for those who follow it from outside. */
export class VitalSigns {
  readonly #options: VitalSignsOptions;
  readonly #startedAt: number;
  readonly #latency = new Latency();
  #written = Number.NEGATIVE_INFINITY;

  constructor(options: VitalSignsOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
  }

  /** Counts what a decision took, in ms. */
  readonly took = (ms: number): void => this.#latency.add(ms);

  /** Writes, if it is time. Rejects where the disk fails. */
  async write(): Promise<void> {
    if (performance.now() - this.#written < VITALS_EVERY) return;
    this.#written = performance.now();
    await this.#write(null);
  }

  close(): Promise<void> {
    return this.#write(this.#options.clock.now());
  }

  #write(closedAt: number | null): Promise<void> {
    const { stateDir, clock, journalLag } = this.#options;
    return writeVitals(stateDir, {
      writtenAt: clock.now(),
      startedAt: this.#startedAt,
      closedAt,
      latency: this.#latency.figures,
      journalLag: journalLag(),
    });
  }
}
