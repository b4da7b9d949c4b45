import ccxt from 'ccxt';
import {
  type AttachmentState,
  attach,
  type CcxtExchange,
  type Sizing,
  withStrategy,
} from '../../../adapters/ccxt/index.ts';
import type { HostDriver, HostRun, HostSetup, SentOrder, Wish } from '../../../adapters/conformance/index.ts';
import { replayMarket } from '../../../src/paper/market-rules.ts';
import { Venue, type VenueFill } from '../core/venue.ts';

interface Order {
  readonly id: string;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly amount: number;
  readonly owner: string;
  readonly fills: VenueFill[];
  status: string;
  time: number;
}

type Params = Record<string, unknown>;

const SYMBOLS = { spot: 'BTC/USDT', swap: 'BTC/USDT:USDT', hedge: 'BTC/USDT:USDT' } as const;
type Kind = keyof typeof SYMBOLS;

/** A ccxt exchange on ccxt's own base class, whose orders go to a venue; reports come in parts and twice where it is noisy. */
function exchangeOn(venue: Venue, kind: Kind, noisy: boolean, owner: () => string) {
  const exchange = new ccxt.Exchange({ id: 'venue', enableRateLimit: false });
  const spot = replayMarket(SYMBOLS.spot, 100) as object;
  const symbol = SYMBOLS[kind];
  const limits = { amount: { min: venue.minAmount }, cost: { min: venue.minNotional } };
  exchange.setMarkets([
    {
      ...spot,
      symbol,
      id: symbol,
      limits,
      taker: venue.feeRate,
      precision: { amount: venue.step, price: 0.01 },
      ...(kind !== 'spot'
        ? {
            spot: false,
            swap: true,
            contract: true,
            linear: true,
            settle: 'USDT',
            contractSize: 1,
            type: 'swap',
          }
        : {}),
    },
  ] as never);
  const orders = new Map<string, Order>();
  let ids = 0;
  // No venue gives an id twice, whether or not its client was started anew.
  const series = `o${venue.sent.length}-`;
  const state = { resting: false, hangs: false };
  const requests: string[] = [];
  const never = () => new Promise<never>(() => undefined);

  const report = (order: Order, parts = order.fills.length) => {
    const done = order.fills.slice(0, parts);
    const filled = done.reduce((sum, { amount }) => sum + amount, 0);
    const cost = done.reduce((sum, { amount, price }) => sum + amount * price, 0);
    const fee = done.reduce((sum, each) => sum + each.fee, 0);
    return {
      id: order.id,
      symbol,
      side: order.side,
      amount: order.amount,
      filled,
      cost,
      ...(filled > 0 ? { average: cost / filled } : {}),
      status: parts === order.fills.length ? order.status : 'open',
      timestamp: order.time,
      fee: { currency: 'USDT', cost: fee },
    };
  };

  function fill(order: Order): void {
    order.fills.push(...venue.place({ symbol, side: order.side, amount: order.amount }, order.owner));
    order.status = 'closed';
    order.time = venue.time;
  }

  const own = {
    milliseconds: () => venue.time,
    async createOrder(_symbol: string, type: string, side: 'buy' | 'sell', amount: number) {
      ids += 1;
      const order: Order = {
        id: `${series}${ids}`,
        symbol,
        side,
        amount: Number(exchange.amountToPrecision(symbol, amount)),
        owner: owner(),
        fills: [],
        status: 'open',
        time: venue.time,
      };
      if (!(type === 'limit' && state.resting)) fill(order);
      orders.set(order.id, order);
      return report(order, noisy && order.fills.length > 1 ? 1 : order.fills.length);
    },
    async createOrders(list: { symbol: string; type: string; side: 'buy' | 'sell'; amount: number }[]) {
      const made = [];
      for (const { type, side, amount } of list) made.push(await own.createOrder(symbol, type, side, amount));
      return made;
    },
    async cancelOrder(id: string) {
      const order = orders.get(id)!;
      order.status = 'canceled';
      return report(order);
    },
    async fetchOrder(id: string) {
      return report(orders.get(id)!);
    },
    async fetchOpenOrders() {
      // An exchange that is behind: it still shows the first part.
      return noisy
        ? [...orders.values()].filter(({ fills }) => fills.length > 1).map((order) => report(order, 1))
        : [];
    },
    async fetchMyTrades(_symbol?: string, since?: number) {
      // The bot asks for all of them, the adapter since a time.
      if (state.hangs && since !== undefined) return never();
      return [...orders.values()].flatMap((order) =>
        order.fills.map(({ id, amount, price, fee }) => ({
          id,
          order: order.id,
          symbol,
          side: order.side,
          amount,
          price,
          cost: amount * price,
          timestamp: order.time,
          fee: { currency: 'USDT', cost: fee },
        })),
      );
    },
    async fetchTicker() {
      return { symbol, last: venue.price };
    },
    async fetchBalance() {
      return state.hangs ? never() : { total: { BTC: venue.net() } };
    },
    async fetchPositions() {
      if (state.hangs) return never();
      if (kind === 'hedge')
        return Object.entries(venue.sides()).map(([side, contracts]) => ({
          symbol,
          side,
          contracts,
          hedged: true,
        }));
      const position = venue.net();
      return [{ symbol, side: position < 0 ? 'short' : 'long', contracts: Math.abs(position) }];
    },
    async closePosition() {
      const position = Number(venue.held(owner()).toFixed(8));
      if (position === 0) return undefined;
      return {
        ...(await own.createOrder(symbol, 'market', position > 0 ? 'sell' : 'buy', Math.abs(position))),
        symbol,
      };
    },
  };
  for (const [name, method] of Object.entries(own) as [string, (...args: never[]) => unknown][])
    Object.assign(exchange, {
      [name]: (...args: never[]) => {
        if (name !== 'milliseconds') requests.push(`${name} ${JSON.stringify(args)}`);
        return method(...args);
      },
    });
  Object.assign(exchange.has, { fetchPositions: kind !== 'spot', fetchMyTrades: true, fetchBalance: true });
  return {
    exchange: exchange as unknown as Ccxt,
    symbol,
    state,
    requests,
    /** Somebody closes at the venue, and tells nobody. */
    closeUnseen(side: 'buy' | 'sell', amount: number, of: string) {
      ids += 1;
      const order: Order = {
        id: `v${ids}`,
        symbol,
        side,
        amount,
        owner: of,
        fills: [],
        status: 'open',
        time: 0,
      };
      fill(order);
      orders.set(order.id, order);
    },
    fill: (id: string) => fill(orders.get(id)!),
    isOpen: (id: string) => orders.get(id)?.status === 'open',
  };
}

const methodOf = (descriptors: object, key: string): unknown =>
  (descriptors as Record<string, PropertyDescriptor | undefined>)[key]?.value;

/** Own methods of a ccxt exchange as the bot calls them. */
interface Ccxt {
  createOrder(
    symbol: string,
    type: string,
    side: string,
    amount: number,
    price?: number,
    params?: Params,
  ): Promise<{ id: string }>;
  editOrder(
    id: string,
    symbol: string,
    type: string,
    side: string,
    amount: number,
    price: number,
  ): Promise<{ id: string }>;
  fetchOrder(id: string, symbol: string): Promise<{ amount: number }>;
  fetchTicker(symbol: string): Promise<unknown>;
  fetchOpenOrders(symbol: string): Promise<unknown>;
  fetchMyTrades(symbol: string): Promise<unknown>;
  closePosition(symbol: string): Promise<{ id: string }>;
  createOrders(orders: readonly object[]): Promise<{ status: string }[]>;
}

interface Position {
  readonly orderId: string;
  readonly side: Wish['side'];
  amount: number;
}

/** Parameters by which an order on a spot market is not plain spot, or by which nobody can say. */
const SPOT_DOUBTS: readonly Params[] = [
  { isLeverage: 1 },
  { marginMode: 'cross' },
  { portfolioMargin: true },
  { sideEffectType: 'MARGIN_BUY' },
  { account: 'cross_margin' },
  { tdMode: 'isolated' },
  { anything: 1 },
];

/** A bot on ccxt: several strategies on one exchange, told apart by the context that they run in. */
function bot(
  setup: HostSetup,
  kind: Kind,
  sizing: Sizing,
  venue: Venue,
  kept?: AttachmentState,
  positions = new Map<string, Position>(),
  reconciles = true,
): HostRun {
  let owner = '';
  const { exchange, symbol, state, requests, closeUnseen, fill, isOpen } = exchangeOn(
    venue,
    kind,
    setup.fills === 'noisy',
    () => owner,
  );
  const before = Object.getOwnPropertyDescriptors(exchange);
  const detach = setup.engine
    ? attach(exchange as unknown as CcxtExchange, {
        engine: setup.engine,
        sizing,
        // Orders outside of a strategy's context are somebody's by hand.
        identify: () => undefined,
        reconcile: reconciles,
        ...(kept ? { state: kept } : {}),
      })
    : null;

  /** As a strategy: its context for the overlay, its account for the venue. */
  async function as<T>(strategy: string, work: () => Promise<T>): Promise<T | undefined> {
    owner = strategy;
    try {
      return await withStrategy(strategy, work);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return undefined;
    }
  }

  const hedge = (side: Wish['side']): Params =>
    kind === 'hedge' ? { positionSide: side.toUpperCase() } : {};
  const open = (side: Wish['side']) => (side === 'long' ? 'buy' : 'sell');
  const opposite = (side: Wish['side']) => (side === 'long' ? 'sell' : 'buy');

  const run: HostRun = {
    async tick(price) {
      venue.tick(price);
      await exchange.fetchTicker(symbol);
      for (const { orderId } of positions.values()) await exchange.fetchOrder(orderId, symbol);
      await exchange.fetchOpenOrders(symbol);
      await exchange.fetchMyTrades(symbol);
      // A candle is long enough for whatever the adapter does in the background.
      if (!state.hangs) await detach?.settled();
    },
    async enter({ strategy, side, amount }) {
      if (positions.has(strategy)) return;
      const order = await as(strategy, () =>
        exchange.createOrder(symbol, 'market', open(side), amount, undefined, hedge(side)),
      );
      if (!order) return;
      const { amount: sent } = await exchange.fetchOrder(order.id, symbol);
      positions.set(strategy, {
        orderId: order.id,
        side,
        amount: sizing === 'translate-exits' ? amount : sent,
      });
    },
    async exit(how, { strategy }, share = 1) {
      const position = positions.get(strategy);
      if (!position) return;
      const part = Math.max(venue.minAmount, Math.floor((position.amount * share) / venue.step) * venue.step);
      const whole = share === 1 || position.amount - part < venue.minAmount;
      const amount = whole ? position.amount : Number(part.toFixed(10));
      const side = opposite(position.side);
      const params: Params =
        how === 'reduceOnly' ? { reduceOnly: true } : how === 'stop' ? { stopLossPrice: venue.price } : {};
      const order = await as(strategy, () =>
        how === 'closePosition'
          ? (exchange as unknown as { closePosition(s: string): Promise<{ id: string }> }).closePosition(
              symbol,
            )
          : exchange.createOrder(symbol, 'market', side, amount, undefined, {
              ...params,
              ...hedge(position.side),
            }),
      );
      if (order) await exchange.fetchOrder(order.id, symbol);
      if (whole || how === 'closePosition') positions.delete(strategy);
      else position.amount = Number((position.amount - amount).toFixed(10));
    },
    sent: venue.sent,
    get refused() {
      return venue.refused;
    },
    held: (strategy) => venue.held(strategy),
    equity: () => venue.equity(),
    settled: async () => detach?.settled(),
    async retry(wish, times) {
      const original = venue.place.bind(venue);
      let tries = 0;
      venue.place = (order, of) => {
        tries += 1;
        if (tries < times) throw new Error('the network is down');
        return original(order, of);
      };
      for (let i = 0; i < times; i += 1) await run.enter(wish);
      venue.place = original;
    },
    async edit(wish, times) {
      state.resting = true;
      const { strategy, side, amount } = wish;
      let order = (await as(strategy, () =>
        exchange.createOrder(symbol, 'limit', open(side), amount, venue.price * 0.99, hedge(side)),
      ))!;
      for (let i = 0; i < times; i += 1)
        order = (await as(strategy, () =>
          exchange.editOrder(order.id, symbol, 'limit', open(side), amount, venue.price * (0.99 - i / 1000)),
        ))!;
      state.resting = false;
      if (isOpen(order.id)) fill(order.id);
      await exchange.fetchOrder(order.id, symbol);
    },
    async batch(wishes) {
      const answers: ('sent' | 'rejected')[] = [];
      const legs = wishes.map(({ side, amount, strategy }) => ({
        symbol,
        type: 'market',
        side: open(side),
        amount,
        params: { clientOrderId: strategy, ...hedge(side) },
      }));
      detach?.();
      const batched = attach(exchange as unknown as CcxtExchange, {
        engine: setup.engine!,
        identify: ({ params }) => ({ strategy: String(params.clientOrderId) }),
      });
      await exchange.fetchTicker(symbol);
      await batched.settled();
      owner = 'batch';
      for (const { status } of await exchange.createOrders(legs))
        answers.push(status === 'rejected' ? 'rejected' : 'sent');
      batched();
      return answers;
    },
    async manual({ side, amount }: SentOrder) {
      owner = 'by hand';
      await exchange.createOrder(symbol, 'market', side, amount);
    },
    ...(kind === 'swap'
      ? {
          async order({ strategy, side, amount }: SentOrder & { readonly strategy: string }) {
            await as(strategy, () => exchange.createOrder(symbol, 'market', side, amount));
          },
        }
      : {}),
    async doubtful(params, { strategy, side, amount }) {
      await as(strategy, () =>
        exchange.createOrder(symbol, 'market', side, amount, undefined, JSON.parse(params) as Params),
      );
    },
    hang() {
      state.hangs = true;
    },
    async closeUnseen({ strategy, side }) {
      if (!positions.delete(strategy)) return;
      closeUnseen(opposite(side), Number(Math.abs(venue.held(strategy)).toFixed(8)), strategy);
    },
    requests,
    async restart() {
      const keeping = detach?.state();
      detach?.();
      return bot(setup, kind, sizing, venue, keeping, positions, reconciles);
    },
    detach() {
      detach?.();
      const after = Object.getOwnPropertyDescriptors(exchange);
      return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
        (key) => methodOf(before, key) !== methodOf(after, key),
      );
    },
  };
  return run;
}

/** @param reconciles false for an adapter that knows only what its bot reads */
export const ccxtHost = (kind: Kind, sizing: Sizing, reconciles = true): HostDriver => ({
  name: `a ccxt bot (${kind}, ${sizing})`,
  start: (setup) =>
    bot(
      setup,
      kind,
      sizing,
      new Venue({ noisy: setup.fills === 'noisy', shorts: kind !== 'spot' }),
      undefined,
      undefined,
      reconciles,
    ),
  symbol: SYMBOLS[kind],
  // A net account has one position: two strategies on it would close each other's.
  strategies: ['EMA_Trend', kind === 'swap' ? 'EMA_Trend' : 'FVG_Pattern'],
  sides: kind === 'spot' ? ['long'] : ['long', 'short'],
  exits:
    kind === 'spot' ? ['market', 'reduceOnly', 'stop'] : ['market', 'reduceOnly', 'stop', 'closePosition'],
  doubts: (kind === 'spot' ? SPOT_DOUBTS : [{ anything: 1 }, { triggerPrice: 90 }]).map((params) =>
    JSON.stringify(params),
  ),
  step: 0.01,
  minAmount: 0.05,
  scales: sizing !== 'veto-only',
  notApplicable: Object.fromEntries([
    ...(sizing === 'veto-only' ? [[10, 'it never scales']] : []),
    ...(kind === 'swap'
      ? []
      : [[16, 'on spot every sale is an exit, and in hedge mode an order says its side']]),
  ]),
});
