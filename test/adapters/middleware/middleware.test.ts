import { describe, expect, it } from 'vitest';
import { conformance } from '../../../adapters/conformance/index.ts';
import { createOverlay } from '../../../adapters/middleware/index.ts';
import { AUTHOR, START } from '../../fixtures.ts';
import { homeGrown } from './home-grown.ts';

conformance(homeGrown());

describe('the middleware', () => {
  const buy = { symbol: 'BTC/USDT', side: 'buy', amount: 2, time: START, note: 'mine' } as const;

  it('returns the very order where nothing changes, and a copy with all that was on it where something does', () => {
    const overlay = createOverlay();
    const { preOrder } = overlay.middleware({ strategy: 'EMA_Trend' });
    expect(preOrder(buy)).toBe(buy);
    overlay.engine.forceStatus('EMA_Trend', 'DEGRADED', AUTHOR);
    expect(preOrder({ ...buy, amount: 4 })).toEqual({ ...buy, amount: 2 });
    overlay.engine.forceStatus('EMA_Trend', 'SUSPENDED', AUTHOR);
    expect(preOrder({ ...buy, amount: 5 })).toBeNull();
  });

  it('passes every sale of a bot that never sells short, also of a position from before it knew', () => {
    const overlay = createOverlay();
    const { preOrder, postFill } = overlay.middleware();
    overlay.engine.forceStatus('default', 'SUSPENDED', AUTHOR);
    const sale = { ...buy, side: 'sell' } as const;
    expect(preOrder(sale)).toBe(sale);
    postFill({ id: 'f1', symbol: 'BTC/USDT', side: 'sell', amount: 2, price: 100, time: START });
    expect(overlay.engine.getCoverage().unknownExits).toBe(1);
  });

  it('counts a fill that cannot be, and never throws', () => {
    const overlay = createOverlay();
    const { preOrder, postFill } = overlay.middleware();
    expect(preOrder(undefined as never)).toBeUndefined();
    postFill({ id: 'f', symbol: 'BTC/USDT', side: 'buy', amount: Number.NaN, price: 1 });
    postFill(undefined as never);
    expect(overlay.engine.getOptimizationStatus().errors.ORDER_INVALID).toBe(3);
    expect(() => createOverlay({ minWeight: -1 })).toThrow(/CONFIG_INVALID/);
  });
});
