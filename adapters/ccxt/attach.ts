import { AsyncLocalStorage } from 'node:async_hooks';
import { type OptimizationEngine, type RegimeLabel, type Signal, timeframeMs } from '../../src/index.ts';
import { pickDefined } from '../../src/model/pick.ts';
import { OrderGate, type Verdict } from '../core/gate.ts';
import { type AttachmentState, Books, type Sent, type Sizing } from './books.ts';
import {
  costOf,
  type Exposure,
  exposureOf,
  isSpot,
  needsPosition,
  type OrderCall,
  saysExit,
  sendableAmount,
  sendableCost,
} from './calls.ts';
import { currentIntent, orderTag, strategyOfTag } from './identity.ts';
import type { CcxtExchange, CcxtOrder, CcxtTrade } from './orders.ts';
import { rejected, type Vetoed, veto } from './veto.ts';

export { type AttachmentState, SIZINGS, type Sizing } from './books.ts';
export type { OrderCall } from './calls.ts';
export { withStrategy } from './identity.ts';
export type { CcxtExchange } from './orders.ts';

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

/** Restores the exchange exactly when it is called. */
export interface Detach {
  (): void;
  state(): AttachmentState;
  /** Resolves when every close whose fee had to be asked for is recorded. */
  settled(): Promise<void>;
}

/** A call that goes out, with its arguments. */
interface Judged extends Sent {
  readonly args: unknown[];
  readonly intent: OrderIntent & { readonly strategy: string };
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
  const restores: (() => void)[] = [];
  let sequence = 0;

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

  const books = new Books(exchange, engine, sizing, options.state);

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

  /** Judges one call; undefined for one that is not the overlay's business. */
  function judge(call: OrderCall): Judged | Vetoed | undefined {
    const intent = intentOf(call);
    if (intent === null) return undefined;
    const { symbol, params, type, side, price } = call;
    const spot = isSpot(call, exchange);
    // What the strategy itself holds comes first: on a net account its exit may look like an entry, and back.
    const own = spot ? 0 : books.ownPosition(intent.strategy, symbol);
    const cost = costOf(call, exchange);
    const reference = price ?? engine.detector.lastClose(symbol) ?? undefined;
    const sized = cost ? { ...call, amount: reference ? cost.cost / reference : cost.cost } : call;
    // Against an entry of which nobody knows yet what it filled, an order may be its exit.
    const doubtful = !spot && books.hasUnresolved(symbol, side === 'buy' ? 'short' : 'long');
    const position = spot || doubtful ? null : own !== 0 ? own : books.positionOf(symbol);
    const exposure = exposureOf(sized, spot, position);
    const asIs = {
      args: [symbol, type, side, call.amount, price, tagged(params, intent.strategy)],
      call,
      exposure,
      sentToOpen: exposure.opens,
      intent,
      decision: null,
      nets:
        exposure.opens === 0 &&
        own === 0 &&
        position !== null &&
        !saysExit(call) &&
        books.othersHold(intent.strategy, symbol, exposure.side),
    };
    if (exposure.opens === 0) return { ...asIs, args: exitArgs(asIs.args, call, exposure, intent.strategy) };
    const signal = signalOf(call, intent, exposure);
    const retry = String(params.clientOrderId ?? `${call.amount}\n${price}\n${type}\n${cost?.cost}`);
    const verdict = gate.judge(signal, retry, intent.signalId !== undefined);
    if (verdict.multiplier === 0) {
      // Of an order that turns a position around, the part that closes it goes out.
      return exposure.closes > 0
        ? closingPart(asIs, verdict.decision)
        : { call, vetoed: verdict.decision, strategy: intent.strategy };
    }
    if (verdict.multiplier === 1 || sizing === 'veto-only') return { ...asIs, decision: verdict.decision };
    return scaled(asIs, cost, verdict, reference, signal);
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
      const amount = cost.key === 'amount' ? spend : call.given;
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
    if (amount <= exposure.closes * (1 + 1e-9))
      return exposure.closes === 0
        ? tooSmall()
        : closingPart(asIs, gate.withdraw(signal, verdict, 'BELOW_MIN').decision);
    return {
      ...asIs,
      args: [symbol, type, side, amount, price, params],
      sentToOpen: amount - exposure.closes,
      decision,
    };
  }

  function closingPart(asIs: Judged, decision: Sent['decision']): Judged {
    const { args, exposure } = asIs;
    const sent = [...args];
    sent[3] = exposure.closes;
    return {
      ...asIs,
      args: sent,
      exposure: { ...exposure, opens: 0, side: otherSide(exposure.side) },
      sentToOpen: 0,
      decision,
    };
  }

  function signalOf(
    call: OrderCall,
    intent: OrderIntent & { readonly strategy: string },
    exposure: Exposure,
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
      size: exposure.opens * contractSize,
      ...(taker === undefined ? {} : { feeRate: taker }),
      ...pickDefined(intent, [
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
    const { held, belief } = books.beliefOf({ strategy, symbol, side });
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

  /** ccxt loads markets within an order call; the rules of the market are needed before it. */
  async function prepare(calls: readonly OrderCall[]): Promise<void> {
    if (exchange.markets === undefined) await exchange.loadMarkets?.();
    for (const call of calls)
      if (aside(() => needsPosition(call, exchange))) await books.learnPosition(call.symbol);
  }

  const callOf = ([symbol, type, side, amount, price, params = {}]: unknown[]): OrderCall => ({
    symbol: symbol as string,
    type: String(type),
    side: String(side).toLowerCase(),
    amount: Number(amount),
    given: amount,
    price: price === undefined || price === null ? undefined : Number(price),
    params: (params ?? {}) as OrderCall['params'],
  });

  const isVeto = (judged: Judged | Vetoed | undefined): judged is Vetoed =>
    judged !== undefined && 'vetoed' in judged;

  /**
   * Judges one call, and sends what is to be sent of it.
   * @param send the call with its own arguments, or with those that were judged
   */
  async function judgeAndSend(
    call: OrderCall,
    send: (args: readonly unknown[] | null) => Promise<unknown>,
  ): Promise<unknown> {
    await prepare([call]);
    const judged = aside(() => judge(call));
    if (isVeto(judged)) throw veto(exchange, judged);
    const order = await within(() => send(judged && changed(judged, call) ? judged.args : null));
    if (judged) aside(() => books.track(order as CcxtOrder, judged));
    return order;
  }

  for (const name of ['createOrder', 'createOrderWs']) {
    patch(name, (original) => async (...args) => {
      if (isInside()) return original(...args);
      return judgeAndSend(callOf(args), (judged) => original(...(judged ?? args)));
    });
  }

  for (const name of ['createOrders', 'createOrdersWs']) {
    patch(name, (original) => async (...args) => {
      const orders = args[0] as Record<string, unknown>[];
      if (isInside() || !Array.isArray(orders)) return original(...args);
      const calls = orders.map((each) =>
        callOf([each.symbol, each.type, each.side, each.amount, each.price, each.params]),
      );
      await prepare(calls);
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
        if (found) aside(() => books.track(answer, found));
        return answer;
      });
    });
  }

  patch('createTwapOrder', (original) => async (...args) => {
    const [symbol, side, amount, duration, params = {}] = args;
    if (isInside()) return original(...args);
    const call = callOf([symbol, 'twap', side, amount, undefined, params]);
    return judgeAndSend(call, (judged) =>
      original(...(judged ? [symbol, side, judged[3], duration, judged[5]] : args)),
    );
  });

  /** An edit of an order that was scaled: what the host asked for becomes the same share of it again, never a share of a share. */
  function edited(id: unknown, amount: unknown): unknown {
    const known = books.get(id);
    const wanted = Number(amount);
    if (!known || known.asked === 0 || known.sent === known.asked || !(wanted > known.sent * (1 + 1e-9)))
      return amount;
    if (Math.abs(wanted - known.asked) <= known.asked * 1e-9) return known.sent;
    const share = (wanted * known.sent) / known.asked;
    return aside(() => sendableAmount(exchange, known.symbol, share, undefined)) || amount;
  }

  for (const name of ['editOrder', 'editOrderWs']) {
    patch(name, (original) => async (...args) => {
      if (isInside()) return original(...args);
      const [id, symbol, type, side, amount, ...rest] = args;
      const sent = amount === undefined ? args : [id, symbol, type, side, edited(id, amount), ...rest];
      // Some exchanges edit by cancelling: the order that was is forgotten by then.
      const known = books.get(id);
      const order = await within(() => original(...sent));
      aside(() => books.follow(id, known, order as CcxtOrder));
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
      const known = orders.map(({ id }) => books.get(id));
      const answers = (await within(() => original(sent, ...args.slice(1)))) as CcxtOrder[];
      aside(() => {
        for (const [i, answer] of answers.entries()) books.follow(orders[i]!.id, known[i], answer);
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
    books.track(order, { call, exposure, sentToOpen: 0, intent, decision: null });
  }

  for (const name of ORDER_READERS) {
    patch(name, (original) => async (...args) => {
      const answer = await original(...args);
      aside(() => {
        for (const order of Array.isArray(answer) ? answer : [answer]) books.observe(order as CcxtOrder);
      });
      return answer;
    });
  }

  for (const name of TRADE_READERS) {
    patch(name, (original) => async (...args) => {
      const answer = await original(...args);
      aside(() => {
        for (const trade of answer as CcxtTrade[]) books.observeTrade(trade);
      });
      return answer;
    });
  }

  for (const name of ['fetchPositions', 'fetchPosition', 'watchPositions']) {
    patch(name, (original) => async (...args) => {
      const answer = await original(...args);
      aside(() => books.learn(Array.isArray(answer) ? answer : [answer]));
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
    gate.close();
    for (const restore of restores.splice(0).reverse()) restore();
  };
  return Object.assign(detach, {
    state: () => books.state(),
    settled: () => books.settled(),
  });
}

const otherSide = (side: Exposure['side']): Exposure['side'] => (side === 'long' ? 'short' : 'long');

/** Whether what goes out is not what came in: a call that is not changed goes out with its very arguments. */
const changed = ({ args }: Judged, { amount, params }: OrderCall): boolean =>
  !Object.is(args[3], amount) || args[5] !== params;
