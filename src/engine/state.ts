import { type Config, type Options, withEvidence } from '../config/schema.ts';
import type { DecisionContext } from '../decision/context.ts';
import { countsOf, type SignalCounts } from '../decision/counts.ts';
import { CoverageCounts } from '../decision/coverage.ts';
import { guardOf } from '../decision/limits.ts';
import { RecentDecisions } from '../decision/recent-decisions.ts';
import type { EdgePosterior } from '../edge/posterior.ts';
import type { Flags, Mode } from '../model/flags.ts';
import { Ring } from '../model/ring.ts';
import { TrackRecords } from '../performance/track-record.ts';
import { ShadowBook } from '../shadow/book.ts';
import { type Components, componentsOf, flagsOf } from './components.ts';
import type { EngineEvent, Observer } from './events.ts';
import { Portfolio } from './portfolio.ts';
import { sectionsOf } from './sections.ts';
import { listIn, parseSnapshot, type SectionId, SNAPSHOT_VERSION, type Snapshot } from './snapshot.ts';
import { SnapshotWalk } from './snapshot-walk.ts';
import { ResolvedSubject } from './subject.ts';
import { UpdateHistory } from './update-history.ts';

/** Command ids remembered, so that a command delivered twice is carried out once. */
const COMMANDS = 256;

/** Everything that an engine knows, and what a decision looks at. Nothing here decides or learns. */
export class EngineState implements DecisionContext {
  readonly portfolio = new Portfolio();
  readonly tracks = new TrackRecords();
  readonly counts = new Map<string, SignalCounts>();
  readonly recent = new RecentDecisions();
  readonly coverage = new CoverageCounts();
  readonly shadows = new ShadowBook();
  readonly history = new UpdateHistory();
  readonly commands = new Ring<string>(COMMANDS);
  readonly errors = new Map<string, number>();
  readonly observers = new Set<Observer>();
  /** Who writes the state down at the moment. */
  #walk: SnapshotWalk | null = null;
  readonly #subjects = new Map<string, Map<string, ResolvedSubject>>();
  options: Options;
  parts: Components;
  operatorFlags: Partial<Flags> = {};
  operatorMode: Mode | null = null;
  /** The switches in force, whatever is killed from outside. */
  flags: Flags;
  /** Host time of the latest event, in ms. */
  time = 0;
  decisions = 0;
  updatedAt: number | null = null;

  /** @throws EdgekeeperError `CONFIG_INVALID` */
  constructor(options: Options) {
    this.options = withEvidence(options);
    this.parts = componentsOf(options);
    this.flags = flagsOf(this.parts.config, {});
  }

  get config(): Config {
    return this.parts.config;
  }

  get mode(): Mode {
    return this.operatorMode ?? this.config.mode;
  }

  /** The posterior that decisions are made by. */
  get edge(): EdgePosterior {
    return this.parts.edge.now;
  }

  /** Whether the posterior decides. */
  get byEdge(): boolean {
    return this.config.evidence === 'posterior';
  }

  /** A strategy on a symbol, resolved at its first mention. */
  subjectOf(strategy: string, symbol: string): ResolvedSubject {
    let onSymbols = this.#subjects.get(strategy);
    if (onSymbols === undefined) {
      onSymbols = new Map();
      this.#subjects.set(strategy, onSymbols);
    }
    let subject = onSymbols.get(symbol);
    if (subject === undefined) {
      subject = new ResolvedSubject(strategy, symbol, this.parts, this.counts);
      onSymbols.set(symbol, subject);
    }
    return subject;
  }

  /** Resolves everything anew, after a component was replaced or reset. */
  forgetSubjects(): void {
    this.#subjects.clear();
  }

  guard(): number {
    return guardOf(this.config, this.portfolio);
  }

  stopped(): boolean {
    return this.config.hardStop !== undefined && this.portfolio.stopped;
  }

  equity(): number | null {
    return this.portfolio.equity;
  }

  countsOf(strategy: string): SignalCounts {
    return countsOf(this.counts, strategy);
  }

  /** Counts a failure inside the overlay, its adapter or an observer; observers hear of it with its count. */
  countError(code: string, error: unknown): void {
    const count = (this.errors.get(code) ?? 0) + 1;
    this.errors.set(code, count);
    this.emit({ type: 'error', time: this.time, code, error, count });
  }

  /** Tells every observer; one that throws is isolated. */
  emit(event: EngineEvent): void {
    for (const observer of this.observers) {
      try {
        observer(event);
      } catch (error) {
        // Telling observers of an observer that fails on errors would never end.
        if (event.type !== 'error') this.countError('OBSERVER_FAILED', error);
      }
    }
  }

  /** What is known by this name is about to change. */
  touch(by: 'strategy' | 'symbol', name: string): void {
    this.#walk?.keep(by, name);
  }

  /** Anything may be about to change. */
  touchAll(): void {
    this.#walk?.break();
    this.#walk = null;
  }

  /** Begins to write down the state as it is now; an earlier walk that is not at its end is broken. */
  walk(pieceLength: number): SnapshotWalk {
    this.touchAll();
    this.#walk = new SnapshotWalk(this.#head(), sectionsOf(this), pieceLength);
    return this.#walk;
  }

  /** The whole state as plain JSON. */
  snapshot(): Snapshot {
    const whole = this.#head();
    for (const { id, names, itemsOf } of sectionsOf(this)) {
      const list = listIn(whole, id);
      for (const name of names) list.push(...itemsOf(name));
    }
    return structuredClone(whole);
  }

  /** Continues from a snapshot. Throws `SNAPSHOT_INVALID`, and changes nothing then. */
  restore(value: unknown): void {
    this.begin(parseSnapshot(value));
  }

  /** Goes on from a state that was read; pieces of its sections may follow. It is handed over. */
  begin(state: Snapshot): void {
    this.touchAll();
    this.forgetSubjects();
    this.time = state.time;
    this.decisions = state.decisions;
    this.updatedAt = state.updatedAt;
    this.operatorFlags = state.flags;
    this.operatorMode = state.mode;
    this.flags = flagsOf(this.config, state.flags);
    this.commands.replace(state.commands);
    this.portfolio.restore(state.portfolio);
    this.coverage.restore(state.coverage);
    this.tracks.reset();
    this.counts.clear();
    this.recent.reset();
    this.history.reset();
    this.parts.decomposer.begin(state.decomposer);
    this.parts.optimizer.begin(state.optimizer);
    this.parts.scorer.begin(state.scorer);
    this.parts.manager.begin(state.manager);
    this.parts.detector.begin(state.detector);
    this.parts.edge.begin(state.edge);
    this.shadows.begin(state.shadows);
    for (const { id, take } of sectionsOf(this)) take(listIn(state, id));
  }

  /** Goes on from items of a section, after those that came before. They were read, and are handed over. */
  take(section: SectionId, items: readonly unknown[]): void {
    sectionsOf(this)
      .find(({ id }) => id === section)!
      .take(items);
  }

  /** Everything but the sections. It is live: write it down at once. */
  #head(): Snapshot {
    return {
      version: SNAPSHOT_VERSION,
      time: this.time,
      decisions: this.decisions,
      updatedAt: this.updatedAt,
      flags: this.operatorFlags,
      mode: this.operatorMode,
      commands: this.commands.latest(),
      portfolio: this.portfolio.snapshot(),
      tracks: [],
      decomposer: { ...this.parts.decomposer.head(), cells: this.parts.decomposer.cellsOf(null) },
      optimizer: this.parts.optimizer.head(),
      scorer: this.parts.scorer.head(),
      manager: this.parts.manager.head(),
      detector: this.parts.detector.head(),
      edge: this.parts.edge.head(),
      shadows: this.shadows.head(),
      counts: [],
      recent: [],
      coverage: this.coverage.snapshot(),
      history: [],
    };
  }
}
