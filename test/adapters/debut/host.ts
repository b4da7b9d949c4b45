import type { HostDriver, HostRun, HostSetup, Wish } from '../../../adapters/conformance/index.ts';
import {
  type EdgekeeperPlugin,
  type EdgekeeperPluginExtras,
  type EdgekeeperPluginOptions,
  edgekeeperPlugin,
} from '../../../adapters/debut/index.ts';
import { Venue } from '../core/venue.ts';

/** An order of Debut, as its own plugins see it. */
export interface FakeOrder {
  cid: string;
  type: 'BUY' | 'SELL';
  author: string;
  time: number;
  price: number;
  lots: number;
  close?: boolean;
  openPrice?: number;
  openTime?: number;
  openId?: string;
  reduce?: number;
  learning?: boolean;
  orderId?: string;
  executedLots?: number;
  commission?: { value: number; currency: string };
}

export interface FakeCandle {
  o: number;
  h: number;
  l: number;
  c: number;
  v: number;
  time: number;
}

type Hook = (...args: unknown[]) => unknown;
export interface FakePlugin {
  readonly name: string;
  readonly api?: unknown;
  readonly [hook: string]: unknown;
}

const HOOKS = [
  'onBeforeOpen',
  'onOpen',
  'onBeforeClose',
  'onClose',
  'onCandle',
  'onOrderUpdated',
  'onStart',
] as const;

/** How a transport of Debut makes lots of a wish: never nothing, whatever it rounds. */
export type LotRule = (lots: number, step: number) => number;

/** To the nearest step, as Debut does for Binance, Alpaca, IB and Tinkoff. */
export const nearest: LotRule = (lots, step) =>
  Math.max(step, Number((Math.round(lots / step) * step).toFixed(8)));

/**
 * A bot on Debut's life cycle, written from its behaviour: hooks bound once to a frozen context, `onInit` at once,
 * synchronous vetoes before an order, awaited hooks after it, closes that mutate, orders that close while they are still
 * pending, and snapshots, which bring back the orders and not their count. Orders go to a venue.
 */
export class FakeDebut {
  opts: {
    broker: string;
    ticker: string;
    interval: string;
    fee: number;
    instrumentType: string;
    amount: number;
    [own: string]: unknown;
  };
  instrument:
    | { id: string; lot: number; lotPrecision: number; minQuantity: number; minNotional: number }
    | undefined;
  orders: FakeOrder[] = [];
  learning = false;
  plugins: Record<string, unknown> = {};
  currentCandle: FakeCandle = { o: 100, h: 100, l: 100, c: 100, v: 1, time: 0 };
  readonly transport: {
    prepareLots(lots: number, id: string): number;
    placeOrder(order: FakeOrder): Promise<FakeOrder>;
  };
  readonly venue: Venue;
  readonly owner: string;
  lotRule: LotRule = nearest;
  /** Orders as Debut counts them, and as `closeAll` goes by. */
  ordersCount = 0;
  readonly #hooks = new Map<string, Hook[]>();
  readonly #registered: FakePlugin[] = [];
  /** Told before an order reaches the venue; tests hold it back here. */
  beforePlace: (order: FakeOrder) => Promise<void> = async () => undefined;
  #ids = 0;

  constructor(venue: Venue, owner = 'EMA_Trend', opts: Record<string, unknown> = {}) {
    this.venue = venue;
    this.owner = owner;
    this.opts = {
      broker: 'tinkoff',
      ticker: 'BTCUSDT',
      interval: '1h',
      fee: 100 * venue.feeRate,
      instrumentType: 'SPOT',
      amount: 1000,
      ...opts,
    };
    this.transport = {
      prepareLots: (lots) => this.lotRule(lots, venue.step),
      placeOrder: async (order) => {
        await this.beforePlace(order);
        this.#ids += 1;
        if (order.learning) return { ...order, orderId: `learned${this.#ids}`, executedLots: order.lots };
        const parts = venue.place(
          { symbol: this.opts.ticker, side: order.type === 'BUY' ? 'buy' : 'sell', amount: order.lots },
          this.owner,
        );
        const filled = parts.reduce((sum, { amount }) => sum + amount, 0);
        const price = parts.reduce((sum, each) => sum + each.amount * each.price, 0) / filled;
        const fee = parts.reduce((sum, each) => sum + each.fee, 0);
        return {
          ...order,
          price,
          orderId: `o${this.#ids}`,
          executedLots: order.lots,
          commission: { value: fee, currency: 'USD' },
        };
      },
    };
  }

  registerPlugins(plugins: readonly (FakePlugin | null)[]): void {
    const context = Object.freeze({
      debut: this,
      findPlugin: (name: string) => this.#registered.find((each) => each.name === name),
    });
    for (const plugin of plugins) {
      if (!plugin) continue;
      this.#registered.push(plugin);
      (plugin.onInit as Hook | undefined)?.call(context);
      for (const name of HOOKS) {
        const hook = plugin[name] as Hook | undefined;
        if (hook) this.#hooks.set(name, [...(this.#hooks.get(name) ?? []), hook.bind(context)]);
      }
    }
    this.plugins = Object.freeze(
      Object.fromEntries(this.#registered.filter(({ api }) => api).map(({ name, api }) => [name, api])),
    );
  }

  getName(): string {
    return this.owner;
  }

  async start(): Promise<void> {
    const { step, minAmount, minNotional } = this.venue;
    this.instrument = {
      id: `${this.opts.ticker}:SPOT`,
      lot: 1,
      lotPrecision: Math.round(-Math.log10(step)),
      minQuantity: minAmount,
      minNotional,
    };
  }

  async candle(candle: FakeCandle): Promise<void> {
    await this.#all('onCandle', candle);
    this.currentCandle = candle;
  }

  async createOrder(
    type: FakeOrder['type'],
    wanted = this.opts.amount / this.currentCandle.c,
  ): Promise<FakeOrder | undefined> {
    const order: FakeOrder = {
      ...this.#pending(type),
      lots: this.transport.prepareLots(wanted, this.instrument!.id),
      learning: this.learning,
    };
    if (this.#skips('onBeforeOpen', order)) return undefined;
    this.orders.push(order);
    this.ordersCount += 1;
    try {
      const executed = await this.transport.placeOrder(order);
      await this.#all('onOpen', executed);
      const at = this.orders.findIndex(({ cid }) => cid === executed.cid);
      if (at >= 0) this.orders[at] = executed;
      else await this.closeOrder(executed);
      return executed;
    } catch (error) {
      this.#remove(order);
      throw error;
    }
  }

  async closeOrder(closing: FakeOrder): Promise<FakeOrder | undefined> {
    const order = this.#closing(closing, closing.lots);
    if (this.#skips('onBeforeClose', order, closing)) return undefined;
    this.#remove(closing);
    if (closing.orderId === undefined) return undefined;
    const executed = await this.transport.placeOrder(order);
    await this.#all('onClose', executed, closing);
    return executed;
  }

  async reduceOrder(closing: FakeOrder, reduce: number): Promise<FakeOrder | undefined> {
    const lots = this.transport.prepareLots(closing.lots * reduce, this.instrument!.id);
    const rest = this.transport.prepareLots(closing.lots - lots, this.instrument!.id);
    const order = { ...this.#closing(closing, lots), reduce };
    if (this.#skips('onBeforeClose', order, closing)) return undefined;
    Object.assign(closing, { lots: rest, executedLots: rest });
    for (const hook of this.#hooks.get('onOrderUpdated') ?? []) hook(closing, { lots: rest });
    const executed = await this.transport.placeOrder(order);
    await this.#all('onClose', executed, closing);
    return executed;
  }

  async closeAll(collapse = false): Promise<void> {
    const orders = this.orders.slice(0, Math.max(0, this.ordersCount));
    if (orders.length === 0) return;
    if (!collapse) {
      await Promise.all(orders.map((order) => this.closeOrder(order)));
      return;
    }
    // One order for all; each is told of as if it had been closed at its price.
    const closers = orders.map((order) => this.#closing(order, order.lots));
    const lots = closers.reduce((sum, order) => sum + order.lots, 0);
    for (const order of orders) this.#remove(order);
    const whole = await this.transport.placeOrder({ ...closers[0]!, lots: Number(lots.toFixed(8)) });
    const later = closers.map((order, i) =>
      this.#all(
        'onClose',
        {
          ...order,
          price: whole.price,
          orderId: `v${i}`,
          executedLots: order.lots,
          commission: { value: (whole.commission!.value * order.lots) / whole.lots, currency: 'USD' },
        },
        orders[i],
      ),
    );
    void Promise.all(later);
  }

  getSnapshot(): { opts: unknown; orders: FakeOrder[]; pluginsData: Record<string, unknown> } {
    const data = this.#registered.flatMap((plugin) =>
      typeof plugin.onSnapshot === 'function'
        ? [[plugin.name, (plugin.onSnapshot as Hook).call({ debut: this })]]
        : [],
    );
    return structuredClone({
      opts: { ...this.opts },
      orders: this.orders.filter(({ orderId }) => orderId),
      pluginsData: Object.fromEntries(data),
    });
  }

  hydrateSnapshot(snapshot: ReturnType<FakeDebut['getSnapshot']>): void {
    this.opts = snapshot.opts as FakeDebut['opts'];
    this.orders = snapshot.orders;
    for (const plugin of this.#registered) {
      const data = snapshot.pluginsData[plugin.name];
      if (data && typeof plugin.onHydrate === 'function')
        (plugin.onHydrate as Hook).call({ debut: this }, data);
    }
  }

  #pending(type: FakeOrder['type']): FakeOrder {
    this.#ids += 1;
    const { c, time } = this.currentCandle;
    return { cid: `c${this.#ids}`, type, author: this.owner, time, price: c, lots: 0 };
  }

  #closing(closing: FakeOrder, lots: number): FakeOrder {
    return {
      ...this.#pending(closing.type === 'BUY' ? 'SELL' : 'BUY'),
      lots,
      close: true,
      openPrice: closing.price,
      openTime: closing.time,
      openId: closing.orderId ?? closing.cid,
      learning: closing.learning ?? false,
    };
  }

  #remove(order: FakeOrder): void {
    const at = this.orders.findIndex(({ cid }) => cid === order.cid);
    if (at < 0) return;
    this.orders.splice(at, 1);
    this.ordersCount -= 1;
  }

  #skips(name: string, ...args: unknown[]): boolean {
    return (this.#hooks.get(name) ?? []).some((hook) => Boolean(hook(...args)));
  }

  async #all(name: string, ...args: unknown[]): Promise<void> {
    for (const hook of this.#hooks.get(name) ?? []) await hook(...args);
  }
}

/** A bot with one strategy and the plugin on it. */
export function debutBot(
  options: EdgekeeperPluginOptions = {},
  extras: EdgekeeperPluginExtras = {},
  venue = new Venue(),
): { bot: FakeDebut; plugin: EdgekeeperPlugin; tick(price: number): Promise<void> } {
  const bot = new FakeDebut(venue);
  const plugin = edgekeeperPlugin(options, extras);
  bot.registerPlugins([plugin as unknown as FakePlugin]);
  return {
    bot,
    plugin,
    async tick(price) {
      if (!bot.instrument) await bot.start();
      const { time } = venue;
      venue.tick(price);
      await bot.candle({ o: price, h: price, l: price, c: price, v: 1, time });
    },
  };
}

function run(
  setup: HostSetup,
  venue: Venue,
  bots = new Map<string, FakeDebut>(),
  snapshots?: Map<string, ReturnType<FakeDebut['getSnapshot']>>,
): HostRun {
  const botOf = async (strategy: string): Promise<FakeDebut> => {
    const known = bots.get(strategy);
    if (known) return known;
    const bot = new FakeDebut(venue, strategy);
    if (setup.engine) {
      const plugin = edgekeeperPlugin({ edgekeeperIncreases: setup.increases }, { engine: setup.engine });
      bot.registerPlugins([null, plugin as unknown as FakePlugin]);
    }
    await bot.start();
    const { price, time } = venue;
    bot.currentCandle = { o: price, h: price, l: price, c: price, v: 1, time };
    const snapshot = snapshots?.get(strategy);
    if (snapshot) bot.hydrateSnapshot(snapshot);
    bots.set(strategy, bot);
    return bot;
  };
  const typeOf = (side: Wish['side']) => (side === 'long' ? 'BUY' : 'SELL');
  const open = async (wish: Wish) => {
    const bot = await botOf(wish.strategy);
    if (bot.orders.length === 0) await bot.createOrder(typeOf(wish.side), wish.amount).catch(() => undefined);
  };

  return {
    async tick(price) {
      const { time } = venue;
      venue.tick(price);
      for (const bot of bots.values())
        await bot.candle({ o: price, h: price, l: price, c: price, v: 1, time: time + 3_600_000 });
    },
    enter: open,
    async exit(kind, { strategy }, share = 1) {
      const bot = await botOf(strategy);
      const [order] = bot.orders;
      if (!order) return;
      const part = order.lots * share;
      if (share !== 1 && part >= venue.minAmount && order.lots - part >= venue.minAmount)
        await bot.reduceOrder(order, share);
      else if (share !== 1) return;
      // After a restart Debut counts no orders, and closes all of none.
      else if (kind === 'closeOrder' || bot.ordersCount === 0) await bot.closeOrder(order);
      else await bot.closeAll(kind === 'collapse');
    },
    sent: venue.sent,
    get refused() {
      return venue.refused;
    },
    held: (strategy) => venue.held(strategy),
    equity: () => venue.equity(),
    hang() {
      // The plugin asks the exchange nothing.
    },
    get requests() {
      return venue.sent.map((order) => JSON.stringify(order));
    },
    settled: async () => {
      await new Promise((resolve) => setImmediate(resolve));
    },
    async retry(wish, times) {
      const bot = await botOf(wish.strategy);
      let tries = 0;
      bot.beforePlace = async () => {
        tries += 1;
        if (tries < times) throw new Error('the network is down');
      };
      for (let i = 0; i < times; i += 1) await open(wish);
    },
    async restart() {
      const kept = new Map([...bots].map(([strategy, bot]) => [strategy, bot.getSnapshot()]));
      const again = run(setup, venue, new Map(), kept);
      return again;
    },
  };
}

export const debutHost: HostDriver = {
  name: 'a bot on Debut',
  start: (setup) => run(setup, new Venue({ noisy: setup.fills === 'noisy', shorts: true })),
  symbol: 'BTCUSDT',
  strategies: ['EMA_Trend', 'FVG_Pattern'],
  sides: ['long', 'short'],
  exits: ['closeOrder', 'closeAll', 'collapse'],
  step: 0.01,
  minAmount: 0.05,
  scales: true,
  notApplicable: {
    13: 'it sends one order at a time',
    14: 'plugins are registered for good; switched off they are absent, which checks 1 and 21 see',
    16: 'each order is a position of its own, which only its own close ends: the other side of what is open is an entry',
    18: 'a plugin is asked before entries alone: closes have hooks of their own',
    20: 'it shows its plugins no account, and closes what it believes to hold',
  },
};
