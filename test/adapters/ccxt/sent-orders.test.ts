import { describe, expect, it } from 'vitest';
import { type Found, SentOrders } from '../../../adapters/ccxt/sent-orders.ts';
import { START } from '../../fixtures.ts';

const SYMBOL = 'BTC/USDT:USDT';
const FOUND: Found = {
  strategy: 's',
  symbol: SYMBOL,
  buys: true,
  kind: 'account',
  hedged: false,
  closes: 0,
  asked: 1,
  sent: 1,
  unclear: false,
  reduces: false,
  conditional: false,
  attached: false,
  time: START,
};

describe('an order that waits for a price and one that does not', () => {
  it('may have one id, and what they fill has two', () => {
    const market = { symbol: SYMBOL, spot: false };
    const orders = new SentOrders(
      () => market,
      () => undefined,
      (symbol, id) => `${symbol}/${id}`,
    );
    const parts = [true, false].map((conditional) => {
      const { execution } = orders.add('7', { ...FOUND, conditional });
      execution.report({ filled: 1, average: 100 }, START);
      return execution.take()!.id;
    });
    expect(new Set(parts).size).toBe(2);
  });
});
