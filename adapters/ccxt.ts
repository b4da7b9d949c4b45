import { AsyncLocalStorage } from 'node:async_hooks';
import type { Decision, OptimizationEngine, RegimeLabel, Signal } from '../src/index.ts';
import { timeframeMs } from '../src/index.ts';
import {
  costOf,
  type Exposure,
  exposureOf,
  isSpot,
  type OrderCall,
  sendableAmount,
  sendableCost,
} from './ccxt-calls.ts';
import { currentIntent, orderTag, strategyOfTag } from './ccxt-identity.ts';
import {
  type CcxtExchange,
  type CcxtOrder,
  type CcxtTrade,
  type OrderFill,
  OrderProgress,
  type PriceOf,
  splitFees,
} from './ccxt-orders.ts';
import { OrderGate, type Verdict } from './gate.ts';
import { LotBook, type LotBookState } from './lots.ts';

export type { OrderCall } from './ccxt-calls.ts';
export { withStrategy } from './ccxt-identity.ts';
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

export const SIZINGS = ['veto-only', 'host-reads-position', 'translate-exits'] as const;
/**
 * What the bot does with its exits. `veto-only`: it sells what it once asked for, so entries are sent whole or not
 * at all; `host-reads-position`: it sells what it holds, so entries can be scaled; `translate-exits`: entries are
 * scaled, and an exit by the quantity the bot believes in becomes the same share of what is held.
 */
export type Sizing = (typeof SIZINGS)[number];

export interface AttachOptions {
  readonly engine: OptimizationEngine;
  /** Strategy of every order that neither `withStrategy` nor `identify` names one for. */
  readonly strategy?: string;
  /**
   * Looks up what the bot knows about an order: its strategy, confidence, stop. Must not wait. An order of
   * which it says undefined, with no `strategy` given either, is somebody's by hand and stays untouched.
   */
  readonly identify?: (order: OrderCall) => OrderIntent | undefined;
  /** Default `veto-only`. */
  readonly sizing?: Sizing;
  /** Marks orders that have no client order id with one, by which they are known again after a restart; default false. */
  readonly tagOrders?: boolean;
  /** What an earlier attachment left open, as its `state()` said. */
  readonly state?: AttachmentState;
}

/** Positions that an attachment knows of, as plain JSON: keep it to record closes over a restart. */
export interface AttachmentState {
  readonly lots: LotBookState;
  /** What the bot believes to hold, where exits are translated. */
  readonly believed: readonly (readonly [key: string, amount: number])[];
}

/** Restores the exchange exactly when it is called. */
export interface Detach {
  (): void;
  state(): AttachmentState;
  /** Resolves when every close whose fee had to be asked for is recorded. */
  settled(): Promise<void>;
}

interface Tracked {
  readonly progress: OrderProgress;
  readonly strategy: string;
  readonly symbol: string;
  readonly spot: boolean;
  readonly side: Exposure['side'];
  /** What is left to close before fills open anything, and whether they have begun to. */
  closes: number;
  begun?: boolean;
  /** What was asked for and what was sent to open, by which later edits are scaled. */
  readonly asked: number;
  readonly sent: number;
  readonly stop?: number;
  readonly decision?: Decision;
  readonly equityAtEntry?: number;
}

/** What was found about one call before it goes out. */
interface Judged {
  readonly args: unknown[];
  readonly call: OrderCall;
  readonly exposure: Exposure;
  readonly sentToOpen: number;
  readonly intent: OrderIntent & { readonly strategy: string };
  readonly decision: Decision | null;
  /** It reduces the account's position, which is other strategies': to its own strategy it is an entry. */
  readonly nets?: boolean;
}

interface Vetoed {
  readonly call: OrderCall;
  readonly vetoed: Decision | null;
  readonly strategy: string;
}

/** Methods whose answers are read in passing, to see what filled. */
const ORDER_READERS = [
  'fetchOrder',
  'fetchOrders',
  'fetchOpenOrders',
  'fetchClosedOrders',
  'fetchCanceledOrders',
  'cancelOrder',
  'cancelOrders',
  'watchOrders',
] as const;
const TRADE_READERS = ['fetchMyTrades', 'fetchOrderTrades', 'watchMyTrades'] as const;
/** Methods that only ever close; they pass untouched, and what they send is an exit. */
const CLOSERS = ['closePosition', 'closeAllPositions'] as const;
const UNNAMED = 'default';
const FINAL = new Set(['closed', 'canceled', 'expired', 'rejected']);
/** Orders watched at a time; a bot that never looks at its orders again must not fill the memory. */
const MAX_TRACKED = 5000;

/**
 * The exchanges whose order calls are being made now. ccxt's methods call each other, such as an edit that
 * cancels and creates: what was judged once is not judged again. One for all, because every AsyncLocalStorage
 * that has ever run slows all promises of the process.
 */
const calling = new AsyncLocalStorage<readonly object[]>();

type Method = (...args: unknown[]) => Promise<unknown>;
type Patchable = CcxtExchange & Record<string, Method | undefined>;

/**
 * Puts an engine between a bot and its ccxt exchange, from outside: orders that open exposure are judged before
 * they are sent, everything that reduces it passes untouched, and what fills is paired into trades. A vetoed
 * order rejects with a subclass of the exchange's own InvalidOrder, which bots know how to survive.
 *
 * @example
 * const detach = attach(exchange, { engine, strategy: 'EMA_Trend' });
 */
export function attach(exchange: CcxtExchange, options: AttachOptions): Detach {
  const { engine, sizing = 'veto-only' } = options;
  const target = exchange as Patchable;
  const gate = new OrderGate(engine);
  const lots = new LotBook();
  const tracked = new Map<string, Tracked>();
  /** Signed positions by symbol, of derivatives and margin; absent where unknown. */
  const positions = new Map<string, number>();
  const asked = new Set<string>();
  const believed = new Map<string, number>(options.state?.believed ?? []);
  const restores: (() => void)[] = [];
  const waiting = new Set<Promise<void>>();
  let sequence = 0;
  if (options.state) lots.restore(options.state.lots);

  /** Wraps a method under both of its names: ccxt has every method in camel case and in snake case. */
  function patch(name: string, wrap: (original: Method) => Method): void {
    const original = target[name];
    if (typeof original !== 'function') return;
    const value = wrap(original.bind(target));
    const alias = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    for (const key of typeof target[alias] === 'function' ? [name, alias] : [name]) {
      const own = Object.getOwnPropertyDescriptor(target, key);
      Object.defineProperty(target, key, { value, configurable: true, writable: true });
      restores.push(() => {
        if (own) Object.defineProperty(target, key, own);
        else delete (target as Record<string, unknown>)[key];
      });
    }
  }

  const isInside = (): boolean => calling.getStore()?.includes(exchange) ?? false;
  const within = <T>(work: () => T): T => calling.run([...(calling.getStore() ?? []), exchange], work);

  /** Runs our own code beside the host's: whatever fails in it is counted, never thrown into the host. */
  function aside<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      engine.countError('ADAPTER_FAILED', error);
      return undefined;
    }
  }

  const priceOf: PriceOf = (currency, quote) =>
    engine.detector.lastClose(`${currency}/${quote}`) ?? undefined;

  /** What is known of an order; null for one that nobody knows, such as a manual one. */
  function intentOf(call: OrderCall): (OrderIntent & { readonly strategy: string }) | null {
    const said = currentIntent();
    let looked: OrderIntent | undefined = options.identify ? undefined : {};
    try {
      looked = options.identify ? options.identify(call) : {};
    } catch (error) {
      engine.countError('ADAPTER_FAILED', error);
      looked = {};
    }
    const tag = strategyOfTag(call.params.clientOrderId, engine.manager.getStrategies());
    const strategy = said?.strategy ?? looked?.strategy ?? tag ?? options.strategy;
    if (strategy === undefined && looked === undefined && said === undefined) return null;
    return { ...looked, ...said, strategy: strategy ?? UNNAMED };
  }

  /** What an exchange says about a position is asked for once a symbol, where it can be asked. */
  async function learnPosition(symbol: string): Promise<void> {
    if (asked.has(symbol) || positions.has(symbol)) return;
    asked.add(symbol);
    if (!exchange.has?.fetchPositions || typeof target.fetchPositions !== 'function') return;
    try {
      let position = 0;
      for (const each of (await target.fetchPositions([symbol])) as CcxtPosition[]) {
        if (each.symbol !== symbol) continue;
        const size = Number(each.contracts ?? 0);
        position += each.side === 'short' ? -size : size;
      }
      if (Number.isFinite(position) && !positions.has(symbol)) positions.set(symbol, position);
    } catch (error) {
      // The position stays unknown, and what is unknown is not judged.
      engine.countError('POSITION_UNKNOWN', error);
    }
  }

  /** Judges one call; undefined for one that is not the overlay's business. */
  function judge(call: OrderCall): Judged | Vetoed | undefined {
    const intent = intentOf(call);
    if (intent === null) return undefined;
    const { symbol, params, type, side, price } = call;
    const spot = isSpot(call, exchange);
    // What the strategy itself holds comes first: on a net account its exit may look like an entry, and back.
    const own = spot ? 0 : ownPosition(intent.strategy, symbol);
    const position = spot ? null : own !== 0 ? own : (positions.get(symbol) ?? null);
    const exposure = exposureOf(call, spot, position);
    const asIs = {
      args: [symbol, type, side, call.amount, price, tagged(params, intent.strategy)],
      call,
      exposure,
      sentToOpen: exposure.opens,
      intent,
      decision: null,
      nets: exposure.opens === 0 && own === 0 && position !== null && position !== 0,
    };
    if (exposure.opens === 0) return { ...asIs, args: exitArgs(asIs.args, call, exposure, intent.strategy) };
    const cost = costOf(call, exchange);
    const reference = price ?? engine.detector.lastClose(symbol) ?? undefined;
    const signal = signalOf(
      call,
      intent,
      exposure,
      cost === null || reference === undefined ? null : cost.cost / reference,
    );
    const retry = String(params.clientOrderId ?? `${call.amount}\n${price}\n${type}\n${cost?.cost}`);
    const verdict = gate.judge(signal, retry, intent.signalId !== undefined);
    if (verdict.multiplier === 0) return { call, vetoed: verdict.decision, strategy: intent.strategy };
    if (verdict.multiplier === 1 || sizing === 'veto-only') return { ...asIs, decision: verdict.decision };
    return scaled(asIs, cost, verdict, reference, signal);
  }

  /** What a strategy holds on a symbol, in contracts; positive for long. */
  function ownPosition(strategy: string, symbol: string): number {
    const size = (side: Exposure['side']) => lots.openSize({ strategy, symbol, side });
    const net = size('long') - size('short');
    const { contractSize = 1, inverse } = exchange.market(symbol);
    if (!inverse) return net / contractSize;
    // An inverse lot holds base units at its entry price.
    const lot = lots.snapshot().find((each) => each.strategy === strategy && each.symbol === symbol);
    return lot ? (net * lot.price) / contractSize : 0;
  }

  function scaled(
    asIs: Judged,
    cost: ReturnType<typeof costOf>,
    verdict: Verdict,
    reference: number | undefined,
    signal: Signal,
  ): Judged | Vetoed {
    const { call, exposure } = asIs;
    const { symbol, type, side, price } = call;
    const params = asIs.args[5] as OrderCall['params'];
    const { decision, multiplier } = verdict;
    const tooSmall = (): Vetoed => ({
      call,
      vetoed: gate.withdraw(signal, verdict, 'BELOW_MIN').decision,
      strategy: asIs.intent.strategy,
    });
    if (cost) {
      const spend = sendableCost(exchange, symbol, cost.cost * multiplier);
      if (spend === 0) return tooSmall();
      const amount = cost.key === 'amount' ? spend : call.amount;
      const scaledParams = cost.key === 'amount' ? params : { ...params, [cost.key]: spend };
      return {
        ...asIs,
        args: [symbol, type, side, amount, price, scaledParams],
        sentToOpen: exposure.opens * multiplier,
        decision,
      };
    }
    const most = exchange.market(symbol).limits?.amount?.max ?? Number.POSITIVE_INFINITY;
    const opens = Math.min(exposure.opens * multiplier, Math.max(exposure.opens, most));
    const amount = sendableAmount(exchange, symbol, exposure.closes + opens, reference);
    // Of an order that turns a position around, the part that closes it goes out whatever becomes of the rest.
    if (amount <= exposure.closes * (1 + 1e-9)) {
      if (exposure.closes === 0) return tooSmall();
      const { decision: withdrawn } = gate.withdraw(signal, verdict, 'BELOW_MIN');
      return {
        ...asIs,
        args: [symbol, type, side, exposure.closes, price, params],
        sentToOpen: 0,
        decision: withdrawn,
      };
    }
    return {
      ...asIs,
      args: [symbol, type, side, amount, price, params],
      sentToOpen: amount - exposure.closes,
      decision,
    };
  }

  function signalOf(
    call: OrderCall,
    intent: OrderIntent & { readonly strategy: string },
    exposure: Exposure,
    baseOfCost: number | null,
  ): Signal {
    const { taker, contractSize = 1 } = exchange.market(call.symbol);
    const { clientOrderId } = call.params;
    const id = intent.signalId ?? (typeof clientOrderId === 'string' ? clientOrderId : undefined);
    return {
      ...(id === undefined ? {} : { id }),
      strategy: intent.strategy,
      symbol: call.symbol,
      side: exposure.side,
      time: exchange.milliseconds(),
      reduceOnly: true,
      scalable: sizing !== 'veto-only',
      size: baseOfCost ?? exposure.opens * contractSize,
      ...(taker === undefined ? {} : { feeRate: taker }),
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
    };
  }

  /** An exit as the host made it; where exits are translated, the same share of what is held. */
  function exitArgs(
    args: unknown[],
    { amount, symbol }: OrderCall,
    { side }: Exposure,
    strategy: string,
  ): unknown[] {
    if (sizing !== 'translate-exits') return args;
    const entry = { strategy, symbol, side };
    const held = lots.openSize(entry) / (exchange.market(symbol).contractSize ?? 1);
    const belief = believed.get(beliefKey(entry)) ?? 0;
    if (!(held > 0) || !(belief > held * (1 + 1e-9))) return args;
    const share = Math.min(1, amount / belief);
    const translated = share > 1 - 1e-9 ? held : held * share;
    const sendable = aside(() => sendableAmount(exchange, symbol, translated, undefined)) ?? 0;
    return sendable > 0 ? [args[0], args[1], args[2], sendable, args[4], args[5]] : args;
  }

  function tagged(params: OrderCall['params'], strategy: string): OrderCall['params'] {
    if (!options.tagOrders || params.clientOrderId !== undefined) return params;
    sequence += 1;
    return { ...params, clientOrderId: orderTag(strategy, exchange.milliseconds(), sequence) };
  }

  function track(order: CcxtOrder | undefined, judged: Judged): void {
    if (order?.id === undefined || tracked.has(order.id)) return;
    const { call, exposure, intent, decision, sentToOpen, nets = false } = judged;
    const entersOwn = nets
      ? { side: call.side === 'buy' ? ('long' as const) : ('short' as const), closes: 0 }
      : {};
    tracked.set(order.id, {
      progress: new OrderProgress(order.id, exchange.market(call.symbol), priceOf),
      strategy: intent.strategy,
      symbol: call.symbol,
      spot: isSpot(call, exchange),
      side: exposure.side,
      closes: exposure.opens > 0 ? exposure.closes : Number.POSITIVE_INFINITY,
      asked: nets ? call.amount : exposure.opens,
      sent: nets ? call.amount : sentToOpen,
      ...entersOwn,
      ...(intent.stop === undefined ? {} : { stop: intent.stop }),
      ...(decision === null ? {} : { decision }),
      ...(engine.portfolio.equity === null || engine.portfolio.equity <= 0
        ? {}
        : { equityAtEntry: engine.portfolio.equity }),
    });
    if (tracked.size > MAX_TRACKED) tracked.delete(tracked.keys().next().value!);
    observe(order);
  }

  /** An order that is known by its tag alone, from before a restart. */
  function adopt(order: CcxtOrder): Tracked | undefined {
    const strategy = strategyOfTag(order.clientOrderId, engine.manager.getStrategies());
    if (strategy === undefined || order.id === undefined || order.symbol === undefined) return undefined;
    const call: OrderCall = {
      symbol: order.symbol,
      type: 'market',
      side: order.side ?? 'buy',
      amount: Number(order.filled ?? 0),
      price: undefined,
      params: {},
    };
    const exposure = exposureOf(call, isSpot(call, exchange), positions.get(order.symbol) ?? null);
    track(order, {
      args: [],
      call,
      exposure,
      sentToOpen: exposure.opens,
      intent: { strategy },
      decision: null,
    });
    return tracked.get(order.id);
  }

  function observe(order: CcxtOrder | undefined): void {
    if (order?.id === undefined) return;
    const known = tracked.get(order.id) ?? adopt(order);
    if (!known) return;
    settle(known, known.progress.fromOrder(order, exchange.milliseconds()), order.id);
    if (FINAL.has(order.status ?? '')) tracked.delete(order.id);
  }

  /** Books what an order filled: first it closes what it was to close, the rest opens. */
  function settle(order: Tracked, fill: OrderFill | null, orderId: string): void {
    if (fill === null) return;
    const { symbol, spot } = order;
    const opensLong = order.side === 'long';
    const closing = Math.min(order.closes, fill.amount);
    order.closes -= closing;
    const opening = fill.amount - closing;
    if (!spot && positions.has(symbol)) {
      const pure = order.asked === 0;
      const buys = pure ? !opensLong : opensLong;
      positions.set(symbol, positions.get(symbol)! + (buys ? fill.amount : -fill.amount));
    } else if (!spot && opening > 0) {
      positions.set(symbol, opensLong ? opening : -opening);
    }
    if (closing > 0) {
      const side = order.asked === 0 ? order.side : opensLong ? 'short' : 'long';
      book(
        order,
        { ...fill, amount: closing, quoteFee: (fill.quoteFee * closing) / fill.amount },
        side,
        orderId,
      );
    }
    if (opening > 0) {
      const share = opening / fill.amount;
      const { amount, price, fee, baseFee } = inBase(order, { ...fill, amount: opening }, share);
      const entry = { ...order, side: order.side };
      if (sizing === 'translate-exits' && order.sent > 0) {
        const key = beliefKey(entry);
        believed.set(key, (believed.get(key) ?? 0) + (opening * order.asked) / order.sent);
      }
      const { limits, contractSize = 1 } = exchange.market(symbol);
      const dust = (limits?.amount?.min ?? 0) * (spot ? 1 : contractSize);
      // The parts of one entry are one position: only the first of them can begin a new one.
      const begins = !order.begun;
      order.begun = true;
      lots.open(entry, {
        id: fill.id,
        time: fill.time,
        price,
        amount,
        fee,
        ...(baseFee > 0 ? { baseFee } : {}),
        ...(begins ? { dust } : {}),
      });
    }
  }

  /** Amounts in base units, fees in quote currency; on spot a fee in base comes out of what was bought. */
  function inBase({ symbol, spot }: Tracked, fill: OrderFill, share: number) {
    const { contractSize = 1, inverse } = exchange.market(symbol);
    const { amount, price, quoteFee, baseFee } = fill;
    return {
      price,
      amount: spot ? amount : inverse ? (amount * contractSize) / price : amount * contractSize,
      fee: (spot ? quoteFee : quoteFee + baseFee * price) * share,
      baseFee: spot ? baseFee * share : 0,
    };
  }

  /** Books a close, once its fee is known; an exchange that does not say it is asked for it once. */
  function book(order: Tracked, fill: OrderFill, side: Exposure['side'], orderId: string): void {
    const original = target.fetchMyTrades;
    if (fill.feeKnown || !exchange.has?.fetchMyTrades || typeof original !== 'function') {
      close(order, fill, side);
      return;
    }
    const asking = within(() => original(order.symbol, fill.time - 60_000, 100))
      .then((trades) => {
        const own = (trades as CcxtTrade[]).filter((trade) => trade.order === orderId);
        const amount = own.reduce((sum, trade) => sum + Number(trade.amount ?? 0), 0);
        const fees = own.map((trade) => splitFees(trade, exchange.market(order.symbol), priceOf));
        if (!(amount > 0) || fees.includes(null)) return fill;
        const share = Math.min(1, fill.amount / amount);
        const total = fees.reduce((sum, fee) => sum + fee!.quote + fee!.base * fill.price, 0);
        return { ...fill, quoteFee: total * share, baseFee: 0 };
      })
      .catch((error) => {
        // The taker's rate stands in for a fee that nobody tells.
        engine.countError('FEES_UNKNOWN', error);
        return fill;
      })
      .then((known) => void aside(() => close(order, known, side)));
    waiting.add(asking);
    void asking.finally(() => waiting.delete(asking));
  }

  function close(order: Tracked, fill: OrderFill, side: Exposure['side']): void {
    const { symbol, strategy, spot } = order;
    const { contractSize = 1, inverse } = exchange.market(symbol);
    const entry = { ...order, side };
    const { price, fee } = inBase(order, fill, 1);
    const held = lots.openSize(entry);
    // An inverse lot holds base units at its entry price: what closes is the same share of its contracts.
    const lot =
      inverse && !spot
        ? lots
            .snapshot()
            .find((each) => each.strategy === strategy && each.symbol === symbol && each.side === side)
        : undefined;
    const amount = spot
      ? fill.amount
      : inverse
        ? (fill.amount * contractSize) / (lot?.price ?? price)
        : fill.amount * contractSize;
    const trades = lots.close(entry, {
      id: fill.id,
      time: fill.time,
      price,
      amount,
      fee: fee + (spot ? fill.baseFee * price : 0),
    });
    const key = beliefKey(entry);
    const belief = believed.get(key);
    const left = lots.openSize(entry);
    if (belief !== undefined) {
      if (left > 0) believed.set(key, belief * (left / held));
      else believed.delete(key);
    }
    if (trades.length === 0)
      engine.countError(
        'POSITION_UNKNOWN',
        new Error(`${strategy} closed ${fill.amount} ${symbol} that it is not known to hold`),
      );
    for (const trade of trades) aside(() => engine.recordTrade(trade));
  }

  /** ccxt loads markets within an order call; the rules of the market are needed before it. */
  async function prepare(symbols: readonly string[]): Promise<void> {
    if (exchange.markets === undefined) await exchange.loadMarkets?.();
    for (const symbol of symbols)
      if (aside(() => exchange.market(symbol).spot) === false) await learnPosition(symbol);
  }

  const callOf = ([symbol, type, side, amount, price, params = {}]: unknown[]): OrderCall => ({
    symbol: symbol as string,
    type: String(type),
    side: String(side).toLowerCase(),
    amount: Number(amount),
    price: price === undefined || price === null ? undefined : Number(price),
    params: (params ?? {}) as OrderCall['params'],
  });

  const isVeto = (judged: Judged | Vetoed | undefined): judged is Vetoed =>
    judged !== undefined && 'vetoed' in judged;

  for (const name of ['createOrder', 'createOrderWs']) {
    patch(name, (original) => async (...args) => {
      if (isInside()) return original(...args);
      const call = callOf(args);
      await prepare([call.symbol]);
      const judged = aside(() => judge(call));
      if (isVeto(judged)) throw veto(exchange, judged);
      const order = await within(() => original(...(judged && changed(judged, call) ? judged.args : args)));
      if (judged) aside(() => track(order as CcxtOrder, judged));
      return order;
    });
  }

  for (const name of ['createOrders', 'createOrdersWs']) {
    patch(name, (original) => async (...args) => {
      const orders = args[0] as Record<string, unknown>[];
      if (isInside() || !Array.isArray(orders)) return original(...args);
      const calls = orders.map((each) =>
        callOf([each.symbol, each.type, each.side, each.amount, each.price, each.params]),
      );
      await prepare(calls.map(({ symbol }) => symbol));
      const judged = calls.map((call) => aside(() => judge(call)));
      const sent = orders.flatMap((each, i) => {
        const found = judged[i];
        if (isVeto(found)) return [];
        if (!found || !changed(found, calls[i]!)) return [each];
        return [{ ...each, amount: found.args[3], params: found.args[5] }];
      });
      const answers =
        sent.length === 0 ? [] : ((await within(() => original(sent, ...args.slice(1)))) as CcxtOrder[]);
      let next = 0;
      return judged.map((found) => {
        if (isVeto(found)) return rejected(found);
        const answer = answers[next++];
        if (found) aside(() => track(answer, found));
        return answer;
      });
    });
  }

  patch('createTwapOrder', (original) => async (...args) => {
    const [symbol, side, amount, duration, params = {}] = args;
    if (isInside()) return original(...args);
    const call = callOf([symbol, 'twap', side, amount, undefined, params]);
    await prepare([call.symbol]);
    const judged = aside(() => judge(call));
    if (isVeto(judged)) throw veto(exchange, judged);
    const sent =
      judged && changed(judged, call) ? [symbol, side, judged.args[3], duration, judged.args[5]] : args;
    const order = await within(() => original(...sent));
    if (judged) aside(() => track(order as CcxtOrder, judged));
    return order;
  });

  /** An edit of an order that was scaled: what the host asked for becomes the same share of it again, never a share of a share. */
  function edited(id: unknown, amount: unknown): unknown {
    const known = tracked.get(String(id));
    const wanted = Number(amount);
    if (!known || known.asked === 0 || known.sent === known.asked || !(wanted > known.sent * (1 + 1e-9)))
      return amount;
    if (Math.abs(wanted - known.asked) <= known.asked * 1e-9) return known.sent;
    const share = (wanted * known.sent) / known.asked;
    return aside(() => sendableAmount(exchange, known.symbol, share, undefined)) || amount;
  }

  /** The order that stands in for an edited one is the same position. */
  function follow(id: unknown, known: Tracked | undefined, order: CcxtOrder | undefined): void {
    if (!known || order?.id === undefined || order.id === String(id)) {
      observe(order);
      return;
    }
    tracked.set(order.id, {
      ...known,
      progress: new OrderProgress(order.id, exchange.market(known.symbol), priceOf),
    });
    observe(order);
  }

  for (const name of ['editOrder', 'editOrderWs']) {
    patch(name, (original) => async (...args) => {
      if (isInside()) return original(...args);
      const [id, symbol, type, side, amount, ...rest] = args;
      const sent = amount === undefined ? args : [id, symbol, type, side, edited(id, amount), ...rest];
      // Some exchanges edit by cancelling: the order that was is forgotten by then.
      const known = tracked.get(String(id));
      const order = await within(() => original(...sent));
      aside(() => follow(id, known, order as CcxtOrder));
      return order;
    });
  }

  for (const name of ['editOrders', 'editOrdersWs']) {
    patch(name, (original) => async (...args) => {
      const orders = args[0] as Record<string, unknown>[];
      if (isInside() || !Array.isArray(orders)) return original(...args);
      const sent = orders.map((each) =>
        each.amount === undefined ? each : { ...each, amount: edited(each.id, each.amount) },
      );
      const known = orders.map(({ id }) => tracked.get(String(id)));
      const answers = (await within(() => original(sent, ...args.slice(1)))) as CcxtOrder[];
      aside(() => {
        for (const [i, answer] of answers.entries()) follow(orders[i]!.id, known[i], answer);
      });
      return answers;
    });
  }

  for (const name of CLOSERS) {
    patch(name, (original) => async (...args) => {
      const answer = await within(() => original(...args));
      aside(() => {
        for (const order of (Array.isArray(answer) ? answer : [answer]) as (CcxtOrder | undefined)[])
          closed(order);
      });
      return answer;
    });
  }

  function closed(order: CcxtOrder | undefined): void {
    if (order?.id === undefined || order.symbol === undefined) return;
    const call = callOf([
      order.symbol,
      'market',
      order.side ?? 'sell',
      order.filled ?? 0,
      undefined,
      { reduceOnly: true },
    ]);
    const intent = intentOf(call);
    if (intent === null) return;
    const exposure: Exposure = {
      side: call.side === 'buy' ? 'short' : 'long',
      opens: 0,
      closes: call.amount,
    };
    track(order, { args: [], call, exposure, sentToOpen: 0, intent, decision: null });
  }

  for (const name of ORDER_READERS) {
    patch(name, (original) => async (...args) => {
      const answer = await original(...args);
      aside(() => {
        for (const order of Array.isArray(answer) ? answer : [answer]) observe(order as CcxtOrder);
      });
      return answer;
    });
  }

  for (const name of TRADE_READERS) {
    patch(name, (original) => async (...args) => {
      const answer = await original(...args);
      aside(() => {
        for (const trade of answer as CcxtTrade[]) {
          const known = trade.order === undefined ? undefined : tracked.get(trade.order);
          if (known) settle(known, known.progress.fromTrade(trade, exchange.milliseconds()), trade.order!);
        }
      });
      return answer;
    });
  }

  // Candles that the bot looks at anyway tell the regimes; the last one may not have closed yet.
  patch('fetchOHLCV', (original) => async (...args) => {
    const answer = await original(...args);
    aside(() => candlesSeen(args[0] as string, args[1] as string | undefined, answer as number[][]));
    return answer;
  });

  function candlesSeen(symbol: string, timeframe = '1m', rows: readonly number[][]): void {
    if (timeframe !== engine.config.timeframe) return;
    const interval = timeframeMs(timeframe);
    const now = exchange.milliseconds();
    for (const [time, open, high, low, close, volume] of rows) {
      if (!(time! > engine.detector.lastTime(symbol)) || time! + interval > now) continue;
      engine.recordCandle(symbol, timeframe, {
        time: time!,
        open: open!,
        high: high!,
        low: low!,
        close: close!,
        volume: volume ?? 0,
      });
    }
  }

  const detach = () => {
    for (const restore of restores.splice(0).reverse()) restore();
  };
  return Object.assign(detach, {
    state: (): AttachmentState => ({ lots: lots.snapshot(), believed: [...believed] }),
    settled: async () => {
      await Promise.all(waiting);
    },
  });
}

interface CcxtPosition {
  readonly symbol?: string;
  readonly side?: string;
  readonly contracts?: number;
}

const beliefKey = ({ strategy, symbol, side }: { strategy: string; symbol: string; side: string }): string =>
  JSON.stringify([strategy, symbol, side]);

/** Whether what goes out is not what came in: a call that is not changed goes out with its very arguments. */
const changed = ({ args }: Judged, { amount, params }: OrderCall): boolean =>
  args[3] !== amount || args[5] !== params;

/** The slot of a batch that was vetoed, as ccxt reports an order that the exchange refused. */
function rejected({ call, vetoed }: Vetoed): CcxtOrder {
  const { symbol, type, side, amount, price } = call;
  return {
    symbol,
    type,
    side,
    amount,
    price,
    filled: 0,
    remaining: amount,
    status: 'rejected',
    trades: [],
    fees: [],
    info: { edgekeeper: vetoed?.reasons ?? [] },
  };
}

/** A rejection that the host's own error handling takes for an invalid order. */
function veto(exchange: CcxtExchange, { call, vetoed, strategy }: Vetoed): Error {
  const message = `edgekeeper blocked ${strategy} ${call.symbol}: ${vetoed?.reasons.join(', ') ?? ''}`;
  return Object.assign(new (vetoClass(exchange))(message), { decision: vetoed });
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
