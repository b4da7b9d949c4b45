import type { Decision, OptimizationEngine, TradeInput } from '../../src/index.ts';
import { LotBook, type LotBookState } from '../core/lots.ts';
import { type Exposure, exposureOf, isSpot, type OrderCall } from './calls.ts';
import { strategyOfTag } from './identity.ts';
import {
  type CcxtExchange,
  type CcxtOrder,
  type CcxtTrade,
  type OrderFill,
  OrderProgress,
  type PriceOf,
  splitFees,
} from './orders.ts';

export const SIZINGS = ['veto-only', 'host-reads-position', 'translate-exits'] as const;
/**
 * What the bot does with its exits. `veto-only`: it sells what it once asked for, so entries are sent whole or not
 * at all; `host-reads-position`: it sells what it holds, so entries can be scaled; `translate-exits`: entries are
 * scaled, and an exit by the quantity the bot believes in becomes the same share of what is held.
 */
export type Sizing = (typeof SIZINGS)[number];

/** Positions that an attachment knows of, as plain JSON: keep it to record closes over a restart. */
export interface AttachmentState {
  readonly lots: LotBookState;
  /** What the bot believes to hold, where exits are translated. */
  readonly believed: readonly (readonly [key: string, amount: number])[];
}

/** An order whose fills are watched. */
export interface Tracked {
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

/** An order that went out, with what it was found to do. */
export interface Sent {
  readonly call: OrderCall;
  readonly exposure: Exposure;
  readonly sentToOpen: number;
  readonly intent: { readonly strategy: string; readonly stop?: number };
  readonly decision: Decision | null;
  /** It reduces the account's position, which is other strategies': to its own strategy it is an entry. */
  readonly nets?: boolean;
}

const FINAL = new Set(['closed', 'canceled', 'expired', 'rejected']);
/** Orders watched at a time; a bot that never looks at its orders again must not fill the memory. */
const MAX_TRACKED = 5000;

interface CcxtPosition {
  readonly symbol?: string;
  readonly side?: string;
  readonly contracts?: number;
}

const beliefKey = ({ strategy, symbol, side }: { strategy: string; symbol: string; side: string }): string =>
  JSON.stringify([strategy, symbol, side]);

/** A position that the exchange did not tell is asked for again after this, in ms. */
const ASK_AGAIN = 60_000;
/** How long an order may wait, once for a symbol, for what the exchange says about its position; in ms. */
const PATIENCE = 3000;

const patience = (): Promise<never> =>
  new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no answer within ${PATIENCE} ms`)), PATIENCE).unref();
  });

/** What was sent and what it filled: positions by strategy, and closed trades for the engine. */
export class Books {
  readonly #exchange: CcxtExchange;
  readonly #engine: OptimizationEngine;
  readonly #sizing: Sizing;
  readonly #lots = new LotBook();
  readonly #tracked = new Map<string, Tracked>();
  /** Signed positions by symbol, of derivatives and margin; absent where unknown. */
  readonly #positions = new Map<string, number>();
  /** When a position may be asked for again, by symbol. */
  readonly #askAgainAt = new Map<string, number>();
  /** Orders that are final and booked. */
  readonly #finished = new Set<string>();
  readonly #believed: Map<string, number>;
  readonly #waiting = new Set<Promise<void>>();
  readonly #priceOf: PriceOf = (currency, quote) =>
    this.#engine.detector.lastClose(`${currency}/${quote}`) ?? undefined;

  constructor(exchange: CcxtExchange, engine: OptimizationEngine, sizing: Sizing, state?: AttachmentState) {
    this.#exchange = exchange;
    this.#engine = engine;
    this.#sizing = sizing;
    this.#believed = new Map(state?.believed ?? []);
    if (state) this.#lots.restore(state.lots);
  }

  state(): AttachmentState {
    return { lots: this.#lots.snapshot(), believed: [...this.#believed] };
  }

  /** Resolves when every close whose fee had to be asked for is recorded. */
  async settled(): Promise<void> {
    await Promise.all(this.#waiting);
  }

  /** Signed position of the account on a symbol; null where it is not known. */
  positionOf(symbol: string): number | null {
    return this.#positions.get(symbol) ?? null;
  }

  /** The order that is watched under an id. */
  get(id: unknown): Tracked | undefined {
    return this.#tracked.get(String(id));
  }

  /** What a strategy holds, in contracts, and what its bot believes it to be. */
  beliefOf(entry: { strategy: string; symbol: string; side: Exposure['side'] }): {
    held: number;
    belief: number;
  } {
    const { contractSize = 1 } = this.#exchange.market(entry.symbol);
    return {
      held: this.#lots.openSize(entry) / contractSize,
      belief: this.#believed.get(beliefKey(entry)) ?? 0,
    };
  }

  observeTrade(trade: CcxtTrade): void {
    const known = trade.order === undefined ? undefined : this.#tracked.get(trade.order);
    if (known)
      this.#settle(known, known.progress.fromTrade(trade, this.#exchange.milliseconds()), trade.order!);
  }

  /** Whatever fails in the books is counted, never thrown into the host. */
  #aside(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#engine.countError('ADAPTER_FAILED', error);
    }
  }

  /** What an exchange says about a position is asked for once a symbol, where it can be asked. */
  async learnPosition(symbol: string): Promise<void> {
    const now = this.#exchange.milliseconds();
    if (this.#positions.has(symbol) || now < (this.#askAgainAt.get(symbol) ?? 0)) return;
    this.#askAgainAt.set(symbol, now + ASK_AGAIN);
    const ask = this.#exchange.fetchPositions;
    if (!this.#exchange.has?.fetchPositions || typeof ask !== 'function') return;
    try {
      const answer = (await Promise.race([ask.call(this.#exchange, [symbol]), patience()])) as CcxtPosition[];
      this.learn(answer);
      // No row at all is no position.
      if (!answer.some((each) => each?.symbol === symbol)) this.#positions.set(symbol, 0);
    } catch (error) {
      // The position stays unknown, and what is unknown is not judged.
      this.#engine.countError('POSITION_UNKNOWN', error);
    }
  }

  /** Takes what the exchange says about positions. With both sides open, or without a size, nothing is known. */
  learn(rows: readonly (CcxtPosition | undefined)[]): void {
    const bySymbol = new Map<string, number[]>();
    for (const row of rows) {
      if (row?.symbol === undefined) continue;
      const size = row.contracts === undefined ? Number.NaN : Number(row.contracts);
      if (size === 0) continue;
      bySymbol.set(row.symbol, [...(bySymbol.get(row.symbol) ?? []), row.side === 'short' ? -size : size]);
    }
    for (const row of rows)
      if (row?.symbol !== undefined && !bySymbol.has(row.symbol)) this.#positions.set(row.symbol, 0);
    for (const [symbol, sizes] of bySymbol) {
      const [size] = sizes;
      if (sizes.length === 1 && Number.isFinite(size)) this.#positions.set(symbol, size!);
      else this.#positions.delete(symbol);
    }
  }

  /** Whether an entry on this side was sent of which it is not known what it filled. */
  hasUnresolved(symbol: string, side: Exposure['side']): boolean {
    for (const order of this.#tracked.values())
      if (order.symbol === symbol && order.side === side && order.asked > 0) return true;
    return false;
  }

  /** Whether other strategies hold a position on this side. */
  othersHold(strategy: string, symbol: string, side: Exposure['side']): boolean {
    return this.#lots.othersHold({ strategy, symbol, side });
  }

  /** What a strategy holds on a symbol, in contracts; positive for long. Where exits are translated: what its bot believes. */
  ownPosition(strategy: string, symbol: string): number {
    const size = (side: Exposure['side']) => this.#lots.openSize({ strategy, symbol, side });
    const net = size('long') - size('short');
    if (this.#sizing === 'translate-exits') {
      const belief = (side: Exposure['side']) =>
        this.#believed.get(beliefKey({ strategy, symbol, side })) ?? 0;
      const believed = belief('long') - belief('short');
      if (believed !== 0) return believed;
    }
    const { contractSize = 1, inverse } = this.#exchange.market(symbol);
    if (!inverse) return net / contractSize;
    // An inverse lot holds base units at its entry price.
    const price =
      this.#lots.oldestPrice({ strategy, symbol, side: 'long' }) ??
      this.#lots.oldestPrice({ strategy, symbol, side: 'short' });
    return price === undefined ? 0 : (net * price) / contractSize;
  }

  track(order: CcxtOrder | undefined, sent: Sent): void {
    if (order?.id === undefined || this.#tracked.has(order.id)) return;
    const { call, exposure, intent, decision, sentToOpen, nets = false } = sent;
    const entersOwn = nets
      ? { side: call.side === 'buy' ? ('long' as const) : ('short' as const), closes: 0 }
      : {};
    this.#tracked.set(order.id, {
      progress: new OrderProgress(order.id, this.#exchange.market(call.symbol), this.#priceOf),
      strategy: intent.strategy,
      symbol: call.symbol,
      spot: isSpot(call, this.#exchange),
      side: exposure.side,
      closes: exposure.opens > 0 ? exposure.closes : Number.POSITIVE_INFINITY,
      asked: nets ? call.amount : exposure.opens,
      sent: nets ? call.amount : sentToOpen,
      ...entersOwn,
      ...(intent.stop === undefined ? {} : { stop: intent.stop }),
      ...(decision === null ? {} : { decision }),
      ...(this.#engine.portfolio.equity === null || this.#engine.portfolio.equity <= 0
        ? {}
        : { equityAtEntry: this.#engine.portfolio.equity }),
    });
    if (this.#tracked.size > MAX_TRACKED) this.#tracked.delete(this.#tracked.keys().next().value!);
    this.observe(order);
  }

  /** An order that is known by its tag alone, from before a restart. */
  #adopt(order: CcxtOrder): Tracked | undefined {
    const strategy = strategyOfTag(order.clientOrderId, this.#engine.manager.getStrategies());
    // What was final at first sight was booked before the restart, if it ever was ours.
    const isOver = FINAL.has(order.status ?? '');
    if (isOver || strategy === undefined || order.id === undefined || order.symbol === undefined)
      return undefined;
    const call: OrderCall = {
      symbol: order.symbol,
      type: 'market',
      side: order.side ?? 'buy',
      amount: Number(order.filled ?? 0),
      price: undefined,
      params: {},
    };
    const exposure = exposureOf(
      call,
      isSpot(call, this.#exchange),
      this.#positions.get(order.symbol) ?? null,
    );
    this.track(order, {
      call,
      exposure,
      sentToOpen: exposure.opens,
      intent: { strategy },
      decision: null,
    });
    return this.#tracked.get(order.id);
  }

  observe(order: CcxtOrder | undefined): void {
    if (order?.id === undefined || this.#finished.has(order.id)) return;
    const known = this.#tracked.get(order.id) ?? this.#adopt(order);
    if (!known) return;
    this.#settle(known, known.progress.fromOrder(order, this.#exchange.milliseconds()), order.id);
    if (!FINAL.has(order.status ?? '')) return;
    // Some exchanges call an order final before they say what it filled, or at which price.
    const { filled, average, price, cost } = order;
    const isTold =
      filled === 0 || (Number(filled) > 0 && [average, price, cost].some((each) => Number(each) > 0));
    if (!isTold) return;
    this.#tracked.delete(order.id);
    this.#finished.add(order.id);
    if (this.#finished.size > MAX_TRACKED) this.#finished.delete(this.#finished.values().next().value!);
  }

  /** Books what an order filled: first it closes what it was to close, the rest opens. */
  #settle(order: Tracked, fill: OrderFill | null, orderId: string): void {
    if (fill === null) return;
    const { symbol, spot } = order;
    const opensLong = order.side === 'long';
    const closing = Math.min(order.closes, fill.amount);
    order.closes -= closing;
    const opening = fill.amount - closing;
    if (!spot && this.#positions.has(symbol)) {
      const pure = order.asked === 0;
      const buys = pure ? !opensLong : opensLong;
      this.#positions.set(symbol, this.#positions.get(symbol)! + (buys ? fill.amount : -fill.amount));
    } else if (!spot && opening > 0) {
      this.#positions.set(symbol, opensLong ? opening : -opening);
    }
    if (closing > 0) {
      const side = order.asked === 0 ? order.side : opensLong ? 'short' : 'long';
      this.#ask(
        order,
        { ...fill, amount: closing, quoteFee: (fill.quoteFee * closing) / fill.amount },
        side,
        orderId,
      );
    }
    if (opening > 0) {
      const share = opening / fill.amount;
      const { amount, price, fee, baseFee } = this.#inBase(order, { ...fill, amount: opening }, share);
      if (this.#sizing === 'translate-exits' && order.sent > 0) {
        const key = beliefKey(order);
        this.#believed.set(key, (this.#believed.get(key) ?? 0) + (opening * order.asked) / order.sent);
      }
      const { limits, contractSize = 1 } = this.#exchange.market(symbol);
      const dust = (limits?.amount?.min ?? 0) * (spot ? 1 : contractSize);
      // The parts of one entry are one position: only the first of them can begin a new one.
      const begins = !order.begun;
      order.begun = true;
      this.#lots.open(order, {
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
  #inBase({ symbol, spot }: Tracked, fill: OrderFill, share: number) {
    const { contractSize = 1, inverse } = this.#exchange.market(symbol);
    const { amount, price, quoteFee, baseFee } = fill;
    return {
      price,
      amount: spot ? amount : inverse ? (amount * contractSize) / price : amount * contractSize,
      fee: (spot ? quoteFee : quoteFee + baseFee * price) * share,
      baseFee: spot ? baseFee * share : 0,
    };
  }

  /** Closes at once, and records it once its fee is known; an exchange that does not say it is asked for it once. */
  #ask(order: Tracked, fill: OrderFill, side: Exposure['side'], orderId: string): void {
    const trades = this.#close(order, fill, side);
    const ask = this.#exchange.fetchMyTrades;
    if (fill.feeKnown || !this.#exchange.has?.fetchMyTrades || typeof ask !== 'function') {
      this.#record(trades, 0);
      return;
    }
    const asking = ask
      .call(this.#exchange, order.symbol, fill.time - 60_000, 100)
      .then((answer) => {
        const own = (answer as CcxtTrade[]).filter((trade) => trade.order === orderId);
        const amount = own.reduce((sum, trade) => sum + Number(trade.amount ?? 0), 0);
        const fees = own.map((trade) => splitFees(trade, this.#exchange.market(order.symbol), this.#priceOf));
        if (!(amount > 0) || fees.includes(null)) return 0;
        const total = fees.reduce((sum, fee) => sum + fee!.quote + fee!.base * fill.price, 0);
        return total * Math.min(1, fill.amount / amount) - fill.quoteFee;
      })
      .catch((error) => {
        // The taker's rate stands in for a fee that nobody tells.
        this.#engine.countError('FEES_UNKNOWN', error);
        return 0;
      })
      .then((more) => this.#record(trades, more));
    this.#waiting.add(asking);
    void asking.finally(() => this.#waiting.delete(asking));
  }

  /** @param more what the fee of the close was beyond the estimate, in quote currency */
  #record(trades: readonly TradeInput[], more: number): void {
    const total = trades.reduce((sum, { size = 0 }) => sum + size, 0);
    for (const trade of trades) {
      const part = total > 0 ? (more * (trade.size ?? 0)) / total : 0;
      this.#aside(() =>
        this.#engine.recordTrade({ ...trade, fees: (trade.fees ?? 0) + part, pnl: trade.pnl - part }),
      );
    }
  }

  #close(order: Tracked, fill: OrderFill, side: Exposure['side']): TradeInput[] {
    const { symbol, strategy, spot } = order;
    const { contractSize = 1, inverse } = this.#exchange.market(symbol);
    const entry = { ...order, side };
    const { price, fee } = this.#inBase(order, fill, 1);
    const held = this.#lots.openSize(entry);
    // An inverse lot holds base units at its entry price: what closes is the same share of its contracts.
    const amount = spot
      ? fill.amount
      : inverse
        ? (fill.amount * contractSize) / (this.#lots.oldestPrice(entry) ?? price)
        : fill.amount * contractSize;
    const trades = this.#lots.close(entry, {
      id: fill.id,
      time: fill.time,
      price,
      amount,
      fee: fee + (spot ? fill.baseFee * price : 0),
    });
    const key = beliefKey(entry);
    const belief = this.#believed.get(key);
    const left = this.#lots.openSize(entry);
    if (belief !== undefined) {
      if (left > 0) this.#believed.set(key, belief * (left / held));
      else this.#believed.delete(key);
    }
    if (trades.length === 0)
      this.#engine.countError(
        'POSITION_UNKNOWN',
        new Error(`${strategy} closed ${fill.amount} ${symbol} that it is not known to hold`),
      );
    return trades;
  }

  /** The order that stands in for an edited one is the same position. */
  follow(id: unknown, known: Tracked | undefined, order: CcxtOrder | undefined): void {
    if (!known || order?.id === undefined || order.id === String(id)) {
      this.observe(order);
      return;
    }
    this.#tracked.set(order.id, {
      ...known,
      progress: new OrderProgress(order.id, this.#exchange.market(known.symbol), this.#priceOf),
    });
    this.observe(order);
  }
}
