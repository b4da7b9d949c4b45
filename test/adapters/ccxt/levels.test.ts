import { describe, expect, it } from 'vitest';
import { fitOf, levelsOf } from '../../../adapters/ccxt/levels.ts';

const CALL = { symbol: 'A/B:B', type: 'market', side: 'buy', amount: 1, price: undefined } as const;

describe('prices at which something waits', () => {
  it('are those of what comes with an order, and of an order that waits', () => {
    const attached = { stopLoss: { triggerPrice: 90 }, takeProfit: { triggerPrice: 120, price: 118 } };
    expect(levelsOf({ ...CALL, params: attached })).toEqual([
      { kind: 'stop', price: 90 },
      { kind: 'target', price: 120 },
      { kind: 'target', price: 118 },
    ]);
    expect(levelsOf({ ...CALL, side: 'sell', params: { stopLossPrice: 90 } })).toEqual([
      { kind: 'stop', price: 90 },
    ]);
  });

  it('are not known of a trail, and of what only the venue understands', () => {
    for (const params of [
      { trailingPercent: 1 },
      { attachAlgoOrds: [{}], stopLoss: { triggerPrice: 90 } },
      {},
    ])
      expect(levelsOf({ ...CALL, params })).toBeNull();
  });

  it('are met by a trade at one of them, passed by a gap, and never met in between', () => {
    const levels = [
      { kind: 'stop', price: 90 },
      { kind: 'target', price: 120 },
    ] as const;
    expect([90.2, 85, 100, 120, 130].map((price) => fitOf(levels, false, price))).toEqual([
      'at',
      'past',
      'never',
      'at',
      'past',
    ]);
    expect(fitOf([{ kind: 'stop', price: 110 }], true, 115)).toBe('past');
    expect(fitOf(null, false, 100)).toBe('unknown');
  });
});
