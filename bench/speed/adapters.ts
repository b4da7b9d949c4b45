import ccxt from 'ccxt';
import { attach, type CcxtExchange } from '../../adapters/ccxt/index.ts';
import { edgekeeperPlugin } from '../../adapters/debut/index.ts';
import { type Middleware, middleware } from '../../adapters/middleware/index.ts';
import { OptimizationEngine } from '../../src/index.ts';
import { replayMarket } from '../../src/paper/market-rules.ts';
import { type Random, seededRandom } from '../../src/statistics/random.ts';
import { Venue } from '../../test/adapters/core/venue.ts';
import { FakeDebut, type FakePlugin } from '../../test/adapters/debut/host.ts';
import type { RunOptions } from './concepts.ts';
import { demand, type Measurement, type Must } from './row.ts';
import { Times, type Timing } from './timing.ts';
import { HOUR, START } from './world.ts';

const SYMBOL = 'BTC/USDT';
/** Round trips before anything is timed. */
const WARM = 3000;

/** How a host is run: alone, or with an overlay that is on or off. */
type Way = 'bare' | 'on' | 'off';
const WAYS: readonly Way[] = ['bare', 'on', 'off'];

/** A host that goes in and out once; it times what the overlay may add to an entry. */
interface Host {
  roundTrip(times: Times | null): Promise<void>;
  /** Size of the latest entry that went out, as a share of what the bot wanted; 0 for none. */
  readonly sent: number;
  readonly engine: OptimizationEngine | null;
}

const engineFor = (way: Way): OptimizationEngine | null =>
  way === 'bare' ? null : new OptimizationEngine({ enabled: way === 'on', reduceOnly: false });

/** A market in which a strategy of the bench earns a little: it goes up more than down while a position is held. */
class Market {
  readonly #random: Random = seededRandom(11);
  price = 100;
  time = START;

  enter(): void {
    this.time += HOUR;
    this.price = 100;
  }

  leave(): void {
    this.time += HOUR;
    this.price = Math.max(50, 100 + 0.8 + 3 * this.#random.normal());
  }
}

function ccxtHost(way: Way): Host {
  const market = new Market();
  const exchange = new ccxt.Exchange({ id: `bench-${way}`, enableRateLimit: false });
  exchange.setMarkets([replayMarket(SYMBOL, 100)] as never);
  let ids = 0;
  let arrived: { side: string; amount: number } | null = null;
  Object.assign(exchange, {
    milliseconds: () => market.time,
    createOrder: async (symbol: string, _type: string, side: string, amount: number) => {
      ids += 1;
      arrived = { side, amount };
      return {
        id: String(ids),
        symbol,
        side,
        amount,
        filled: amount,
        remaining: 0,
        average: market.price,
        cost: amount * market.price,
        timestamp: market.time,
        status: 'closed',
        fee: { currency: 'USDT', cost: 0 },
      };
    },
  });
  const engine = engineFor(way);
  if (engine)
    attach(exchange as unknown as CcxtExchange, { engine, strategy: 's', sizing: 'host-reads-position' });
  const order = (side: 'buy' | 'sell', amount: number) =>
    exchange.createOrder(SYMBOL, 'market', side, amount) as Promise<{ filled: number }>;
  const host = {
    engine,
    sent: 0,
    async roundTrip(times: Times | null) {
      market.enter();
      arrived = null;
      const enter = () => order('buy', 10).catch(() => null);
      if (times) await times.timeAsync(enter);
      else await enter();
      const { amount } = (arrived ?? { amount: 0 }) as { amount: number };
      host.sent = amount / 10;
      market.leave();
      if (amount > 0) await order('sell', amount);
    },
  };
  return host;
}

function debutHost(way: Way): Host {
  const market = new Market();
  const venue = new Venue();
  const bot = new FakeDebut(venue, 's');
  const engine = engineFor(way);
  let into: Times | null = null;
  const bare: FakePlugin = { name: 'bare', onBeforeOpen: () => undefined };
  const plugin = engine ? (edgekeeperPlugin({}, { engine }) as unknown as FakePlugin) : bare;
  const hook = plugin.onBeforeOpen as (this: unknown, order: unknown) => unknown;
  function onBeforeOpen(this: unknown, order: unknown) {
    if (!into) return hook.call(this, order);
    let skips: unknown;
    into.time(() => {
      skips = hook.call(this, order);
    });
    return skips;
  }
  bot.registerPlugins([{ ...plugin, onBeforeOpen }]);
  const candle = async () => {
    const { price, time } = market;
    venue.price = price;
    venue.time = time;
    await bot.candle({ o: price, h: price, l: price, c: price, v: 1, time });
  };
  const host = {
    engine,
    sent: 0,
    async roundTrip(times: Times | null) {
      if (!bot.instrument) await bot.start();
      market.enter();
      await candle();
      into = times;
      const order = await bot.createOrder('BUY', 10);
      into = null;
      host.sent = (order?.lots ?? 0) / 10;
      market.leave();
      await candle();
      if (order) await bot.closeOrder(order);
      venue.sent.length = 0;
    },
  };
  return host;
}

function middlewareHost(way: Way): Host {
  const market = new Market();
  const engine = engineFor(way);
  const hooks: Pick<Middleware, 'preOrder' | 'postFill'> = engine
    ? middleware(engine)
    : { preOrder: (order) => order, postFill: () => undefined };
  let ids = 0;
  const host = {
    engine,
    sent: 0,
    async roundTrip(times: Times | null) {
      market.enter();
      ids += 1;
      const wanted = {
        id: `o${ids}`,
        strategy: 's',
        symbol: SYMBOL,
        side: 'buy' as const,
        amount: 10,
        time: market.time,
      };
      let order: { readonly amount: number } | null = null;
      const enter = () => {
        order = hooks.preOrder(wanted);
      };
      if (times) times.time(enter);
      else enter();
      const amount = (order as { readonly amount: number } | null)?.amount ?? 0;
      host.sent = amount / 10;
      const { price, time } = market;
      if (amount > 0) hooks.postFill({ ...wanted, id: `f${ids}`, orderId: wanted.id, amount, price, time });
      market.leave();
      if (amount === 0) return;
      const exit = { ...wanted, id: `x${ids}`, side: 'sell' as const, amount, time: market.time };
      hooks.preOrder(exit);
      hooks.postFill({ ...exit, id: `g${ids}`, orderId: exit.id, price: market.price });
    },
  };
  return host;
}

/** Runs the three ways in turns. Fails unless every entry left, those judged at a size of their own, and closed as a trade. */
async function race(name: string, make: (way: Way) => Host, trips: number): Promise<Record<Way, Timing>> {
  const hosts = WAYS.map((way) => ({ way, host: make(way), times: new Times(), sent: 0, scaled: 0 }));
  for (let trip = -WARM; trip < trips; trip += 1)
    for (const each of hosts) {
      await each.host.roundTrip(trip < 0 ? null : each.times);
      if (each.host.sent > 0) each.sent += 1;
      if (each.host.sent > 0 && each.host.sent !== 1) each.scaled += 1;
    }
  for (const { way, host, sent, scaled } of hosts) {
    demand(sent > 0.9 * (WARM + trips), `${name}, ${way}: only ${sent} entries left to the exchange`);
    if (way === 'on') {
      const { trades } = host.engine!.decomposer.getStrategyPerformance('s');
      demand(scaled > 0.1 * sent, `${name}: only ${scaled} of ${sent} entries were scaled`);
      demand(trades > 0.9 * sent, `${name}: ${trades} trades of ${sent} entries were recorded`);
      const { errors } = host.engine!.getOptimizationStatus();
      demand(Object.keys(errors).length === 0, `${name}: ${JSON.stringify(errors)}`);
    } else demand(scaled === 0, `${name}, ${way}: ${scaled} entries were scaled`);
  }
  return Object.fromEntries(hosts.map(({ way, times }) => [way, times.timing()])) as Record<Way, Timing>;
}

const ADAPTERS = [
  { name: 'ccxt', make: ccxtHost, median: 8, p99: 40, mustBeOff: 0.5 },
  { name: 'Debut', make: debutHost, median: 3, p99: 15, mustBeOff: null },
  { name: 'middleware', make: middlewareHost, median: 3, p99: 15, mustBeOff: null },
] as const;

export async function measure({ long }: RunOptions): Promise<Measurement[]> {
  const rows: Measurement[] = [];
  for (const { name, make, median, p99, mustBeOff } of ADAPTERS) {
    const { bare, on, off } = await race(name, make, long ? 20_000 : 4000);
    const over = (timing: Timing) => ({
      median: timing.median - bare.median,
      p99: Math.max(0, timing.p99 - bare.p99),
    });
    const must: Must[] = [
      { of: 'median', below: median },
      { of: 'p99', below: p99 },
    ];
    rows.push(
      {
        what: `${name}, an entry, over the bare host`,
        unit: 'us',
        ...over(on),
        ...(bare.median > 0 ? { peers: [{ what: 'the bare host', value: bare.median }] } : {}),
        must,
      },
      {
        what: `${name}, overlay off, over the bare host`,
        unit: 'us',
        median: over(off).median,
        ...(mustBeOff === null ? {} : { must: [{ of: 'median', below: mustBeOff }] }),
      },
    );
  }
  return rows;
}
