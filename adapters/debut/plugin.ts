import type { OptimizationEngine } from '../../src/index.ts';
import type { EdgekeeperHooks, EdgekeeperPlugin, EdgekeeperPluginExtras, EdgekeeperStatus } from './api.ts';
import { checkOptions } from './config.ts';
import { intervalFault } from './feed.ts';
import type { EdgekeeperPluginOptions } from './options.ts';
import { Overlay } from './overlay.ts';
import type { DebutHost } from './types.ts';

/** What hooks that Debut awaits return: one promise for all of them. */
const DONE = Promise.resolve();

/**
 * The plugin for Debut. State lives in this closure: nothing is global, nothing is awaited, no hook throws. With
 * `edgekeeper: false` it has no hook on orders and candles; they are registered if it is enabled later.
 *
 * @throws EdgekeeperError `CONFIG_INVALID` for options that cannot be meant
 * @example
 * this.registerPlugins([edgekeeperPlugin(this.opts)]);
 */
export function edgekeeperPlugin(
  opts: EdgekeeperPluginOptions = {},
  extras: EdgekeeperPluginExtras = {},
): EdgekeeperPlugin {
  checkOptions(opts);
  checkInterval(opts, extras);
  let overlay = opts.edgekeeper === false ? null : new Overlay(opts, extras);
  let host: DebutHost | null = null;
  /** What a snapshot kept for a plugin that is off: it goes into the next one. */
  let kept: Record<string, unknown> = {};

  /** No hook may throw: an error in one orphans a position or ends the process. */
  function safely<T>(work: (overlay: Overlay) => T): T | undefined {
    if (!overlay) return undefined;
    try {
      return work(overlay);
    } catch (error) {
      overlay.engine.countError('ADAPTER_FAILED', error);
      return undefined;
    }
  }

  const hooks: EdgekeeperHooks = {
    onBeforeOpen(order) {
      if (!overlay?.enabled) return undefined;
      return safely((known) => known.beforeOpen(this.debut, order)) || undefined;
    },
    onOpen(order) {
      safely((known) => known.opened(this.debut, order));
      return DONE;
    },
    onClose(order, closing) {
      safely((known) => known.closed(this.debut, order, closing));
      return DONE;
    },
    onCandle(candle) {
      if (overlay?.enabled) safely((known) => known.candleClosed(this.debut, candle));
      return DONE;
    },
  };

  /** A plugin that was made without hooks joins the bot with another one, which has them. */
  function join(): void {
    overlay = new Overlay(opts, extras);
    const bot = host;
    if (!bot) {
      Object.assign(plugin, hooks);
      return;
    }
    safely((known) => known.init(bot));
    if ('version' in kept) safely((known) => known.restore(bot, kept));
    bot.registerPlugins([{ name: 'edgekeeper-hooks', ...hooks } as never]);
  }

  const plugin: EdgekeeperPlugin = {
    name: 'edgekeeper',
    api: {
      signal(signal) {
        safely((known) => known.say(signal));
      },
      decision: () => overlay?.latest ?? null,
      status: () => overlay?.status() ?? offStatus(opts, host),
      trades: () => overlay?.trades() ?? [],
      enable() {
        if (!overlay) join();
        safely((known) => known.enable(true));
      },
      disable() {
        safely((known) => known.enable(false));
      },
    },
    onInit() {
      host = this.debut;
      safely((known) => known.init(this.debut));
    },
    onSnapshot() {
      if (!overlay) return kept;
      return safely((known) => JSON.parse(JSON.stringify(known.snapshot())) as Record<string, unknown>) ?? {};
    },
    onHydrate(data) {
      if (overlay) safely((known) => known.restore(this.debut, data));
      else kept = data;
    },
  };
  if (overlay) Object.assign(plugin, hooks);
  return plugin;
}

/** A bot whose candles do not make up those of its engine is refused as soon as its interval is known. */
function checkInterval(opts: EdgekeeperPluginOptions, { engine }: EdgekeeperPluginExtras): void {
  const { interval } = opts as { readonly interval?: unknown };
  if (engine === undefined || opts.edgekeeper === false || typeof interval !== 'string') return;
  const fault = intervalFault(interval, (engine as OptimizationEngine).config.timeframe);
  if (fault) throw fault;
}

/** What there is to say of an overlay that is not there. */
const offStatus = (opts: EdgekeeperPluginOptions, host: DebutHost | null): EdgekeeperStatus => ({
  enabled: false,
  strategy: opts.edgekeeperStrategy ?? host?.getName?.() ?? '',
  status: 'ACTIVE',
  weight: 1,
  decisions: 0,
  trades: 0,
  errors: {},
});
