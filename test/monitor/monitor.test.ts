import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type OptimizationEngine, OptimizationMonitor } from '../../src/index.ts';
import { overlayReport } from '../../src/monitor/report.ts';
import { exportJson } from '../../src/node/index.ts';
import { AUTHOR, engineWith, feed, HOUR, rulesWith, START, signal, walk } from '../fixtures.ts';

const codes = (engine: OptimizationEngine, now?: number) =>
  new OptimizationMonitor(engine).getAlerts(now).map(({ code }) => code);

describe('alerts', () => {
  it('say that a threshold cannot be reached, and that the guard has no equity', () => {
    expect(codes(engineWith())).toEqual(['NO_EQUITY_FEED']);
    expect(codes(rulesWith())).toEqual(['NO_EQUITY_FEED', 'THRESHOLD_UNREACHABLE']);
    expect(codes(rulesWith({ enforcement: 'off' }))).toEqual(['NO_EQUITY_FEED']);
    expect(codes(rulesWith({ minQualityThreshold: 0.6, regimeAdjustments: { VOLATILE: 1 } }))).toEqual([
      'NO_EQUITY_FEED',
    ]);
  });

  it('name suspended strategies, many degraded ones, and the lack of any active', () => {
    const engine = engineWith({ baseWeights: { a: 1, b: 1, c: 1, d: 1 } });
    for (const name of ['a', 'b', 'c']) engine.forceStatus(name, 'DEGRADED', AUTHOR);
    expect(codes(engine)).toContain('MANY_DEGRADED');
    engine.forceStatus('a', 'SUSPENDED', AUTHOR);
    expect(codes(engine)).toContain('STRATEGY_SUSPENDED');
    expect(codes(engine)).not.toContain('MANY_DEGRADED');
    for (const name of ['b', 'c', 'd']) engine.forceStatus(name, 'RETIRED', AUTHOR);
    expect(codes(engine)[0]).toBe('NO_ACTIVE_STRATEGY');
  });

  it('say that no strategy is active when all are degraded, and nothing of health while retirement is off', () => {
    const engine = rulesWith({ baseWeights: { a: 1 } });
    engine.forceStatus('a', 'DEGRADED', AUTHOR);
    expect(new OptimizationMonitor(engine).getAlerts()[0]).toMatchObject({
      code: 'NO_ACTIVE_STRATEGY',
      message: expect.stringContaining('half'),
    });
    engine.setFlags({ retirementManagement: false }, AUTHOR);
    expect(codes(engine)).not.toContain('NO_ACTIVE_STRATEGY');
  });

  it('say when the drawdown guard acts', () => {
    const engine = rulesWith();
    engine.recordEquity({ time: START, equity: 100 });
    expect(codes(engine)).not.toContain('NO_EQUITY_FEED');
    engine.recordEquity({ time: START + 1, equity: 85 });
    expect(new OptimizationMonitor(engine).getAlerts()[0]).toMatchObject({
      code: 'DRAWDOWN_GUARD_ACTING',
      level: 'warning',
    });
    engine.recordEquity({ time: START + 2, equity: 70 });
    expect(new OptimizationMonitor(engine).getAlerts()[0]).toMatchObject({
      level: 'critical',
      message: expect.stringContaining('30.0%'),
    });
    expect(codes(engine)).toContain('HARD_STOP_OFF');
  });

  it('say that the hard stop holds everything, and how to let it go', () => {
    const engine = engineWith({ hardStop: 0.25 });
    engine.recordEquity({ time: START, equity: 100 });
    engine.recordEquity({ time: START + 1, equity: 74 });
    expect(new OptimizationMonitor(engine).getAlerts()[0]).toMatchObject({
      code: 'HARD_STOP',
      level: 'critical',
      message: expect.stringContaining('edgekeeper resume'),
    });
    engine.setMode('observe', { ...AUTHOR, time: START + 2 });
    expect(new OptimizationMonitor(engine).getAlerts()[0]!.message).toContain('nothing would be opened');
    engine.resume({ ...AUTHOR, time: START + 2 });
    expect(codes(engine)).not.toContain('HARD_STOP');
  });

  it('say what a strategy is suspended for, and what brings it back', () => {
    const engine = engineWith();
    feed(engine, Array(80).fill(-1));
    expect(new OptimizationMonitor(engine).getAlerts()).toContainEqual(
      expect.objectContaining({
        code: 'STRATEGY_SUSPENDED',
        message: expect.stringMatching(/P\(mean R > 0\) = \.\d\d, its signals get \.\d\d .*comes back/),
      }),
    );
  });

  it('say that the overlay only observes', () => {
    expect(codes(engineWith({ mode: 'observe' }))).toContain('OBSERVING');
  });

  it('say when market data are stale', () => {
    const engine = engineWith();
    for (const candle of walk(3)) engine.recordCandle('BTC/USDT', '1h', candle);
    expect(codes(engine, START + 5 * HOUR)).not.toContain('MARKET_DATA_STALE');
    expect(codes(engine, START + 6 * HOUR)).toContain('MARKET_DATA_STALE');
  });

  it('count errors of the overlay', () => {
    const engine = engineWith();
    engine.decide(signal({ time: Number.NaN }));
    expect(codes(engine)).toContain('OVERLAY_ERRORS');
    expect(codes(engine)).not.toContain('LEASE_LOST');
    engine.countError('LEASE_LOST', new Error('somebody else is here'));
    expect(codes(engine)[0]).toBe('LEASE_LOST');
  });
});

describe('reports', () => {
  it('are there whatever a host called a strategy, and list none without a name', () => {
    for (const strategy of ['', '__proto__', 'x'.repeat(101), 'a\nb', undefined]) {
      const engine = engineWith();
      engine.decide(signal());
      engine.decide(signal({ strategy: strategy as never }));
      const monitor = new OptimizationMonitor(engine);
      expect(monitor.getDashboardData().strategies).toEqual(['EMA_Trend']);
      expect(Object.keys(JSON.parse(monitor.exportJson()).strategies)).toEqual(['EMA_Trend']);
      expect(overlayReport(engine).strategies).toHaveLength(1);
      expect(engine.getSignalCounts()['']!.reasons.SIGNAL_INVALID).toBe(1);
    }
  });

  const engine = engineWith({ baseWeights: { EMA_Trend: 1, idle: 1 } });
  const now = feed(engine, [2, -1, 1, -1, 3], { regime: 'TREND_WITH' });
  feed(engine, [-1, -1], { strategy: 'loser', regime: 'RANGING' }, now);
  engine.decide(signal());
  engine.updateOptimization(now + 3 * HOUR);
  const monitor = new OptimizationMonitor(engine);

  it('sum up the overlay', () => {
    expect(monitor.getOptimizationStatus()).toMatchObject({
      metrics: { strategiesTracked: 3, symbolsTracked: 0, tradesRecorded: 7 },
      decisions: 1,
    });
  });

  it('sum up a strategy', () => {
    const summary = monitor.getStrategySummary('EMA_Trend');
    expect(summary).toMatchObject({
      strategy: 'EMA_Trend',
      baseWeight: 1,
      performance: { trades: 5 },
      quality: { signals: 1 },
    });
    expect(summary.currentWeight).toBeGreaterThan(1);
    expect(summary.healthStatus?.status).toBe('ACTIVE');
    expect(() => monitor.getStrategySummary('ghost')).toThrow(
      /STRATEGY_UNKNOWN.*"ghost".*EMA_Trend, idle, loser/,
    );
  });

  it('group strategies by health and by regime', () => {
    expect(monitor.getHealthReport()).toMatchObject({
      active: ['EMA_Trend', 'idle', 'loser'],
      degraded: [],
      suspended: [],
      retired: [],
    });
    const { byRegime } = monitor.getRegimeEffectivenessReport();
    expect(byRegime.TREND_WITH!.map(({ strategy }) => strategy)).toEqual(['EMA_Trend']);
    expect(byRegime.RANGING![0]!.performance.expectancyR).toBe(-1);
  });

  it('export JSON, with a flag where a number is infinite', () => {
    const winner = engineWith();
    feed(winner, [1]);
    const text = new OptimizationMonitor(winner).exportJson();
    expect(JSON.parse(text).strategies.EMA_Trend.performance).toMatchObject({
      profitFactor: null,
      profitFactorInfinite: true,
    });
    expect(JSON.parse(monitor.exportJson())).toMatchObject({
      allocation: { totalAllocation: expect.any(Number) },
      signals: { EMA_Trend: { signals: 1 } },
    });
  });

  it.each([
    ['performance', 2],
    ['regimes', 2],
    ['weights', 1],
    ['health', 3],
    ['decisions', 1],
  ] as const)('export %s as an Arquero table', async (name, rows) => {
    const table = await monitor.getDataFrameExport(name);
    expect(table.numRows()).toBe(rows);
    expect(table.columnNames()).toContain('strategy');
  });

  it('refuse a table that does not exist', async () => {
    await expect(monitor.getDataFrameExport('moods' as never)).rejects.toThrow(/OPTION_INVALID.*"moods"/);
  });

  it('feed a dashboard', () => {
    expect(monitor.getDashboardData()).toMatchObject({
      currentWeights: { idle: 1 },
      latestState: { time: now + 3 * HOUR },
      recentDecisions: [{ strategy: 'EMA_Trend' }],
    });
  });

  it('tell what changed, with times and reasons', () => {
    const report = overlayReport(engine);
    expect(report.changes[0]).toMatchObject({ what: 'weight', from: '1.000', reason: 'new-outcomes' });
    expect(report.signals).toEqual([
      {
        strategy: 'EMA_Trend',
        signals: 1,
        executed: 0,
        reduced: 0,
        increased: 1,
        blocked: 0,
        avgQuality: expect.any(Number),
      },
    ]);
  });
});

describe('an export', () => {
  it('refuses a path: it is a text, and edgekeeper/node writes it', async () => {
    const monitor = new OptimizationMonitor(engineWith());
    expect(() => monitor.exportJson('report.json' as never)).toThrow(/OPTION_INVALID.*edgekeeper\/node/);
    const file = join(await mkdtemp(join(tmpdir(), 'edgekeeper-export-')), 'report.json');
    await exportJson(monitor, file);
    expect(JSON.parse(await readFile(file, 'utf8'))).toHaveProperty('alerts');
  });
});

describe('the state after an update', () => {
  it('lists strategies by their status, and by how much each weight changed', () => {
    const engine = engineWith({ baseWeights: { a: 1, b: 1 } });
    engine.forceStatus('b', 'SUSPENDED', AUTHOR);
    const now = feed(engine, Array(30).fill(-1), { strategy: 'a' });
    const state = engine.updateOptimization(now + HOUR);
    expect(state.suspendedStrategies).toContain('b');
    expect(state.weightChangesThisPeriod.a).toBeCloseTo(-0.15, 12);
    expect(
      [
        ...state.activeStrategies,
        ...state.degradedStrategies,
        ...state.suspendedStrategies,
        ...state.retiredStrategies,
      ].sort(),
    ).toEqual(['a', 'b']);
  });
});
