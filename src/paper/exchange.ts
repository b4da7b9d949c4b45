import type { OrderSide, OrderWish, PaperAccount, PaperFill, PaperOrder } from './account.ts';
import {
  costOf,
  immediacyOf,
  isMarketType,
  isPostOnly,
  keptOf,
  type OrderParams,
  protectionOf,
  triggersOf,
} from './order-params.ts';
import { unifiedBalance, unifiedOrder, unifiedPosition, unifiedTrade } from './unified.ts';

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
  readonly swap?: boolean;
  readonly linear?: boolean;
  readonly settle?: string;
  readonly contractSize?: number;
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

interface ListedOrder {
  readonly symbol: string;
  readonly type: string;
  readonly side: string;
  readonly amount?: number;
  readonly price?: number;
  readonly params?: OrderParams;
}

export interface Simulation {
  readonly account: PaperAccount;
  readonly errors: CcxtErrors;
  /** Symbols that are traded; by default all that are paid in the account's currency. */
  readonly symbols?: readonly string[];
  /**
   * Marks the price of a symbol before an order is judged by it: what can fill at once then does. Absent: orders fill on
   * the candles that the account is given.
   */
  readonly priceNow?: (symbol: string) => Promise<void>;
  /** Told of every order that was placed, and everything that may have changed one. */
  readonly onChange?: () => void;
}

/**
 * Turns a ccxt exchange into a paper exchange, in place: its market data stay real, its orders go to a
 * simulated account at the venue's own precision, limits and fees. No request with a key is ever made.
 */
export function simulateOrders(exchange: CcxtInstance, simulation: Simulation): void {
  const { account, errors, symbols, priceNow, onChange = () => undefined } = simulation;
  const refuse = (why: string): never => {
    throw new errors.InvalidOrder(`${exchange.id} ${why}`);
  };

  /** The market of a symbol that can be paper-traded. */
  function marketOf(symbol: string): CcxtMarketInfo {
    const market = exchange.market(symbol);
    const { base, quote, settle, taker = DEFAULT_FEE, maker = DEFAULT_FEE } = market;
    if (symbols && !symbols.includes(market.symbol)) refuse(`does not paper-trade ${symbol}`);
    const isLinearSwap = market.swap === true && market.linear !== false;
    if (market.spot === false && !isLinearSwap)
      refuse(`does not paper-trade ${symbol}: only spot and linear swaps are simulated`);
    if ((settle ?? quote) !== account.quote)
      refuse(`does not paper-trade ${symbol}: the paper account is kept in ${account.quote}`);
    const contract = isLinearSwap ? { contractSize: market.contractSize ?? 1 } : {};
    account.addMarket({ symbol: market.symbol, base, quote, taker, maker, ...contract });
    return market;
  }

  const order = (placed: PaperOrder) => {
    const { quote, contractSize } = exchange.market(placed.symbol);
    return unifiedOrder(placed, quote, contractSize);
  };
  const isOf = (symbol: string | undefined) => {
    const name = symbol === undefined ? undefined : exchange.market(symbol).symbol;
    return (each: { readonly symbol: string }) => name === undefined || each.symbol === name;
  };
  /** As ccxt has it: the first from a time on, or the latest where none is said. */
  const limited = <T>(found: readonly T[], since: number, limit = Number.POSITIVE_INFINITY) =>
    since > 0 ? found.slice(0, limit) : found.slice(-limit);
  const listed = (orders: readonly PaperOrder[], symbol?: string, since = 0, limit?: number) => {
    const found = orders.filter(isOf(symbol)).filter(({ timestamp }) => timestamp >= since);
    found.sort((a, b) => Number(a.id) - Number(b.id));
    return limited(found, since, limit).map(order);
  };

  function known(id: string): PaperOrder {
    const found = account.order(String(id));
    if (!found) throw new errors.OrderNotFound(`${exchange.id} has no order ${id}`);
    return found;
  }

  /** What is wished for, checked as the venue would. Throws ccxt's errors. */
  function wishOf(
    market: CcxtMarketInfo,
    type: string,
    side: string,
    amount: number | undefined,
    price: number | undefined,
    params: OrderParams,
  ): OrderWish {
    const { symbol, limits, quote, base } = market;
    if (side !== 'buy' && side !== 'sell') return refuse(`does not know the side ${side}`);
    const isMarket = isMarketType(type);
    if (!isMarket && !/limit/i.test(type)) refuse(`does not take orders of type ${type}`);
    if (/trailing/i.test(type) || params.trailingPercent !== undefined || params.trailingAmount !== undefined)
      refuse('does not simulate trailing orders');
    if (!isMarket && !(Number(price) > 0)) refuse('needs a price for a limit order');
    const last = account.lastPrice(symbol);
    const limit = isMarket ? undefined : Number(exchange.priceToPrecision(symbol, price!));
    const reference = limit ?? last;
    if (reference === undefined || last === undefined) return refuse(`has no price of ${symbol} yet`);
    // A type such as stop_market has its trigger where a limit order has its price.
    const bare = isMarket && /stop|take/i.test(type) ? { triggerPrice: price } : {};
    const triggers = triggersOf(side, { ...bare, ...params }, last);
    const waits = triggers.stopLossPrice !== undefined || triggers.takeProfitPrice !== undefined;
    const size = market.contractSize ?? 1;
    const cost = costOf(params);
    const asked = cost === undefined ? Number(amount) : cost / (reference * size);
    const rounded = Number(asked > 0 ? exchange.amountToPrecision(symbol, asked) : 0);
    const notional = rounded * size * (triggers.stopLossPrice ?? triggers.takeProfitPrice ?? reference);
    const reduceOnly = params.reduceOnly === true || params.closePosition === true;
    if (!(rounded > 0) || rounded < (limits?.amount?.min ?? 0))
      refuse(`takes at least ${limits?.amount?.min ?? 'one step'} ${base}, not ${amount}`);
    if (!reduceOnly && notional < (limits?.cost?.min ?? 0))
      refuse(`takes orders of at least ${limits?.cost?.min} ${quote}, not ${notional}`);
    if (priceNow && reduceOnly && !waits && account.closable(symbol, side) === 0)
      refuse(`has no position of ${symbol} that a ${side} would reduce`);
    const slip = isMarket && side === 'buy' ? 1 + account.slippageBps / 10_000 : 1;
    if (!waits) demandFunds(market, side, rounded, reference * slip, reduceOnly);
    if (isPostOnly(params) && limit !== undefined && (side === 'buy' ? limit >= last : limit <= last))
      refuse(`would fill a post-only order at ${limit}: the price is ${last}`);
    return {
      clientOrderId: typeof params.clientOrderId === 'string' ? params.clientOrderId : undefined,
      symbol,
      type: isMarket ? 'market' : 'limit',
      side,
      amount: rounded,
      price: limit,
      ...triggers,
      reduceOnly,
      protection: protectionOf(params),
      timestamp: exchange.milliseconds(),
    };
  }

  function demandFunds(
    { symbol, base, quote, swap }: CcxtMarketInfo,
    side: OrderSide,
    amount: number,
    price: number,
    reduceOnly: boolean,
  ): void {
    const cost = reduceOnly ? 0 : account.cost(symbol, side, amount, price);
    if (cost > account.free())
      throw new errors.InsufficientFunds(
        `${exchange.id} has ${account.free()} ${quote} free, the order needs ${cost}`,
      );
    // Between two candles what was bought before may not have filled yet.
    const held = priceNow ? account.balance(base) - account.offered(base) : Number.POSITIVE_INFINITY;
    if (!swap && side === 'sell' && amount > held * (1 + 1e-9))
      throw new errors.InsufficientFunds(
        `${exchange.id} has ${held} ${base} free, the order sells ${amount}`,
      );
  }

  async function createOrder(
    symbol: string,
    type: string,
    side: string,
    amount?: number,
    price?: number,
    params: OrderParams = {},
  ): Promise<SimulatedOrder> {
    const market = marketOf(symbol);
    await priceNow?.(market.symbol);
    const placed = account.place(wishOf(market, type, side, amount, price, params));
    if (priceNow) {
      account.meetNow(placed, exchange.milliseconds());
      const immediacy = immediacyOf(params);
      if (immediacy !== undefined && placed.status === 'open') account.cancel(placed.id);
    }
    onChange();
    return order(placed);
  }

  async function cancelOrder(id: string): Promise<SimulatedOrder> {
    const found = known(id);
    if (found.status !== 'open')
      throw new errors.OrderNotFound(`${exchange.id} order ${id} is ${found.status}`);
    account.cancel(found.id);
    onChange();
    return order(found);
  }

  async function editOrder(
    id: string,
    symbol: string,
    type: string,
    side: string,
    amount?: number,
    price?: number,
    params: OrderParams = {},
  ): Promise<SimulatedOrder> {
    const before = known(id);
    await cancelOrder(id);
    const rest = amount ?? before.amount - before.filled;
    try {
      return await createOrder(symbol, type, side, rest, price ?? before.price, {
        ...keptOf(before, params),
        ...params,
      });
    } catch (error) {
      account.reopen(before);
      throw error;
    }
  }

  const position = (symbol: string) => {
    const { contractSize = 1 } = exchange.market(symbol);
    const terms = { contractSize, leverage: account.leverage(symbol), price: account.lastPrice(symbol) };
    return unifiedPosition(account.position(symbol), terms, exchange.milliseconds());
  };

  const unsupported = (method: string) => async () => {
    throw new errors.NotSupported(
      `${exchange.id} does not simulate ${method}: no real order may leave a paper run`,
    );
  };
  const withCost =
    (side?: string) =>
    async (symbol: string, ...rest: unknown[]) => {
      const [given, cost, params = {}] = (side === undefined ? rest : [side, ...rest]) as [
        string,
        number,
        OrderParams?,
      ];
      return createOrder(symbol, 'market', given, undefined, undefined, { ...params, cost });
    };

  const orders = {
    createOrder,
    createMarketOrderWithCost: withCost(),
    createMarketBuyOrderWithCost: withCost('buy'),
    createMarketSellOrderWithCost: withCost('sell'),
    async createOrders(wishes: readonly ListedOrder[]) {
      const placed: SimulatedOrder[] = [];
      for (const { symbol, type, side, amount, price, params } of wishes)
        placed.push(await createOrder(symbol, type, side, amount, price, params));
      return placed;
    },
    editOrder,
    cancelOrder,
    async cancelOrders(ids: readonly string[]) {
      return Promise.all(ids.map(cancelOrder));
    },
    async cancelAllOrders(symbol?: string) {
      const open = account.openOrders().filter(isOf(symbol));
      for (const { id } of open) account.cancel(id);
      onChange();
      return open.map(order);
    },
    async closePosition(symbol: string) {
      const { contracts } = account.position(exchange.market(symbol).symbol);
      const side = contracts > 0 ? 'sell' : 'buy';
      return createOrder(symbol, 'market', side, Math.abs(contracts), undefined, { reduceOnly: true });
    },
  };
  const queries = {
    async fetchOrder(id: string) {
      return order(known(id));
    },
    async fetchOrders(symbol?: string, since?: number, limit?: number) {
      return listed([...account.openOrders(), ...account.closedOrders()], symbol, since, limit);
    },
    async fetchOpenOrders(symbol?: string, since?: number, limit?: number) {
      return listed(account.openOrders(), symbol, since, limit);
    },
    async fetchClosedOrders(symbol?: string, since?: number, limit?: number) {
      const done = account.closedOrders().filter(({ status }) => status === 'closed');
      return listed(done, symbol, since, limit);
    },
    async fetchCanceledOrders(symbol?: string, since?: number, limit?: number) {
      const done = account.closedOrders().filter(({ status }) => status === 'canceled');
      return listed(done, symbol, since, limit);
    },
    async fetchOrderTrades(id: string) {
      return account.fills.filter((fill) => fill.order === id).map(trade);
    },
    async fetchMyTrades(symbol?: string, since = 0, limit?: number) {
      const found = account.fills.filter(isOf(symbol)).filter((fill) => fill.timestamp >= since);
      return limited(found, since, limit).map(trade);
    },
    async fetchBalance() {
      const usedOf = (currency: string, total: number) =>
        currency === account.quote ? Math.max(0, total - account.free()) : account.offered(currency);
      return unifiedBalance(account.balances, usedOf, exchange.milliseconds());
    },
    async fetchPosition(symbol: string) {
      return position(exchange.market(symbol).symbol);
    },
    async fetchPositions(asked?: readonly string[]) {
      const names = asked?.map((symbol) => exchange.market(symbol).symbol);
      const open = account.positions.map(({ symbol }) => symbol);
      return (names ? open.filter((symbol) => names.includes(symbol)) : open).map(position);
    },
    async setLeverage(leverage: number, symbol: string) {
      const market = exchange.market(symbol);
      if (!(leverage >= 1)) refuse(`does not know the leverage ${leverage}`);
      account.setLeverage(market.symbol, leverage);
      return { symbol: market.symbol, leverage };
    },
    async fetchLeverage(symbol: string) {
      const { symbol: name } = exchange.market(symbol);
      const leverage = account.leverage(name);
      return { symbol: name, marginMode: 'cross', longLeverage: leverage, shortLeverage: leverage, info: {} };
    },
    async setMarginMode(mode: string, symbol: string) {
      if (!/^cross(ed)?$/i.test(mode)) refuse(`simulates cross margin alone, not ${mode}`);
      return { symbol, marginMode: 'cross' };
    },
    async setPositionMode(hedged: boolean) {
      if (hedged) refuse('simulates one-way positions alone, not hedged ones');
      return { hedged: false };
    },
    async fetchPositionMode() {
      return { hedged: false, info: {} };
    },
    async fetchTradingFee(symbol: string) {
      const { symbol: name, taker = DEFAULT_FEE, maker = DEFAULT_FEE } = exchange.market(symbol);
      return { symbol: name, taker, maker, percentage: true, tierBased: false, info: {} };
    },
  };
  function trade(fill: PaperFill): SimulatedTrade {
    const { quote, contractSize } = exchange.market(fill.symbol);
    return unifiedTrade(fill, quote, contractSize);
  }

  // What it says that it has stays the venue's own: a bot asks by that.
  for (const [name, method] of Object.entries({ ...orders, ...queries })) {
    const act = method as (...given: unknown[]) => Promise<unknown>;
    // ccxt loads the markets at the first call of any: a bot need not.
    const loaded = async (...given: unknown[]) => {
      await exchange.loadMarkets();
      return act(...given);
    };
    const made = priceNow ? loaded : act;
    Object.assign(exchange, { [name]: made, [`${name}Ws`]: made });
  }
  for (const name of UNSIMULATED) Object.assign(exchange, { [name]: unsupported(name) });
}

/** What would move money or orders at the venue, and has no simulation. */
const UNSIMULATED = [
  'closeAllPositions',
  'createTrailingAmountOrder',
  'createTrailingPercentOrder',
  'createTwapOrder',
  'editOrders',
  'cancelAllOrdersAfter',
  'withdraw',
  'transfer',
  'borrowCrossMargin',
  'borrowIsolatedMargin',
  'repayCrossMargin',
  'repayIsolatedMargin',
  'addMargin',
  'reduceMargin',
  'createConvertTrade',
  'fetchDepositAddress',
];
