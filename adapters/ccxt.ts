import { AsyncLocalStorage } from 'node:async_hooks';
import type { Decision, OptimizationEngine, RegimeLabel, Side } from '../src/index.ts';
import { type CcxtExchange, type CcxtOrder, type CcxtTrade, OrderProgress } from './ccxt-orders.ts';
import { LotBook } from './lots.ts';

export type { CcxtExchange } from './ccxt-orders.ts';

/** What the bot knows about an order that a ccxt call does not say. */
export interface OrderIntent {
  readonly strategy?: string;
  /** Two calls with one id are one signal, such as a retried order. */
  readonly signalId?: string;
  readonly confidence?: number;
  readonly confluence?: number;
  readonly alignment?: number;
  readonly regime?: RegimeLabel;
  /** Stop and target price of the position that the order opens. */
  readonly stop?: number;
  readonly target?: number;
  /** See `Signal`: `host` when the bot leaves by these prices and by `engine.recordExitSignal` alone. */
  readonly exitRule?: 'host';
  /** What a market order of the bot slips, as a rate; as configured where absent. */
  readonly slippageRate?: number;
}

/** A ccxt order call, as `identify` sees it. */
export interface OrderCall {
  readonly symbol: string;
  readonly type: string;
  readonly side: string;
  readonly amount: number;
  readonly price: number | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface AttachOptions {
  readonly engine: OptimizationEngine;
  /** Strategy of every order that `identify` does not name one for. */
  readonly strategy?: string;
  /**
   * Looks up what the bot knows about an order: its strategy, confidence, stop. Must not wait. An order of
   * which it says undefined, with no `strategy` given either, is somebody's by hand and stays untouched.
   */
  readonly identify?: (order: OrderCall) => OrderIntent | undefined;
  /**
   * Whether the bot sells what it holds, not what it once asked for. Only then is it safe to scale an
   * entry; otherwise entries are vetoed or sent whole.
   */
  readonly sizing?: 'veto-only' | 'host-reads-position';
}

interface Tracked {
  readonly progress: OrderProgress;
  readonly strategy: string;
  readonly symbol: string;
  readonly exit: boolean;
  readonly stop?: number;
  readonly decision?: Decision;
  readonly equityAtEntry?: number;
}

/** Methods whose answers are read in passing, to see what filled. */
const ORDER_READERS = [
  'fetchOrder',
  'fetchOrders',
  'fetchOpenOrders',
  'fetchClosedOrders',
  'cancelOrder',
] as const;
const UNNAMED = 'default';
const FINAL = new Set(['closed', 'canceled', 'expired', 'rejected']);

type Method = (...args: unknown[]) => Promise<unknown>;
type Patchable = CcxtExchange & Record<string, Method | undefined>;

/**
 * Puts an engine between a bot and its ccxt exchange, from outside: spot buys are judged before they are
 * sent, everything that reduces exposure passes untouched, and what fills is paired into trades.
 * A vetoed order rejects with a subclass of the exchange's own InvalidOrder, which bots know how to survive.
 *
 * @example
 * const detach = attach(exchange, { engine, strategy: 'EMA_Trend' });
 *
 * @returns a function that restores the exchange exactly
 */
export function attach(exchange: CcxtExchange, options: AttachOptions): () => void {
  const { engine } = options;
  const target = exchange as Patchable;
  const lots = new LotBook();
  const tracked = new Map<string, Tracked>();
  const restores: (() => void)[] = [];
  const inside = new AsyncLocalStorage<true>();

  function patch(name: string, wrap: (original: Method) => Method): void {
    const original = target[name];
    if (typeof original !== 'function') return;
    const own = Object.getOwnPropertyDescriptor(target, name);
    Object.defineProperty(target, name, {
      value: wrap(original.bind(target)),
      configurable: true,
      writable: true,
    });
    restores.push(() => {
      if (own) Object.defineProperty(target, name, own);
      else delete (target as Record<string, unknown>)[name];
    });
  }

  /** Runs our own code beside the host's: whatever fails in it is counted, never thrown into the host. */
  function aside<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      engine.countError('ADAPTER_FAILED', error);
      return undefined;
    }
  }

  /** What is known of an order; null for one that `identify` does not know, such as a manual one. */
  function intentOf(call: OrderCall): (OrderIntent & { readonly strategy: string }) | null {
    let intent: OrderIntent | undefined = {};
    try {
      if (options.identify) intent = options.identify(call);
    } catch (error) {
      engine.countError('ADAPTER_FAILED', error);
      intent = {};
    }
    if (intent === undefined && options.strategy === undefined) return null;
    return { ...intent, strategy: intent?.strategy ?? options.strategy ?? UNNAMED };
  }

  function isSpot(call: OrderCall): boolean {
    const { params } = call;
    return (
      exchange.market(call.symbol).spot !== false && params.marginMode === undefined && params.margin !== true
    );
  }

  function isEntry(call: OrderCall): boolean {
    const { params } = call;
    const reduces = params.reduceOnly || params.reduce_only || params.closePosition;
    const conditional = params.stopLossPrice !== undefined || params.takeProfitPrice !== undefined;
    return call.side === 'buy' && !reduces && !conditional;
  }

  /** The amount to send: the host's own, a smaller or larger one, or null for a veto. */
  function judge(
    call: OrderCall,
  ): { readonly amount: number | null; readonly decision: Decision } | undefined {
    const intent = intentOf(call);
    if (intent === null) return undefined;
    const decision = engine.decide({
      id: intent.signalId ?? signalId(call, intent.strategy, exchange.milliseconds()),
      strategy: intent.strategy,
      symbol: call.symbol,
      side: 'long' satisfies Side,
      time: exchange.milliseconds(),
      reduceOnly: true,
      scalable: options.sizing === 'host-reads-position' && !isCostOrder(call),
      size: call.amount,
      ...(exchange.market(call.symbol).taker === undefined
        ? {}
        : { feeRate: exchange.market(call.symbol).taker }),
      ...defined(intent, [
        'confidence',
        'confluence',
        'alignment',
        'regime',
        'stop',
        'target',
        'exitRule',
        'slippageRate',
      ]),
    });
    if (decision.action === 'pass' || decision.multiplier === 1) return { amount: call.amount, decision };
    if (decision.multiplier === 0) return { amount: null, decision };
    const price = call.price ?? engine.detector.lastClose(call.symbol) ?? undefined;
    const amount = scaledAmount(exchange, { ...call, price }, decision.multiplier);
    return amount > 0
      ? { amount, decision }
      : { amount: null, decision: engine.withdraw(decision, 'BELOW_MIN') };
  }

  function track(order: CcxtOrder, call: OrderCall, decision: Decision | undefined): void {
    if (order?.id === undefined || tracked.has(order.id)) return;
    const intent = intentOf(call);
    if (intent === null) return;
    tracked.set(order.id, {
      progress: new OrderProgress(order.id, exchange.market(call.symbol)),
      strategy: intent.strategy,
      symbol: call.symbol,
      exit: call.side === 'sell',
      ...(intent.stop === undefined ? {} : { stop: intent.stop }),
      ...(decision === undefined || decision.action === 'pass' ? {} : { decision }),
      ...(engine.portfolio.equity === null ? {} : { equityAtEntry: engine.portfolio.equity }),
    });
    observe(order);
  }

  function observe(order: CcxtOrder | undefined): void {
    const known = order?.id === undefined ? undefined : tracked.get(order.id);
    if (!order || !known) return;
    settle(known, known.progress.fromOrder(order, exchange.milliseconds()));
    if (FINAL.has(order.status ?? '')) tracked.delete(order.id!);
  }

  function settle(order: Tracked, fill: ReturnType<OrderProgress['fromOrder']>): void {
    if (fill === null) return;
    const { limits } = exchange.market(order.symbol);
    const fee = fill.quoteFee;
    const entry = { ...order, side: 'long' as const };
    if (!order.exit) {
      lots.open(entry, { ...fill, fee });
      return;
    }
    for (const trade of lots.close(entry, { ...fill, fee, dust: limits?.amount?.min ?? 0 }))
      aside(() => engine.recordTrade(trade));
  }

  patch('createOrder', (original) => async (...args) => {
    const [symbol, type, side, amount, price, params = {}] = args as [
      string,
      string,
      string,
      number,
      number?,
      object?,
    ];
    const call: OrderCall = { symbol, type, side, amount, price, params: params as OrderCall['params'] };
    // ccxt loads markets within createOrder; the rules of the market are needed before it.
    if (exchange.markets === undefined) await exchange.loadMarkets?.();
    const spot = aside(() => isSpot(call)) ?? false;
    const judged = inside.getStore()
      ? undefined
      : spot && aside(() => isEntry(call))
        ? aside(() => judge(call))
        : undefined;
    if (judged?.amount === null) throw veto(exchange, judged.decision);
    const sent =
      judged !== undefined && judged.amount !== amount
        ? [symbol, type, side, judged.amount, ...args.slice(4)]
        : args;
    const order = (await original(...sent)) as CcxtOrder;
    if (spot) aside(() => track(order, call, judged?.decision));
    return order;
  });

  // ccxt edits an order by cancelling it and creating another: what was judged once is not judged again.
  patch(
    'editOrder',
    (original) =>
      (...args) =>
        inside.run(true, () => original(...args)),
  );

  for (const name of ORDER_READERS) {
    patch(name, (original) => async (...args) => {
      const answer = await original(...args);
      aside(() => {
        for (const order of Array.isArray(answer) ? answer : [answer]) observe(order as CcxtOrder);
      });
      return answer;
    });
  }

  patch('fetchMyTrades', (original) => async (...args) => {
    const answer = await original(...args);
    aside(() => {
      for (const trade of answer as CcxtTrade[]) {
        const known = trade.order === undefined ? undefined : tracked.get(trade.order);
        if (known) settle(known, known.progress.fromTrade(trade, exchange.milliseconds()));
      }
    });
    return answer;
  });

  return () => {
    for (const restore of restores.reverse()) restore();
  };
}

/** An order that says what to spend instead of how much to buy. */
function isCostOrder({ params }: OrderCall): boolean {
  return params.cost !== undefined || params.quoteOrderQty !== undefined;
}

/** Retries of one order within a minute are one signal, where the bot gives no id of its own. */
function signalId({ symbol, side, params, amount }: OrderCall, strategy: string, now: number): string {
  const own = params.clientOrderId;
  return typeof own === 'string'
    ? own
    : `${strategy}:${symbol}:${side}:${amount}:${Math.floor(now / 60_000)}`;
}

/** The scaled amount at the venue's precision, or 0 where it is below the venue's minimum. */
function scaledAmount(
  exchange: CcxtExchange,
  { symbol, amount, price }: OrderCall,
  multiplier: number,
): number {
  const { limits } = exchange.market(symbol);
  const wanted = Math.min(
    amount * multiplier,
    Math.max(amount, limits?.amount?.max ?? Number.POSITIVE_INFINITY),
  );
  if (wanted < (limits?.amount?.min ?? 0)) return 0;
  let rounded: number;
  try {
    rounded = Number(exchange.amountToPrecision(symbol, wanted));
  } catch {
    // ccxt answers an amount below the smallest step with InvalidOrder.
    return 0;
  }
  if (price !== undefined && rounded * price < (limits?.cost?.min ?? 0)) return 0;
  return Number.isFinite(rounded) && rounded > 0 ? rounded : 0;
}

/** A rejection that the host's own error handling takes for an invalid order. */
function veto(exchange: CcxtExchange, decision: Decision): Error {
  const message = `edgekeeper blocked ${decision.strategy} ${decision.symbol}: ${decision.reasons.join(', ')}`;
  return Object.assign(new (vetoClass(exchange))(message), { decision });
}

const vetoClasses = new WeakMap<ErrorConstructor, new (message: string) => Error>();

function vetoClass(exchange: CcxtExchange): new (message: string) => Error {
  const base = invalidOrderClass(exchange);
  let made = vetoClasses.get(base);
  if (!made) {
    made = class OrderVetoed extends base {
      override name = 'OrderVetoed';
    };
    vetoClasses.set(base, made);
  }
  return made;
}

/**
 * The InvalidOrder of the very ccxt build that the bot uses: its ESM and CommonJS builds have different
 * classes, so it is taken from what the exchange itself throws for an amount of nothing.
 */
function invalidOrderClass(exchange: CcxtExchange): ErrorConstructor {
  const [symbol] = Object.keys(exchange.markets ?? {});
  if (symbol === undefined) return Error;
  try {
    exchange.amountToPrecision(symbol, 0);
  } catch (error) {
    if (error instanceof Error) return error.constructor as ErrorConstructor;
  }
  return Error;
}

function defined<T extends object, K extends keyof T>(source: T, keys: readonly K[]): Partial<Pick<T, K>> {
  return Object.fromEntries(
    keys.filter((key) => source[key] !== undefined).map((key) => [key, source[key]]),
  ) as Partial<Pick<T, K>>;
}
