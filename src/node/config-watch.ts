import fs from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { configNotes } from '../config/notes.ts';
import { type Config, type Options, parseConfig } from '../config/schema.ts';
import type { OptimizationEngine } from '../engine/engine.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { Clock, Log } from '../model/ports.ts';
import { optionsIn, readConfigText } from './config-file.ts';

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
  /** What was said of a file that cannot be read. */
  #refused: string | null = null;

  /** @param seen the text of the file that is in force */
  constructor(file: string, seen: string, engine: OptimizationEngine, log: Log, clock: Clock) {
    this.#file = file;
    this.#seen = seen;
    this.#engine = engine;
    this.#log = log;
    this.#clock = clock;
  }

  async poll(): Promise<void> {
    // Whoever opens a pipe waits for somebody to write to it. A file that is just being replaced is not there for a moment.
    const stat = await fs.stat(this.#file).catch(() => null);
    if (!stat?.isFile()) return;
    let options: Options;
    try {
      const text = await readConfigText(this.#file);
      if (text === this.#seen) {
        this.#refused = null;
        return;
      }
      this.#seen = text;
      options = optionsIn(this.#file, text);
    } catch (error) {
      if (!(error instanceof EdgekeeperError)) throw error;
      if ((error.cause as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') this.#refuse(error);
      return;
    }
    this.#apply(options);
  }

  #refuse({ message }: EdgekeeperError): void {
    if (message === this.#refused) return;
    this.#refused = message;
    this.#log.error(`configuration refused, the old one stays: ${message}`);
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
    for (const note of configNotes(next)) this.#log.info(note);
  }
}
