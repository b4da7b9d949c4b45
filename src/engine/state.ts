import { type Config, type Options, parseConfig } from '../config/schema.ts';
import type { DecisionContext } from '../decision/context.ts';
import { countsOf, type SignalCounts } from '../decision/counts.ts';
import { CoverageCounts } from '../decision/coverage.ts';
import { guardOf } from '../decision/limits.ts';
import { RecentDecisions } from '../decision/recent-decisions.ts';
import type { EdgePosterior } from '../edge/posterior.ts';
import { frozen } from '../model/copies.ts';
import { plain, reading } from '../model/doors.ts';
import { show } from '../model/errors.ts';
import type { Flags, Mode } from '../model/flags.ts';
import { Ring } from '../model/ring.ts';
import { isName } from '../model/strategy.ts';
import { TrackRecords } from '../performance/track-record.ts';
import type { QualitySettings } from '../quality/scorer.ts';
import { ShadowBook } from '../shadow/book.ts';
import { type Components, componentsOf, flagsOf } from './components.ts';
import type { EngineEvent, Observer } from './events.ts';
import { FleetWord } from './fleet.ts';
import { Names, namesIn } from './handles.ts';
import { Portfolio } from './portfolio.ts';
import { sectionsOf } from './sections.ts';
import { listIn, parseSnapshot, type SectionId, SNAPSHOT_VERSION, type Snapshot } from './snapshot.ts';
import { SnapshotWalk } from './snapshot-walk.ts';
import { ResolvedSubject } from './subject.ts';
import { UpdateHistory } from './update-history.ts';

/** Command ids remembered, so that a command delivered twice is carried out once. */
const COMMANDS = 256;
/** Codes of errors that are told apart. */
const CODES = 64;

/** Everything that an engine knows, and what a decision looks at. Nothing here decides or learns. */
export class EngineState implements DecisionContext {
  readonly portfolio = new Portfolio();
  readonly fleet = new FleetWord();
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
  readonly #strategies: Names;
  readonly #symbols: Names;
  /** Whether another state was begun since the names were looked at. */
  #isNew = false;

  /** @throws EdgekeeperError `CONFIG_INVALID` */
  constructor(options: Options) {
    reading('a configuration', 'CONFIG_INVALID', () => parseConfig(options));
    const given = plain('a configuration', options, 'CONFIG_INVALID');
    this.parts = componentsOf(given);
    this.options = frozen({ evidence: this.config.evidence, ...given });
    this.flags = flagsOf(this.parts.config, {});
    this.#strategies = new Names(this.config.maxStrategies);
    this.#symbols = new Names(this.config.maxSymbols);
    this.#limitNames();
  }

  /**
   * Whether there is room for what goes by these names; what is known has it, and what is not is known from now on. What
   * finds none is counted.
   */
  admits(strategy: string, symbol: string | null): boolean {
    if (!this.hasRoom(strategy, symbol)) {
      this.countError('NAME_LIMIT', new Error(`one name too many: ${show(strategy)} on ${show(symbol)}`));
      return false;
    }
    this.#strategies.admit(strategy);
    if (symbol !== null) this.#symbols.admit(symbol);
    return true;
  }

  /** The same, and nothing is taken in: nothing is kept of a name whose companion finds no room. */
  hasRoom(strategy: string, symbol: string | null): boolean {
    if (this.#isNew) this.#learnNames();
    return this.#strategies.hasRoom(strategy) && (symbol === null || this.#symbols.hasRoom(symbol));
  }

  /** Whether these names are known. */
  knows(strategy: string, symbol: string | null): boolean {
    if (this.#isNew) this.#learnNames();
    return this.#strategies.has(strategy) && (symbol === null || this.#symbols.has(symbol));
  }

  /** Whether a symbol is known. */
  knowsSymbol(symbol: string): boolean {
    return !this.#isNew && this.#symbols.has(symbol);
  }

  /** The same for a symbol alone, such as that of a candle. */
  admitsSymbol(symbol: string): boolean {
    if (this.#isNew) this.#learnNames();
    if (this.#symbols.admit(symbol)) return true;
    this.countError('NAME_LIMIT', new Error(`one symbol too many: ${show(symbol)}`));
    return false;
  }

  /** Whether there is room for all of these strategies at once. */
  hasRoomFor(strategies: readonly string[]): boolean {
    if (this.#isNew) this.#learnNames();
    const more = strategies.filter((strategy) => !this.#strategies.has(strategy)).length;
    return more === 0 || this.#strategies.size + more <= this.#strategies.limit;
  }

  /** The pieces of a state come one by one: what they know is looked at when it is first asked for. */
  #learnNames(): void {
    this.#isNew = false;
    const { strategies, symbols } = namesIn(this);
    this.#strategies.replace(strategies);
    this.#symbols.replace(symbols);
    this.#limitNames();
  }

  #limitNames(): void {
    this.#strategies.limit = this.config.maxStrategies;
    this.#symbols.limit = this.config.maxSymbols;
    for (const strategy of Object.keys(this.config.baseWeights)) this.#strategies.admit(strategy);
  }

  /** Goes on with other components. */
  adopt(parts: Components): void {
    this.parts = parts;
    this.#limitNames();
  }

  get config(): Config {
    return this.parts.config;
  }

  get mode(): Mode {
    return this.operatorMode ?? this.config.mode;
  }

  get quality(): QualitySettings {
    return this.parts.scorer;
  }

  /** The posterior that decisions are made by. */
  get edge(): EdgePosterior {
    return this.parts.edge.now;
  }

  /** Whether the posterior decides. */
  get byEdge(): boolean {
    return this.config.evidence === 'posterior';
  }

  /** A strategy on a symbol, resolved at its first mention; null where there is no room for it, which is counted. */
  admitted(strategy: string, symbol: string): ResolvedSubject | null {
    const known = this.resolved(strategy, symbol);
    if (known !== undefined) return known;
    if (!this.admits(strategy, symbol)) return null;
    let onSymbols = this.#subjects.get(strategy);
    if (onSymbols === undefined) {
      onSymbols = new Map();
      this.#subjects.set(strategy, onSymbols);
    }
    const subject = this.#resolve(strategy, symbol);
    onSymbols.set(symbol, subject);
    return subject;
  }

  /** The same where it was mentioned before. */
  resolved(strategy: string, symbol: string): ResolvedSubject | undefined {
    return this.#subjects.get(strategy)?.get(symbol);
  }

  /** What is known of a strategy on a symbol, whatever they are called. Nothing is kept of it. */
  glance(strategy: string, symbol: string): ResolvedSubject {
    // Nothing is resolved for a name that there is no room for.
    return (
      this.resolved(strategy, symbol) ??
      this.#resolve(this.knows(strategy, null) ? strategy : '', this.knows(strategy, symbol) ? symbol : '')
    );
  }

  #resolve(strategy: string, symbol: string): ResolvedSubject {
    return new ResolvedSubject(strategy, symbol, this.parts, this.counts);
  }

  /** Resolves everything anew, after a component was replaced or reset. */
  forgetSubjects(): void {
    this.#subjects.clear();
  }

  guard(): number {
    return guardOf(this.config, this.portfolio);
  }

  fleetGuard(time: number): number {
    return this.fleet.guardAt(time);
  }

  stopped(): boolean {
    return this.config.hardStop !== undefined && this.portfolio.stopped;
  }

  equity(): number | null {
    return this.portfolio.equity;
  }

  /** What became of the signals of a strategy; those for which there is no room are counted together. */
  countsOf(strategy: string): SignalCounts {
    const isKnown =
      this.counts.has(strategy) || (this.hasRoom(strategy, null) && this.admits(strategy, null));
    const name = isKnown ? strategy : '';
    this.touch('strategy', name);
    return countsOf(this.counts, name);
  }

  /** Counts a failure inside the overlay, its adapter or an observer; observers hear of it with its count. */
  countError(given: string, error: unknown): void {
    // A code is a host's, too: there are so many, and no more.
    const isCode = isName(given) && (this.errors.has(given) || this.errors.size < CODES);
    const code = isCode ? given : 'OTHER';
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
    this.#isNew = true;
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
    this.fleet.restore(state.fleet);
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
    this.#isNew = true;
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
      fleet: this.fleet.snapshot(),
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
