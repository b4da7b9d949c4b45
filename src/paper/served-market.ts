import type { CcxtErrors, CcxtInstance, CcxtMarketInfo } from './exchange.ts';
import { replayMarket } from './market-rules.ts';
import type { RecordedMarket } from './recorded-market.ts';

export interface Served {
  /** Promises that wait for the market to go on. */
  readonly waiting: number;
  /** Wakes those who wait for the market to go on. */
  wake(): void;
}

/** Half of the distance between bid and ask, as a rate. */
const HALF_SPREAD = 0.0001;
const DEPTH = 20;

/** The market that a name is recorded as: a linear swap has the candles of its spot market. */
export const recordedAs = (symbol: string): string => symbol.split(':')[0]!;

/** Makes an exchange answer what is recorded, in place: nothing is asked of the venue. */
export function serveRecorded(exchange: CcxtInstance, market: RecordedMarket, errors: CcxtErrors): Served {
  const sleepers = new Set<() => void>();
  const next = () => new Promise<void>((resolve) => sleepers.add(resolve));
  const at = () => ({
    timestamp: exchange.milliseconds(),
    datetime: new Date(exchange.milliseconds()).toISOString(),
  });
  const refuse = (what: string): never => {
    throw new errors.NotSupported(`${exchange.id} has no ${what} in a replay of recorded candles`);
  };

  /** The market of a symbol, and the name that its candles are recorded under. */
  async function found(symbol: string): Promise<{ info: CcxtMarketInfo; name: string }> {
    await exchange.loadMarkets();
    const info = exchange.market(symbol);
    return { info, name: recordedAs(info.symbol) };
  }

  async function fetchOHLCV(symbol: string, timeframe = '1m', since?: number, limit?: number) {
    const { name } = await found(symbol);
    return market.rows(name, timeframe, since, limit) ?? refuse(`candles of ${timeframe}`);
  }

  async function fetchTicker(symbol: string) {
    const { info, name } = await found(symbol);
    const last = market.price(name) ?? refuse(`price of ${symbol} yet`);
    const { open, high, low, volume, money } = market.day(name)!;
    return {
      symbol: info.symbol,
      ...at(),
      last,
      close: last,
      bid: last * (1 - HALF_SPREAD),
      ask: last * (1 + HALF_SPREAD),
      bidVolume: undefined,
      askVolume: undefined,
      open,
      high,
      low,
      vwap: volume > 0 ? money / volume : undefined,
      previousClose: open,
      change: last - open,
      percentage: (last / open - 1) * 100,
      average: (last + open) / 2,
      baseVolume: volume,
      quoteVolume: money,
      info: {},
    };
  }

  async function fetchTickers(symbols?: readonly string[]) {
    await exchange.loadMarkets();
    const names = symbols ?? Object.keys(exchange.markets!);
    const known = names.filter(
      (each) => market.price(recordedAs(exchange.market(each).symbol)) !== undefined,
    );
    return Object.fromEntries(await Promise.all(known.map(async (each) => [each, await fetchTicker(each)])));
  }

  /** Levels about the last price, as deep as a day is long: what a bot reads of them is a spread. */
  async function fetchOrderBook(symbol: string, limit = DEPTH) {
    const { info, name } = await found(symbol);
    const price = market.price(name) ?? refuse(`price of ${symbol} yet`);
    const level = market.day(name)!.volume / (24 * 60) || 1;
    const levels = (sign: number) =>
      Array.from({ length: limit }, (_, i) => [price * (1 + sign * HALF_SPREAD * (i + 1)), level]);
    return { symbol: info.symbol, bids: levels(-1), asks: levels(1), ...at(), nonce: undefined };
  }

  const answers = { fetchOHLCV, fetchTicker, fetchTickers, fetchOrderBook };
  const streams = Object.entries(answers).map(([name, answer]) => [
    name.replace('fetch', 'watch'),
    async (...args: never[]) => {
      await next();
      return (answer as (...given: never[]) => Promise<unknown>)(...args);
    },
  ]);
  Object.assign(exchange, answers, Object.fromEntries(streams), {
    async fetchMarkets() {
      return market.symbols.flatMap((symbol) => {
        const price = market.price(symbol) ?? market.rows(symbol, '1d', 0, 1)?.[0]?.[1] ?? 1;
        const spot = replayMarket(symbol, price);
        return [spot, swapOf(spot as CcxtMarketInfo)];
      });
    },
    fetchCurrencies: async () => ({}),
    fetchTime: async () => exchange.milliseconds(),
    fetchStatus: async () => ({ status: 'ok', updated: exchange.milliseconds() }),
    fetch2: async (path: string) => refuse(`answer to ${path}`),
  });
  return {
    get waiting() {
      return sleepers.size;
    },
    wake() {
      const woken = [...sleepers];
      sleepers.clear();
      for (const wake of woken) wake();
    },
  };
}

/** The linear swap beside a spot market. */
function swapOf(spot: CcxtMarketInfo): object {
  return {
    ...spot,
    symbol: `${spot.symbol}:${spot.quote}`,
    settle: spot.quote,
    settleId: spot.quote,
    type: 'swap',
    spot: false,
    swap: true,
    contract: true,
    linear: true,
    inverse: false,
    contractSize: 1,
    taker: 0.0005,
    maker: 0.0002,
  };
}
