import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { resolve as absolute, delimiter, join } from 'node:path';
import { LowdbStateStore } from '../journal/state-store.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { PaperReport } from '../paper/report.ts';
import { progressFile, refusedFile, seenFile, TRIAL, type Trial, type TrialResult } from './trial.ts';

export interface RunTrialOptions {
  /** The bot's command and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly trial: Omit<Trial, 'overlay' | 'resultFile'>;
  readonly overlay: boolean;
  /** Ends the trial: what it came to by then is reported. */
  readonly signal: AbortSignal;
  /** Told how far the bots are, in candles. */
  readonly onProgress: (done: number, total: number) => void;
}

export interface TrialOutcome {
  readonly report: PaperReport;
  /** Which of the bots broke down on the way: their accounts are as they were then. */
  readonly brokenDown: readonly string[];
  /** Those that ended by themselves, and when by the time of their candles, in ms. */
  readonly endedEarly: readonly { readonly name: string; readonly at: number }[];
  /** What the bots were kept from sending, once each. */
  readonly refused: readonly string[];
}

/** Folder in the state directory of what the bots printed and came to. */
const TRIAL_DIR = 'trial';
/** How long a bot that was stopped may take to end, in ms. */
const PATIENCE = 15_000;
const LOOK_EVERY = 300;
/** How long a command may take to start a Node that is put on paper, in ms. */
const SEEN_WITHIN = 10_000;
/** Characters of a bot's last words in an error. */
const LAST_WORDS = 600;

const PRELOAD = new URL(`./bot-preload${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/**
 * Runs a bot of somebody's own on paper, beside itself without the overlay, each in a process of its own. Throws
 * `BOT_FAILED` with its last words where one of them breaks down.
 */
export async function runTrial(options: RunTrialOptions): Promise<TrialOutcome> {
  const { trial, overlay } = options;
  const directory = absolute(trial.stateDir, TRIAL_DIR);
  await refuseLiveState(trial, directory);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const arms = overlay ? [true, false] : [false];
  const runs = arms.map((has) => new BotRun(options, has, directory));
  const stop = () => {
    for (const run of runs) run.stop();
  };
  options.signal.addEventListener('abort', stop, { once: true });
  const looking = setInterval(
    () => void told(runs).then((at) => at && options.onProgress(...at)),
    LOOK_EVERY,
  );
  try {
    // One that breaks down before it has traded ends the other, too.
    const results = await Promise.all(runs.map((run) => run.result()));
    return {
      report: reportOf(results),
      brokenDown: runs.filter((_, i) => results[i]!.ended === 'failed').map((run) => run.name),
      endedEarly: runs.flatMap(({ name }, i) =>
        results[i]!.ended === 'bot' ? [{ name, at: results[i]!.run.to }] : [],
      ),
      refused: [...new Set((await Promise.all(runs.map((run) => run.refused()))).flat())],
    };
  } finally {
    clearInterval(looking);
    options.signal.removeEventListener('abort', stop);
    stop();
  }
}

/** What a bot does on paper must not come among what it did live; and a replay starts afresh, so that it would throw away what live prices taught. */
async function refuseLiveState(
  { stateDir, recorded }: Pick<Trial, 'stateDir' | 'recorded'>,
  directory: string,
): Promise<void> {
  const isTrial = await stat(directory).then(
    () => true,
    () => false,
  );
  const goesOn = isTrial && recorded === null;
  if (goesOn || (await new LowdbStateStore(stateDir).read())?.origin !== 'live') return;
  throw new EdgekeeperError('STATE_OCCUPIED', {
    found: `the state of a live bot in ${stateDir}`,
    expected: 'a directory of its own for a paper run',
    hint: 'Name another with --state-dir; nothing was changed.',
  });
}

function reportOf(results: readonly TrialResult[]): PaperReport {
  const baseline = results.at(-1)!;
  const overlaid = results.find(({ overlay }) => overlay !== null);
  const { run } = overlaid ?? baseline;
  const strategies = new Set([
    ...Object.keys(overlaid?.account.byStrategy ?? {}),
    ...Object.keys(baseline.account.byStrategy),
  ]);
  return {
    run: { ...run, strategies: [...strategies], planted: null },
    overlay: overlaid?.overlay ? { ...overlaid.overlay, account: overlaid.account } : null,
    baseline: baseline.account,
  };
}

/** How far the slower of the bots is. */
async function told(runs: readonly BotRun[]): Promise<[done: number, total: number] | null> {
  const all = await Promise.all(runs.map((run) => run.progress()));
  const known = all.filter((each) => each !== null);
  return known.length < runs.length ? null : known.sort((a, b) => a[0] - b[0])[0]!;
}

/** One process of a bot. */
class BotRun {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  readonly #resultFile: string;
  readonly #outputFile: string;
  readonly #unseen: NodeJS.Timeout;
  readonly name: string;

  constructor({ command, trial }: RunTrialOptions, overlay: boolean, directory: string) {
    this.name = overlay ? 'with-overlay' : 'without-overlay';
    this.#resultFile = join(directory, `${this.name}.json`);
    this.#outputFile = join(directory, `${this.name}.log`);
    const stateDir = overlay ? trial.stateDir : join(directory, 'state-without');
    const told: Trial = { ...trial, stateDir, overlay, resultFile: this.#resultFile };
    const output = openSync(this.#outputFile, 'w');
    const [program, ...args] = command;
    this.#child = spawn(program, args, {
      stdio: ['ignore', output, output],
      env: {
        ...process.env,
        [TRIAL]: JSON.stringify(told),
        NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import ${PRELOAD.href}`.trim(),
        PATH: `${shimIn(directory)}${delimiter}${process.env.PATH ?? ''}`,
      },
      // A Ctrl-C is passed on once, not heard by everybody at the same time.
      detached: process.platform !== 'win32',
    });
    closeSync(output);
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', (cause) => reject(failed(this.name, program, cause.message)));
      this.#child.once('exit', resolve);
    });
    // Whoever was not put on paper by now never will be.
    this.#unseen = setTimeout(() => {
      if (!existsSync(seenFile(this.#resultFile))) this.#kill();
    }, SEEN_WITHIN);
    void this.#ended.catch(() => undefined).then(() => clearTimeout(this.#unseen));
  }

  async progress(): Promise<[number, number] | null> {
    const text = await readFile(progressFile(this.#resultFile), 'utf8').catch(() => '');
    const [done = Number.NaN, total = Number.NaN] = text.split(' ').map(Number);
    return done >= 0 && total > 0 ? [done, total] : null;
  }

  /** What it came to. Rejects with `BOT_FAILED`. */
  async result(): Promise<TrialResult> {
    const code = await this.#ended;
    const text = await readFile(this.#resultFile, 'utf8').catch(() => null);
    if (text !== null) return JSON.parse(text) as TrialResult;
    const lines = (await readFile(this.#outputFile, 'utf8')).split('\n').map((line) => line.trim());
    const words = lines.filter(Boolean).join(' / ').slice(-LAST_WORDS);
    if (!existsSync(seenFile(this.#resultFile))) {
      throw new EdgekeeperError('BOT_FAILED', {
        found: `the bot ${this.name}, which was never put on paper: ${words || 'it said nothing'}`,
        expected: 'a command that starts Node, and leaves NODE_OPTIONS as it is',
        hint: 'What it sent was real, if it sent anything: look at its exchange. Start it as `edgekeeper paper -- node bot.mjs`.',
      });
    }
    throw failed(this.name, `it ended with code ${code}`, words || 'it said nothing');
  }

  /** What it was kept from sending. */
  async refused(): Promise<string[]> {
    const text = await readFile(refusedFile(this.#resultFile), 'utf8').catch(() => '');
    return text.split('\n').filter(Boolean);
  }

  /** It and all that it started. */
  #kill(): void {
    try {
      process.kill(process.platform === 'win32' ? this.#child.pid! : -this.#child.pid!, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }

  stop(): void {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGINT');
    const late = setTimeout(() => this.#kill(), PATIENCE);
    late.unref();
    this.#child.once('exit', () => clearTimeout(late));
  }
}

/** A `node` that puts on paper what a script starts without the options of its environment. Returns its folder. */
function shimIn(directory: string): string {
  const folder = join(directory, 'bin');
  mkdirSync(folder, { recursive: true });
  const script = `#!/bin/sh
case "$NODE_OPTIONS" in
  *${PRELOAD.href}*) ;;
  *) export NODE_OPTIONS="$NODE_OPTIONS --import ${PRELOAD.href}" ;;
esac
exec '${process.execPath.replaceAll("'", "'\\''")}' "$@"
`;
  writeFileSync(join(folder, 'node'), script, { mode: 0o755 });
  return folder;
}

const failed = (name: string, what: string, words: string): EdgekeeperError =>
  new EdgekeeperError('BOT_FAILED', {
    found: `the bot ${name}: ${what}: ${words}`,
    expected: 'a Node program that trades by ccxt 4, started from its own folder',
    hint: 'Start it by itself first. All it printed is in the state directory, under trial/.',
  });
