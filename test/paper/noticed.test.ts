import { describe, expect, it } from 'vitest';
import { plantedIn } from '../../src/paper/generated-market.ts';
import { noticing } from '../../src/paper/noticed.ts';
import { Thinned } from '../../src/paper/thinned.ts';
import { AUTHOR, engineWith, HOUR, START, signal } from '../fixtures.ts';

const say = (time: number, strategy = 'EMA_Trend') => signal({ strategy, time, size: 1 });

describe('what an engine made of a strategy', () => {
  it('is noticed when the mean size of its latest signals falls below half, and when it is back', () => {
    const engine = engineWith({ explore: false });
    const noticed = noticing(engine);
    for (let i = 0; i < 40; i += 1) engine.decide(say(START + i));
    engine.forceStatus('EMA_Trend', 'SUSPENDED', { ...AUTHOR, time: START + 40 });
    for (let i = 40; i < 70; i += 1) engine.decide(say(START + i));
    // Sixteen of the latest thirty had no size.
    expect(noticed()).toEqual([{ strategy: 'EMA_Trend', time: START + 55, sends: 'less', signals: 56 }]);
    engine.forceStatus('EMA_Trend', 'ACTIVE', { ...AUTHOR, time: START + 70 });
    for (let i = 70; i < 100; i += 1) engine.decide(say(START + i));
    expect(noticed().slice(1)).toEqual([
      { strategy: 'EMA_Trend', time: START + 84, sends: 'more', signals: 85 },
    ]);
  });

  it('counts signals since the edge was lost', () => {
    const engine = engineWith({ explore: false });
    const planted = [{ strategy: 'EMA_Trend', edge: { lostAt: START + 40 } }];
    const noticed = noticing(engine, planted);
    engine.decide(say(START));
    engine.forceStatus('EMA_Trend', 'SUSPENDED', { ...AUTHOR, time: START + 1 });
    for (let i = 30; i < 70; i += 1) engine.decide(say(START + i));
    expect(noticed()).toMatchObject([{ sends: 'less', time: START + 45, signals: 6 }]);
  });
});

describe('what is planted in a generated market', () => {
  it('is an edge at all times, one that is lost, and none at any time', () => {
    const planted = plantedIn({ start: START, count: 1000, interval: HOUR });
    expect(planted.map(({ strategy, edge }) => [strategy, edge])).toEqual([
      ['FVG_Pattern', 'always'],
      ['RSI_Reversal', { lostAt: START + 550 * HOUR }],
      ['EMA_Trend', 'never'],
    ]);
  });
});

describe('a thinned series', () => {
  it('keeps values at even distances, however many come', () => {
    const series = new Thinned(4);
    for (let i = 0; i < 100; i += 1) {
      series.add(i);
      expect(series.values.length).toBeLessThanOrEqual(4);
    }
    const [first, second] = series.values as [number, number];
    expect(first).toBe(0);
    for (const [i, value] of series.values.entries()) expect(value).toBe(i * second);
  });
});
