import type { OptimizationEngine, Side, TradeInput } from '../../src/index.ts';
import { pickDefined } from '../../src/model/pick.ts';
import type { Abandoned } from '../core/lots.ts';
import { type Belief, holdings } from './belief.ts';
import { tellable } from './endings.ts';
import { filledBy } from './execution.ts';
import { type CcxtExchange, type CcxtMarket, marketOf, unitOf } from './market.ts';
import { type CcxtOrder, type CcxtTrade, isFinal, type PriceOf } from './orders.ts';
import {
  type Found,
  isByAccount,
  keyOf,
  mayGrow,
  positionOf,
  type SentOrder,
  SentOrders,
  type SentOrdersState,
} from './sent-orders.ts';
import { type Happening, SymbolBook, type SymbolBookState } from './symbol-book.ts';
import { Tape, type TapeState } from './tape.ts';
import type { Venue } from './venue.ts';

/** Funding received, or paid where negative, in the currency that settles. */
interface Payment {
  readonly time: number;
  readonly amount: number;
}

/** What is known of one symbol. */
interface Account {
  readonly book: SymbolBook;
  readonly tape: Tape;
  /** Trades that the bot did not make, and funding, which are not booked yet. */
  others: CcxtTrade[];
  funding: Payment[];
  /** Trades that ended positions whose orders may fill more. */
  endings: readonly TradeInput[];
  /** Statements in a row that the books contradict. */
  contradictions: number;
}

export interface BooksState {
  readonly orders: SentOrdersState;
  readonly accounts: readonly {
    readonly symbol: string;
    /** As the exchange had it: a process that starts has not loaded its markets yet. */
    readonly market: CcxtMarket;
    readonly book: SymbolBookState;
    readonly tape: TapeState;
    /** What the tape handed out and is not booked yet; an older state did not say it. */
    readonly others?: readonly CcxtTrade[];
    readonly funding?: readonly Payment[];
    readonly endings?: readonly TradeInput[];
  }[];
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

const MARKET = [
  ...(['symbol', 'spot', 'swap', 'taker', 'quote', 'base'] as const),
  ...(['settle', 'contractSize', 'inverse', 'limits'] as const),
] as const;

/** What is booked of a trade; the venue's own row in it is not. */
const TRADE = [
  'id',
  'order',
  'symbol',
  'side',
  'amount',
  'price',
  'cost',
  'timestamp',
  'fee',
  'fees',
] as const;

/** Statements in a row that must contradict the books before a position counts as gone. */
const STRIKES = 3;

/** What was sent and what it filled: positions by strategy, and closed trades for the engine. */
export class Books {
  readonly orders: SentOrders;
  readonly #exchange: CcxtExchange;
  readonly #engine: OptimizationEngine;
  readonly #venue: Venue;
  readonly #nameOf: BooksOptions['nameOf'];
  readonly #priceOf: PriceOf;
  readonly #reconciles: boolean;
  readonly #accounts = new Map<string, Account>();
  readonly #began: number;
  /** Markets as an earlier process knew them. */
  readonly #markets = new Map<string, CcxtMarket>();

  constructor({ exchange, engine, venue, nameOf, priceOf, reconciles, state }: BooksOptions) {
    this.#exchange = exchange;
    this.#engine = engine;
    this.#venue = venue;
    this.#nameOf = nameOf;
    this.#priceOf = priceOf;
    this.#reconciles = reconciles;
    this.#began = venue.now();
    this.orders = new SentOrders((symbol) => this.#marketOf(symbol), priceOf, nameOf);
    if (state) this.#restore(state);
  }

  state(): BooksState {
    return {
      orders: this.orders.snapshot(),
      accounts: [...this.#accounts].map(([symbol, { book, tape, others, funding, endings }]) => ({
        symbol,
        market: pickDefined(this.#marketOf(symbol), MARKET),
        book: book.state(),
        tape: tape.state(),
        others: others.map((trade) => pickDefined(trade, TRADE)),
        funding: [...funding],
        endings,
      })),
    };
  }

  /** Follows an order from now on. */
  follow(id: string, found: Found): SentOrder {
    this.#accountOf(found.symbol);
    return this.orders.add(id, found);
  }

  /** Follows an order that may have arrived. */
  lose(key: string, found: Found): void {
    this.#accountOf(found.symbol);
    this.orders.lose(key, found);
  }

  /** What is thought to be held, in units, where the exchange says otherwise; null where nothing contradicts it. */
  doubted(symbol: string): number | null {
    const account = this.#accounts.get(symbol);
    return !account || account.contradictions === 0 ? null : this.#thought(symbol, account);
  }

  /** Whether the exchange says of a symbol what is thought to be held. */
  expects(symbol: string, position: number): boolean {
    const account = this.#accounts.get(symbol);
    return !!account && Math.abs(position - this.#thought(symbol, account)) < this.#noise(symbol, position);
  }

  #thought(symbol: string, { book }: Account): number {
    return book.net + this.#pending(symbol) + (book.foreign ?? 0);
  }

  /** Units that filled and are not booked yet, signed. */
  #pending(symbol: string): number {
    return this.#ahead(symbol).reduce(
      (sum, { buys, execution }) => sum + (buys ? execution.ahead : -execution.ahead),
      0,
    );
  }

  /** What a strategy holds on a side, and its bot takes itself to hold, whether or not it is booked yet. */
  belief(strategy: string, symbol: string, side: Side): Belief {
    const { book } = this.#accountOf(symbol);
    const booked = (of: Side): Belief => ({
      held: book.openSize(strategy, of),
      believed: book.believed(strategy, of),
    });
    const own = this.orders.all(symbol).filter((order) => order.strategy === strategy);
    return holdings({ long: booked('long'), short: booked('short') }, own)[side];
  }

  /** Nobody can find out what became of an order: what it did to the position is not known. */
  giveUpOn({ strategy, symbol, key, sent, side, buys }: Found & { readonly key: string }): void {
    const order = this.orders.drop(key);
    if (order && order.execution.amount > 0) return;
    const { size } = unitOf(this.#marketOf(symbol));
    const positionId = this.#nameOf(symbol, key.replace(/^.*\n/, ''));
    const closed = side ?? (buys ? 'short' : 'long');
    this.#count([{ strategy, symbol, side: closed, positionId, size: sent * size }]);
  }

  /** An order is edited: where it waits, and what comes with it, is not known any more. */
  moveLevels(order: SentOrder): void {
    if (!order.levels) return;
    delete order.levels;
    this.bookOf(order.symbol).moveLevels(order.strategy);
  }

  bookOf(symbol: string): SymbolBook {
    return this.#accountOf(symbol).book;
  }

  /** Symbols on which something is held, or may be. */
  symbols(): string[] {
    return [...this.#accounts.keys()];
  }

  /** Takes an order report; true where it says something new of an order that is watched. */
  observe(order: CcxtOrder): boolean {
    const { id, symbol } = order;
    if (id === undefined) return false;
    const known = this.orders.get(id, symbol, order) ?? this.#claimed(order);
    if (!known) return false;
    known.execution.report(order, this.#venue.now());
    known.resting ||= order.status === 'open' && order.filled === 0 && known.price !== undefined;
    // Some exchanges call an order final before they say what it filled, or at which price.
    const told = order.filled === 0 || Number(order.filled) > 0;
    const priced = !(Number(order.filled) > known.execution.amount * (1 + 1e-9));
    const mayBeAnother = known.conditional && known.execution.amount === 0 && this.#reconciles;
    if (isFinal(order) && mayBeAnother && this.#accountOf(known.symbol).tape.isReadable) known.over = true;
    else if (isFinal(order) && told && priced) known.final = true;
    this.#tell(known.symbol);
    return true;
  }

  /** Takes a trade report; true where it is new. */
  observeTrade(trade: CcxtTrade): boolean {
    const known = trade.order === undefined ? undefined : this.orders.get(trade.order, trade.symbol);
    if (!known?.execution.trade(trade, this.#venue.now())) return false;
    this.#accountOf(known.symbol).tape.note(trade);
    return true;
  }

  /** Whether what filled can be booked as it was reported, without asking the venue what else happened. */
  isPlain(symbol: string): boolean {
    const { book, tape, others } = this.#accountOf(symbol);
    if (!this.#reconciles || !tape.isReadable) return true;
    if (others.length > 0) return false;
    return this.#ahead(symbol).every((order) => {
      const { kind, side, strategy, buys, final, execution } = order;
      if (!final || !execution.isPriced) return false;
      if (kind === 'entry' && side !== undefined) return true;
      const own = book.openSize(strategy, buys ? 'short' : 'long');
      return kind !== 'exit' && own === 0 && book.foreign === 0;
    });
  }

  /** Whether it must be known first what the account holds beside the lots. */
  needsForeign(symbol: string): boolean {
    const isSpot = this.#marketOf(symbol).spot !== false;
    return (
      !isSpot &&
      this.#accountOf(symbol).book.foreign === null &&
      this.#ahead(symbol).some((order) => isByAccount(order, isSpot))
    );
  }

  hasAhead(symbol: string): boolean {
    return this.#ahead(symbol).length > 0;
  }

  /** Whether the venue has not shown yet all that orders are known to have filled. */
  lacksTrades(symbol: string): boolean {
    return this.#ahead(symbol).some(({ execution }) => !execution.isTraded);
  }

  /** Reads what the venue keeps of a symbol since the last time. */
  async readTape(symbol: string): Promise<void> {
    const account = this.#accountOf(symbol);
    const trades = await account.tape.read(
      (order) => order !== undefined && this.orders.get(order, symbol) !== undefined,
    );
    for (const trade of trades) {
      const known = trade.order === undefined ? undefined : this.orders.get(trade.order, symbol);
      const order = known ?? this.#recognised(this.#orderOf(trade, trades));
      if (order) {
        order.execution.trade(trade, this.#venue.now());
        if (order.conditional && order.execution.amount >= order.sent * (1 - 1e-9)) order.final = true;
      } else if (trade.order === undefined || !this.orders.isFinished(trade.order, symbol))
        account.others.push(trade);
    }
    for (const order of this.orders.all(symbol)) if (order.over) order.final = true;
    this.#tell(symbol);
    const holds = !account.book.isEmpty || this.hasAhead(symbol) || account.others.length > 0;
    if (!holds || this.#marketOf(symbol).swap !== true) return;
    // Read first: what was there may be booked, and put away, while this is waited for.
    const payments = await account.tape.readFunding();
    account.funding.push(...payments);
  }

  /** Books whatever is known and not booked yet, in the order in which it happened. */
  settle(symbol: string): void {
    const account = this.#accountOf(symbol);
    const happenings: Happening[] = [];
    for (const order of this.#ahead(symbol)) {
      const part = order.execution.take();
      if (!part) continue;
      happenings.push({ kind: 'own', time: part.time, order, part });
      if (!part.feeKnown && this.#reconciles)
        this.#engine.countError(
          'FEES_UNKNOWN',
          new Error(
            `${order.strategy} ${symbol}: the venue does not tell a fee, or in a currency without a price`,
          ),
        );
    }
    for (const trade of account.others) {
      const part = this.#partOf(trade, symbol);
      if (part) happenings.push({ kind: 'other', time: part.time, buys: trade.side === 'buy', part });
    }
    for (const payment of account.funding) happenings.push({ kind: 'funding', ...payment });
    account.others = [];
    account.funding = [];
    const { trades, unknown } = account.book.book(happenings.sort((a, b) => a.time - b.time));
    this.#count(unknown);
    this.#tell(symbol, trades);
    this.orders.sweep(symbol);
  }

  /** Records what was closed; what ends a position once its order can fill no more. */
  #tell(symbol: string, trades: readonly TradeInput[] = []): void {
    const account = this.#accountOf(symbol);
    if (account.endings.length + trades.length === 0) return;
    const { now, later } = tellable([...account.endings, ...trades], (trade) => ({
      open: account.book.openOf(trade),
      mayGrow: this.orders
        .all(symbol)
        .some((order) => positionOf(order) === trade.positionId && mayGrow(order)),
    }));
    account.endings = later;
    for (const trade of now) this.#record(trade);
  }

  /**
   * Takes what the exchange says that the account holds, at a moment when nothing is under way. Returns what is
   * to be done about it: nothing, or the venue is to be read again.
   */
  stated(symbol: string, position: number): 'fits' | 'contradicts' {
    const account = this.#accountOf(symbol);
    const { book } = account;
    const pending = this.#pending(symbol);
    const market = this.#marketOf(symbol);
    const beside = position - book.net - pending;
    const noise = this.#noise(symbol, position);
    const isSpot = market.spot !== false;
    // What is beside the lots may be what an order filled that nobody has looked at yet.
    const mayHaveFilled =
      this.#reconciles &&
      account.contradictions < STRIKES - 1 &&
      (this.orders.lost(symbol).length > 0 || this.orders.all(symbol).some(({ final }) => !final));
    const isExplained = Math.abs(beside) < noise || !mayHaveFilled;
    if (book.foreign === null && isExplained && (!isSpot || beside > -noise)) {
      book.explain(isSpot ? Math.max(0, beside) : beside);
      account.contradictions = 0;
      return 'fits';
    }
    const missing = beside - (book.foreign ?? 0);
    if (Math.abs(missing) < noise) {
      account.contradictions = 0;
      return 'fits';
    }
    // Where nothing may be asked, nothing can be told from an order that the bot has not looked at yet.
    if (!this.#reconciles) return 'fits';
    account.contradictions += 1;
    if (account.contradictions < STRIKES) return 'contradicts';
    account.contradictions = 0;
    this.#giveUp(symbol, book, missing, isSpot);
    return 'fits';
  }

  /** The same on an account that holds both sides apart. */
  statedSides(symbol: string, stated: Readonly<Record<Side, number | null>>): 'fits' | 'contradicts' {
    const account = this.#accountOf(symbol);
    const missing = (side: Side): number => {
      const held = account.book.held(side);
      const ahead = this.#ahead(symbol)
        .filter((order) => order.side === side)
        .reduce(
          (sum, { kind, execution }) => sum + (kind === 'entry' ? execution.ahead : -execution.ahead),
          0,
        );
      return stated[side] === null ? 0 : Math.min(held, held + ahead - stated[side]);
    };
    const sides = (['long', 'short'] as const).filter(
      (side) => missing(side) >= this.#noise(symbol, missing(side)),
    );
    if (sides.length === 0) account.contradictions = 0;
    if (sides.length === 0 || !this.#reconciles) return 'fits';
    account.contradictions += 1;
    if (account.contradictions < STRIKES) return 'contradicts';
    account.contradictions = 0;
    for (const side of sides) this.#count(account.book.abandon(side, missing(side)));
    return 'fits';
  }

  /** Least difference of a position that means something. */
  #noise(symbol: string, position: number): number {
    return (
      Math.max(this.#marketOf(symbol).limits?.amount?.min ?? 0, Math.abs(position) * 1e-6, 1e-12) * 0.999
    );
  }

  /** What contradicts the exchange for good: lots that are not there are closed as unknown, the rest is somebody's. */
  #giveUp(symbol: string, book: SymbolBook, missing: number, isSpot: boolean): void {
    let rest = missing;
    const foreign = book.foreign ?? 0;
    // What was beside the lots goes first: it was never the bot's.
    if (foreign * missing < 0) {
      const taken = Math.min(Math.abs(foreign), Math.abs(missing)) * Math.sign(missing);
      book.explain(foreign + taken);
      rest -= taken;
    }
    const gone = book.abandon(rest < 0 ? 'long' : 'short', Math.abs(rest));
    this.#count(gone);
    const { size, inverse } = unitOf(this.#marketOf(symbol));
    const units = gone.reduce((sum, each) => sum + each.size, 0) / (inverse ? 1 : size);
    const unexplained = inverse && gone.length > 0 ? 0 : Math.abs(rest) - units;
    if (unexplained > 0 && !(isSpot && rest < 0))
      book.explain((book.foreign ?? 0) + Math.sign(rest) * unexplained);
  }

  #record(trade: TradeInput): void {
    try {
      this.#engine.recordTrade(trade);
    } catch (error) {
      this.#engine.countError('ADAPTER_FAILED', error);
    }
  }

  #count(unknown: readonly Abandoned[]): void {
    for (const { strategy, symbol, positionId, size } of unknown)
      this.#engine.recordUnknownExit({ strategy, symbol, positionId, size, time: this.#venue.now() });
  }

  #ahead(symbol: string): SentOrder[] {
    return this.orders.all(symbol).filter(({ execution }) => execution.isAhead);
  }

  /** An unknown order at the venue that must be one of the bot's after all. */
  #recognised(order: CcxtOrder): SentOrder | undefined {
    const { id, symbol } = order;
    // What an order filled that was watched to its end is booked: it is no other order's.
    if (id !== undefined && symbol !== undefined && this.orders.isFinished(id, symbol)) return undefined;
    return this.#claimed(order) ?? this.orders.triggered(order);
  }

  /** An order at the venue that must be one whose answer was lost. */
  #claimed(order: CcxtOrder): SentOrder | undefined {
    if (order.id === undefined || order.symbol === undefined) return undefined;
    if (this.orders.isFinished(order.id, order.symbol)) return undefined;
    const lost = this.orders.claim(order);
    if (!lost) return undefined;
    this.orders.found(lost.key);
    this.onFound(lost.key, keyOf(order.symbol, order.id, lost.conditional));
    const { key: _key, ...found } = lost;
    return this.follow(order.id, found as Found);
  }

  /** Called when an order whose answer was lost turns out to be at the venue. */
  onFound: (lostKey: string, key: string) => void = () => undefined;

  /** What the trades of an order say of it. */
  #orderOf(trade: CcxtTrade, trades: readonly CcxtTrade[]): CcxtOrder {
    const own = trades.filter(({ order }) => order !== undefined && order === trade.order);
    return {
      average: trade.price,
      ...(trade.order === undefined ? {} : { id: trade.order }),
      ...(trade.symbol === undefined ? {} : { symbol: trade.symbol }),
      side: trade.side,
      amount: own.reduce((sum, { amount }) => sum + Number(amount ?? 0), 0),
      timestamp: trade.timestamp,
    };
  }

  #partOf(trade: CcxtTrade, symbol: string) {
    const market = this.#marketOf(symbol);
    const filled = filledBy(trade, market, this.#priceOf, this.#venue.now());
    if (filled === null) return null;
    const { amount, time, fee, baseFee } = filled;
    const id = this.#nameOf(symbol, `t${trade.id}`);
    return {
      id,
      time,
      amount,
      price: Number(trade.price),
      fee: fee ?? 0,
      baseFee: baseFee ?? 0,
      feeKnown: fee !== null,
    };
  }

  #accountOf(symbol: string): Account {
    let account = this.#accounts.get(symbol);
    if (!account) {
      account = {
        book: new SymbolBook(symbol, this.#marketOf(symbol)),
        tape: new Tape(this.#venue, symbol, this.#began),
        others: [],
        funding: [],
        endings: [],
        contradictions: 0,
      };
      this.#accounts.set(symbol, account);
    }
    return account;
  }

  #marketOf(symbol: string): CcxtMarket {
    return marketOf(this.#exchange, symbol) ?? this.#markets.get(symbol) ?? this.#exchange.market(symbol);
  }

  #restore({ orders, accounts }: BooksState): void {
    for (const { symbol, market, book, tape, others = [], funding = [], endings = [] } of accounts) {
      this.#markets.set(symbol, market);
      this.#accounts.set(symbol, {
        book: new SymbolBook(symbol, market, book),
        tape: new Tape(this.#venue, symbol, this.#began, tape),
        others: [...others],
        funding: [...funding],
        endings,
        contradictions: 0,
      });
    }
    this.orders.restore(orders);
  }
}
