import { join } from 'node:path';
import type { EngineHooks, OptimizationEngine } from '../engine/engine.ts';
import type { EdgekeeperError } from '../model/errors.ts';
import type { JournalLine } from './codec/line.ts';
import { asFarAsReadable, readJournal, readWhole } from './reader.ts';
import { applyReadable, salvage } from './recovery.ts';
import { JOURNAL_DIR, segmentsIn } from './segment.ts';
import { LowdbStateStore } from './state-store.ts';

export interface FollowerOptions {
  readonly stateDir: string;
  readonly hooks?: EngineHooks;
  /** Told when everything begins anew: at first, and where the record does not go on from what was read. */
  readonly onStart: (engine: OptimizationEngine) => void;
  /** Told of every event that the journal has, once and in order, after the engine knows it. */
  readonly onLine: (line: JournalLine) => void;
}

/**
 * An engine that is what that of a bot is, made from what the bot writes down, without its lease and without its knowing.
 * It is behind by what is not on disk yet, a second at most.
 */
export class StateFollower {
  readonly #options: FollowerOptions;
  readonly #journalDir: string;
  #engine: OptimizationEngine | null = null;
  #seq = 0;
  #seen = '';
  #fault: EdgekeeperError | null = null;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#journalDir = join(options.stateDir, JOURNAL_DIR);
  }

  /** Null until there is a state. */
  get engine(): OptimizationEngine | null {
    return this.#engine;
  }

  /** The last event that is known. */
  get seq(): number {
    return this.#seq;
  }

  /** What is damaged, where the state goes only as far as it can be read. */
  get fault(): EdgekeeperError | null {
    return this.#fault;
  }

  /** Takes what was written since the last call. Returns whether anything was. */
  async poll(): Promise<boolean> {
    const segments = await segmentsIn(this.#journalDir);
    const seen = segments.map(({ path, bytes }) => `${path} ${bytes}`).join('\n');
    if (seen === this.#seen && this.#engine !== null) return false;
    if (segments.length === 0 && this.#engine === null) return false;
    const before = this.#seq;
    const isFollowed =
      this.#engine !== null &&
      this.#fault === null &&
      (await this.#readOn().then(
        ({ seq }) => seq >= before,
        () => false,
      ));
    // Whatever is in the way, such as a backup that was restored, is met from the snapshot on, or said by it.
    if (!isFollowed) await this.#begin();
    this.#seen = seen;
    return true;
  }

  #readOn() {
    return readJournal(this.#journalDir, this.#seq, (line) => this.#take(line));
  }

  async #begin(): Promise<void> {
    const { stateDir, hooks, onStart } = this.#options;
    const { engine, seq, stateFault, journalFault } = await salvage(
      new LowdbStateStore(stateDir),
      this.#journalDir,
      hooks,
    );
    [this.#engine, this.#seq, this.#fault] = [engine, seq, stateFault ?? journalFault];
    onStart(engine);
    await asFarAsReadable(
      readWhole(this.#journalDir, (line) => this.#take(line)),
      (fault) => {
        this.#fault ??= fault;
      },
    );
  }

  #take(line: JournalLine): void {
    if (line.seq > this.#seq) {
      if (line.event.type !== 'lost') applyReadable(this.#engine!, line, line.event);
      this.#seq = line.seq;
    }
    this.#options.onLine(line);
  }
}
