import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderOverlay, renderStatus } from '../../src/cli/render/paper.ts';
import { OptimizationEngine, OptimizationMonitor, UNJUDGED_REASONS } from '../../src/index.ts';
import { coverageLines } from '../../src/monitor/coverage.ts';
import { overlayReport } from '../../src/monitor/report.ts';
import { logEngine } from '../../src/node/log.ts';
import { cases } from '../cases.ts';
import { engineWith, HOUR, names, START, signal, symbols, trade } from '../fixtures.ts';

const place = { strategy: 'EMA_Trend', symbol: 'BTC/USDT', time: START };
const alerts = (engine: OptimizationEngine) =>
  new OptimizationMonitor(engine)
    .getAlerts()
    .filter(({ code }) => code === 'ENTRIES_UNJUDGED' || code === 'EXITS_UNKNOWN');

/** An engine that judged and did not judge so many entries. */
function seen(judged: number, unjudged: number) {
  const engine = engineWith();
  for (let i = 0; i < judged; i += 1) engine.decide(signal({ time: START + i }));
  for (let i = 0; i < unjudged; i += 1) engine.recordUnjudged({ ...place, reason: 'POSITION_UNKNOWN' });
  return engine;
}

describe('coverage', () => {
  it('counts what was judged, and what was not by its reason', () => {
    const engine = seen(117, 2);
    engine.recordUnjudged({ ...place, strategy: 'B', reason: 'FILL_UNKNOWN' });
    engine.decide(signal({ intent: 'close' }));
    engine.decide(signal({ id: 'again' }));
    engine.decide(signal({ id: 'again' }));
    expect(engine.getCoverage()).toMatchObject({
      judged: 118,
      unjudged: { POSITION_UNKNOWN: 2, FILL_UNKNOWN: 1 },
      closed: 0,
      unknownExits: 0,
    });
    expect(coverageLines(engine.getCoverage())[0]).toBe(
      '3 of 121 entries could not be judged: position unknown (2), fill unknown (1)',
    );
  });

  it('counts positions that closed, and those of which nobody knows how', () => {
    const engine = engineWith();
    for (let i = 0; i < 7; i += 1) engine.recordTrade(trade(1));
    for (let i = 0; i < 2; i += 1) engine.recordUnknownExit({ ...place, size: 2 });
    expect(coverageLines(engine.getCoverage())).toEqual(['2 of 9 positions have no known exit']);
  });

  it('says nothing where nothing is missing', () => {
    const engine = seen(3, 0);
    engine.recordTrade(trade(1));
    expect(coverageLines(engine.getCoverage())).toEqual([]);
    const data = new OptimizationMonitor(engine).getDashboardData();
    expect(renderStatus(data)).toContain('Coverage  everything was seen');
  });

  it('is shown in status, report and exports', () => {
    const engine = seen(8, 1);
    engine.recordUnknownExit({ ...place, positionId: 'p', size: 2 });
    const monitor = new OptimizationMonitor(engine);
    const line = '1 of 9 entries could not be judged: position unknown (1)';
    expect(renderStatus(monitor.getDashboardData())).toContain(`Coverage  ${line}`);
    expect(renderOverlay(overlayReport(engine))).toContain(line);
    expect(renderOverlay(overlayReport(engine))).toContain('1 of 1 positions have no known exit');
    const coverage = { judged: 8, unjudged: { POSITION_UNKNOWN: 1 }, unknownExits: 1 };
    expect(monitor.getDashboardData().coverage).toMatchObject(coverage);
    expect(overlayReport(engine).coverage).toMatchObject(coverage);
    expect(JSON.parse(monitor.exportJson()).coverage).toMatchObject(coverage);
  });

  it('alarms when more than a tenth of at least 20 entries are not judged, with what to do', () => {
    expect(alerts(seen(0, 19))).toEqual([]);
    expect(alerts(seen(18, 2))).toEqual([]);
    expect(alerts(seen(17, 3))).toMatchObject([
      {
        level: 'warning',
        code: 'ENTRIES_UNJUDGED',
        message: expect.stringMatching(/3 of the latest 20.*balance/),
      },
    ]);
    const healed = seen(0, 100);
    for (let i = 0; i < 90; i += 1) healed.decide(signal({ time: START + i }));
    expect(alerts(healed)).toEqual([]);
  });

  it('alarms as soon as one of the latest 50 positions has no known exit', () => {
    const engine = engineWith();
    engine.recordUnknownExit({ ...place, size: 1 });
    for (let i = 0; i < 49; i += 1) engine.recordTrade(trade(1));
    expect(alerts(engine)).toMatchObject([
      {
        level: 'warning',
        code: 'EXITS_UNKNOWN',
        message: expect.stringMatching(/1 of the latest 50.*exchange/),
      },
    ]);
    engine.recordTrade(trade(1));
    expect(alerts(engine)).toEqual([]);
  });

  it('is logged at the first of a reason and at every doubling', () => {
    const engine = engineWith();
    const lines: string[] = [];
    const note = (message: string) => void lines.push(message);
    logEngine(engine, { info: note, warn: note, error: note });
    for (let i = 0; i < 10; i += 1) engine.recordUnjudged({ ...place, reason: 'FILL_UNKNOWN' });
    engine.recordUnjudged({ ...place, reason: 'ACCOUNT_UNCLEAR' });
    for (let i = 0; i < 3; i += 1) engine.recordUnknownExit({ ...place, size: 1 });
    expect(lines).toHaveLength(4 + 1 + 2);
    expect(lines[3]).toMatch(/EMA_Trend on BTC\/USDT.*not judged: fill unknown.*8 times/);
    expect(lines[5]).toMatch(/EMA_Trend on BTC\/USDT.*no known exit/);
  });

  it.each([
    [null],
    [{}],
    [{ ...place, reason: 'BECAUSE' }],
    [{ ...place, strategy: '', reason: 'FILL_UNKNOWN' }],
    [{ ...place, time: 1.5, reason: 'FILL_UNKNOWN' }],
  ])('refuses %o as an unjudged entry, and changes nothing', (entry) => {
    const engine = engineWith();
    const fresh = engine.snapshot();
    expect(() => engine.recordUnjudged(entry as never)).toThrow(/SIGNAL_INVALID/);
    expect(engine.snapshot()).toEqual(fresh);
  });

  it.each([
    [null],
    [{ ...place }],
    [{ ...place, size: 0 }],
    [{ ...place, size: Number.NaN }],
    [{ ...place, size: 1, positionId: '' }],
    [{ ...place, size: 1, symbol: 3 }],
  ])('refuses %o as an unknown exit, and changes nothing', (exit) => {
    const engine = engineWith();
    const fresh = engine.snapshot();
    expect(() => engine.recordUnknownExit(exit as never)).toThrow(/TRADE_INVALID/);
    expect(engine.snapshot()).toEqual(fresh);
  });

  it('survives a restart at any point, and is rebuilt from its events', () => {
    const steps = fc.array(
      fc.record({
        strategy: names,
        symbol: symbols,
        what: fc.constantFrom('decide', 'trade', 'exit', ...UNJUDGED_REASONS),
        named: fc.boolean(),
      }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(steps, fc.nat(200), (rows, cut) => {
        const run = (engine: OptimizationEngine, from: number, to: number) => {
          for (const [i, { strategy, symbol, what, named }] of rows.entries()) {
            if (i < from || i >= to) continue;
            const at = { strategy, symbol, time: START + i * HOUR };
            const id = named ? { positionId: `p${i >> 1}` } : {};
            if (what === 'decide') engine.decide(signal(at));
            else if (what === 'trade')
              engine.recordTrade(trade(1, { ...at, ...id, id: `t${i}`, exitTime: at.time }));
            else if (what === 'exit') engine.recordUnknownExit({ ...at, ...id, size: 1 });
            else engine.recordUnjudged({ ...at, reason: what });
          }
          return engine;
        };
        const whole = new OptimizationEngine();
        const rebuilt = new OptimizationEngine();
        whole.subscribe((event) => {
          if (event.type === 'weight' || event.type === 'status' || event.type === 'shadow') return;
          if (event.type !== 'error') rebuilt.apply(JSON.parse(JSON.stringify(event)));
        });
        const state = JSON.stringify(run(whole, 0, 200).snapshot());
        const resumed = new OptimizationEngine();
        resumed.restore(JSON.parse(JSON.stringify(run(new OptimizationEngine(), 0, cut).snapshot())));
        expect(JSON.stringify(run(resumed, cut, 200).snapshot())).toBe(state);
        expect(JSON.stringify(rebuilt.snapshot())).toBe(state);
      }),
      cases(50),
    );
  });
});
