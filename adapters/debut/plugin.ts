import { OptimizationEngine, type Options, roundToLot } from '../../src/index.ts';
import type { Decision } from '../../src/model/decision.ts';
import type { Signal } from '../../src/model/signal.ts';
import type { StrategyStatus } from '../../src/model/strategy.ts';
import type { Trade, TradeInput } from '../../src/model/trade.ts';
import { OrderGate, type Verdict } from '../core/gate.ts';
import type { DebutCandle, DebutContext, DebutHost, DebutOrder } from './types.ts';

export type { DebutCandle, DebutContext, DebutHost, DebutOrder } from './types.ts';

/**
 * Options of the plugin, to be mixed into the options of a strategy: flat, numbers and switches, so that the genetic
 * optimiser can vary them. Unknown options are somebody else's and ignored.
 */
export interface EdgekeeperPluginOptions {
  /** Master switch; default true. Off, every order leaves as the strategy made it. */
  edgekeeper?: boolean;
  edgekeeperQuality?: boolean;
  edgekeeperWeighting?: boolean;
  edgekeeperRetirement?: boolean;
  /** The aggressive preset; default false. */
  edgekeeperAggressive?: boolean;
  /** Act on thresholds alone instead of evidence; default false. */
  edgekeeperLiteral?: boolean;
  /** Weight of the strategy before anything is learned; default 1. */
  edgekeeperBaseWeight?: number;
  /** Score in [0,1] below which a signal is of low quality; default 0.7. */
  edgekeeperThreshold?: number;
  edgekeeperAdjustmentRate?: number;
  edgekeeperMinWeight?: number;
  edgekeeperMaxWeight?: number;
  /** Let sizes grow as well, up to twice; default false, because Debut does not check risk again after the hook. */
  edgekeeperIncreases?: boolean;
  /** Judge orders that add to an open position, too; default false. */
  edgekeeperGateAdds?: boolean;
  /** Send the venue's minimum instead of nothing, for strategies that do not survive a veto; default false. */
  edgekeeperShrink?: boolean;
  /** Least value of an order in quote currency, where the instrument does not know it; default 0. */
  edgekeeperMinNotional?: number;
  /** Print vetoes, scaled sizes and closed trades; default false. */
  edgekeeperLog?: boolean;
  /** Name of the strategy; default that of its class, which a minifier may mangle. */
  edgekeeperStrategy?: string;
}

/** What a strategy can say about the order that it makes next, with nothing awaited in between. */
export interface EdgekeeperSignal {
  side: 'BUY' | 'SELL';
  /** In [0,1]. */
  confidence?: number;
  /** How many conditions agree, at least 1. */
  confluence?: number;
  /** Prices at which the strategy would leave. */
  stop?: number;
  target?: number;
}

export interface EdgekeeperStatus {
  enabled: boolean;
  strategy: string;
  status: StrategyStatus;
  weight: number;
  decisions: number;
  trades: number;
  errors: Readonly<Record<string, number>>;
}

export interface EdgekeeperMethods {
  signal(signal: EdgekeeperSignal): void;
  /** The latest decision; null before the first. */
  decision(): Decision | null;
  status(): EdgekeeperStatus;
  enable(): void;
  disable(): void;
}

/** Mix it into the type of `this.plugins`. */
export interface EdgekeeperPluginAPI {
  edgekeeper: EdgekeeperMethods;
}

export interface EdgekeeperPlugin {
  name: 'edgekeeper';
  api: EdgekeeperMethods;
  onBeforeOpen(this: DebutContext, order: DebutOrder): boolean | undefined;
  onOpen(this: DebutContext, order: DebutOrder): Promise<void>;
  onClose(this: DebutContext, order: DebutOrder, closing: DebutOrder): Promise<void>;
  onCandle(this: DebutContext, candle: DebutCandle): Promise<void>;
  onSnapshot(this: DebutContext): Record<string, unknown>;
  onHydrate(this: DebutContext, data: Record<string, unknown>): void;
}

/** The part of an engine that the plugin needs; an `OptimizationEngine` has it. */
export interface EdgekeeperEngine {
  decide(signal: Signal): Decision;
  recordTrade(trade: TradeInput): Trade | null;
  recordCandle(
    symbol: string,
    timeframe: string,
    candle: { time: number; open: number; high: number; low: number; close: number; volume: number },
  ): void;
  countError(code: string, error: unknown): void;
  updateOptimization(now: number): unknown;
  getStrategyWeight(strategy: string): number;
  subscribe(observer: (event: { readonly type: string; readonly time: number }) => void): () => void;
  snapshot(): unknown;
}

export interface EdgekeeperPluginExtras {
  /** An engine of your own, shared by several bots or kept on disk; the options on learning are its own then. */
  engine?: EdgekeeperEngine;
  /** Where lines go with `edgekeeperLog`; default the console. */
  log?: (line: string) => void;
}

/** What is kept of an open position until it closes. */
interface Open {
  readonly decision: Decision | null;
  readonly side: 'long' | 'short';
  readonly price: number;
  readonly time: number;
  readonly lots: number;
  /** In quote currency, for all the lots. */
  readonly fee: number;
  readonly stop?: number;
}

/** What was decided on an order that has not opened yet. */
interface Pending {
  readonly decision: Decision | null;
  /** Candles seen by then. */
  readonly candle: number;
  readonly stop?: number;
}

interface PluginState {
  readonly version: 1;
  readonly engine: unknown;
  readonly open: readonly (readonly [cid: string, open: Open])[];
}

/** Debut's intervals by ours. */
const TIMEFRAMES: Readonly<Record<string, string>> = {
  '1min': '1m',
  '3min': '3m',
  '5min': '5m',
  '15min': '15m',
  '30min': '30m',
  '1h': '1h',
  '2h': '2h',
  '4h': '4h',
  day: '1d',
  week: '1w',
};
const HOUR = 3_600_000;
/** Decisions on orders that have not opened yet; Debut opens one at a time. */
const PENDING = 64;
/** Candles after which an order that has not opened never will. */
const UNSENT_AFTER = 2;

/**
 * The plugin for Debut. State lives in this closure: nothing is global, nothing is awaited, no hook throws.
 *
 * @example
 * this.registerPlugins([edgekeeperPlugin(this.opts)]);
 */
export function edgekeeperPlugin(
  opts: EdgekeeperPluginOptions = {},
  extras: EdgekeeperPluginExtras = {},
): EdgekeeperPlugin {
  const engine = (extras.engine as OptimizationEngine | undefined) ?? new OptimizationEngine(configOf(opts));
  const own = extras.engine === undefined;
  const gate = new OrderGate(engine);
  const log = extras.log ?? ((line: string) => console.log(line));
  const signals = new Map<string, { signal: EdgekeeperSignal; candle: number }>();
  const pending = new Map<string, Pending>();
  const open = new Map<string, Open>();
  let strategy = opts.edgekeeperStrategy ?? '';
  let latest: Decision | null = null;
  let trades = 0;
  let candles = 0;
  let time = 0;
  let updated = -1;

  const say = (line: string) => {
    if (opts.edgekeeperLog) safely(() => log(`edgekeeper: ${line}`));
  };

  /** No hook may throw: an error in one orphans a position or ends the process. */
  function safely<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      engine.countError('ADAPTER_FAILED', error);
      return undefined;
    }
  }

  const nameOf = (order: DebutOrder): string => opts.edgekeeperStrategy ?? order.author ?? 'Debut';

  /** The class of the strategy is known only once it makes an order. */
  function useBaseWeight({ time: now }: DebutOrder): void {
    const weight = opts.edgekeeperBaseWeight;
    if (!own || weight === undefined || engine.config.baseWeights[strategy] === weight) return;
    engine.reconfigure(
      { ...engine.options, baseWeights: { [strategy]: weight } },
      { time: now ?? time, actor: 'edgekeeper', reason: 'the base weight of the strategy' },
    );
  }

  function takeSignal(type: string): EdgekeeperSignal | undefined {
    const known = signals.get(type);
    signals.delete(type);
    return known && known.candle === candles ? known.signal : undefined;
  }

  function beforeOpen(debut: DebutHost, order: DebutOrder): boolean | undefined {
    const said = takeSignal(order.type);
    strategy = nameOf(order);
    useBaseWeight(order);
    if (order.learning === true) return undefined;
    if (debut.orders.length > 0 && !opts.edgekeeperGateAdds) return undefined;
    const asked = Number(order.lots);
    const price = numberOr(order.price, debut.currentCandle?.c);
    const signal: Signal = {
      strategy,
      symbol: debut.opts.ticker,
      side: order.type === 'SELL' ? 'short' : 'long',
      time: numberOr(order.time, debut.currentCandle?.time) ?? time,
      reduceOnly: !opts.edgekeeperIncreases,
      size: asked * (debut.instrument?.lot ?? 1),
      ...(debut.opts.fee === undefined ? {} : { feeRate: debut.opts.fee / 100 }),
      ...saidBy(said),
    };
    // A strategy that tries again makes another order, with another client id.
    const verdict = gate.judge(signal, `${asked}\n${price}`);
    latest = verdict.decision ?? latest;
    const lots = verdict.multiplier === 1 ? asked : sendable(debut, asked, verdict.multiplier, price);
    if (lots === 0) return vetoed(debut, order, signal, verdict);
    if (lots !== asked) {
      order.lots = lots;
      say(
        `${strategy} ${signal.symbol} ${order.type} scaled x${verdict.multiplier.toFixed(3)}: ${asked} -> ${lots} lots (${reasonsOf(verdict)})`,
      );
    }
    remember(order, verdict.decision, said);
    return undefined;
  }

  function vetoed(
    debut: DebutHost,
    order: DebutOrder,
    signal: Signal,
    verdict: Verdict,
  ): boolean | undefined {
    const final = verdict.multiplier > 0 ? gate.withdraw(signal, verdict, 'BELOW_MIN') : verdict;
    latest = final.decision ?? latest;
    if (opts.edgekeeperShrink) {
      const least = minimumLots(debut, order);
      if (least > 0 && least <= order.lots) {
        say(
          `${strategy} ${signal.symbol} ${order.type} shrunk to the minimum of ${least} lots (${reasonsOf(final)})`,
        );
        order.lots = least;
        return undefined;
      }
    }
    say(`${strategy} ${signal.symbol} ${order.type} vetoed (${reasonsOf(final)})`);
    return true;
  }

  function remember(order: DebutOrder, decision: Decision | null, said: EdgekeeperSignal | undefined): void {
    pending.set(String(order.cid), {
      decision,
      candle: candles,
      ...(said?.stop === undefined ? {} : { stop: said.stop }),
    });
    if (pending.size > PENDING) pending.delete(pending.keys().next().value!);
  }

  /** Lots that can be sent, never more than decided; 0 below what the venue takes. */
  function sendable(
    { instrument, transport }: DebutHost,
    asked: number,
    multiplier: number,
    price: number | undefined,
  ): number {
    const wanted = asked * multiplier;
    if (!(wanted > 0) || !Number.isFinite(wanted)) return 0;
    const { id = '', lot = 1, lotPrecision, minQuantity = 0, minNotional = 0 } = instrument ?? {};
    const step = lotPrecision === undefined || lotPrecision > 12 ? 0 : 10 ** -lotPrecision;
    const floor = roundToLot(wanted, step);
    const prepare = (lots: number) => Number(transport.prepareLots(lots, id));
    let lots = floor > 0 ? prepare(floor) : 0;
    // Some venues round to the nearest lot, and none to no lot at all: as far below is not above what was decided.
    if (lots > wanted * (1 + 1e-9)) lots = prepare(2 * wanted - lots);
    const least = Math.max(minNotional, opts.edgekeeperMinNotional ?? 0);
    const fits = lots > 0 && Number.isFinite(lots) && lots <= wanted * (1 + 1e-9) && lots >= minQuantity;
    return fits && (price === undefined || lots * price * lot >= least) ? lots : 0;
  }

  function minimumLots({ instrument, transport }: DebutHost, order: DebutOrder): number {
    const { id = '', lot = 1, lotPrecision = 8, minQuantity = 0, minNotional = 0 } = instrument ?? {};
    const step = 10 ** -Math.min(8, lotPrecision);
    const price = numberOr(order.price) ?? 0;
    const least = Math.max(minNotional, opts.edgekeeperMinNotional ?? 0);
    const needed = Math.max(minQuantity, price > 0 ? least / (price * lot) : 0);
    // Up to the next step: rounded down it would be below the minimum again.
    return Number(transport.prepareLots(Math.ceil(needed / step - 1e-9) * step * (1 + 1e-12), id));
  }

  function opened(debut: DebutHost, order: DebutOrder): void {
    const cid = String(order.cid);
    const known = pending.get(cid);
    pending.delete(cid);
    if (order.learning === true) return;
    const price = numberOr(order.price, debut.currentCandle?.c);
    const lots = numberOr(order.executedLots, order.lots);
    if (price === undefined || lots === undefined) return;
    open.set(cid, {
      decision: known?.decision ?? null,
      side: order.type === 'SELL' ? 'short' : 'long',
      price,
      time: numberOr(order.time) ?? time,
      lots,
      fee: feeOf(debut, order, price, lots),
      ...(known?.stop === undefined ? {} : { stop: known.stop }),
    });
  }

  function closed(debut: DebutHost, order: DebutOrder, closing: DebutOrder): void {
    if (order.learning === true || closing.learning === true) return;
    const cid = String(closing.cid);
    const entry = open.get(cid) ?? unknownEntry(debut, closing, order);
    const price = numberOr(order.price, debut.currentCandle?.c);
    const lots = numberOr(order.executedLots, order.lots);
    if (!entry || price === undefined || lots === undefined || !(lots > 0)) {
      throw new Error(`a close of ${debut.opts.ticker} without a price or lots`);
    }
    const { lot = 1 } = debut.instrument ?? {};
    const final = order.reduce === undefined || order.reduce === 0;
    // The fee on entry belongs to the lots that were opened; this part pays its share.
    const fees = (entry.fee * lots) / entry.lots + feeOf(debut, order, price, lots);
    const gain = (entry.side === 'long' ? price - entry.price : entry.price - price) * lots * lot;
    const exitTime = Math.max(entry.time, numberOr(order.time) ?? time);
    const owner = entry.decision?.strategy ?? nameOf(closing);
    const trade = engine.recordTrade({
      id: `${debut.opts.ticker}/${owner}/${cid}/${String(order.cid)}`,
      strategy: owner,
      symbol: debut.opts.ticker,
      side: entry.side,
      entryTime: entry.time,
      exitTime,
      entryPrice: entry.price,
      exitPrice: price,
      size: lots * lot,
      fees,
      pnl: gain - fees,
      ...(entry.stop === undefined ? {} : { stop: entry.stop }),
      ...(entry.decision === null ? {} : { decision: entry.decision }),
    });
    if (final) open.delete(cid);
    if (!trade) return;
    trades += 1;
    say(
      `${trade.strategy} ${trade.symbol} ${trade.side} ${final ? 'closed' : 'reduced'}: ${lots} lots, pnl ${trade.pnl.toFixed(2)}, ${trade.r.toFixed(2)} R`,
    );
  }

  /** A position from before this plugin knew: what the host says about it has to do. */
  function unknownEntry(debut: DebutHost, closing: DebutOrder, order: DebutOrder): Open | null {
    const price = numberOr(closing.price);
    const lots = numberOr(order.executedLots, order.lots);
    if (price === undefined || lots === undefined) return null;
    engine.countError(
      'POSITION_UNKNOWN',
      new Error(`a position of ${debut.opts.ticker} from before the start`),
    );
    return {
      decision: null,
      side: closing.type === 'SELL' ? 'short' : 'long',
      price,
      time: numberOr(closing.time) ?? time,
      lots,
      fee: feeOf(debut, { ...closing, lots }, price, lots),
    };
  }

  /** A decision whose order never opened was not sent: a later plugin vetoed it, or the venue refused it. */
  function withdrawUnsent(debut: DebutHost): void {
    for (const [cid, { decision, candle }] of pending) {
      if (candles - candle < UNSENT_AFTER || debut.orders.some((order) => String(order.cid) === cid))
        continue;
      pending.delete(cid);
      if (decision) engine.withdraw(decision, 'NOT_SENT');
    }
  }

  function candleClosed(debut: DebutHost, candle: DebutCandle): void {
    candles += 1;
    withdrawUnsent(debut);
    const timeframe = TIMEFRAMES[debut.opts.interval];
    // Debut names its interval when it runs, not when the plugin is made.
    if (own && timeframe !== undefined && timeframe !== engine.config.timeframe)
      engine.reconfigure(
        { ...engine.options, timeframe },
        { time: candle.time, actor: 'edgekeeper', reason: 'the interval of the bot' },
      );
    if (timeframe !== undefined) {
      const { o, h, l, c, v } = candle;
      engine.recordCandle(debut.opts.ticker, timeframe, {
        time: candle.time,
        open: o,
        high: h,
        low: l,
        close: c,
        volume: v,
      });
    }
    time = candle.time;
    const hour = Math.floor(time / HOUR);
    if (hour > updated) {
      updated = hour;
      engine.updateOptimization(time);
    }
  }

  const authorship = () => ({ time, actor: 'strategy', reason: 'by the plugin API' });
  return {
    name: 'edgekeeper',
    api: {
      signal(signal) {
        safely(() => signals.set(signal.side, { signal, candle: candles }));
      },
      decision: () => latest,
      status: () => ({
        enabled: engine.flags.enabled,
        strategy,
        status: engine.manager.statusOf(strategy),
        weight: engine.getStrategyWeight(strategy),
        decisions: engine.getOptimizationStatus().decisions,
        trades,
        errors: engine.getOptimizationStatus().errors,
      }),
      enable() {
        safely(() => engine.setFlags({ enabled: true }, authorship()));
      },
      disable() {
        safely(() => engine.setFlags({ enabled: false }, authorship()));
      },
    },
    onBeforeOpen(order) {
      return safely(() => beforeOpen(this.debut, order));
    },
    async onOpen(order) {
      safely(() => opened(this.debut, order));
    },
    async onClose(order, closing) {
      safely(() => closed(this.debut, order, closing));
    },
    async onCandle(candle) {
      safely(() => candleClosed(this.debut, candle));
    },
    onSnapshot() {
      return (
        safely(() => {
          const state: PluginState = { version: 1, engine: own ? engine.snapshot() : null, open: [...open] };
          return JSON.parse(JSON.stringify(state)) as Record<string, unknown>;
        }) ?? {}
      );
    },
    onHydrate(data) {
      safely(() => {
        const state = data as unknown as PluginState;
        if (state.version !== 1) throw new Error(`a plugin state of version ${String(state.version)}`);
        if (own && state.engine) engine.restore(state.engine);
        open.clear();
        for (const [cid, entry] of state.open) open.set(cid, entry);
      });
    },
  };
}

/** The configuration that flat options make; what does not fit is refused with `CONFIG_INVALID`. */
function configOf(opts: EdgekeeperPluginOptions): Options {
  const strategy = opts.edgekeeperStrategy;
  const weight = opts.edgekeeperBaseWeight;
  const given = {
    enabled: opts.edgekeeper,
    qualityFiltering: opts.edgekeeperQuality,
    adaptiveWeighting: opts.edgekeeperWeighting,
    retirementManagement: opts.edgekeeperRetirement,
    preset: opts.edgekeeperAggressive ? ('aggressive' as const) : undefined,
    evidence: opts.edgekeeperLiteral ? ('literal' as const) : undefined,
    minQualityThreshold: opts.edgekeeperThreshold,
    adjustmentRate: opts.edgekeeperAdjustmentRate,
    minWeight: opts.edgekeeperMinWeight,
    maxWeight: opts.edgekeeperMaxWeight,
    baseWeights: weight === undefined || strategy === undefined ? undefined : { [strategy]: weight },
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Options;
}

const saidBy = (said: EdgekeeperSignal | undefined): Partial<Signal> => {
  const { side: _side, ...rest } = said ?? { side: 'BUY' };
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
};

const reasonsOf = ({ decision }: Verdict): string => decision?.reasons.join(', ') || 'no reason';

/** The first of some values that is a finite number, or a text of one. */
function numberOr(...values: (number | string | undefined)[]): number | undefined {
  for (const value of values) {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number)) return number;
  }
  return undefined;
}

/**
 * The fee of an order in quote currency. Binance charges spot buys in what was bought and calls it quote: of the two
 * readings of its number the one nearer to the fee rate is meant. A fee that nobody tells is the rate's.
 */
function feeOf({ opts, instrument }: DebutHost, order: DebutOrder, price: number, lots: number): number {
  const value = lots * price * (instrument?.lot ?? 1);
  const rate = (opts.fee ?? 0) / 100;
  const charged = numberOr(order.commission?.value);
  if (charged === undefined) return value * rate;
  const inBase =
    opts.broker === 'binance' && (opts.instrumentType ?? 'SPOT') === 'SPOT' && order.type === 'BUY';
  if (!inBase || !(charged > 0) || !(rate > 0)) return charged;
  const distance = (fee: number) => Math.abs(Math.log(fee / (value * rate)));
  return distance(charged * price) < distance(charged) ? charged * price : charged;
}
