// What an adapter costs before an order: the same host with the overlay and without, in one run. Compare the rows.
import ccxt from 'ccxt';
import { bench, describe } from 'vitest';
import { attach, type CcxtExchange } from '../adapters/ccxt/index.ts';
import { type DebutOrder, edgekeeperPlugin } from '../adapters/debut/index.ts';
import { middleware } from '../adapters/middleware/index.ts';
import { OptimizationEngine } from '../src/index.ts';
import { replayMarket } from '../src/paper/market-rules.ts';

const START = Date.UTC(2024, 0, 1);
const OPTIONS = { time: 500, warmupTime: 100 };

let now = START;
/** Entries and exits in turn: nothing piles up. */
let buys = false;
const engine = () => new OptimizationEngine({ enforcement: 'advisory' });
/** Every order an hour after the last: no decision is the repetition of another. */
const tick = () => {
  now += 3_600_000;
  return now;
};

function exchange(overlaid: boolean): { createOrder(...args: unknown[]): Promise<unknown> } {
  const made = new ccxt.Exchange({ id: 'bench', enableRateLimit: false });
  made.setMarkets([replayMarket('BTC/USDT', 100)] as never);
  let ids = 0;
  Object.assign(made, {
    milliseconds: tick,
    createOrder: async (symbol: string, _type: string, side: string, amount: number) => {
      ids += 1;
      return { id: String(ids), symbol, side, amount, filled: amount, average: 100, status: 'closed' };
    },
  });
  if (overlaid)
    attach(made as unknown as CcxtExchange, {
      engine: engine(),
      strategy: 's',
      sizing: 'host-reads-position',
    });
  return made as never;
}

describe('an order through ccxt', () => {
  for (const overlaid of [false, true]) {
    const { createOrder } = exchange(overlaid);
    bench(
      overlaid ? 'with the overlay' : 'without',
      () => {
        buys = !buys;
        return createOrder('BTC/USDT', 'market', buys ? 'buy' : 'sell', 1) as Promise<void>;
      },
      OPTIONS,
    );
  }
});

describe('the hook before an order in Debut', () => {
  const debut = {
    opts: { ticker: 'BTCUSDT', interval: '1h', fee: 0.1 },
    instrument: { id: 'x', lot: 1, lotPrecision: 3, minQuantity: 0, minNotional: 0 },
    transport: { prepareLots: (lots: number) => Number(lots.toFixed(3)) },
    orders: [],
  };
  let ids = 0;
  const order = (): DebutOrder => {
    ids += 1;
    return { cid: ids, type: 'BUY', author: 's', time: tick(), price: 100, lots: 1 };
  };
  bench('without', () => void order(), OPTIONS);
  const plugin = edgekeeperPlugin({}, { engine: engine() });
  bench('with the overlay', () => void plugin.onBeforeOpen!.call({ debut } as never, order()), OPTIONS);
});

describe('the order of a home-grown bot', () => {
  const order = () => ({ symbol: 'BTC/USDT', side: 'buy' as const, amount: 1, time: tick() });
  bench('without', () => void order(), OPTIONS);
  const { preOrder } = middleware(engine());
  bench('with the overlay', () => void preOrder(order()), OPTIONS);
});
