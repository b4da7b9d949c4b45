import ccxt from 'ccxt';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { attach, type CcxtExchange } from '../../adapters/ccxt/index.ts';
import { type CcxtInstance, paperExchange } from '../../src/paper/index.ts';
import { replayMarket } from '../../src/paper/market-rules.ts';
import { engineWith } from '../fixtures.ts';

const SYMBOL = 'BTC/USDT';

function venue() {
  const exchange = new ccxt.Exchange({ id: 'venue', enableRateLimit: false });
  exchange.setMarkets([replayMarket(SYMBOL, 100)] as never);
  const state = { price: 100, looks: 0 };
  Object.assign(exchange, {
    async fetchTicker(symbol: string) {
      state.looks += 1;
      return { symbol, last: state.price };
    },
  });
  return { exchange, state };
}

describe('a bot’s own exchange on paper', () => {
  afterEach(() => vi.useRealTimers());

  it('fills at the prices that the venue says, at once or when they come', async () => {
    vi.useFakeTimers();
    const { exchange, state } = venue();
    const { account, stop } = paperExchange(exchange as unknown as CcxtInstance, {
      balance: 1000,
      slippageBps: 10,
    });
    const bought = await exchange.createOrder(SYMBOL, 'market', 'buy', 2);
    expect(bought).toMatchObject({ status: 'closed', average: 100.1 });
    const target = await exchange.createOrder(SYMBOL, 'limit', 'sell', 2, 110);
    const news = exchange.watchOrders(SYMBOL);
    state.price = 108;
    await vi.advanceTimersByTimeAsync(5000);
    expect((await exchange.fetchOrder(target.id!)).status).toBe('open');
    state.price = 112;
    await vi.advanceTimersByTimeAsync(5000);
    expect(await exchange.fetchOrder(target.id!)).toMatchObject({ status: 'closed', average: 110 });
    expect(await news).toHaveLength(2);
    expect(account.balance('USDT')).toBeCloseTo(1000 - 200.2 * 1.001 + 220 * 0.999, 9);
    // Nothing waits: nobody asks for prices any more.
    const { looks } = state;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(state.looks).toBe(looks);
    stop();
  });

  it('has the errors of its own copy of ccxt, and takes the overlay as a real one does', async () => {
    const binance = new ccxt.binance({ enableRateLimit: false });
    binance.setMarkets([replayMarket(SYMBOL, 100)] as never);
    Object.assign(binance, { fetchTicker: async () => ({ last: 100 }) });
    const { stop } = paperExchange(binance as unknown as CcxtInstance);
    await expect(binance.createOrder(SYMBOL, 'market', 'buy', 1e6)).rejects.toBeInstanceOf(
      ccxt.InsufficientFunds,
    );
    await expect(binance.fetchOrder('9')).rejects.toBeInstanceOf(ccxt.OrderNotFound);
    const engine = engineWith();
    const detach = attach(binance as unknown as CcxtExchange, { engine, strategy: 'S' });
    await binance.createOrder(SYMBOL, 'market', 'buy', 1);
    await binance.createOrder(SYMBOL, 'market', 'sell', 1);
    await vi.waitFor(() =>
      expect(engine.decomposer.getStrategyPerformance('S')).toMatchObject({ trades: 1 }),
    );
    detach();
    stop();
  });
});
