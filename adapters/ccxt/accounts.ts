import type { TradeInput } from '../../src/index.ts';
import { pickDefined } from '../../src/model/pick.ts';
import { type CcxtExchange, type CcxtMarket, marketOf } from './market.ts';
import type { CcxtTrade } from './orders.ts';
import { SymbolBook, type SymbolBookState } from './symbol-book.ts';
import { Tape, type TapeState } from './tape.ts';
import type { Venue } from './venue.ts';

/** Funding received, or paid where negative, in the currency that settles. */
interface Payment {
  readonly time: number;
  readonly amount: number;
}

/** What is known of one symbol. */
export interface Account {
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

export type AccountsState = readonly {
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

const MARKET = [
  ...(['symbol', 'spot', 'swap', 'taker', 'quote', 'base'] as const),
  ...(['settle', 'contractSize', 'inverse', 'limits'] as const),
] as const;

/** What is booked of a trade; the venue's own row in it is not. */
const TRADE = [
  ...(['id', 'order', 'symbol', 'side', 'amount', 'price'] as const),
  ...(['cost', 'timestamp', 'fee', 'fees'] as const),
] as const;

/** What is known of each symbol that is traded, over restarts. */
export class Accounts {
  readonly #exchange: CcxtExchange;
  readonly #venue: Venue;
  readonly #bySymbol = new Map<string, Account>();
  readonly #began: number;
  /** Markets as an earlier process knew them. */
  readonly #markets = new Map<string, CcxtMarket>();

  constructor(exchange: CcxtExchange, venue: Venue, state: AccountsState = []) {
    this.#exchange = exchange;
    this.#venue = venue;
    this.#began = venue.now();
    for (const { symbol, market, book, tape, others = [], funding = [], endings = [] } of state) {
      this.#markets.set(symbol, market);
      this.#bySymbol.set(symbol, {
        book: new SymbolBook(symbol, market, book),
        tape: new Tape(venue, symbol, this.#began, tape),
        others: [...others],
        funding: [...funding],
        endings,
        contradictions: 0,
      });
    }
  }

  state(): AccountsState {
    return [...this.#bySymbol].map(([symbol, { book, tape, others, funding, endings }]) => ({
      symbol,
      market: pickDefined(this.marketOf(symbol), MARKET),
      book: book.state(),
      tape: tape.state(),
      others: others.map((trade) => pickDefined(trade, TRADE)),
      funding: [...funding],
      endings,
    }));
  }

  symbols(): string[] {
    return [...this.#bySymbol.keys()];
  }

  known(symbol: string): Account | undefined {
    return this.#bySymbol.get(symbol);
  }

  of(symbol: string): Account {
    let account = this.#bySymbol.get(symbol);
    if (!account) {
      account = {
        book: new SymbolBook(symbol, this.marketOf(symbol)),
        tape: new Tape(this.#venue, symbol, this.#began),
        others: [],
        funding: [],
        endings: [],
        contradictions: 0,
      };
      this.#bySymbol.set(symbol, account);
    }
    return account;
  }

  marketOf(symbol: string): CcxtMarket {
    return marketOf(this.#exchange, symbol) ?? this.#markets.get(symbol) ?? this.#exchange.market(symbol);
  }
}
