import type { Attachment } from '../../adapters/ccxt/attach.ts';
import type { CcxtExchange } from '../../adapters/ccxt/market.ts';
import { PaperAccount } from '../paper/account.ts';
import { AccountRecord } from '../paper/account-record.ts';
import { type CcxtErrors, type CcxtInstance, simulateOrders } from '../paper/exchange.ts';
import { forbidRealOrders } from '../paper/no-real-orders.ts';
import { OwnStreams } from '../paper/own-streams.ts';
import type { Trial } from './trial.ts';

/** Share of a candle's volume that one order may be. */
export const PARTICIPATION = 0.1;

export interface SeatOptions {
  readonly trial: Trial;
  readonly strategyOf: (symbol: string) => string;
  /** Marks the price of a symbol, as the bot's exchange sees it now. */
  readonly priceNow: (exchange: CcxtInstance, symbol: string) => Promise<void>;
  /** Prices of what the account holds from the start, by spot symbol. */
  readonly prices?: ReadonlyMap<string, number>;
  /** Puts the overlay on an exchange; null for the bot alone. */
  readonly attach: ((exchange: CcxtExchange) => Attachment) | null;
}

/** A bot on one paper account, whatever exchanges it makes: they all trade for it. */
export class Seat {
  readonly account: PaperAccount;
  readonly record: AccountRecord;
  readonly #options: SeatOptions;
  readonly exchanges: CcxtInstance[] = [];
  readonly streams = new OwnStreams();

  constructor(options: SeatOptions) {
    const { balance, quote, slippageBps } = options.trial;
    this.#options = options;
    this.account = new PaperAccount({ quote, balance, slippageBps, participation: PARTICIPATION });
    for (const [symbol, price] of options.prices ?? []) {
      const [base = '', paidIn = ''] = symbol.split('/');
      this.account.addMarket({ symbol, base, quote: paidIn, taker: 0, maker: 0 });
      this.account.mark(symbol, price);
    }
    this.record = new AccountRecord({
      account: this.account,
      ownerOf: ({ symbol }) => ({ strategy: options.strategyOf(symbol) }),
      unitOf: (symbol) => ({ size: this.exchanges[0]?.market(symbol).contractSize ?? 1, inverse: false }),
    });
  }

  /** Makes an exchange of the bot one of paper, before the overlay is put on it. */
  take(exchange: CcxtInstance, errors: CcxtErrors): void {
    const { priceNow, attach } = this.#options;
    this.exchanges.push(exchange);
    forbidRealOrders(exchange, errors);
    simulateOrders(exchange, {
      account: this.account,
      errors: counting(errors, () => this.record.refused()),
      priceNow: (symbol) => priceNow(exchange, symbol),
      onChange: () => this.streams.changed(),
    });
    this.streams.on(exchange);
    attach?.(exchange as unknown as CcxtExchange);
  }
}

/** The venue's errors, of which refusals are counted. */
function counting(errors: CcxtErrors, refused: () => void): CcxtErrors {
  const counted = <T extends new (message: string) => Error>(base: T) =>
    new Proxy(base, {
      construct(target, args, made) {
        refused();
        return Reflect.construct(target, args, made);
      },
    });
  return {
    ...pick(errors),
    InvalidOrder: counted(errors.InvalidOrder),
    InsufficientFunds: counted(errors.InsufficientFunds),
  };
}

const pick = ({ InvalidOrder, InsufficientFunds, OrderNotFound, NotSupported }: CcxtErrors): CcxtErrors => ({
  InvalidOrder,
  InsufficientFunds,
  OrderNotFound,
  NotSupported,
});
