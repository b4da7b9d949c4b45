import { EdgekeeperError, OptimizationEngine } from '../../src/index.ts';
import type { Decision } from '../../src/model/decision.ts';
import { printable } from '../../src/model/printable.ts';
import { Ring } from '../../src/model/ring.ts';
import type { Trade } from '../../src/model/trade.ts';
import type { EdgekeeperPluginExtras, EdgekeeperSignal, EdgekeeperStatus } from './api.ts';
import { configOf } from './config.ts';
import { Entries, type Ruling } from './entries.ts';
import { CandleFeed } from './feed.ts';
import type { EdgekeeperPluginOptions } from './options.ts';
import { type Closed, isOfNothing, type Meant, Positions } from './positions.ts';
import { SaidSignals } from './signals.ts';
import { type OverlayState, readState, STATE_VERSION } from './state.ts';
import type { DebutCandle, DebutHost, DebutOrder } from './types.ts';

/** Trades that the API remembers. */
const TRADES = 1000;

const UNJUDGED: Meant = { decision: null };

/** The overlay of one bot: an engine and what stands between it and Debut's orders, positions and candles. */
export class Overlay {
  readonly engine: OptimizationEngine;
  readonly #opts: EdgekeeperPluginOptions;
  readonly #own: boolean;
  readonly #log: (line: string) => void;
  readonly #said = new SaidSignals();
  readonly #positions = new Positions();
  readonly #trades = new Ring<Trade>(TRADES);
  readonly #entries: Entries;
  readonly #feed: CandleFeed;
  #strategy: string;
  #latest: Decision | null = null;
  #enabled = true;
  #closed = 0;
  #time = 0;

  constructor(
    opts: EdgekeeperPluginOptions & { readonly interval?: string },
    extras: EdgekeeperPluginExtras,
  ) {
    this.#opts = opts;
    this.#strategy = opts.edgekeeperStrategy ?? '';
    this.#own = extras.engine === undefined;
    this.engine =
      (extras.engine as OptimizationEngine | undefined) ??
      new OptimizationEngine(configOf(opts, this.#strategy, opts.interval));
    this.#log = extras.log ?? ((line) => console.log(printable(line)));
    this.#entries = new Entries(this.engine, opts);
    this.#feed = new CandleFeed(this.engine, this.#own);
    this.#feed.strategy = this.#strategy;
  }

  /** Read before every order and candle: off, the overlay is absent, by its own switch or by that of its engine. */
  get enabled(): boolean {
    return this.#enabled && this.engine.flags.enabled;
  }

  /** Flips the switch of this bot; other bots of a shared engine go on. */
  enable(enabled: boolean): void {
    if (!this.#own) this.#enabled = enabled;
    else
      this.#settled().setFlags(
        { enabled },
        { time: this.#time, actor: 'strategy', reason: 'by the plugin API' },
      );
  }

  get latest(): Decision | null {
    return this.#latest;
  }

  trades(): Trade[] {
    return this.#trades.latest();
  }

  status(): EdgekeeperStatus {
    const engine = this.#settled();
    const { decisions, errors } = engine.getOptimizationStatus();
    return {
      enabled: this.enabled,
      strategy: this.#strategy,
      status: engine.manager.statusOf(this.#strategy),
      weight: engine.getStrategyWeight(this.#strategy),
      decisions,
      trades: this.#closed,
      errors,
    };
  }

  say(signal: EdgekeeperSignal): void {
    this.#said.say(signal);
  }

  /** The bot is known now, but nothing has happened yet. */
  init(host: DebutHost): void {
    const name = this.#opts.edgekeeperStrategy ?? host.getName?.();
    if (name !== undefined) this.#useStrategy(name);
    this.#feed.useInterval(host, this.#time);
  }

  /** @returns whether the order is vetoed; one that is to be smaller is made so */
  beforeOpen(host: DebutHost, order: DebutOrder): boolean {
    const said = this.#said.take(order.type);
    const strategy = this.#nameOf(order);
    this.#useStrategy(strategy);
    this.#settled();
    const ruling = this.#entries.rule(host, order, strategy, said, this.#time);
    if (ruling === null) return false;
    this.#latest = ruling.decision ?? this.#latest;
    const asked = Number(order.lots);
    if (ruling.lots === asked) return false;
    this.#say(() => `${strategy} ${host.opts.ticker} ${rulingOf(ruling, order, asked)}`);
    if (ruling.lots > 0) order.lots = ruling.lots;
    return ruling.lots === 0;
  }

  opened(host: DebutHost, order: DebutOrder): void {
    const meant = this.#entries.opened(order);
    if (order.learning === true || (meant === null && !this.enabled)) return;
    this.#positions.open(host, order, this.#nameOf(order), meant ?? UNJUDGED, this.#time);
  }

  closed(host: DebutHost, order: DebutOrder, opened: DebutOrder): void {
    if (order.learning === true || opened.learning === true) return;
    if (!this.#positions.has(opened)) {
      if (!this.enabled || isOfNothing(order)) return;
      this.engine.countError(
        'POSITION_UNKNOWN',
        new Error(`a position of ${host.opts.ticker} was not seen to open`),
      );
      this.#positions.adopt(host, order, opened, this.#nameOf(opened), this.#time);
    }
    const closed = this.#positions.close(host, order, opened, this.#time);
    if (closed) this.#record(closed);
    else
      this.engine.countError(
        'POSITION_UNKNOWN',
        new Error(`more of ${host.opts.ticker} was closed than opened`),
      );
  }

  candleClosed(host: DebutHost, candle: DebutCandle): void {
    this.#said.expire();
    if (this.#entries.waits) this.#settled();
    this.#entries.candleClosed(host);
    this.#time = candle.time;
    this.#feed.take(host, candle);
    for (const lost of this.#positions.candleClosed(host, candle.time))
      this.#settled().recordUnknownExit(lost);
  }

  snapshot(): OverlayState {
    return {
      version: STATE_VERSION,
      enabled: this.#enabled,
      engine: this.#own ? this.#settled().snapshot() : null,
      time: this.#time,
      trades: this.#closed,
      open: this.#positions.snapshot(),
      pending: this.#entries.snapshot(),
    };
  }

  /**
   * Continues from a state, or, where any of it cannot be read, from nothing: half of it would be wrong about the rest.
   * The interval comes first: regimes of another one mean nothing, and are forgotten.
   */
  restore(host: DebutHost, data: unknown): void {
    try {
      const state = readState(data, host, this.#strategy || 'Debut');
      this.#feed.useInterval(host, this.#time);
      if (this.#own && state.engine) this.engine.restore(state.engine);
      this.#continue(host, state);
    } catch (error) {
      if (!(error instanceof EdgekeeperError)) throw error;
      this.engine.countError(error.code, error);
      this.#log(`edgekeeper: what was learned could not be read, and is learned anew. ${error.message}`);
    }
  }

  #continue(host: DebutHost, state: OverlayState): void {
    this.#enabled = state.enabled;
    this.#time = state.time;
    this.#closed = state.trades;
    this.#entries.restore(state.pending);
    for (const rest of this.#positions.restore(state.open, host)) this.engine.recordUnknownExit(rest);
  }

  #record({ trade: input, rest }: Closed): void {
    const trade = input && this.#settled().recordTrade(input);
    if (rest) this.engine.recordUnknownExit(rest);
    if (!input || !trade) return;
    this.#closed += 1;
    this.#trades.push(trade);
    const { strategy, symbol, side, pnl, r } = trade;
    this.#say(
      () =>
        `${strategy} ${symbol} ${side} ${input.openSize ? 'reduced' : 'closed'}: size ${input.size}, pnl ${pnl.toFixed(2)}, ${r.toFixed(2)} R`,
    );
  }

  #nameOf(order: DebutOrder): string {
    return this.#opts.edgekeeperStrategy ?? order.author ?? (this.#strategy || 'Debut');
  }

  /** The class of the strategy, and with it whose base weight it is, is known only once there is a bot. */
  #useStrategy(name: string): void {
    if (name === this.#strategy) return;
    this.#settled();
    this.#strategy = name;
    this.#feed.strategy = name;
    const weight = this.#opts.edgekeeperBaseWeight;
    if (!this.#own || weight === undefined) return;
    const reason = 'the base weight of the strategy';
    this.engine.reconfigure(
      { ...this.engine.options, baseWeights: { [name]: weight } },
      { time: this.#time, actor: 'edgekeeper', reason },
    );
  }

  /** The engine after everything that happened. */
  #settled(): OptimizationEngine {
    this.#feed.settle();
    return this.engine;
  }

  #say(line: () => string): void {
    if (this.#opts.edgekeeperLog) this.#log(`edgekeeper: ${line()}`);
  }
}

function rulingOf({ lots, shrunk, decision, reasons }: Ruling, { type }: DebutOrder, asked: number): string {
  const why = reasons.join(', ') || 'no reason';
  if (lots === 0) return `${type} vetoed (${why})`;
  if (shrunk) return `${type} shrunk to the minimum of ${lots} lots (${why})`;
  return `${type} scaled x${(decision?.multiplier ?? lots / asked).toFixed(3)}: ${asked} -> ${lots} lots (${why})`;
}
