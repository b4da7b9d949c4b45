import { describe, expect, it } from 'vitest';
import { renderFindings } from '../../src/cli/render/doctor.ts';
import { renderStatus } from '../../src/cli/render/paper.ts';
import { type OptimizationEngine, OptimizationMonitor, type Options } from '../../src/index.ts';
import { examine } from '../../src/monitor/doctor.ts';
import { AUTHOR, engineWith, feed, HOUR, START, signal, walk } from '../fixtures.ts';

const at = (i: number) => START + i * 60_000;

/** An engine that has decided on so many signals that say this. */
function decided(signals: number, says: Partial<Parameters<typeof signal>[0]> = {}, options: Options = {}) {
  const engine = engineWith(options);
  for (let i = 0; i < signals; i += 1) engine.decide(signal({ time: at(i), size: 1, ...says }));
  return engine;
}

const findings = (engine: OptimizationEngine, now = engine.time) =>
  Object.fromEntries(examine(engine, now).map((finding) => [finding.check, finding]));

describe('the doctor', () => {
  it('says that nothing was decided yet, and that the overlay is off', () => {
    expect(findings(engineWith()).overlay).toMatchObject({ ok: false, found: 'nothing was decided yet' });
    const engine = engineWith();
    engine.setFlags({ enabled: false }, AUTHOR);
    expect(findings(engine).overlay).toMatchObject({
      ok: false,
      next: expect.stringContaining('enable all'),
    });
  });

  it('names what signals do not say, with the line that says it', () => {
    const silent = findings(decided(30, { confidence: undefined, stop: undefined }));
    expect(silent.confidence).toMatchObject({ ok: false, next: expect.stringContaining('confidence: 0.8') });
    expect(silent.stops).toMatchObject({ ok: false, next: expect.stringContaining('stop: 61_000') });
    const barrier = findings(decided(30, { confidence: 0.8, stop: 90 }));
    expect(barrier.confidence).toMatchObject({ ok: true });
    expect(barrier.stops).toMatchObject({ ok: false, found: expect.stringContaining('triple barrier') });
    expect(findings(decided(30, { confidence: 0.8, stop: 90, exitRule: 'host' })).stops).toMatchObject({
      ok: true,
    });
    // Of a few nothing can be said.
    expect(findings(decided(3)).stops).toBeUndefined();
  });

  it('misses exits, equity, candles and names', () => {
    const engine = decided(30, { strategy: 'bot', stop: 90 });
    const found = findings(engine);
    for (const check of ['exits', 'equity', 'candles', 'strategies'])
      expect(found[check], check).toMatchObject({ ok: false, next: expect.stringMatching(/\w/) });
  });

  it('is content with a bot that feeds all of it', () => {
    const engine = engineWith();
    const [first] = walk(300);
    for (const candle of walk(300)) engine.recordCandle('BTC/USDT', '1h', candle);
    const now = first!.time + 300 * HOUR;
    feed(engine, [1, -1, 1]);
    engine.recordEquity({ time: now, equity: 1000 });
    for (let i = 0; i < 30; i += 1)
      engine.decide(signal({ time: now + i, stop: 1, confidence: 0.8, exitRule: 'host', size: 1 }));
    const open = examine(engine, engine.time).filter(({ ok }) => !ok);
    expect(open).toEqual([]);
    expect(renderFindings(examine(engine, engine.time))).toMatch(/ok {4}overlay.*All is well\.$/s);
  });

  it('notices a clock that is behind the record, and entries and exits that nobody saw', () => {
    const engine = decided(30);
    expect(findings(engine, engine.time - HOUR).clock).toMatchObject({
      ok: false,
      found: 'the latest event lies 60 minutes ahead of this machine',
    });
    const place = { strategy: 'EMA_Trend', symbol: 'BTC/USDT', time: engine.time };
    engine.recordUnjudged({ ...place, reason: 'POSITION_UNKNOWN' });
    engine.recordUnknownExit({ ...place, size: 1 });
    const found = findings(engine);
    expect(found.entries).toMatchObject({ ok: false, next: expect.stringContaining('positions or balance') });
    expect(renderFindings(examine(engine, engine.time))).toMatch(
      /LOOK {2}entries .*1 of 31.*\n +-> most often/,
    );
  });
});

describe('status while the overlay observes', () => {
  it('says in a line what it would have done, and how far a claim is', () => {
    const engine = decided(5, {}, { mode: 'observe' });
    const status = (of: OptimizationEngine) => renderStatus(new OptimizationMonitor(of).getDashboardData());
    expect(status(engine)).toMatch(
      /Observed {2}of the latest 5 signals \d would have been vetoed and \d resized; a claim needs at least 400 known outcomes: 0 so far/,
    );
    expect(status(engine)).toContain('`edgekeeper act` lets the overlay act');
    expect(status(decided(5))).not.toContain('Observed');
  });

  it('shows until when an operator holds a strategy', () => {
    const engine = decided(5);
    const time = engine.time;
    engine.execute({
      type: 'forceStatus',
      strategy: 'EMA_Trend',
      status: 'SUSPENDED',
      ...AUTHOR,
      time,
      pinForHours: 24,
    });
    const status = renderStatus(new OptimizationMonitor(engine).getDashboardData());
    expect(status).toMatch(/held until \d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC/);
  });
});
