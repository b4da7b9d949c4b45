import type { Side } from '../../src/index.ts';
import type { Account, Accounts } from './accounts.ts';
import { unitOf } from './market.ts';
import type { Records } from './records.ts';
import type { SentOrders } from './sent-orders.ts';
import type { SymbolBook } from './symbol-book.ts';

/** Statements in a row that must contradict the books before a position counts as gone. */
const STRIKES = 3;

/** What comes of a statement: nothing, or the venue is to be read again. */
export type Verdict = 'fits' | 'contradicts';

/** Holds what the exchange says that the account holds against what is booked. */
export class Statements {
  readonly #accounts: Accounts;
  readonly #orders: SentOrders;
  readonly #records: Records;
  readonly #reconciles: boolean;

  constructor(accounts: Accounts, orders: SentOrders, records: Records, reconciles: boolean) {
    this.#accounts = accounts;
    this.#orders = orders;
    this.#records = records;
    this.#reconciles = reconciles;
  }

  /** What is thought to be held, in units, where the exchange says otherwise; null where nothing contradicts it. */
  doubted(symbol: string): number | null {
    const account = this.#accounts.known(symbol);
    return !account || account.contradictions === 0 ? null : this.#thought(symbol, account);
  }

  /** Whether the exchange says of a symbol what is thought to be held. */
  expects(symbol: string, position: number): boolean {
    const account = this.#accounts.known(symbol);
    return !!account && Math.abs(position - this.#thought(symbol, account)) < this.#noise(symbol, position);
  }

  #thought(symbol: string, { book }: Account): number {
    return book.net + this.#pending(symbol) + (book.foreign ?? 0);
  }

  /** Units that filled and are not booked yet, signed. */
  #pending(symbol: string): number {
    return this.#orders
      .ahead(symbol)
      .reduce((sum, { buys, execution }) => sum + (buys ? execution.ahead : -execution.ahead), 0);
  }

  /**
   * Takes what the exchange says that the account holds, at a moment when nothing is under way. Returns what is
   * to be done about it: nothing, or the venue is to be read again.
   */
  stated(symbol: string, position: number): Verdict {
    const account = this.#accounts.of(symbol);
    const { book } = account;
    const pending = this.#pending(symbol);
    const market = this.#accounts.marketOf(symbol);
    const beside = position - book.net - pending;
    const noise = this.#noise(symbol, position);
    const isSpot = market.spot !== false;
    // What is beside the lots may be what an order filled that nobody has looked at yet.
    const mayHaveFilled =
      this.#reconciles &&
      account.contradictions < STRIKES - 1 &&
      (this.#orders.lost(symbol).length > 0 || this.#orders.all(symbol).some(({ final }) => !final));
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
  statedSides(symbol: string, stated: Readonly<Record<Side, number | null>>): Verdict {
    const account = this.#accounts.of(symbol);
    const missing = (side: Side): number => {
      const held = account.book.held(side);
      const ahead = this.#orders
        .ahead(symbol)
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
    for (const side of sides) this.#records.count(account.book.abandon(side, missing(side)));
    return 'fits';
  }

  /** Least difference of a position that means something. */
  #noise(symbol: string, position: number): number {
    return (
      Math.max(this.#accounts.marketOf(symbol).limits?.amount?.min ?? 0, Math.abs(position) * 1e-6, 1e-12) *
      0.999
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
    this.#records.count(gone);
    const { size, inverse } = unitOf(this.#accounts.marketOf(symbol));
    const units = gone.reduce((sum, each) => sum + each.size, 0) / (inverse ? 1 : size);
    const unexplained = inverse && gone.length > 0 ? 0 : Math.abs(rest) - units;
    if (unexplained > 0 && !(isSpot && rest < 0))
      book.explain((book.foreign ?? 0) + Math.sign(rest) * unexplained);
  }
}
