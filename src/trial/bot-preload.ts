/**
 * Puts a bot on paper, in its own process: every exchange that it makes trades for a paper account, with or without the
 * overlay. `edgekeeper paper -- <command>` loads it before the bot.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CcxtModule, ccxtCopies } from '../../adapters/ccxt/copies.ts';
import { onEveryExchange } from '../../adapters/ccxt/every-exchange.ts';
import { identifying, readSettings } from '../../adapters/ccxt/preload-settings.ts';
import { isTheBot, OWNER, program } from '../../adapters/ccxt/the-bot.ts';
import { jsonText } from '../monitor/json.ts';
import { loadConfigFile } from '../node/config-file.ts';
import { createLog } from '../node/log.ts';
import type { CcxtErrors, CcxtInstance } from '../paper/exchange.ts';
import { type Live, live } from './live.ts';
import { forbidSignedRequests } from './no-signed-requests.ts';
import { type Replayed, replayed } from './replayed.ts';
import { givenTrial, progressFile, refusedFile, seenFile, TRIAL, type TrialResult } from './trial.ts';

/** How often the process that started this one is told how far it is, in candles. */
const TELL_EVERY = 200;
/** How long a bot may take to make its first exchange or timer, in ms. */
const STARTED_WITHIN = 60_000;

const { setTimeout: later } = globalThis;
const exit = process.exit.bind(process);

const trial = givenTrial(process.env[TRIAL]);
// In every process and thread that the bot starts, too: there nothing is on paper, so that nothing may be real.
writeFileSync(seenFile(trial.resultFile), String(process.pid));
forbidSignedRequests((what) => {
  console.error(`edgekeeper: no real order may leave a paper run: ${what}`);
  appendFileSync(refusedFile(trial.resultFile), `${what}\n`);
});

async function start(): Promise<void> {
  process.env[OWNER] = String(process.pid);
  const settings = await readSettings();
  const { identify } = await identifying(settings);
  const { recorded } = trial;
  let replay: Replayed | null = null;
  let onPaper: Replayed | Live;
  if (recorded === null) onPaper = await live({ trial, settings, identify });
  else {
    const config = settings.file === null ? {} : await loadConfigFile(settings.file);
    const log = createLog({ directory: join(trial.stateDir, 'logs'), terminal: 'error' });
    replay = await replayed({ trial: { ...trial, recorded }, settings, identify, config, log });
    onPaper = replay;
  }
  // After the virtual time is there: ccxt keeps the timers that it finds.
  const { modules } = await ccxtCopies(program());
  const exchanges = onEveryExchange(modules as (CcxtModule & CcxtErrors)[], (exchange, module) =>
    onPaper.take(exchange as unknown as CcxtInstance, module),
  );

  let isEnding = false;
  async function end(why: TrialResult['ended']): Promise<void> {
    if (isEnding) return;
    isEnding = true;
    writeFileSync(trial.resultFile, jsonText(await onPaper.end(why)));
    exit(0);
  }
  const failed = (error: unknown) => {
    console.error(error);
    exit(1);
  };
  process.exit = ((code?: number) => {
    if (Number(code ?? 0) !== 0) exit(code);
    end('bot').catch(failed);
  }) as typeof process.exit;
  // A bot that breaks down has traded till then all the same.
  process.on('uncaughtException', (error) => {
    if (process.listenerCount('uncaughtException') > 1) return;
    if (onPaper.hasTraded()) {
      console.error(error);
      end('failed').catch(failed);
    } else failed(error);
  });
  process.once('beforeExit', () => void end('bot').catch(failed));
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.prependListener(signal, () => void end('stopped').catch(failed));

  if (replay === null) return;
  const { run } = replay;
  let told = 0;
  const progress = (done: number, total: number) => {
    if (done - told < TELL_EVERY) return;
    told = done;
    writeFileSync(progressFile(trial.resultFile), `${done} ${total}`);
  };
  // The bot is loaded after this module.
  const from = performance.now();
  const begin = () => {
    if (exchanges() === 0 && performance.now() - from < STARTED_WITHIN) later(begin, 5).unref();
    else run(progress).then(end).catch(failed);
  };
  later(begin, 5).unref();
}

if (isTheBot()) await start();
