import type { Decision, OptimizationEngine, Signal } from '../../src/index.ts';
import { atMinimum, leastOf } from '../core/at-minimum.ts';
import { type AccountExposure, splitBy } from '../core/exposure.ts';
import type { OrderGate, Verdict } from '../core/gate.ts';
import { signalOf } from '../core/signal.ts';
import type { Books } from './books.ts';
import {
  attachedPrices,
  type Doubt,
  hasAttached,
  isConditional,
  isUnclear,
  type OrderCall,
  readCall,
  reducesOnly,
} from './calls.ts';
import { type NamedIntent, orderTag } from './intent.ts';
import { levelsOf } from './levels.ts';
import { type CcxtExchange, type CcxtMarket, marketOf, unitOf } from './market.ts';
import type { Prices } from './prices.ts';
import { type Draft, type Found, foundIn } from './sent-orders.ts';
import {
  type Cost,
  closableAmount,
  costOf,
  needsPrice,
  type Sizing,
  sendableAmount,
  sendableCost,
} from './sizing.ts';

/** The entry that an order was judged as, to be told from its retries. */
export interface Asked {
  readonly signal: Signal;
  readonly retry: string;
  readonly verdict: Verdict;
}

/** What is to be done with a call. */
export type Judgement =
  | {
      readonly action: 'send';
      /** Amount and parameters to send; the bot's own where nothing changes. */
      readonly amount: unknown;
      readonly params: OrderCall['params'];
      readonly found: Found;
      readonly asked: Asked | null;
    }
  | {
      readonly action: 'veto';
      readonly call: OrderCall;
      readonly strategy: string;
      readonly verdict: Verdict;
    };

export interface JudgeOptions {
  readonly exchange: CcxtExchange;
  readonly engine: OptimizationEngine;
  readonly gate: OrderGate;
  readonly books: Books;
  readonly exposure: AccountExposure;
  readonly prices: Prices;
  readonly sizing: Sizing;
  /** Called with a symbol whose price would have been needed. */
  readonly wantPrice: (symbol: string) => void;
  /** Gives orders without a client id one of ours. */
  readonly tags: boolean;
}

/** A judgement that is still being made: nobody else holds what was found out. */
type Send = Omit<Extract<Judgement, { action: 'send' }>, 'found'> & { readonly found: Draft };

/** Judges order calls: what certainly opens exposure is put to the gate, everything else goes out as it is, at once. */
export class Judge {
  readonly #options: JudgeOptions;
  #tagged = 0;

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  judge(call: OrderCall, intent: NamedIntent): Judgement {
    const { exchange, books, sizing, exposure } = this.#options;
    const market = marketOf(exchange, call.symbol);
    const reading = readCall(call, exchange);
    const found = this.#found(call, intent, reading);
    const asIs: Send = {
      action: 'send',
      amount: call.given,
      params: this.#tag(call.params, intent.strategy),
      found,
      asked: null,
    };
    if (reading.kind === 'doubt') return this.#unjudged(asIs, reading.why);
    if (reading.kind === 'exit') {
      const units =
        sizing === 'translate-exits' && market ? (this.#translated(found, market)?.units ?? null) : null;
      if (found.conditional && market)
        books.bookOf(call.symbol).guard(found.strategy, found.side!, call.amount, levelsOf(call));
      return units === null ? asIs : sending(asIs, units);
    }
    if (reading.kind === 'entry') return this.#entry(call, intent, asIs, market!, call.amount, 0);
    const range = exposure.range(call.symbol, exchange.milliseconds(), books.doubted(call.symbol));
    if (range === null) return this.#unjudged(asIs, 'POSITION_UNKNOWN');
    const closed = { ...found, side: found.buys ? ('short' as const) : ('long' as const) };
    const translated = sizing === 'translate-exits' ? this.#translated(closed, market!) : null;
    // What the bot believes to close comes before what the account says: it holds less than it takes itself to hold.
    const amount = translated === null ? call.amount : translated.units + translated.excess;
    const split = splitBy(range, found.buys, amount);
    if (split !== null && split.opens > 0)
      return this.#entry(call, intent, asIs, market!, split.opens, split.closes);
    const sent = translated === null ? asIs : sending(asIs, amount);
    return split === null ? this.#unjudged(sent, 'FILL_UNKNOWN') : sent;
  }

  /** @param opens units that certainly open exposure, besides those that close some */
  #entry(
    call: OrderCall,
    intent: NamedIntent,
    asIs: Send,
    market: CcxtMarket,
    opens: number,
    closes: number,
  ): Judgement {
    const { gate, exchange, prices, sizing, engine } = this.#options;
    const cost = costOf(call, market, exchange);
    const price = call.price ?? prices.of(call.symbol) ?? engine.detector.lastClose(call.symbol) ?? undefined;
    const units = cost ? (price === undefined ? cost.cost : cost.cost / price) : opens;
    const signal = this.#signal(call, intent, market, units);
    const retry = String(
      call.params.clientOrderId ?? `${call.given}\n${call.price}\n${call.type}\n${cost?.cost}`,
    );
    const verdict = gate.judge(signal, retry, intent.signalId !== undefined);
    const { amount: given, params, found } = asIs;
    found.closes = closes;
    const entry: Send = { action: 'send', amount: given, params, found, asked: { signal, retry, verdict } };
    if (verdict.multiplier === 0) return this.#withheld(call, entry, verdict);
    const scales = verdict.multiplier !== 1 && sizing !== 'veto-only';
    const isUntold = scales && cost === null && needsPrice(market, price);
    // What the venue takes at least cannot be told without a price: the order goes out whole.
    if (isUntold) this.#options.wantPrice(call.symbol);
    if (!scales || isUntold) return decided(entry, wholly(verdict));
    if (cost) return this.#spend(call, entry, market, cost);
    const most = market.limits?.amount?.max ?? Number.POSITIVE_INFINITY;
    const wanted = Math.min(opens * verdict.multiplier, Math.max(opens, most));
    const closing = closes > 0 ? closableAmount(exchange, market, closes) : 0;
    const amount = sendableAmount(exchange, market, closing + wanted, price);
    if (amount > closing * (1 + 1e-9)) return sending(decided(entry, verdict.decision), amount);
    const least = closing > 0 ? 0 : leastOf(opens, (units) => sendableAmount(exchange, market, units, price));
    const taught = atMinimum(verdict, least / opens);
    if (taught === null) return this.#tooSmall(call, entry);
    return sending(decided(entry, taught.decision), least);
  }

  /** An entry by cost, scaled. */
  #spend(call: OrderCall, entry: Send, market: CcxtMarket, { key, cost }: Cost): Judgement {
    const { verdict } = entry.asked!;
    const sendable = (wanted: number) => sendableCost(this.#options.exchange, market, wanted);
    const share = sendable(cost * verdict.multiplier);
    const spend = share || leastOf(cost, sendable);
    const taught = share > 0 ? verdict : atMinimum(verdict, spend / cost);
    if (taught === null) return this.#tooSmall(call, entry);
    entry.found.asked = cost;
    const scaled = sending(decided(entry, taught.decision), spend);
    return key === 'amount'
      ? scaled
      : { ...scaled, amount: call.given, params: { ...scaled.params, [key]: spend } };
  }

  #tooSmall(call: OrderCall, entry: Send): Judgement {
    const { signal, verdict } = entry.asked!;
    return this.#withheld(call, entry, this.#options.gate.withdraw(signal, verdict, 'BELOW_MIN'));
  }

  /** Nothing of the entry goes out; of an order that turns a position around, the part that closes it does. */
  #withheld(call: OrderCall, entry: Send, verdict: Verdict): Judgement {
    const { closes, strategy } = entry.found;
    const market = marketOf(this.#options.exchange, call.symbol);
    if (!(closes > 0) || !market) return { action: 'veto', call, strategy, verdict };
    const units = closableAmount(this.#options.exchange, market, closes);
    return sending(decided(entry, verdict.decision), units);
  }

  #unjudged(asIs: Send, reason: Doubt): Judgement {
    const { engine } = this.#options;
    const { strategy, symbol, time } = asIs.found;
    engine.recordUnjudged({ strategy, symbol, time, reason });
    return asIs;
  }

  #found(call: OrderCall, intent: NamedIntent, reading: ReturnType<typeof readCall>): Draft {
    const { engine, exchange } = this.#options;
    const { equity } = engine.portfolio;
    const stop = intent.stop ?? attachedPrices(call).stop;
    const market = marketOf(exchange, call.symbol);
    const levels = levelsOf(call);
    const found = foundIn(call, reading, {
      strategy: intent.strategy,
      unclear: isUnclear(call, exchange),
      reduces: reducesOnly(call) || (reading.kind === 'exit' && reading.hedged),
      conditional: isConditional(call),
      attached: hasAttached(call),
      time: exchange.milliseconds(),
    });
    if (market && costOf(call, market, exchange)) found.byCost = true;
    if (levels !== null) found.levels = levels;
    if (stop !== undefined) found.stop = stop;
    if (equity !== null && equity > 0) found.equityAtEntry = equity;
    return found;
  }

  #signal(call: OrderCall, intent: NamedIntent, market: CcxtMarket, units: number): Signal {
    const { exchange, sizing, prices } = this.#options;
    const { size, inverse } = unitOf(market);
    const price = call.price ?? prices.of(call.symbol);
    const base = inverse ? (price === undefined ? undefined : (units * size) / price) : units * size;
    const { clientOrderId } = call.params;
    const id = intent.signalId ?? (typeof clientOrderId === 'string' ? clientOrderId : undefined);
    const attached = attachedPrices(call);
    return signalOf({
      id,
      strategy: intent.strategy,
      symbol: call.symbol,
      side: call.side === 'buy' ? 'long' : 'short',
      time: exchange.milliseconds(),
      confidence: intent.confidence,
      confluence: intent.confluence,
      alignment: intent.alignment,
      regime: intent.regime,
      reduceOnly: true,
      size: base,
      stop: intent.stop ?? attached.stop,
      target: intent.target ?? attached.target,
      exitRule: intent.exitRule,
      feeRate: market.taker,
      slippageRate: intent.slippageRate,
      scalable: sizing !== 'veto-only',
    });
  }

  /**
   * Where exits are translated: the same share of what is held as the bot asks for of what it believes to hold, and
   * what it asks for beyond that; null for no change.
   */
  #translated(
    { strategy, symbol, side, asked }: Found,
    market: CcxtMarket,
  ): { readonly units: number; readonly excess: number } | null {
    const { exchange, books } = this.#options;
    const { held, believed, most } = books.belief(strategy, symbol, side!);
    const isScaled = believed > held * (1 + 1e-9);
    // What was bought by cost is sold as the bot asks for it, up to what there is.
    const isBeyond = most > held * (1 + 1e-9) && asked > held * (1 + 1e-9);
    if (!(held > 0) || !(isScaled || isBeyond)) return null;
    const share = Math.min(1, asked / believed);
    const units = sendableAmount(exchange, market, share > 1 - 1e-9 ? held : held * share, undefined);
    const excess = asked - most > asked * 1e-9 ? asked - most : 0;
    return units > 0 ? { units, excess } : null;
  }

  #tag(params: OrderCall['params'], strategy: string): OrderCall['params'] {
    if (!this.#options.tags || params.clientOrderId !== undefined) return params;
    this.#tagged += 1;
    return {
      ...params,
      clientOrderId: orderTag(strategy, this.#options.exchange.milliseconds(), this.#tagged),
    };
  }
}

/** Sends so many units. */
function sending(send: Send, units: number): Send {
  send.found.sent = units;
  return { ...send, amount: units };
}

/** Notes the decision by which it is sent, where there is one. */
function decided(send: Send, decision: Decision | null): Send {
  if (decision !== null) send.found.decision = decision;
  return send;
}

/** The decision on what is sent whole, whatever factor it said: by it the size is told that the bot meant. */
function wholly({ decision, reasons }: Verdict): Decision | null {
  if (decision === null || decision.multiplier === 1) return decision;
  return { ...decision, multiplier: 1, reasons: [...reasons, 'SIZE_FIXED'] };
}
