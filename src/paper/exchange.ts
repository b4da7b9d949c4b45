import type { PaperAccount, PaperFill, PaperOrder } from './account.ts';

/** The part of a ccxt instance that paper trading needs; any ccxt 4 exchange has it. */
export interface CcxtInstance {
  readonly id: string;
  readonly name?: string;
  readonly symbols: readonly string[];
  readonly timeframes?: Readonly<Record<string, unknown>>;
  markets: Record<string, CcxtMarketInfo> | undefined;
  precisionMode: number;
  loadMarkets(): Promise<unknown>;
  setMarkets(markets: unknown): unknown;
  market(symbol: string): CcxtMarketInfo;
  amountToPrecision(symbol: string, amount: number): string;
  priceToPrecision(symbol: string, price: number): string;
  milliseconds(): number;
  fetchOHLCV(
    symbol: string,
    timeframe: string,
    since?: number,
    limit?: number,
  ): Promise<(number | undefined)[][]>;
  createOrder(
    symbol: string,
    type: string,
    side: string,
    amount: number,
    price?: number,
    params?: Record<string, unknown>,
  ): Promise<SimulatedOrder>;
  cancelOrder(id: string, symbol?: string): Promise<SimulatedOrder>;
  fetchOrder(id: string, symbol?: string): Promise<SimulatedOrder>;
  fetchOpenOrders(symbol?: string): Promise<SimulatedOrder[]>;
  fetchClosedOrders(symbol?: string): Promise<SimulatedOrder[]>;
  fetchMyTrades(symbol?: string, since?: number, limit?: number): Promise<SimulatedTrade[]>;
  fetchBalance(): Promise<Record<string, unknown>>;
  close?(): Promise<unknown>;
}

export interface CcxtMarketInfo {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly spot?: boolean;
  readonly active?: boolean;
  readonly taker?: number;
  readonly maker?: number;
  readonly limits?: {
    readonly amount?: { readonly min?: number | undefined };
    readonly cost?: { readonly min?: number | undefined };
  };
}

/** An order in ccxt's unified structure. */
export type SimulatedOrder = ReturnType<typeof unifiedOrder>;
export type SimulatedTrade = ReturnType<typeof unifiedTrade>;

/** ccxt's own error classes, so that a bot meets the errors that it would meet live. */
export interface CcxtErrors {
  readonly InvalidOrder: new (message: string) => Error;
  readonly InsufficientFunds: new (message: string) => Error;
  readonly OrderNotFound: new (message: string) => Error;
  readonly NotSupported: new (message: string) => Error;
}

/** Used where a market names no fee, as most spot venues charge it. */
const DEFAULT_FEE = 0.001;

/**
 * Turns a ccxt exchange into a paper exchange, in place: its market data stay real, its orders go to a
 * simulated account at the venue's own precision, limits and fees. No request with a key is ever made.
 */
export function simulateOrders(
  exchange: CcxtInstance,
  account: PaperAccount,
  symbols: readonly string[],
  errors: CcxtErrors,
): void {
  for (const symbol of symbols) {
    const { base, quote, taker = DEFAULT_FEE, maker = DEFAULT_FEE } = exchange.market(symbol);
    account.addMarket({ symbol, base, quote, taker, maker });
  }

  function check(
    symbol: string,
    type: string,
    side: string,
    amount: number,
    price: number | undefined,
  ): number {
    const { limits, quote, base, taker = DEFAULT_FEE } = exchange.market(symbol);
    const refuse = (why: string): never => {
      throw new errors.InvalidOrder(`${exchange.id} ${why}`);
    };
    if (!symbols.includes(symbol)) refuse(`does not paper-trade ${symbol}`);
    if (type !== 'market' && type !== 'limit') refuse(`does not take orders of type ${type}`);
    if (side !== 'buy' && side !== 'sell') refuse(`does not know the side ${side}`);
    if (type === 'limit' && !(Number(price) > 0)) refuse('needs a price for a limit order');
    const rounded = Number(exchange.amountToPrecision(symbol, amount));
    const reference = price ?? account.lastPrice(symbol);
    if (reference === undefined) return refuse(`has no price of ${symbol} yet`);
    const notional = rounded * reference;
    if (rounded < (limits?.amount?.min ?? 0))
      refuse(`takes at least ${limits?.amount?.min} ${base}, not ${rounded}`);
    if (notional < (limits?.cost?.min ?? 0))
      refuse(`takes orders of at least ${limits?.cost?.min} ${quote}, not ${notional}`);
    if (side === 'buy' && notional * (1 + taker) > account.free()) {
      throw new errors.InsufficientFunds(
        `${exchange.id} has ${account.free()} ${quote} free, the order needs ${notional * (1 + taker)}`,
      );
    }
    return rounded;
  }

  function known(id: string): PaperOrder {
    const order = account.order(id);
    if (!order) throw new errors.OrderNotFound(`${exchange.id} has no order ${id}`);
    return order;
  }

  const unsupported = (method: string) => async () => {
    throw new errors.NotSupported(
      `${exchange.id} does not simulate ${method}: no real order may leave a paper run`,
    );
  };

  Object.assign(exchange, {
    async createOrder(
      symbol: string,
      type: string,
      side: string,
      amount: number,
      price?: number,
      params: Record<string, unknown> = {},
    ) {
      const rounded = check(symbol, type, side, amount, price);
      const order = account.place({
        clientOrderId: typeof params.clientOrderId === 'string' ? params.clientOrderId : undefined,
        symbol,
        type: type as PaperOrder['type'],
        side: side as PaperOrder['side'],
        amount: rounded,
        price,
        stopLossPrice: optionalPrice(params.stopLossPrice),
        takeProfitPrice: optionalPrice(params.takeProfitPrice),
        timestamp: exchange.milliseconds(),
      });
      return unifiedOrder(order, exchange.market(symbol).quote);
    },
    async cancelOrder(id: string) {
      const order = known(id);
      if (order.status !== 'open')
        throw new errors.OrderNotFound(`${exchange.id} order ${id} is ${order.status}`);
      account.cancel(id);
      return unifiedOrder(order, exchange.market(order.symbol).quote);
    },
    async fetchOrder(id: string) {
      const order = known(id);
      return unifiedOrder(order, exchange.market(order.symbol).quote);
    },
    async fetchOpenOrders(symbol?: string) {
      return account
        .openOrders(symbol)
        .map((order) => unifiedOrder(order, exchange.market(order.symbol).quote));
    },
    async fetchClosedOrders(symbol?: string) {
      return account
        .closedOrders(symbol)
        .map((order) => unifiedOrder(order, exchange.market(order.symbol).quote));
    },
    async fetchMyTrades(symbol?: string, since = 0, limit?: number) {
      const fills = account.fills.filter(
        (fill) => (symbol === undefined || fill.symbol === symbol) && fill.timestamp >= since,
      );
      return fills.slice(0, limit).map((fill) => unifiedTrade(fill, exchange.market(fill.symbol).quote));
    },
    async fetchBalance() {
      return Object.fromEntries(
        [...account.balances].map(([currency, total]) => {
          const used = currency === account.quote ? total - account.free() : 0;
          return [currency, { free: total - used, used, total }];
        }),
      );
    },
    createOrders: unsupported('createOrders'),
    createOrderWs: unsupported('createOrderWs'),
    createOrdersWs: unsupported('createOrdersWs'),
    editOrder: unsupported('editOrder'),
    editOrderWs: unsupported('editOrderWs'),
    cancelAllOrders: unsupported('cancelAllOrders'),
    closePosition: unsupported('closePosition'),
    closeAllPositions: unsupported('closeAllPositions'),
  });
}

const optionalPrice = (value: unknown): number | undefined => {
  const price = Number(value);
  return value === undefined || !(price > 0) ? undefined : price;
};

function unifiedOrder(order: PaperOrder, quote: string) {
  const { id, clientOrderId, symbol, type, side, amount, price, stopLossPrice, takeProfitPrice } = order;
  const { timestamp, lastTradeTimestamp, status, filled, cost, fee } = order;
  return {
    id,
    clientOrderId,
    symbol,
    type,
    side,
    amount,
    price,
    stopLossPrice,
    takeProfitPrice,
    timestamp,
    datetime: new Date(timestamp).toISOString(),
    lastTradeTimestamp,
    status,
    filled,
    remaining: amount - filled,
    average: filled > 0 ? cost / filled : undefined,
    cost,
    fee: { currency: quote, cost: fee },
    info: {},
  };
}

function unifiedTrade({ id, order, symbol, side, amount, price, fee, timestamp }: PaperFill, quote: string) {
  return {
    id,
    order,
    symbol,
    side,
    amount,
    price,
    cost: amount * price,
    timestamp,
    datetime: new Date(timestamp).toISOString(),
    fee: { currency: quote, cost: fee },
    info: {},
  };
}
