import { PaperAccount } from './account.ts';
import { errorsOf } from './errors-of.ts';
import { type CcxtInstance, simulateOrders } from './exchange.ts';
import { LivePrices } from './live-prices.ts';
import { forbidRealOrders } from './no-real-orders.ts';
import { OwnStreams } from './own-streams.ts';

export interface PaperExchangeOptions {
  /** Money at the start in the quote currency, or what there is of each currency; default 10,000. */
  readonly balance?: number | Readonly<Record<string, number>>;
  /** Currency that the account is kept in; default USDT. */
  readonly quote?: string;
  /** What a taker loses to the spread and the book, in basis points of the price; default 2. */
  readonly slippageBps?: number;
}

/**
 * Puts a bot's own ccxt exchange on paper, in place: prices stay real, orders, balances and positions are simulated, and no
 * real order can leave, whatever is called. On spot and linear swaps; funding is left out. Do this before the overlay is
 * put on it.
 *
 * @example
 * const { account } = paperExchange(exchange, { balance: 10_000 });
 * await edgekeeper(exchange, { strategy: 'EMA_Trend' });
 */
export function paperExchange(
  exchange: CcxtInstance,
  { balance = 10_000, quote = 'USDT', slippageBps = 2 }: PaperExchangeOptions = {},
): { readonly account: PaperAccount; readonly stop: () => void } {
  const account = new PaperAccount({ quote, balance, slippageBps });
  const errors = errorsOf(exchange);
  const streams = new OwnStreams();
  const prices = new LivePrices(account, (hasFilled) => {
    if (hasFilled) streams.changed();
  });
  prices.take(exchange);
  forbidRealOrders(exchange, errors);
  simulateOrders(exchange, {
    account,
    errors,
    priceNow: (symbol) => prices.look(exchange, symbol),
    onChange: () => streams.changed(),
  });
  streams.on(exchange);
  return { account, stop: () => prices.stop() };
}
