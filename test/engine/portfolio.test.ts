import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/schema.ts';
import { guardOf } from '../../src/decision/limits.ts';
import { Portfolio } from '../../src/engine/portfolio.ts';
import { cases } from '../cases.ts';
import { START } from '../fixtures.ts';

describe('portfolio drawdown', () => {
  it('is measured from the highest equity', () => {
    const portfolio = new Portfolio();
    expect(portfolio.drawdown).toBeNull();
    for (const [i, equity] of [100, 120, 108].entries()) portfolio.record({ time: START + i, equity });
    expect(portfolio.drawdown).toBeCloseTo(0.1, 12);
    portfolio.rebasePeak();
    expect(portfolio.drawdown).toBe(0);
  });

  it('does not change by a deposit or a withdrawal', () => {
    const money = fc.double({ min: 1, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(money, { minLength: 1, maxLength: 20 }),
        fc.double({ min: -0.9, max: 5, noNaN: true }),
        (equities, share) => {
          const portfolio = new Portfolio();
          for (const [i, equity] of equities.entries()) portfolio.record({ time: START + i, equity });
          const before = portfolio.drawdown!;
          const deposit = share * equities.at(-1)!;
          portfolio.record({ time: START + 100, equity: equities.at(-1)! + deposit, deposit });
          expect(portfolio.drawdown).toBeCloseTo(before, 9);
        },
      ),
    );
  });

  it('does not begin with a deposit: the first report is the first peak', () => {
    const portfolio = new Portfolio();
    portfolio.record({ time: START, equity: 1000, deposit: 1000 });
    expect(portfolio.drawdown).toBe(0);
    portfolio.record({ time: START + 1, equity: 900 });
    expect(portfolio.drawdown).toBeCloseTo(0.1, 12);
  });

  it('starts anew after everything was withdrawn', () => {
    const portfolio = new Portfolio();
    portfolio.record({ time: START, equity: 1000 });
    portfolio.record({ time: START + 1, equity: 0, deposit: -1000 });
    expect(portfolio.drawdown).toBe(0);
    portfolio.restore(JSON.parse(JSON.stringify(portfolio.snapshot())));
    portfolio.record({ time: START + 2, equity: 200, deposit: 200 });
    expect(portfolio.drawdown).toBe(0);
    portfolio.record({ time: START + 3, equity: 150 });
    expect(portfolio.drawdown).toBeCloseTo(0.25, 12);
  });

  it('starts anew with what is paid into an account that had lost everything, or owed', () => {
    for (const left of [0, -50]) {
      const portfolio = new Portfolio();
      portfolio.record({ time: START, equity: 1000 });
      portfolio.record({ time: START + 1, equity: left });
      expect(portfolio.drawdown).toBe(1);
      portfolio.record({ time: START + 2, equity: left + 100, deposit: 100 });
      expect(portfolio.drawdown).toBe(0);
    }
  });

  it('moves by what was earned alone, however often and however much is paid in or out', () => {
    const moves = fc.array(
      fc.record({
        earned: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
        paid: fc.double({ min: -0.999, max: 1000, noNaN: true }),
      }),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(moves, (rows) => {
        const [paying, plain] = [new Portfolio(), new Portfolio()];
        let [equity, unit] = [1000, 1];
        for (const [i, { earned, paid }] of rows.entries()) {
          const before = equity * (1 + earned);
          unit *= 1 + earned;
          equity = before * (1 + paid);
          paying.record({ time: START + i + 1, equity, deposit: equity - before });
          plain.record({ time: START + i + 1, equity: unit });
          // The first report is the first peak, whatever was paid in before it.
          expect(paying.drawdown).toBeCloseTo(plain.drawdown!, 6);
        }
      }),
    );
  });

  it('ignores a report that is not newer, and refuses one that is none', () => {
    const portfolio = new Portfolio();
    portfolio.record({ time: START, equity: 1000 });
    for (let i = 0; i < 2; i += 1) portfolio.record({ time: START + 1, equity: 1100, deposit: 100 });
    portfolio.record({ time: START - 1, equity: 1 });
    expect(portfolio).toMatchObject({ equity: 1100, drawdown: 0 });
    for (const bad of [
      { equity: Number.NaN },
      { equity: 100, deposit: Number.NaN },
      { equity: 100, time: 0.5 },
    ]) {
      expect(() => portfolio.record({ time: START + 2, ...bad })).toThrow(/EQUITY_INVALID/);
    }
    expect(portfolio.equity).toBe(1100);
  });

  it('is total for an account that has nothing left, or owes', () => {
    const portfolio = new Portfolio();
    portfolio.record({ time: START, equity: 1000 });
    portfolio.record({ time: START + 1, equity: 0 });
    expect(portfolio.drawdown).toBe(1);
    portfolio.record({ time: START + 2, equity: -5 });
    expect(portfolio.drawdown).toBe(1);
    portfolio.rebasePeak();
    expect(portfolio.drawdown).toBe(1);
  });
});

const DAY = 86_400_000;
const config = parseConfig({});
const guarded = parseConfig({ evidence: 'guarded' });
const reported = (...reports: readonly [days: number, equity: number, deposit?: number][]): Portfolio => {
  const portfolio = new Portfolio();
  for (const [days, equity, deposit = 0] of reports)
    portfolio.record({ time: START + days * DAY, equity, deposit });
  return portfolio;
};

describe('the guard on new exposure', () => {
  it('equals the published values', () => {
    expect(guardOf(config, { drawdown: 0.15, recentDrawdown: 0.15 })).toBeCloseTo(0.625, 12);
    const portfolio = reported([0, 100]);
    for (let day = 1; day <= 30; day += 1) portfolio.record({ time: START + day * DAY, equity: 85 });
    expect(guardOf(config, portfolio)).toBeCloseTo(0.8285734359415, 12);
    portfolio.record({ time: START + 30 * DAY + 1, equity: 60 });
    expect(guardOf(config, portfolio)).toBe(0.25);
  });

  it('does nothing without an equity feed, and leaves a quarter of an account that owes', () => {
    expect(guardOf(config, new Portfolio())).toBe(1);
    for (const left of [0, -50]) {
      expect(guardOf(config, reported([0, 100], [1, left]))).toBe(0.25);
      expect(guardOf(config, reported([0, left]))).toBe(0.25);
    }
    expect(guardOf(guarded, reported([0, 100], [1, 0]))).toBe(0);
  });

  it('forgets half of a peak in ninety days of reports, and no more than a week of a silence', () => {
    const weekly: [number, number][] = Array.from({ length: 13 }, (_, i) => [7 * i, i === 0 ? 100 : 80]);
    expect(reported(...weekly, [90, 80]).recentDrawdown).toBeCloseTo(10 / 90, 12);
    const week = reported([0, 100], [7, 80]).recentDrawdown!;
    expect(week).toBeCloseTo(1 - 80 / (80 + 20 * 0.5 ** (7 / 90)), 12);
    expect(reported([0, 100], [700, 80]).recentDrawdown).toBe(week);
    expect(reported([0, 100], [700, 80]).drawdown).toBeCloseTo(0.2, 12);
  });

  it('does not change by a deposit or a withdrawal', () => {
    const plain = reported([0, 100], [1, 88], [5, 84]);
    const paid = reported([0, 100], [1, 88], [1.5, 264, 176], [5, 252]);
    expect(paid.recentDrawdown).toBeCloseTo(plain.recentDrawdown!, 2);
    expect(reported([0, 100], [1, 88]).recentDrawdown).toBeCloseTo(
      reported([0, 100], [1, 264, 176]).recentDrawdown!,
      12,
    );
    expect(reported([0, 100], [1, 0], [2, 50, 50]).recentDrawdown).toBe(0);
  });

  it('lies between a quarter and one, and is one at a peak', () => {
    const steps = fc.array(
      fc.record({
        days: fc.double({ min: 0.01, max: 30, noNaN: true }),
        equity: fc.oneof(
          { arbitrary: fc.constant(-1), weight: 1 },
          { arbitrary: fc.double({ min: 1, max: 1e6, noNaN: true }), weight: 20 },
        ),
        deposit: fc.oneof(
          { arbitrary: fc.constant(0), weight: 20 },
          { arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }), weight: 1 },
        ),
      }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(steps, (rows) => {
        const portfolio = new Portfolio();
        let time = START;
        let highest = 0;
        for (const { days, equity, deposit } of rows) {
          time += Math.ceil(days * DAY);
          portfolio.record({ time, equity, deposit });
          const guard = guardOf(config, portfolio);
          expect(guard).toBeGreaterThanOrEqual(0.25);
          expect(guard).toBeLessThanOrEqual(1);
          if (rows.some((row) => row.deposit !== 0 || row.equity <= 0)) continue;
          // A peak that fades says no more than one that does not.
          expect(portfolio.recentDrawdown!).toBeLessThanOrEqual(portfolio.drawdown! + 1e-9);
          if (equity > highest) expect(guard).toBe(1);
          highest = Math.max(highest, equity);
        }
      }),
      cases(200),
    );
  });
});

describe('the hard stop', () => {
  const stop = (portfolio: Portfolio, day: number, equity: number, at: number | null = 0.3) =>
    portfolio.record({ time: START + day * DAY, equity }, at);

  it('holds from its drawdown on, whatever comes, until it is let go', () => {
    const portfolio = new Portfolio();
    stop(portfolio, 0, 100);
    stop(portfolio, 1, 71);
    expect(portfolio.stopped).toBe(false);
    stop(portfolio, 2, 70);
    expect(portfolio.stopped).toBe(true);
    stop(portfolio, 3, 200);
    portfolio.rebasePeak();
    portfolio.restore(JSON.parse(JSON.stringify(portfolio.snapshot())));
    expect(portfolio.stopped).toBe(true);
    portfolio.resume();
    expect(portfolio.stopped).toBe(false);
    stop(portfolio, 4, 150);
    expect(portfolio.stopped).toBe(false);
    stop(portfolio, 5, 140);
    expect(portfolio.stopped).toBe(true);
  });

  it('is measured from the highest equity ever, which does not fade', () => {
    const portfolio = new Portfolio();
    stop(portfolio, 0, 100);
    for (let day = 1; day < 400; day += 1) stop(portfolio, day, 75);
    expect(portfolio.recentDrawdown).toBeLessThan(0.05);
    stop(portfolio, 400, 70);
    expect(portfolio.stopped).toBe(true);
  });

  it('measures what it watches from the equity it was let go at, and the guard keeps its peak', () => {
    const portfolio = new Portfolio();
    stop(portfolio, 0, 100);
    stop(portfolio, 1, 65);
    const { recentDrawdown } = portfolio;
    portfolio.resume();
    expect(portfolio).toMatchObject({ drawdown: 0, recentDrawdown });
  });

  it('stops nothing where none is set', () => {
    const portfolio = new Portfolio();
    stop(portfolio, 0, 100, null);
    stop(portfolio, 1, 1, null);
    expect(portfolio.stopped).toBe(false);
  });
});
