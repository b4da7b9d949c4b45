import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CELLS, PerformanceDecomposer, type TradeInput } from '../../src/index.ts';
import { histories, rMultiples, START, trade } from '../fixtures.ts';

const recorded = (trades: readonly TradeInput[], options = {}) => {
  const decomposer = new PerformanceDecomposer(options);
  for (const each of trades) decomposer.recordTrade(each);
  return decomposer;
};

describe('metrics of a strategy', () => {
  it('follow their definitions', () => {
    const decomposer = recorded([2, -1, 1, 0, -1, -1].map((r) => trade(r)));
    const p = decomposer.getStrategyPerformance('EMA_Trend');
    expect(p).toMatchObject({ trades: 6, wins: 2, losses: 3, breakeven: 1, winRate: 2 / 6, lossRate: 3 / 6 });
    expect(p).toMatchObject({
      avgWin: 15,
      avgLoss: 10,
      totalPnl: 0,
      profitFactor: 1,
      expectancy: 0,
      maxDrawdown: 20,
    });
    expect(p).toMatchObject({ consecutiveLosses: 2, maxConsecutiveLosses: 2 });
    expect(p.expectancy).toBeCloseTo(p.winRate! * p.avgWin! - p.lossRate! * p.avgLoss!, 12);
    expect(p.sqn).toBeCloseTo(0, 12);
  });

  it('are null without trades, never zero', () => {
    const p = recorded([]).getStrategyPerformance('nobody');
    for (const key of [
      'winRate',
      'expectancy',
      'expectancyR',
      'profitFactor',
      'sharpe',
      'sortino',
      'maxDrawdownRate',
      'mae',
    ] as const) {
      expect(p[key]).toBeNull();
    }
  });

  it('have an infinite profit factor without losses, and none without either', () => {
    expect(recorded([trade(1)]).getStrategyPerformance('EMA_Trend').profitFactor).toBe(
      Number.POSITIVE_INFINITY,
    );
    expect(recorded([trade(0)]).getStrategyPerformance('EMA_Trend').profitFactor).toBeNull();
  });

  it('have no sharpe for returns that are all alike', () => {
    expect(recorded([1, 1, 1].map((r) => trade(r))).getStrategyPerformance('EMA_Trend').sharpe).toBeNull();
  });

  it('end a losing streak at a breakeven trade', () => {
    const p = recorded([-1, -1, 0, -1].map((r) => trade(r))).getStrategyPerformance('EMA_Trend');
    expect(p).toMatchObject({ consecutiveLosses: 1, maxConsecutiveLosses: 2 });
  });

  it('measure drawdown as a rate of the capital base: equity, capital, or R times the risk', () => {
    const byEquity = recorded([
      trade(100, { equityAtEntry: 10_000 }),
      trade(-220, { equityAtEntry: 11_000 }),
    ]);
    expect(byEquity.getStrategyPerformance('EMA_Trend').maxDrawdownRate).toBeCloseTo(0.2, 12);
    const byCapital = recorded([trade(100), trade(-220)], { capital: { EMA_Trend: 10_000 } });
    expect(byCapital.getStrategyPerformance('EMA_Trend').maxDrawdownRate).toBeCloseTo(2200 / 11_000, 12);
    const byRisk = recorded([trade(-5)]);
    expect(byRisk.getStrategyPerformance('EMA_Trend').maxDrawdownRate).toBeCloseTo(0.05, 12);
  });

  it('show the worst and best excursion in R where the host gives prices in between', () => {
    const p = recorded([trade(1, { lowestPrice: 95, highestPrice: 130 })]).getStrategyPerformance(
      'EMA_Trend',
    );
    expect(p).toMatchObject({ mae: -0.5, mfe: 3 });
    const byRate = recorded([
      { ...trade(1, { stopRate: 0.1, lowestPrice: 95, highestPrice: 130 }), stop: undefined as never },
    ]);
    expect(byRate.getStrategyPerformance('EMA_Trend')).toMatchObject({ mae: -0.5, mfe: 3 });
    const short = recorded([trade(1, { side: 'short', stop: 110, lowestPrice: 80, highestPrice: 105 })]);
    expect(short.getStrategyPerformance('EMA_Trend')).toMatchObject({ mae: -0.5, mfe: 2 });
  });
});

describe('breakdowns', () => {
  it('add up: every roll-up is the sum of its leaves', () => {
    fc.assert(
      fc.property(histories, (trades) => {
        const decomposer = recorded(trades);
        const portfolio = decomposer.getPortfolioPerformance();
        const sums = (rows: { trades: number; wins: number; totalPnl: number }[]) => [
          rows.reduce((sum, row) => sum + row.trades, 0),
          rows.reduce((sum, row) => sum + row.wins, 0),
          rows.reduce((sum, row) => sum + row.totalPnl, 0),
        ];
        // The order of a sum changes its last bits.
        const near = ([count, wins, pnl]: number[]) => [count, wins, expect.closeTo(pnl!, 6)];
        const whole = near(sums([portfolio]));
        const strategies = decomposer.getStrategies();
        expect(sums(strategies.map((name) => decomposer.getStrategyPerformance(name)))).toEqual(whole);
        expect(sums(Object.values(decomposer.getSymbolBreakdown()))).toEqual(whole);
        expect(sums(Object.values(decomposer.getRegimeEffectiveness()))).toEqual(whole);
        for (const strategy of strategies) {
          const own = near(sums([decomposer.getStrategyPerformance(strategy)]));
          expect(sums(Object.values(decomposer.getSymbolBreakdown(strategy)))).toEqual(own);
          expect(sums(Object.values(decomposer.getRegimeEffectiveness(strategy)))).toEqual(own);
          const leaves = ['BTC/USDT', 'ETH/USDT'].flatMap((symbol) =>
            CELLS.map((cell) => decomposer.getLeafPerformance(strategy, symbol, cell)),
          );
          expect(sums(leaves)).toEqual(own);
        }
      }),
    );
  });

  it('put a trade without a regime under UNKNOWN', () => {
    expect(Object.keys(recorded([trade(1)]).getRegimeEffectiveness('EMA_Trend'))).toEqual(['UNKNOWN']);
  });

  it('rank strategies by a metric, those without a value last', () => {
    const decomposer = recorded([
      trade(-1, { strategy: 'loser' }),
      trade(3, { strategy: 'winner' }),
      trade(1, { strategy: 'middle' }),
      trade(-0.5, { strategy: 'middle' }),
    ]);
    expect(decomposer.getTopStrategies('expectancy').map(({ strategy }) => strategy)).toEqual([
      'winner',
      'middle',
      'loser',
    ]);
    expect(decomposer.getTopStrategies('sharpe', 1).map(({ strategy }) => strategy)).toEqual(['middle']);
    expect(() => decomposer.getTopStrategies('luck' as never)).toThrow(/METRIC_UNKNOWN.*"luck"/);
  });
});

describe('recording', () => {
  it('counts a trade once, however often it is delivered', () => {
    fc.assert(
      fc.property(histories, fc.array(fc.nat(79), { maxLength: 20 }), (trades, again) => {
        const once = recorded(trades);
        const twice = recorded(trades);
        for (const i of again) if (trades[i]) expect(twice.recordTrade(trades[i])).toBeNull();
        expect(twice.snapshot()).toEqual(once.snapshot());
      }),
    );
  });

  it('counts trades without an id each time', () => {
    const { id: _id, ...anonymous } = trade(1);
    expect(recorded([anonymous, anonymous]).getPortfolioPerformance().trades).toBe(2);
  });

  it('refuses a trade so old that it could be a forgotten duplicate', () => {
    const decomposer = new PerformanceDecomposer();
    for (let i = 0; i < 4200; i += 1)
      decomposer.recordTrade(trade(0.1, { id: `old${i}`, exitTime: START + i + 1 }));
    expect(() => decomposer.recordTrade(trade(0.1, { id: 'old0', exitTime: START + 1 }))).toThrow(
      /TRADE_TOO_OLD/,
    );
    expect(decomposer.getPortfolioPerformance().trades).toBe(4200);
  });

  it.each([
    ['a NaN pnl', { pnl: Number.NaN }, /pnl NaN; expected a finite amount/],
    ['an exit before its entry', { exitTime: START - 1 }, /exitTime \d+ before entryTime/],
    ['times in seconds with a fraction', { exitTime: START + 0.5 }, /exitTime/],
    ['a size of 0', { size: 0 }, /size 0/],
    ['a stop rate in percent', { stopRate: 2.5 }, /stopRate 2\.5.*not a percentage/],
    ['a side that is none', { side: 'up' as never }, /side "up"/],
    ['an empty strategy', { strategy: '' }, /strategy ""/],
    ['a regime that is none', { regime: 'SIDEWAYS' as never }, /regime "SIDEWAYS"/],
    ['an infinite fee', { fees: Number.POSITIVE_INFINITY }, /fees Infinity/],
    [
      'a decision that was tampered with',
      { decision: { id: 'x', cell: 'RANGING', multiplier: -1 } as never },
      /multiplier -1/,
    ],
  ])('refuses %s and leaves the state as it was', (_name, changes, message) => {
    const decomposer = recorded([trade(1)]);
    const before = decomposer.snapshot();
    expect(() => decomposer.recordTrade(trade(1, changes as Partial<TradeInput>))).toThrow(message);
    expect(decomposer.snapshot()).toEqual(before);
  });

  it('refuses what is no object at all', () => {
    expect(() => new PerformanceDecomposer().recordTrade(null as never)).toThrow(/TRADE_INVALID/);
  });

  it('remembers the latest trades, oldest first', () => {
    const decomposer = recorded([1, 2, 3].map((r) => trade(r)));
    expect(decomposer.getTradeHistory(2).map(({ r }) => r)).toEqual([2, 3]);
  });
});

describe('R of a trade', () => {
  const rOf = (input: Partial<TradeInput>) => {
    const made = new PerformanceDecomposer().recordTrade({
      ...trade(1),
      stop: undefined as never,
      ...input,
    })!;
    return [made.r, made.rSource];
  };

  it('comes from the first risk that is known', () => {
    expect(rOf({ stop: 95, pnl: 10 })).toEqual([2, 'stop']);
    expect(rOf({ size: undefined as never, returnRate: 0.04, stopRate: 0.02 })).toEqual([2, 'stopRate']);
    expect(rOf({ pnl: 6, atrRate: 0.02 })[0]).toBeCloseTo(2, 12);
    expect(rOf({ pnl: 6, atrRate: 0.02 })[1]).toBe('atr');
    expect(rOf({ pnl: -7 })).toEqual([-1, 'averageLoss']);
  });

  it('is measured by at least a tenth of an ATR, and says so: a stop one tick away makes no R of hundreds', () => {
    expect(rOf({ stop: 99.99, pnl: 10 })[0]).toBeCloseTo(1000, 6);
    expect(rOf({ stop: 99.99, pnl: 10, atrRate: 0.02 })).toEqual([expect.closeTo(50, 9), 'floor']);
    expect(rOf({ stop: 99, pnl: 10, atrRate: 0.02 })).toEqual([10, 'stop']);
    expect(rOf({ stopRate: 0.0001, pnl: 10, atrRate: 0.02 })).toEqual([expect.closeTo(50, 9), 'floor']);
    const decision = { id: 'd', cell: 'RANGING', multiplier: 1, side: 'long', belowThreshold: false };
    expect(rOf({ stop: 99.99, pnl: 10, decision: { ...decision, atrRate: 0.02 } as never })[1]).toBe('floor');
    const excursion = new PerformanceDecomposer().recordTrade({
      ...trade(1, { stop: 99.99, atrRate: 0.02, lowestPrice: 99.8, highestPrice: 101 }),
    })!;
    expect(excursion).toMatchObject({ mae: expect.closeTo(-1, 9), mfe: expect.closeTo(5, 9) });
  });

  it("falls back on what the strategy usually loses, at the host's own size", () => {
    const decomposer = new PerformanceDecomposer();
    const bare = (pnl: number, multiplier = 1) =>
      decomposer.recordTrade({
        ...trade(0),
        stop: undefined as never,
        pnl,
        decision: {
          id: 'd',
          cell: 'RANGING',
          multiplier,
          side: 'long',
          belowThreshold: false,
          atrRate: null,
        } as never,
      })!;
    for (let i = 0; i < 5; i += 1) bare(-20);
    expect(bare(40).r).toBeCloseTo(2, 12);
    expect(bare(20, 0.5).r).toBeCloseTo(2, 12);
  });

  it('does not depend on currency or lot units', () => {
    fc.assert(
      fc.property(rMultiples, fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (r, k) => {
        const plain = recorded([trade(r)]).getStrategyPerformance('EMA_Trend');
        const scaled = recorded([
          trade(r, { pnl: 10 * r * k, entryPrice: 100 * k, stop: 90 * k }),
        ]).getStrategyPerformance('EMA_Trend');
        expect(scaled.expectancyR).toBeCloseTo(plain.expectancyR!, 9);
      }),
    );
  });
});

describe('the window of 50 trades', () => {
  it('equals brute force', () => {
    fc.assert(
      fc.property(fc.array(rMultiples, { minLength: 1, maxLength: 120 }), (rs) => {
        const decomposer = recorded(rs.map((r) => trade(r)));
        const last = rs.slice(-50).map((r) => Math.min(10, Math.max(-10, r)));
        const window = decomposer.windowOf('EMA_Trend');
        expect(window.trades).toBe(last.length);
        expect(window.expectancy).toBeCloseTo(last.reduce((a, b) => a + b, 0) / last.length, 9);
        expect(window.winRate).toBeCloseTo(last.filter((r) => r > 1e-9).length / last.length, 9);
        let [equity, peak, drawdown] = [1, 1, 0];
        for (const r of rs.slice(-50)) {
          equity *= 1 + 0.01 * r;
          peak = Math.max(peak, equity);
          drawdown = Math.max(drawdown, (peak - equity) / peak);
        }
        expect(window.maxDrawdown).toBeCloseTo(drawdown, 9);
      }),
    );
  });
});

describe('state', () => {
  it('continues from a snapshot as if nothing had happened', () => {
    fc.assert(
      fc.property(histories, fc.nat(80), (trades, cut) => {
        const whole = recorded(trades);
        const first = recorded(trades.slice(0, cut));
        const second = new PerformanceDecomposer();
        second.restore(JSON.parse(JSON.stringify(first.snapshot())));
        for (const each of trades.slice(cut)) second.recordTrade(each);
        expect(JSON.stringify(second.snapshot())).toBe(JSON.stringify(whole.snapshot()));
      }),
    );
  });
});

describe('a position that closed in parts', () => {
  it('is one R in the expectancy, whatever its parts were', () => {
    const decomposer = new PerformanceDecomposer();
    const part = {
      strategy: 'a',
      symbol: 'BTC/USDT',
      entryTime: START,
      entryPrice: 100,
      stop: 99,
      positionId: 'p',
    };
    decomposer.record({ ...part, id: '1', exitTime: START + 1, size: 9, openSize: 1, pnl: 9 });
    decomposer.record({ ...part, id: '2', exitTime: START + 2, size: 1, pnl: -4 });
    expect(decomposer.getStrategyPerformance('a')).toMatchObject({ trades: 2, expectancyR: 0.5 });
  });

  it('ranks strategies from the worst as well', () => {
    const decomposer = new PerformanceDecomposer();
    for (const [strategy, pnl] of [
      ['good', 2],
      ['bad', -1],
    ] as const)
      decomposer.record({ strategy, symbol: 'BTC/USDT', entryTime: START, exitTime: START + 1, pnl });
    const names = (order: 'best' | 'worst') =>
      decomposer.getTopStrategies('totalPnl', 5, order).map(({ strategy }) => strategy);
    expect(names('best')).toEqual(['good', 'bad']);
    expect(names('worst')).toEqual(['bad', 'good']);
  });
});
