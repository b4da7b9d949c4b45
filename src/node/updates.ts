import cron, { type Logger, type ScheduledTask } from 'node-cron';
import type { OptimizationEngine } from '../engine/engine.ts';
import type { Clock, Log } from '../model/ports.ts';

export interface UpdatesOptions {
  readonly engine: OptimizationEngine;
  readonly clock: Clock;
  readonly log: Log;
  /** Brings the engine's candles up to date before each update. */
  readonly refresh?: (now: number) => Promise<void>;
  /** Called after each update, to save what it changed. */
  readonly saved?: () => Promise<void>;
}

/**
 * The periodic update: at start, and then by cron. Cron does not catch up on runs it missed, so what is due
 * follows from the engine's own last update. One update runs at a time.
 */
export class Updates {
  readonly #options: UpdatesOptions;
  #task: ScheduledTask | null = null;
  #running: Promise<void> | null = null;

  constructor(options: UpdatesOptions) {
    this.#options = options;
  }

  /** Runs what is due, then keeps running by cron until `stop`. */
  async start(): Promise<void> {
    const { engine, log } = this.#options;
    const hours = engine.config.updateIntervalHours;
    this.#task = cron.schedule(hours === 24 ? '0 0 * * *' : `0 */${hours} * * *`, () => this.runIfDue(), {
      timezone: 'UTC',
      noOverlap: true,
      logger: cronLogger(log),
    });
    await this.runIfDue();
  }

  /** Runs the update unless this interval had one; whoever comes while one runs waits for it. */
  runIfDue(): Promise<void> {
    if (this.#running) return this.#running;
    const { engine, clock } = this.#options;
    const interval = engine.config.updateIntervalHours * 3_600_000;
    const { updatedAt } = engine.getOptimizationStatus();
    if (updatedAt !== null && Math.floor(clock.now() / interval) === Math.floor(updatedAt / interval))
      return Promise.resolve();
    this.#running = this.#run().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async stop(): Promise<void> {
    await this.#task?.destroy();
    this.#task = null;
    await this.#running;
  }

  /** A failed refresh leaves regimes stale, a failed save leaves the last one: neither stops the update. */
  async #run(): Promise<void> {
    const { engine, clock, refresh, saved } = this.#options;
    try {
      await refresh?.(clock.now());
    } catch (error) {
      engine.countError('REFRESH_FAILED', error);
    }
    engine.updateOptimization(clock.now());
    try {
      await saved?.();
    } catch (error) {
      engine.countError('SAVE_FAILED', error);
    }
  }
}

function cronLogger(log: Log): Logger {
  const text = (message: string | Error): string => (message instanceof Error ? message.message : message);
  return {
    info: () => undefined,
    debug: () => undefined,
    warn: (message) => log.warn(`schedule: ${message}`),
    error: (message) => log.error(`schedule: ${text(message)}`),
  };
}
