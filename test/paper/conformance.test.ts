import ccxt from 'ccxt';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { attach, type CcxtExchange } from '../../adapters/ccxt/index.ts';
import {
  CHECKS,
  conformance,
  type HostDriver,
  type HostRun,
  type HostSetup,
  type SentOrder,
} from '../../adapters/conformance/index.ts';
import { DemoBot } from '../../src/paper/bot.ts';
import { type CcxtInstance, PaperAccount, simulateOrders } from '../../src/paper/index.ts';
import { replayMarket } from '../../src/paper/market-rules.ts';
import type { EntrySignal, ExitSignal } from '../../src/paper/strategies/strategy.ts';
import { HOUR, START } from '../fixtures.ts';

const SYMBOL = 'BTC/USDT';
const STRATEGIES = ['EMA_Trend', 'FVG_Pattern'] as const;
/** Money that the bot risks on a trade: its stop sets the size. */
const RISK = 1;
const BALANCE = 1_000_000;

/** The paper bot with strategies that do as they are told. */
function start({ engine }: HostSetup): HostRun {
  const exchange = new ccxt.Exchange({ id: 'venue', enableRateLimit: false }) as unknown as CcxtInstance;
  const market = replayMarket(SYMBOL, 100) as object;
  exchange.setMarkets([
    {
      ...market,
      precision: { amount: 0.01, price: 0.01 },
      limits: { amount: { min: 0.05 }, cost: { min: 2 } },
    },
  ]);
  const account = new PaperAccount({ quote: 'USDT', balance: BALANCE, slippageBps: 0 });
  let [now, price, refused] = [START, 100, 0];
  exchange.milliseconds = () => now;
  simulateOrders(exchange, { account, symbols: [SYMBOL], errors: ccxt });
  account.mark(SYMBOL, price);

  const sent: SentOrder[] = [];
  const owners = new Map<string, string>();
  /** Stops and targets: they wait at the venue, and are orders that were sent once they fill. */
  const waiting = new Set<string>();
  const place = account.place.bind(account);
  account.place = (order) => {
    const placed = place(order);
    if (order.stopLossPrice === undefined)
      sent.push({ symbol: SYMBOL, side: order.side, amount: order.amount });
    else waiting.add(placed.id);
    owners.set(placed.id, bot.intentOf(order.clientOrderId)?.strategy ?? 'by hand');
    return placed;
  };

  const told = new Map<string, EntrySignal | ExitSignal>();
  const bot = new DemoBot(exchange, {
    quote: 'USDT',
    strategies: STRATEGIES.map((name) => ({
      name,
      create: () => () => {
        const signal = told.get(name) ?? null;
        told.delete(name);
        return signal;
      },
    })),
    riskPerTrade: RISK / BALANCE,
    maxShare: 1,
    onRefused: (_id, error) => {
      if (error.name !== 'OrderVetoed') refused += 1;
    },
  });
  const before = Object.getOwnPropertyDescriptors(exchange);
  const detach = engine
    ? attach(exchange as unknown as CcxtExchange, {
        engine,
        identify: ({ params }) => bot.intentOf(params.clientOrderId),
        sizing: 'host-reads-position',
        reconcile: false,
      })
    : null;
  const candle = () => ({ time: now, open: price, high: price, low: price, close: price, volume: 1 });
  const tell = async (strategy: string, signal: EntrySignal | ExitSignal) => {
    told.set(strategy, signal);
    await bot.onCandle(SYMBOL, candle());
  };

  return {
    async tick(next) {
      price = next;
      const known = account.fills.length;
      account.onCandle(SYMBOL, candle());
      for (const { order, side, amount } of account.fills.slice(known))
        if (waiting.has(order)) sent.push({ symbol: SYMBOL, side, amount });
      engine?.recordCandle(SYMBOL, '1h', candle());
      now += HOUR;
      await bot.onCandle(SYMBOL, candle());
      await exchange.fetchMyTrades(SYMBOL);
    },
    async enter({ strategy, amount }) {
      const free = ((await exchange.fetchBalance()).USDT as { free: number }).free;
      // The stop at which the bot finds this amount by itself.
      const stop = price - (RISK / BALANCE) * (free / (amount * (1 + 1e-9)));
      await tell(strategy, { kind: 'enter', confidence: 0.8, confluence: 3, stop, target: 10 * price });
    },
    async exit(_kind, { strategy }, share = 1) {
      if (share === 1) await tell(strategy, { kind: 'exit' });
    },
    sent,
    get refused() {
      return refused;
    },
    held: (strategy) =>
      account.fills.reduce(
        (sum, { order, side, amount }) =>
          owners.get(order) === strategy ? sum + (side === 'buy' ? amount : -amount) : sum,
        0,
      ),
    equity: () => account.equity(),
    hang() {
      // Its exchange is in the same process, and always answers.
    },
    get requests() {
      return sent.map((order) => JSON.stringify(order));
    },
    async manual({ side, amount }) {
      await exchange.createOrder(SYMBOL, 'market', side, amount);
    },
    detach() {
      detach?.();
      const after = Object.getOwnPropertyDescriptors(exchange) as Record<string, PropertyDescriptor>;
      return Object.keys(after).filter(
        (key) => after[key]!.value !== (before as Record<string, PropertyDescriptor>)[key]?.value,
      );
    },
  };
}

const driver: HostDriver = {
  name: 'the paper bot',
  start,
  symbol: SYMBOL,
  strategies: STRATEGIES,
  sides: ['long'],
  exits: ['exit signal'],
  step: 0.01,
  minAmount: 0.05,
  scales: true,
  notApplicable: {
    7: 'it never tries again and never edits',
    12: 'its account lives as long as the process',
    13: 'it sends one order at a time',
    16: 'each of its orders says whether it enters or leaves',
    18: 'its account is plain spot',
    20: 'its stops and targets are orders of its own, whose fills it reads',
  },
};

conformance(driver);

describe('the paper bot', () => {
  const usual = fc.readConfigureGlobal();
  afterEach(() => fc.configureGlobal(usual));

  it('sends a stop that fills at the venue, as far as its record is concerned', async () => {
    const run = start({ engine: null, increases: false, fills: 'whole' });
    await run.tick(100);
    await run.enter({ strategy: STRATEGIES[0], symbol: SYMBOL, side: 'long', amount: 4 });
    await run.tick(100);
    await run.tick(97);
    expect(run.sent).toEqual([
      { symbol: SYMBOL, side: 'buy', amount: 4 },
      { symbol: SYMBOL, side: 'sell', amount: 4 },
    ]);
  });

  it('makes one right record for each closed part, in the programs in which its stops fill', async () => {
    fc.configureGlobal({ ...usual, seed: -1250315858 });
    await CHECKS.find(({ number }) => number === 8)!.run(driver);
  });
});
