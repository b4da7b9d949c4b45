import type { OptimizationEngine } from '../../src/index.ts';
import { type AccountExposure, splitBy } from '../core/exposure.ts';
import type { Books } from './books.ts';
import {
  type Doubt,
  hasAttached,
  isConditional,
  isUnclear,
  type OrderCall,
  readCall,
  reducesOnly,
  saysExit,
} from './calls.ts';
import { type CcxtExchange, marketOf } from './market.ts';
import { type Found, foundIn, type SentOrder } from './sent-orders.ts';
import { sendableAmount } from './sizing.ts';

/** What goes out for an edit, and what it makes of the order. */
export interface Edit {
  readonly amount: unknown;
  readonly found: Found;
}

export interface EditsOptions {
  readonly exchange: CcxtExchange;
  readonly engine: OptimizationEngine;
  readonly books: Books;
  readonly exposure: AccountExposure;
}

/**
 * What edits ask for of orders that were scaled: the closing part whole, of the rest the same share again, never a
 * share of a share. That holds only while the order is certainly still the entry that was judged; else an edit goes
 * out as the bot made it.
 */
export class Edits {
  readonly #options: EditsOptions;

  constructor(options: EditsOptions) {
    this.#options = options;
  }

  /** Null for an order that is not watched. */
  of(id: unknown, call: OrderCall): Edit | null {
    const { books, exchange } = this.#options;
    const market = marketOf(exchange, call.symbol);
    const known = books.orders.get(id, market?.symbol);
    if (!known) return null;
    books.moveLevels(known);
    if (call.given === undefined || call.given === null) return { amount: call.given, found: known };
    const found = this.#found(call, known);
    const { closes, asked, sent } = known;
    const isScaled = asked > closes && sent < asked * (1 - 1e-9);
    // A bot that reads the order back asks for what was sent, or less: that is no share of anything.
    const isRead = !(call.amount > closes) || call.amount <= sent * (1 + 1e-9);
    if (!isScaled || isRead || !this.#isStill(known, call)) return { amount: call.given, found };
    const share = closes + (call.amount - closes) * ((sent - closes) / (asked - closes));
    const scaled =
      call.amount === asked
        ? sent
        : (market && sendableAmount(exchange, market, share, undefined)) || call.amount;
    return { amount: scaled, found: { ...found, sent: scaled } };
  }

  /** The order as an edit leaves it: what it does not repeat stays, where it does not say something else. */
  #found(call: OrderCall, known: SentOrder): Found {
    const { amount } = call;
    const saysOtherwise = saysExit(call) && known.kind !== 'exit';
    if (isSameSide(call, known) && !saysOtherwise) return { ...known, asked: amount, sent: amount };
    const { exchange } = this.#options;
    const reading = readCall(call, exchange);
    return foundIn(call, reading, {
      strategy: known.strategy,
      unclear: isUnclear(call, exchange),
      reduces: reducesOnly(call) || (reading.kind === 'exit' && reading.hedged),
      conditional: isConditional(call),
      attached: hasAttached(call),
      time: exchange.milliseconds(),
    });
  }

  /** Whether an edited order closes no more than the one that was judged did. */
  #isStill(known: SentOrder, call: OrderCall): boolean {
    if (!isSameSide(call, known)) return false;
    const { exchange, exposure, books } = this.#options;
    const { symbol, buys, closes } = known;
    const reading = readCall({ ...call, side: buys ? 'buy' : 'sell' }, exchange);
    if (reading.kind === 'doubt') return this.#unjudged(known, reading.why);
    if (reading.kind === 'entry') return known.kind === 'entry' && reading.side === known.side;
    if (reading.kind === 'exit') return false;
    // An edit need not name the side of a hedge again.
    if (known.kind === 'entry') return known.hedged;
    const range = exposure.range(symbol, exchange.milliseconds(), books.doubted(symbol));
    if (range === null) return this.#unjudged(known, 'POSITION_UNKNOWN');
    const split = splitBy(range, buys, call.amount);
    if (split === null) return this.#unjudged(known, 'FILL_UNKNOWN');
    return split.closes <= closes * (1 + 1e-9);
  }

  #unjudged({ strategy, symbol }: SentOrder, reason: Doubt): false {
    const { engine, exchange } = this.#options;
    engine.recordUnjudged({ strategy, symbol, time: exchange.milliseconds(), reason });
    return false;
  }
}

/** Whether an edit leaves an order on its side; one that names none does. */
const isSameSide = ({ side }: OrderCall, { buys }: SentOrder): boolean =>
  side === (buys ? 'buy' : 'sell') || side === 'undefined' || side === 'null';
