/**
 * Puts the overlay on a ccxt bot that nobody wants to edit:
 *
 *   node --import edgekeeper/ccxt/preload bot.mjs
 *
 * Reads the file that EDGEKEEPER_CONFIG names, else `edgekeeper.json` in the working directory: the options of the
 * overlay under `edgekeeper`, those of the attachment under `ccxt`. Every exchange that the bot makes is attached to.
 * Whatever is wrong with the overlay, the bot starts and trades as without it.
 */
import { ccxtCopies } from './copies.ts';
import { openBotOverlay } from './edgekeeper.ts';
import { onEveryExchange } from './every-exchange.ts';
import { identifying, readSettings } from './preload-settings.ts';
import { say } from './say.ts';
import { isTheBot, OWNER, program, without } from './the-bot.ts';
import { ownThreads } from './threads.ts';

/** When a bot that has made no exchange yet is told so, in ms; else at its end. */
const UNUSED_AFTER = 300_000;

/** Says once, after a while or at its end, that a bot has made no exchange that the overlay could see. */
function sayIfUnused(exchanges: () => number, folders: readonly string[]): void {
  let isSaid = false;
  const sayOnce = () => {
    if (isSaid || exchanges() > 0) return;
    isSaid = true;
    say(
      `the bot has made no exchange of ${folders.join(' or ')}, so nothing of it has the overlay. Does it load another copy of ccxt?`,
    );
  };
  setTimeout(sayOnce, UNUSED_AFTER).unref();
  process.once('exit', sayOnce);
}

async function start(): Promise<void> {
  const settings = await readSettings();
  const { file, enabled, strategies: _strategies, identify: _module, ...attachment } = settings;
  if (!enabled) {
    say(
      `the overlay is off, as ${file} says by "enabled": false. Start the bot anew after a change of that.`,
    );
    return;
  }
  const { modules, folders } = await ccxtCopies(program());
  const { identify } = await identifying(settings);
  const bot = await openBotOverlay({ config: file ?? {}, ...attachment, ...(identify && { identify }) });
  process.env[OWNER] = String(process.pid);
  ownThreads();
  const exchanges = onEveryExchange(modules, (exchange) => {
    try {
      bot.put(exchange);
    } catch (error) {
      without(`an exchange (${exchange.id})`, `it failed to attach: ${(error as Error).message}`);
      bot.engine.countError('ATTACH_FAILED', error);
    }
  });
  sayIfUnused(exchanges, folders);
}
if (process.env.EDGEKEEPER_DISABLED !== '1' && isTheBot()) {
  try {
    await start();
  } catch (error) {
    say(`the overlay stays OFF, and the bot trades as without it. ${(error as Error).message}`);
  }
}
