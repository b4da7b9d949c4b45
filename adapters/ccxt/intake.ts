import type { Accounts } from './accounts.ts';
import { type CcxtOrder, type CcxtTrade, isFinal } from './orders.ts';
import type { Records } from './records.ts';
import { type Found, keyOf, type SentOrder, type SentOrders } from './sent-orders.ts';

/** Takes what is heard of orders and trades, from the bot and from the venue's own record. */
export class Intake {
  readonly #accounts: Accounts;
  readonly #orders: SentOrders;
  readonly #records: Records;
  readonly #reconciles: boolean;
  readonly #now: () => number;

  constructor(parts: {
    readonly accounts: Accounts;
    readonly orders: SentOrders;
    readonly records: Records;
    readonly reconciles: boolean;
    readonly now: () => number;
  }) {
    this.#accounts = parts.accounts;
    this.#orders = parts.orders;
    this.#records = parts.records;
    this.#reconciles = parts.reconciles;
    this.#now = parts.now;
  }

  /** Takes an order report; true where it says something new of an order that is watched. */
  observe(order: CcxtOrder): boolean {
    const { id, symbol } = order;
    if (id === undefined) return false;
    const known = this.#orders.get(id, symbol, order) ?? this.#claimed(order);
    if (!known) return false;
    known.execution.report(order, this.#now());
    known.resting ||= order.status === 'open' && order.filled === 0 && known.price !== undefined;
    // Some exchanges call an order final before they say what it filled, or at which price.
    const told = order.filled === 0 || Number(order.filled) > 0;
    const priced = !(Number(order.filled) > known.execution.amount * (1 + 1e-9));
    const mayBeAnother = known.conditional && known.execution.amount === 0 && this.#reconciles;
    if (isFinal(order) && mayBeAnother && this.#accounts.of(known.symbol).tape.isReadable) known.over = true;
    else if (isFinal(order) && told && priced) known.final = true;
    this.#tell(known.symbol);
    return true;
  }

  /** Takes a trade report; true where it is new. */
  observeTrade(trade: CcxtTrade): boolean {
    const known = trade.order === undefined ? undefined : this.#orders.get(trade.order, trade.symbol);
    if (!known?.execution.trade(trade, this.#now())) return false;
    this.#accounts.of(known.symbol).tape.note(trade);
    return true;
  }

  /** Reads what the venue keeps of a symbol since the last time. */
  async readTape(symbol: string): Promise<void> {
    const account = this.#accounts.of(symbol);
    const trades = await account.tape.read(
      (order) => order !== undefined && this.#orders.get(order, symbol) !== undefined,
    );
    for (const trade of trades) {
      const known = trade.order === undefined ? undefined : this.#orders.get(trade.order, symbol);
      const order = known ?? this.#recognised(this.#orderOf(trade, trades));
      if (order) {
        order.execution.trade(trade, this.#now());
        if (order.conditional && order.execution.amount >= order.sent * (1 - 1e-9)) order.final = true;
      } else if (trade.order === undefined || !this.#orders.isFinished(trade.order, symbol))
        account.others.push(trade);
    }
    for (const order of this.#orders.all(symbol)) if (order.over) order.final = true;
    this.#tell(symbol);
    const holds = !account.book.isEmpty || this.#orders.ahead(symbol).length > 0 || account.others.length > 0;
    if (!holds || this.#accounts.marketOf(symbol).swap !== true) return;
    // Read first: what was there may be booked, and put away, while this is waited for.
    const payments = await account.tape.readFunding();
    account.funding.push(...payments);
  }

  /** An unknown order at the venue that must be one of the bot's after all. */
  #recognised(order: CcxtOrder): SentOrder | undefined {
    const { id, symbol } = order;
    // What an order filled that was watched to its end is booked: it is no other order's.
    if (id !== undefined && symbol !== undefined && this.#orders.isFinished(id, symbol)) return undefined;
    return this.#claimed(order) ?? this.#orders.triggered(order);
  }

  /** An order at the venue that must be one whose answer was lost. */
  #claimed(order: CcxtOrder): SentOrder | undefined {
    if (order.id === undefined || order.symbol === undefined) return undefined;
    if (this.#orders.isFinished(order.id, order.symbol)) return undefined;
    const lost = this.#orders.claim(order);
    if (!lost) return undefined;
    this.#orders.found(lost.key);
    this.onFound(lost.key, keyOf(order.symbol, order.id, lost.conditional));
    const { key: _key, ...found } = lost;
    this.#accounts.of(found.symbol);
    return this.#orders.add(order.id, found as Found);
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

  #tell(symbol: string): void {
    this.#records.tell(this.#accounts.of(symbol), this.#orders.all(symbol));
  }
}
