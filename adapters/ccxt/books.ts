import type { OptimizationEngine, Side } from '../../src/index.ts';
import { Accounts, type AccountsState } from './accounts.ts';
import { type Belief, holdings } from './belief.ts';
import { partOf } from './execution.ts';
import { Intake } from './intake.ts';
import { type CcxtExchange, unitOf } from './market.ts';
import type { CcxtOrder, CcxtTrade, PriceOf } from './orders.ts';
import { Records } from './records.ts';
import { type Found, isByAccount, type SentOrder, SentOrders, type SentOrdersState } from './sent-orders.ts';
import { Statements, type Verdict } from './statements.ts';
import type { Happening, SymbolBook } from './symbol-book.ts';
import type { Venue } from './venue.ts';

export interface BooksState {
  readonly orders: SentOrdersState;
  readonly accounts: AccountsState;
}

export interface BooksOptions {
  readonly exchange: CcxtExchange;
  readonly engine: OptimizationEngine;
  readonly venue: Venue;
  /** Names an order in the ids of its trades: a venue's ids are unique per symbol at most. */
  readonly nameOf: (symbol: string, id: string) => string;
  readonly priceOf: PriceOf;
  /** Whether the venue may be asked for what the bot does not read. */
  readonly reconciles: boolean;
  readonly state?: BooksState;
}

/** What was sent and what it filled: positions by strategy, and closed trades for the engine. */
export class Books {
  readonly orders: SentOrders;
  readonly #accounts: Accounts;
  readonly #records: Records;
  readonly #intake: Intake;
  readonly #statements: Statements;
  readonly #venue: Venue;
  readonly #nameOf: BooksOptions['nameOf'];
  readonly #priceOf: PriceOf;
  readonly #reconciles: boolean;

  constructor({ exchange, engine, venue, nameOf, priceOf, reconciles, state }: BooksOptions) {
    this.#venue = venue;
    this.#nameOf = nameOf;
    this.#priceOf = priceOf;
    this.#reconciles = reconciles;
    const now = () => venue.now();
    const accounts = new Accounts(exchange, venue, state?.accounts);
    const orders = new SentOrders((symbol) => accounts.marketOf(symbol), priceOf, nameOf);
    const records = new Records(engine, now);
    this.#intake = new Intake({ accounts, orders, records, reconciles, now });
    this.#statements = new Statements(accounts, orders, records, reconciles);
    this.#accounts = accounts;
    this.#records = records;
    this.orders = orders;
    if (state) orders.restore(state.orders);
  }

  state(): BooksState {
    return { orders: this.orders.snapshot(), accounts: this.#accounts.state() };
  }

  /** Follows an order from now on. */
  follow(id: string, found: Found): SentOrder {
    this.#accounts.of(found.symbol);
    return this.orders.add(id, found);
  }

  /** Follows an order that may have arrived. */
  lose(key: string, found: Found): void {
    this.#accounts.of(found.symbol);
    this.orders.lose(key, found);
  }

  /** What a strategy holds on a side, and its bot takes itself to hold, whether or not it is booked yet. */
  belief(strategy: string, symbol: string, side: Side): Belief {
    const book = this.bookOf(symbol);
    const own = this.orders.all(symbol).filter((order) => order.strategy === strategy);
    const booked = { long: book.belief(strategy, 'long'), short: book.belief(strategy, 'short') };
    return holdings(booked, own)[side];
  }

  /** Nobody can find out what became of an order: what it did to the position is not known. */
  giveUpOn({ strategy, symbol, key, sent, side, buys }: Found & { readonly key: string }): void {
    const order = this.orders.drop(key);
    if (order && order.execution.amount > 0) return;
    const { size } = unitOf(this.#accounts.marketOf(symbol));
    const positionId = this.#nameOf(symbol, key.replace(/^.*\n/, ''));
    const closed = side ?? (buys ? 'short' : 'long');
    this.#records.count([{ strategy, symbol, side: closed, positionId, size: sent * size }]);
  }

  /** An order is edited: where it waits, and what comes with it, is not known any more. */
  moveLevels(order: SentOrder): void {
    if (!order.levels) return;
    delete order.levels;
    this.bookOf(order.symbol).moveLevels(order.strategy);
  }

  /** Takes an order report; true where it says something new of an order that is watched. */
  observe(order: CcxtOrder): boolean {
    return this.#intake.observe(order);
  }

  /** Takes a trade report; true where it is new. */
  observeTrade(trade: CcxtTrade): boolean {
    return this.#intake.observeTrade(trade);
  }

  /** Reads what the venue keeps of a symbol since the last time. */
  readTape(symbol: string): Promise<void> {
    return this.#intake.readTape(symbol);
  }

  /** Called when an order whose answer was lost turns out to be at the venue. */
  set onFound(found: Intake['onFound']) {
    this.#intake.onFound = found;
  }

  /** What is thought to be held, in units, where the exchange says otherwise; null where nothing contradicts it. */
  doubted(symbol: string): number | null {
    return this.#statements.doubted(symbol);
  }

  /** Whether the exchange says of a symbol what is thought to be held. */
  expects(symbol: string, position: number): boolean {
    return this.#statements.expects(symbol, position);
  }

  /** Takes what the exchange says that the account holds, at a moment when nothing is under way. */
  stated(symbol: string, position: number): Verdict {
    return this.#statements.stated(symbol, position);
  }

  /** The same on an account that holds both sides apart. */
  statedSides(symbol: string, stated: Readonly<Record<Side, number | null>>): Verdict {
    return this.#statements.statedSides(symbol, stated);
  }

  bookOf(symbol: string): SymbolBook {
    return this.#accounts.of(symbol).book;
  }

  /** Symbols on which something is held, or may be. */
  symbols(): string[] {
    return this.#accounts.symbols();
  }

  /** Whether what filled can be booked as it was reported, without asking the venue what else happened. */
  isPlain(symbol: string): boolean {
    const { book, tape, others } = this.#accounts.of(symbol);
    if (!this.#reconciles || !tape.isReadable) return true;
    if (others.length > 0) return false;
    return this.orders.ahead(symbol).every((order) => {
      const { kind, side, strategy, buys, final, execution } = order;
      if (!final || !execution.isPriced) return false;
      if (kind === 'entry' && side !== undefined) return true;
      const own = book.openSize(strategy, buys ? 'short' : 'long');
      return kind !== 'exit' && own === 0 && book.foreign === 0;
    });
  }

  /** Whether it must be known first what the account holds beside the lots. */
  needsForeign(symbol: string): boolean {
    const isSpot = this.#accounts.marketOf(symbol).spot !== false;
    return (
      !isSpot &&
      this.#accounts.of(symbol).book.foreign === null &&
      this.orders.ahead(symbol).some((order) => isByAccount(order, isSpot))
    );
  }

  /** Whether a position has ended whose order may fill more, for all that is known. */
  awaitsEnd(symbol: string): boolean {
    return this.#accounts.of(symbol).endings.length > 0;
  }

  hasAhead(symbol: string): boolean {
    return this.orders.ahead(symbol).length > 0;
  }

  /** Whether the venue has not shown yet all that orders are known to have filled. */
  lacksTrades(symbol: string): boolean {
    return this.orders.ahead(symbol).some(({ execution }) => !execution.isTraded);
  }

  /** Books whatever is known and not booked yet, in the order in which it happened. */
  settle(symbol: string): void {
    const account = this.#accounts.of(symbol);
    const happenings: Happening[] = [];
    for (const order of this.orders.ahead(symbol)) {
      const part = order.execution.take();
      if (!part) continue;
      happenings.push({ kind: 'own', time: part.time, order, part });
      if (!part.feeKnown && this.#reconciles) this.#records.feeUnknown(order);
    }
    for (const trade of account.others) {
      const id = this.#nameOf(symbol, `t${trade.id}`);
      const part = partOf(id, trade, this.#accounts.marketOf(symbol), this.#priceOf, this.#venue.now());
      if (part) happenings.push({ kind: 'other', time: part.time, buys: trade.side === 'buy', part });
    }
    for (const payment of account.funding) happenings.push({ kind: 'funding', ...payment });
    account.others = [];
    account.funding = [];
    const { trades, unknown } = account.book.book(happenings.sort((a, b) => a.time - b.time));
    this.#records.count(unknown);
    this.#records.tell(account, this.orders.all(symbol), trades);
    this.orders.sweep(symbol);
  }
}
