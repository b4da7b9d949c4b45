import { describe, expect, it } from 'vitest';
import { conformance } from '../../../adapters/conformance/index.ts';
import { createOverlay, type MiddlewareOptions } from '../../../adapters/middleware/index.ts';
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

  it.each<[string, object]>([
    ['a side in capitals', { side: 'BUY' }],
    ['an amount that is a text', { amount: '1' }],
    ['an amount that is no number', { amount: Number.NaN }],
  ])('counts an order with %s as unjudged, and does not know what it did', (_, wrong) => {
    const { preOrder, engine, bench } = short({ state: [] });
    const order = { ...buy, ...wrong } as typeof buy;
    expect(preOrder(order)).toBe(order);
    expect(engine.getOptimizationStatus().errors).toEqual({ ORDER_INVALID: 1 });
    expect(engine.getCoverage().unjudged).toEqual({ ORDER_UNREADABLE: 1 });
    bench();
    const exit = { ...buy, side: 'sell' } as const;
    expect(preOrder(exit)).toBe(exit);
    expect(engine.getCoverage().unjudged).toEqual({ ORDER_UNREADABLE: 1, POSITION_UNKNOWN: 1 });
  });

  it('does not know the position after a fill that it cannot read', () => {
    const { preOrder, postFill, engine, bench } = short({ state: [] });
    postFill({ id: 'f', symbol: buy.symbol, side: 'SELL' as 'sell', amount: 2, price: 100 });
    bench();
    expect(preOrder(buy)).toBe(buy);
    expect(engine.getCoverage().unjudged).toEqual({ POSITION_UNKNOWN: 1 });
  });

  it('records the trades of two bots that name their fills alike, and of a fill for two strategies', () => {
    const { engine, middleware } = createOverlay();
    for (const [i, strategy] of ['EMA_Trend', 'FVG_Pattern'].entries()) {
      const { preOrder, postFill } = middleware({ strategy });
      for (let k = 0; k < 2; k += 1) {
        const time = START + i + k;
        const fill = { symbol: buy.symbol, amount: 2, time } as const;
        preOrder({ ...buy, time });
        postFill({ ...fill, id: `${2 * k}`, side: 'buy', price: 100 });
        postFill({ ...fill, id: `${2 * k + 1}`, side: 'sell', price: 101 });
      }
    }
    expect(engine.decomposer.getTradeHistory()).toHaveLength(4);
    const { postFill } = middleware();
    const fill = { symbol: buy.symbol, amount: 2, time: START + 9 } as const;
    for (const strategy of ['A', 'B'])
      postFill({ ...fill, id: `open ${strategy}`, side: 'buy', price: 100, strategy });
    postFill({ ...fill, id: 'both', side: 'sell', price: 101, amount: 4 });
    expect(engine.decomposer.getTradeHistory()).toHaveLength(6);
    expect(engine.getOptimizationStatus().errors).toEqual({});
  });

  it('records a strategy and ids of any length that are allowed', () => {
    const { engine, middleware } = createOverlay();
    const { postFill } = middleware({ strategy: 'x'.repeat(100) });
    const fill = { symbol: buy.symbol, amount: 2, time: START } as const;
    postFill({ ...fill, id: `${'1'.repeat(80)}a`, side: 'buy', price: 100 });
    postFill({ ...fill, id: `${'1'.repeat(80)}b`, side: 'sell', price: 100 });
    expect(engine.decomposer.getTradeHistory()).toHaveLength(1);
    expect(engine.getOptimizationStatus().errors).toEqual({});
  });

  it('books a fill once that is told again after a restart, and still doubts what went out before it', () => {
    const overlay = createOverlay();
    const first = overlay.middleware({ shorts: true, state: [] });
    const fill = { symbol: buy.symbol, amount: 2, time: START, price: 100 } as const;
    first.preOrder(buy);
    first.postFill({ ...fill, id: '1', side: 'buy' });
    first.preOrder({ ...buy, amount: 3 });
    const state = JSON.parse(JSON.stringify(first.state()));
    const second = overlay.middleware({ shorts: true, state });
    second.postFill({ ...fill, id: '1', side: 'buy' });
    expect(second.state().lots).toEqual(first.state().lots);
    overlay.engine.forceStatus('default', 'SUSPENDED', AUTHOR);
    const exit = { ...buy, side: 'sell', amount: 5 } as const;
    expect(second.preOrder(exit)).toBe(exit);
    second.postFill({ ...fill, id: '2', side: 'sell' });
    second.postFill({ ...fill, id: '2', side: 'sell' });
    expect(overlay.engine.decomposer.getTradeHistory()).toHaveLength(1);
  });

  it('continues from open positions alone, as it once kept them', () => {
    const overlay = createOverlay();
    const first = overlay.middleware();
    first.postFill({ id: '1', symbol: buy.symbol, amount: 2, time: START, price: 100, side: 'buy' });
    const second = overlay.middleware({ state: first.state().lots });
    second.postFill({ id: '2', symbol: buy.symbol, amount: 2, time: START, price: 101, side: 'sell' });
    expect(overlay.engine.decomposer.getTradeHistory()).toHaveLength(1);
  });

  /** A bot that sells short, whose order went out and whose fill is not told yet; nothing new may be opened. */
  const short = (options: MiddlewareOptions) => {
    const overlay = createOverlay();
    const around = overlay.middleware({ shorts: true, strategy: 'EMA_Trend', ...options });
    const bench = () => overlay.engine.forceStatus('EMA_Trend', 'SUSPENDED', AUTHOR);
    return { ...overlay, ...around, bench };
  };
  const HOLDS_NOTHING: [string, MiddlewareOptions][] = [
    ['by its state', { state: [] }],
    ['by a position that it says', { position: () => 0 }],
  ];

  it.each(HOLDS_NOTHING)(
    'passes what may close an order that rested for long and filled, known %s',
    (_, options) => {
      for (const side of ['buy', 'sell'] as const) {
        const { preOrder, engine, bench } = short(options);
        expect(preOrder({ ...buy, side })).not.toBeNull();
        bench();
        const exit = { ...buy, side: side === 'buy' ? 'sell' : 'buy', time: START + 300_000 } as const;
        expect(preOrder(exit)).toBe(exit);
        expect(engine.getCoverage().unjudged).toEqual({ FILL_UNKNOWN: 1 });
      }
    },
  );

  it('passes what may close an order that went out while it was off', () => {
    const { preOrder, engine, bench } = short({ state: [] });
    engine.setFlags({ enabled: false }, AUTHOR);
    expect(preOrder({ ...buy, side: 'sell' })).not.toBeNull();
    engine.setFlags({ enabled: true }, AUTHOR);
    bench();
    expect(preOrder(buy)).toBe(buy);
  });

  it('judges again once the bot has said what became of its orders', () => {
    const { preOrder, postFill, postCancel, bench } = short({ state: [] });
    const order = { ...buy, id: 'o1' };
    preOrder(order);
    preOrder(order);
    postCancel(order);
    preOrder({ ...buy, id: 'o2' });
    const fill = { symbol: buy.symbol, side: 'buy', price: 100, time: START } as const;
    postFill({ ...fill, id: 'f1', amount: 0.5, orderId: 'o2' });
    postFill({ ...fill, id: 'f2', amount: 1.5 });
    bench();
    expect(preOrder({ ...buy, amount: 3 })).toBeNull();
    const exit = { ...buy, side: 'sell' } as const;
    expect(preOrder(exit)).toBe(exit);
    postCancel(exit);
    postCancel(undefined as never);
  });

  it('does not know the position of a bot that never says what became of its orders', () => {
    const { preOrder, engine, bench } = short({ position: () => 0 });
    for (let i = 0; i < 70; i += 1) preOrder({ ...buy, time: START + i * 3_600_000 });
    bench();
    const exit = { ...buy, side: 'sell', amount: 1000, time: START + 100 * 3_600_000 } as const;
    expect(preOrder(exit)).toBe(exit);
    expect(engine.getCoverage().unjudged.POSITION_UNKNOWN).toBeGreaterThan(0);
  });
});
