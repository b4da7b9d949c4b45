import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type CalibrationReport, calibrationReport } from '../effect/calibration.ts';
import { type EffectStatement, effectStatement } from '../effect/statement.ts';
import type { OptimizationEngine } from '../engine/engine.ts';
import { writeAtomically } from '../journal/atomic-file.ts';
import { StateFollower } from '../journal/follower.ts';
import { jsonOrNull } from '../journal/json-or-null.ts';
import { readVitals, type Vitals } from '../journal/vitals.ts';
import { z } from '../model/z.ts';
import { AlertBook, type AlertNews, type KnownAlert, knownAlertSchema } from '../monitor/alert-book.ts';
import { alertsOf } from '../monitor/alerts.ts';
import { outsideAlerts } from '../monitor/outside-alerts.ts';
import { type BotState, type Overview, overviewOf } from '../monitor/overview.ts';
import { overlayReport, statementOptions } from '../monitor/report.ts';
import { verdictOf } from '../monitor/verdict.ts';
import { waitingCommands } from '../node/inbox.ts';
import { killedByEnvironment } from '../node/overlay.ts';
import { isPanicked } from '../node/panic.ts';
import { VITALS_EVERY } from '../node/vital-signs.ts';
import { ReportCollector } from '../report/collector.ts';
import { type PageData, pageData } from '../report/page-data.ts';

/** How often it is looked whether a bot wrote something, in ms. */
const LOOK_EVERY = 1000;
/** A bot that runs and writes down nothing of itself for so long is silent, in ms. */
const SILENT_AFTER = 3 * VITALS_EVERY;
/** What takes long to compute is computed again after so many times what it took. */
const REST = 20;
/** Alerts that are known, for the next process that watches. */
const ALERTS_FILE = 'alerts.json';

/** What is computed from the whole record, together, for it is read together. */
export interface Statement {
  readonly effect: EffectStatement;
  readonly calibration: CalibrationReport;
  readonly page: PageData;
}

/** Follows a state directory, and knows what is shown and told of it. Writes nothing but what is known of alerts. */
export class Watch {
  readonly stateDir: string;
  readonly #follower: StateFollower;
  readonly #listeners = new Set<() => void>();
  readonly #onNews: ((news: readonly AlertNews[]) => void) | null;
  #unreadable: string | null = null;
  #collector = new ReportCollector('1h');
  #vitals: Vitals | null = null;
  /** When the vitals were last seen to change, on this process's clock. */
  #changed = Number.NEGATIVE_INFINITY;
  #panicked = false;
  #waiting = 0;
  #book = new AlertBook();
  #toldStates = '';
  #version = 0;
  #statement: { readonly value: Statement; readonly version: number; readonly until: number } | null = null;
  #timer: NodeJS.Timeout | null = null;
  #polling: Promise<void> | null = null;

  /** @param onNews told of what is new of alerts: whoever is told keeps what was told over restarts */
  constructor(stateDir: string, onNews: ((news: readonly AlertNews[]) => void) | null = null) {
    this.stateDir = stateDir;
    this.#onNews = onNews;
    this.#follower = new StateFollower({
      stateDir,
      hooks: { killed: () => this.#panicked || killedByEnvironment() },
      onStart: ({ config }) => {
        this.#collector = new ReportCollector(config.timeframe);
        this.#statement = null;
      },
      onLine: (line) => this.#collector.take(line),
    });
  }

  /** Resolves when everything that is there was read; it goes on looking until it is closed. */
  async start(): Promise<void> {
    const text = await readFile(join(this.stateDir, ALERTS_FILE), 'utf8').catch(() => '');
    const known = z.array(knownAlertSchema).safeParse(jsonOrNull(text));
    // Without what was told, alerts that hold are told again.
    if (known.success) this.#book = new AlertBook(known.data);
    await this.poll();
    this.#timer = setInterval(() => void this.poll(), LOOK_EVERY);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#polling;
  }

  /** The name of what is watched: of the folder that the state lies in. */
  get name(): string {
    const path = resolve(this.stateDir);
    return basename(path).startsWith('.') ? basename(join(path, '..')) || path : basename(path);
  }

  /** Null until there is a state. */
  get engine(): OptimizationEngine | null {
    return this.#follower.engine;
  }

  get seq(): number {
    return this.#follower.seq;
  }

  /** Grows with everything that is seen. */
  get version(): number {
    return this.#version;
  }

  get vitals(): Vitals | null {
    return this.#vitals;
  }

  get bot(): BotState {
    const vitals = this.#vitals;
    if (vitals === null) return { state: 'stopped', heardAt: null };
    const heardAt = vitals.closedAt ?? vitals.writtenAt;
    if (vitals.closedAt !== null) return { state: 'stopped', heardAt };
    return { state: performance.now() - this.#changed < SILENT_AFTER ? 'running' : 'silent', heardAt };
  }

  /** The present of what is watched: a replay has no other than its own. */
  get now(): number {
    return this.#vitals === null ? (this.engine?.time ?? Date.now()) : Date.now();
  }

  get fault(): string | null {
    return this.#unreadable ?? this.#follower.fault?.found ?? null;
  }

  get alerts(): readonly KnownAlert[] {
    return this.#book.alerts;
  }

  get trades(): ReportCollector['trades'] {
    return this.#collector.trades;
  }

  /** Throws nothing: what cannot be read now is looked at again a second later. */
  poll(): Promise<void> {
    this.#polling ??= this.#look()
      .catch((error: Error) => {
        this.#unreadable = error.message;
      })
      .finally(() => {
        this.#polling = null;
      });
    return this.#polling;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async acknowledge(id: string): Promise<boolean> {
    const isKnown = this.#book.acknowledge(id);
    if (isKnown) await this.#saveAlerts();
    if (isKnown) this.#seen();
    return isKnown;
  }

  /** Null until there is a state. */
  overview(): Overview | null {
    const { engine } = this;
    if (engine === null) return null;
    return overviewOf({
      engine,
      effect: this.statement()!.effect,
      bot: this.bot,
      alerts: this.#book.standing,
      waitingCommands: this.#waiting,
      fault: this.fault,
    });
  }

  /** Null until there is a state. What takes long is a little older than the state. */
  statement(): Statement | null {
    const { engine } = this;
    if (engine === null) return null;
    const known = this.#statement;
    if (known !== null && (known.version === this.#version || performance.now() < known.until))
      return known.value;
    const began = performance.now();
    const { ledger } = this.#collector;
    const effect = effectStatement(ledger, statementOptions(engine));
    const calibration = calibrationReport(ledger.outcomes);
    const page = pageData({
      title: this.name,
      engine,
      collector: this.#collector,
      report: overlayReport(engine),
      effect,
      calibration,
      sentence: verdictOf(effect),
    });
    const now = performance.now();
    const value = { effect, calibration, page };
    this.#statement = { value, version: this.#version, until: now + REST * (now - began) };
    return value;
  }

  async #look(): Promise<void> {
    const panicked = (await isPanicked(this.stateDir)) ?? this.#panicked;
    const waiting = await waitingCommands(this.stateDir).then(
      ({ length }) => length,
      () => this.#waiting,
    );
    const vitals = await readVitals(this.stateDir);
    if (vitals !== null && vitals.writtenAt !== this.#vitals?.writtenAt) {
      // One that is met for the first time may have been silent for long.
      const isFresh = this.#vitals !== null || Math.abs(Date.now() - vitals.writtenAt) < SILENT_AFTER;
      if (isFresh) this.#changed = performance.now();
    }
    this.#vitals = vitals;
    // What is known stays where nothing can be read, which is said.
    const isNew = await this.#follower.poll();
    this.#unreadable = null;
    const states = [panicked, waiting, this.bot.state, this.fault].join();
    [this.#panicked, this.#waiting] = [panicked, waiting];
    this.#tell();
    if (!isNew && states === this.#toldStates) return;
    this.#toldStates = states;
    this.#seen();
  }

  #tell(): void {
    const { engine, now } = this;
    if (engine === null) return;
    const news = this.#book.update(
      [...outsideAlerts(this.bot, this.fault, now), ...alertsOf(engine, now)],
      now,
    );
    if (news.length === 0) return;
    if (this.#onNews !== null) {
      // A disk that is full forgets which alerts were told: they are told again after a start.
      void this.#saveAlerts().catch(() => undefined);
      this.#onNews(news);
    }
    this.#seen();
  }

  #saveAlerts(): Promise<void> {
    return writeAtomically(join(this.stateDir, ALERTS_FILE), JSON.stringify(this.#book.alerts));
  }

  #seen(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
