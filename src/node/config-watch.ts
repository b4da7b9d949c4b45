import fs from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { invalidConfig } from '../config/faults.ts';
import { configNotes } from '../config/notes.ts';
import { type Config, type Options, parseConfig } from '../config/schema.ts';
import type { OptimizationEngine } from '../engine/engine.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { Clock, Log } from '../model/ports.ts';
import { optionsIn, readConfigText } from './config-file.ts';

/** Options that a running bot cannot change: its candles and its schedule were set up with them. */
const FIXED: readonly (keyof Options)[] = ['timeframe', 'updateIntervalHours'];

/** Refuses options that a running bot cannot change. Throws `CONFIG_INVALID`. */
export function refuseFixed(options: Options, { config }: Pick<OptimizationEngine, 'config'>): void {
  const fixed = FIXED.find(
    (option) => options[option] !== undefined && options[option] !== config[option as keyof Config],
  );
  if (fixed !== undefined)
    throw invalidConfig([
      {
        found: `${fixed} ${JSON.stringify(options[fixed])}, which cannot change while a bot runs`,
        expected: 'options that can',
        hint: 'Change it in the configuration of the bot, and restart it.',
      },
    ]);
}

export interface ConfigWatchOptions {
  readonly file: string;
  /** The text of the file that is in force, and the options in it. */
  readonly seen: string;
  readonly own: Options;
  /** What a fleet has put over them. */
  readonly rollout: () => Options;
  readonly engine: OptimizationEngine;
  readonly log: Log;
  readonly clock: Clock;
}

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
  readonly #options: ConfigWatchOptions;
  readonly #engine: OptimizationEngine;
  readonly #log: Log;
  #own: Options;
  #seen: string;
  /** What was said of a file that cannot be read. */
  #refused: string | null = null;

  constructor(options: ConfigWatchOptions) {
    this.#options = options;
    this.#seen = options.seen;
    this.#own = options.own;
    this.#engine = options.engine;
    this.#log = options.log;
  }

  /** What the file says, where it is sound. */
  get own(): Options {
    return this.#own;
  }

  async poll(): Promise<void> {
    // Whoever opens a pipe waits for somebody to write to it. A file that is just being replaced is not there for a moment.
    const stat = await fs.stat(this.#options.file).catch(() => null);
    if (!stat?.isFile()) return;
    let options: Options;
    try {
      const text = await readConfigText(this.#options.file);
      if (text === this.#seen) {
        this.#refused = null;
        return;
      }
      this.#seen = text;
      options = optionsIn(this.#options.file, text);
    } catch (error) {
      if (!(error instanceof EdgekeeperError)) throw error;
      if ((error.cause as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') this.#refuse(error);
      return;
    }
    const next = { ...options, ...this.#options.rollout() };
    try {
      parseConfig(next);
    } catch (error) {
      this.#refuse(error as EdgekeeperError);
      return;
    }
    this.#own = options;
    this.#apply(next);
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
      time: Math.max(this.#options.clock.now(), this.#engine.time),
      actor: 'config file',
      reason: diff,
    };
    this.#engine.reconfigure(next, authorship);
    this.#log.info(`configuration reloaded: ${diff}`);
    for (const note of configNotes(next)) this.#log.info(note);
  }
}
