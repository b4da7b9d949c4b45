import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PaperAccount, type PaperOrder } from '../../src/paper/index.ts';
import { HOUR, START } from '../fixtures.ts';

type Wish = Partial<Parameters<PaperAccount['place']>[0]>;

function account({ slippageBps = 0, balance = 10_000 } = {}) {
  const made = new PaperAccount({ quote: 'USDT', balance, slippageBps });
  made.addMarket({ symbol: 'BTC/USDT', base: 'BTC', quote: 'USDT', taker: 0.001, maker: 0.0005 });
  made.mark('BTC/USDT', 100);
  return made;
}

const place = (on: PaperAccount, wish: Wish = {}): PaperOrder =>
  on.place({
    clientOrderId: undefined,
    symbol: 'BTC/USDT',
    type: 'market',
    side: 'buy',
    amount: 10,
    price: undefined,
    stopLossPrice: undefined,
    takeProfitPrice: undefined,
    timestamp: START,
    ...wish,
  });

const candle = (open: number, high: number, low: number, close: number, at = 0) => ({
  time: START + at * HOUR,
  open,
  high,
  low,
  close,
  volume: 1,
});

/** An account that holds 10 BTC bought at 100. */
function holding(options = {}) {
  const made = account(options);
  place(made);
  made.onCandle('BTC/USDT', candle(100, 100, 100, 100));
  return made;
}

const sell = { side: 'sell', timestamp: START + HOUR } as const;

describe('a paper order', () => {
  it('to market fills at the next open, with slippage and the taker fee', () => {
    const made = account({ slippageBps: 10 });
    const order = place(made);
    made.onCandle('BTC/USDT', candle(102, 110, 90, 105));
    expect(order).toMatchObject({
      status: 'closed',
      filled: 10,
      cost: expect.closeTo(1021.02, 9),
      fee: expect.closeTo(1.02102, 9),
    });
    expect(made.balance('BTC')).toBe(10);
    expect(made.equity()).toBeCloseTo(10_000 - 1021.02 - 1.02102 + 1050, 9);
  });

  it('never meets the candle on whose close it was placed, nor an earlier one', () => {
    const made = account();
    const order = place(made, { timestamp: START + HOUR });
    made.onCandle('BTC/USDT', candle(100, 120, 80, 100));
    expect(order.status).toBe('open');
    made.onCandle('BTC/USDT', candle(100, 100, 100, 100, 1));
    expect(order.status).toBe('closed');
  });

  it('with a limit fills at the limit as a maker, at a better open as a taker, or waits', () => {
    const made = account();
    const resting = place(made, { type: 'limit', price: 95 });
    const crossing = place(made, { type: 'limit', price: 110 });
    const far = place(made, { type: 'limit', price: 50 });
    made.onCandle('BTC/USDT', candle(100, 101, 94, 98));
    expect(resting).toMatchObject({ cost: 950, fee: expect.closeTo(0.475, 9) });
    expect(crossing).toMatchObject({ cost: 1000, fee: 1 });
    expect(far.status).toBe('open');
  });

  it('never pays more than its limit, slippage or not', () => {
    const made = account({ slippageBps: 50 });
    const order = place(made, { type: 'limit', price: 100 });
    made.onCandle('BTC/USDT', candle(99.99, 101, 99, 100));
    expect(order.cost).toBe(1000);
  });

  it('with a stop fills at the stop, or at the open when the market gapped below it', () => {
    for (const [open, filled] of [
      [98, 95],
      [90, 90],
    ] as const) {
      const made = holding();
      const order = place(made, { ...sell, stopLossPrice: 95 });
      made.onCandle('BTC/USDT', candle(open, open, 89, 92, 1));
      expect(order.cost).toBeCloseTo(10 * filled, 9);
    }
  });

  it('with a target fills at the target, or at the open when the market gapped above it', () => {
    for (const [open, filled] of [
      [101, 105],
      [108, 108],
    ] as const) {
      const made = holding();
      const order = place(made, { ...sell, takeProfitPrice: 105 });
      made.onCandle('BTC/USDT', candle(open, 109, 100, 107, 1));
      expect(order.cost).toBeCloseTo(10 * filled, 9);
    }
  });

  it('with both fills at the stop when one candle touches both', () => {
    const made = holding();
    const order = place(made, { ...sell, stopLossPrice: 95, takeProfitPrice: 105 });
    made.onCandle('BTC/USDT', candle(100, 110, 90, 100, 1));
    expect(order).toMatchObject({ status: 'closed', cost: expect.closeTo(950, 9) });
  });

  it('never sells more than is held', () => {
    const made = holding();
    const order = place(made, { ...sell, amount: 25 });
    const void_ = place(made, { ...sell, amount: 5 });
    made.onCandle('BTC/USDT', candle(100, 100, 100, 100, 1));
    expect(order).toMatchObject({ status: 'closed', filled: 10 });
    expect(void_.status).toBe('canceled');
    expect(made.balance('BTC')).toBe(0);
  });

  it('is cancelled when the market opens beyond what the account can pay', () => {
    const made = account({ balance: 1001 });
    const order = place(made);
    made.onCandle('BTC/USDT', candle(120, 120, 120, 120));
    expect(order.status).toBe('canceled');
    expect(made.balance('USDT')).toBe(1001);
  });

  it('holds the money that it will need', () => {
    const made = account();
    place(made, { amount: 50 });
    expect(made.free()).toBeCloseTo(10_000 - 5000 * 1.001, 9);
  });
});

describe('a paper account', () => {
  it('loses exactly its fees and slippage on a round trip at one price, whatever the orders', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 5, noNaN: true }), { minLength: 1, maxLength: 20 }),
        (amounts) => {
          const made = account({ slippageBps: 5 });
          let time = 0;
          for (const amount of amounts) {
            for (const side of ['buy', 'sell'] as const) {
              place(made, { side, amount, timestamp: START + time * HOUR });
              made.onCandle('BTC/USDT', candle(100, 100, 100, 100, time));
              time += 1;
            }
          }
          const traded = amounts.reduce((a, b) => a + b, 0);
          expect(made.balance('BTC')).toBeCloseTo(0, 9);
          const lost = traded * (100.05 - 99.95) + traded * 0.001 * (100.05 + 99.95);
          expect(made.equity()).toBeCloseTo(10_000 - lost, 6);
        },
      ),
    );
  });
});
