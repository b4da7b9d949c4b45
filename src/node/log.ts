import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import winston from 'winston';
import type { OptimizationEngine } from '../engine/engine.ts';
import { makeDirectory } from '../journal/directory.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { Log } from '../model/ports.ts';
import { printable } from '../model/printable.ts';
import { AlertBook, type AlertNews } from '../monitor/alert-book.ts';
import { coverageLines, reasonWords } from '../monitor/coverage.ts';
import { OptimizationMonitor } from '../monitor/monitor.ts';

export interface LogOptions {
  /** Directory of the rotating JSON files; without one there are none. */
  readonly directory?: string;
  /** Least severe level shown on the terminal; `silent` shows nothing. */
  readonly terminal?: 'info' | 'warn' | 'error' | 'silent';
}

/** A log that must be closed, so that its last lines reach the disk. */
export interface ClosableLog extends Log {
  close(): Promise<void>;
}

/** How long a log that is closed waits for its last lines to reach the disk, in ms. */
const LAST_LINES = 2000;

/** Where the library keeps the line that it writes. */
const MESSAGE = Symbol.for('message');
const { combine, timestamp, printf, json } = winston.format;

/** Fields whose values never reach a log, whatever object they come in. */
const SECRETS = /^(apikey|secret|password|token|privatekey|walletaddress|uid|authorization)$/i;

const redact = winston.format((info) => {
  for (const [key, value] of Object.entries(info)) {
    if (SECRETS.test(key)) info[key] = '[redacted]';
    else if (value !== null && typeof value === 'object') info[key] = redacted(value);
  }
  return info;
});

/** People look at the files in a terminal as well. */
const shown = winston.format((info) => {
  info[MESSAGE] = printable(String(info[MESSAGE]));
  return info;
});

function redacted(value: object): unknown {
  return JSON.parse(JSON.stringify(value, (key, item) => (SECRETS.test(key) ? '[redacted]' : item)));
}

/** Logs to the terminal for people (on stderr, so that output can be piped) and to files for machines. */
export function createLog({ directory, terminal = 'info' }: LogOptions = {}): ClosableLog {
  const transports: winston.transport[] = [];
  if (terminal !== 'silent') {
    const line = printf(({ level, message, timestamp: time, ...fields }) => {
      const rest = Object.entries(fields).map(
        ([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : value}`,
      );
      return printable([time, level, message, ...rest].join(' '));
    });
    transports.push(
      new winston.transports.Console({
        level: terminal,
        stderrLevels: ['error', 'warn', 'info'],
        format: combine(redact(), timestamp(), line),
      }),
    );
  }
  const isSilent = transports.length === 0;
  const logger = winston.createLogger({
    level: 'info',
    transports,
    silent: isSilent && directory === undefined,
  });
  /** Opened with the first line; null for good from where it cannot be written. */
  let file: winston.transport | null | undefined = directory === undefined ? null : undefined;

  /** A disk that fails must not end the bot that the log is about, nor the overlay. */
  function giveUp(error: unknown): void {
    if (file) logger.remove(file);
    file = null;
    logger.silent = isSilent;
    process.stderr.write(
      `${printable(`edgekeeper: the log cannot be written to ${directory}, only to the terminal: ${(error as Error).message}`)}\n`,
    );
  }
  logger.on('error', (error) => {
    if (file) giveUp(error);
  });

  function openFile(): void {
    if (file !== undefined) return;
    try {
      file = fileIn(directory!);
      logger.add(file);
    } catch (error) {
      giveUp(error);
    }
  }

  const write = (
    level: 'info' | 'warn' | 'error',
    text: string,
    fields?: Readonly<Record<string, unknown>>,
  ) => {
    openFile();
    logger[level](text, fields);
  };
  return {
    info: (text, fields) => write('info', text, fields),
    warn: (text, fields) => write('warn', text, fields),
    error: (text, fields) => write('error', text, fields),
    async close() {
      const flushed =
        file && new Promise<void>((resolve) => file!.once('finish', () => setImmediate(resolve)));
      logger.end();
      // A file whose disk failed never says that it is done.
      const late = new AbortController();
      await Promise.race([flushed, sleep(LAST_LINES, null, { signal: late.signal }).catch(() => undefined)]);
      late.abort();
    },
  };
}

/** Throws where the file cannot be opened: the library says so only when it is too late, as an error of its own. */
function fileIn(directory: string): winston.transport {
  const filename = join(directory, 'edgekeeper.log');
  makeDirectory(directory);
  closeSync(openSync(filename, 'a'));
  return new winston.transports.File({
    filename,
    maxsize: 5_000_000,
    maxFiles: 5,
    tailable: true,
    format: combine(redact(), timestamp(), json(), shown()),
  });
}

/**
 * Writes what people should know of an engine to the log: status changes, commands, failures once, new alerts, and
 * what could not be seen at its first time and at every doubling.
 */
export function logEngine(engine: OptimizationEngine, log: Log): () => void {
  const monitor = new OptimizationMonitor(engine);
  const book = new AlertBook();
  return engine.subscribe((event) => {
    switch (event.type) {
      case 'status': {
        const { strategy, oldStatus, newStatus, actor, reason } = event.change;
        log.info(`${strategy} ${oldStatus} -> ${newStatus}`, { at: iso(event.time), actor, reason });
        break;
      }
      case 'command':
        log.info(`command ${event.command.type}`, { ...event.command, at: iso(event.time) });
        break;
      case 'error':
        if (event.count === 1) log.error(`${event.code}: ${message(event.error)}`, { at: iso(event.time) });
        break;
      case 'unjudged': {
        const { strategy, symbol, reason } = event.entry;
        const count = engine.getCoverage().unjudged[reason] ?? 0;
        if (isDoubling(count))
          log.warn(
            `an entry of ${strategy} on ${symbol} was not judged: ${reasonWords(reason)} (${count} times so far)`,
            { at: iso(event.time) },
          );
        break;
      }
      case 'unknownExit': {
        const { strategy, symbol, size } = event.exit;
        const coverage = engine.getCoverage();
        if (isDoubling(coverage.unknownExits))
          log.warn(
            `a position of ${strategy} on ${symbol} has no known exit: ${coverageLines(coverage).at(-1)}`,
            {
              at: iso(event.time),
              size,
            },
          );
        break;
      }
      case 'update': {
        for (const { what, alert } of book.update(monitor.getAlerts(event.time), event.time)) {
          if (what === 'cleared') log.info(`alert ${alert.code} is over`, { at: iso(event.time) });
          else
            log[alert.level === 'info' ? 'info' : 'warn'](`alert ${alert.code}: ${alert.message}`, {
              at: iso(event.time),
            });
        }
        break;
      }
    }
  });
}

/** Tells a callback of each alert that is new, worse, critical for another day, or over. Returns what stops it. */
export function onAlerts(engine: OptimizationEngine, callback: (news: AlertNews) => void): () => void {
  const monitor = new OptimizationMonitor(engine);
  const book = new AlertBook();
  return engine.subscribe((event) => {
    if (event.type !== 'update') return;
    for (const news of book.update(monitor.getAlerts(event.time), event.time)) callback(news);
  });
}

/**
 * Writes to the log what becomes of a bot's signals, where it is not their own size: who, what, why. Where the overlay
 * observes, what would have become of them.
 */
export function logDecisions(engine: OptimizationEngine, log: Log): () => void {
  return engine.subscribe((event) => {
    if (event.type !== 'decision') return;
    const { id, strategy, symbol, side, intended, reasons } = event.decision;
    const observed = reasons.includes('OBSERVED');
    const would = observed ? 'would be ' : '';
    if (intended === 1) return;
    const what = intended === 0 ? 'vetoed' : `scaled x${intended.toFixed(2)}`;
    const why = reasons.filter((reason) => reason !== 'OBSERVED').join(', ');
    log.info(`${strategy} ${symbol} ${side} ${would}${what}: ${why}`, { id, at: iso(event.time) });
  });
}

/** 1, 2, 4, 8...: often enough to be noticed, too rare to fill a log. */
const isDoubling = (count: number): boolean => count > 0 && Number.isInteger(Math.log2(count));

const iso = (time: number): string => new Date(time).toISOString();

/** Addresses of requests carry signatures, and with some exchanges keys: nothing behind the question mark is written. */
const withoutQueries = (text: string): string => text.replaceAll(/(https?:\/\/[^\s?"']+)\?[^\s"']*/g, '$1?…');

const message = (error: unknown): string =>
  withoutQueries(
    error instanceof EdgekeeperError
      ? error.message
      : error instanceof Error
        ? `${error.name}: ${error.message}`
        : String(error),
  );
