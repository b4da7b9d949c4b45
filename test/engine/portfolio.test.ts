import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Portfolio } from '../../src/engine/portfolio.ts';
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
