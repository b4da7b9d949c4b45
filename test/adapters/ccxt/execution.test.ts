import { describe, expect, it } from 'vitest';
import { Execution } from '../../../adapters/ccxt/execution.ts';
import { START } from '../../fixtures.ts';

const spot = { symbol: 'BTC/USDT', spot: true, taker: 0.001, base: 'BTC', quote: 'USDT' };
const order = { id: '1', status: 'open', average: 100 };

/** What the reports of an order come to, one after the other. */
function taken(reports: readonly object[], priceOf?: (currency: string) => number | undefined) {
  const execution = new Execution('1', spot, priceOf);
  return reports.map((report) => {
    execution.report({ ...order, ...report }, START);
    return execution.take();
  });
}

describe('the fees of an order', () => {
  it('are estimated until the exchange says them, and then corrected', () => {
    const [first, second] = taken([{ filled: 1 }, { filled: 2, fee: { currency: 'USDT', cost: 0.25 } }]);
    expect([first!.fee, second!.fee]).toEqual([0.1, expect.closeTo(0.15, 12)]);
  });

  it('are known in quote and in base currency, in a third one by its price, and estimated without', () => {
    const paid = (fees: object[], priceOf?: (currency: string) => number | undefined) =>
      taken([{ filled: 1, fees }], priceOf)[0];
    expect(paid([{ currency: 'BTC', cost: 0.001 }])).toMatchObject({
      fee: 0,
      baseFee: 0.001,
      feeKnown: true,
    });
    expect(paid([{ currency: 'BNB', cost: 0.01 }])).toMatchObject({ fee: 0.1, baseFee: 0, feeKnown: false });
    expect(paid([{ currency: 'BNB', cost: 0.01 }], () => 300)).toMatchObject({ fee: 3, feeKnown: true });
  });

  it('in several currencies are known only where all of them are', () => {
    const fees = [
      { currency: 'USDT', cost: 0.04 },
      { currency: 'BNB', cost: 0.01 },
    ];
    expect(taken([{ filled: 1, fees }])[0]).toMatchObject({ fee: 0.1, feeKnown: false });
    expect(taken([{ filled: 1, fees }], () => 2)[0]).toMatchObject({ fee: 0.06, feeKnown: true });
  });
});

describe('an execution', () => {
  const trade = (id: string, amount: number, price: number) => ({
    id,
    order: '1',
    amount,
    price,
    timestamp: START,
    fee: { currency: 'USDT', cost: amount },
  });

  it('counts a fill once, whether an order or a trade told it, in any order and repeated', () => {
    const execution = new Execution('1', spot);
    execution.report({ ...order, filled: 1 }, START);
    expect(execution.take()).toMatchObject({ amount: 1, price: 100 });
    expect(execution.trade(trade('a', 1, 100), START)).toBe(true);
    expect(execution.trade(trade('a', 1, 100), START)).toBe(false);
    expect(execution.take()).toBeNull();
    execution.trade(trade('b', 2, 103), START);
    execution.report({ ...order, filled: 1 }, START);
    expect(execution.take()).toMatchObject({ amount: 2, price: 103, feeKnown: true });
    expect(execution.take()).toBeNull();
  });

  it('goes on over a restart where it was', () => {
    const before = new Execution('1', spot);
    before.report({ ...order, filled: 1 }, START);
    before.take();
    before.trade(trade('b', 3, 100), START);
    const after = new Execution('1', spot, undefined, JSON.parse(JSON.stringify(before.state())));
    expect(after.take()).toEqual(before.take());
  });

  it('of an inverse contract has the harmonic mean as its price', () => {
    const inverse = { ...spot, spot: false, inverse: true, contractSize: 100, settle: 'BTC' };
    const execution = new Execution('1', inverse);
    execution.trade({ ...trade('a', 1, 50), fee: { currency: 'BTC', cost: 0.001 } }, START);
    execution.trade({ ...trade('b', 1, 100), fee: { currency: 'BTC', cost: 0.001 } }, START);
    expect(execution.take()).toMatchObject({ amount: 2, price: 2 / (1 / 50 + 1 / 100), fee: 0.002 });
  });
});
