import fs from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { type Config, type Options, parseConfig } from '../config/schema.ts';
import type { OptimizationEngine } from '../engine/engine.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { Clock, Log } from '../model/ports.ts';
import { loadConfigFile } from './config-file.ts';

/** Options that a running bot cannot change: its candles and its schedule were set up with them. */
const FIXED: readonly (keyof Options)[] = ['timeframe', 'updateIntervalHours'];

/** One option that a new configuration changes. */
export interface OptionChange {
  readonly option: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What differs between two configurations, defaults and presets filled in. */
export function configDiff(before: Config, after: Config): OptionChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof Config)[];
  return names
    .filter((option) => !isDeepStrictEqual(before[option], after[option]))
    .map((option) => ({ option, before: before[option], after: after[option] }));
}

/**
 * Follows a configuration file: a change is checked, shown and applied between two events; one that is
 * faulty is refused with its reasons, once, while the old one stays.
 */
export class ConfigWatch {
  readonly #file: string;
  readonly #engine: OptimizationEngine;
  readonly #log: Log;
  readonly #clock: Clock;
  #seen: string;

  /** @param seen the text of the file that is in force */
  constructor(file: string, seen: string, engine: OptimizationEngine, log: Log, clock: Clock) {
    this.#file = file;
    this.#seen = seen;
    this.#engine = engine;
    this.#log = log;
    this.#clock = clock;
  }

  async poll(): Promise<void> {
    const text = await fs.readFile(this.#file, 'utf8').catch(() => null);
    // A file that is just being replaced is not there for a moment; a missing one changes nothing.
    if (text === null || text === this.#seen) return;
    this.#seen = text;
    let options: Options;
    try {
      options = await loadConfigFile(this.#file);
    } catch (error) {
      if (!(error instanceof EdgekeeperError)) throw error;
      this.#log.error(`configuration refused, the old one stays: ${error.message}`);
      return;
    }
    this.#apply(options);
  }

  #apply(options: Options): void {
    const { config, options: old } = this.#engine;
    const next: Options = { ...options };
    for (const option of FIXED) {
      if (parseConfig(options)[option as keyof Config] === config[option as keyof Config]) continue;
      this.#log.warn(
        `${option} cannot change while the bot runs: restart it to use ${JSON.stringify(options[option])}`,
      );
      delete next[option];
      if (old[option] !== undefined) Object.assign(next, { [option]: old[option] });
    }
    const changes = configDiff(config, parseConfig(next));
    if (changes.length === 0) return;
    const diff = changes
      .map(({ option, before, after }) => `${option}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`)
      .join(', ');
    const authorship = {
      time: Math.max(this.#clock.now(), this.#engine.time),
      actor: 'config file',
      reason: diff,
    };
    this.#engine.reconfigure(next, authorship);
    this.#log.info(`configuration reloaded: ${diff}`);
  }
}
