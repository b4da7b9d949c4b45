import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { moneyOf, type TwinAccount } from '../../src/effect/money.ts';
import type { SignalOutcome } from '../../src/effect/outcome.ts';
import { cases } from '../cases.ts';
import { HOUR } from '../fixtures.ts';
import { digits, knownSignals, outcome } from './fixtures.ts';

/** A signal that risks 100 of an account, decided and closed at these hours. */
const held = (from: number, to: number, r: number, m: number, changes: Partial<SignalOutcome> = {}) =>
  outcome(r, m, {
    decidedAt: from * HOUR,
    closedAt: to * HOUR,
    pnl: 100 * r,
    equity: 10_000,
    ...changes,
  });

const rowsOf = (twin: TwinAccount) =>
  twin.savedByBlocking +
  twin.savedByReducing -
  twin.missedByBlocking -
  twin.missedByReducing +
  twin.gainedByIncreasing -
  twin.lostByIncreasing +
  twin.byAccount;

const deposits = fc.array(
  fc.record({
    time: fc.integer({ min: -5, max: 60 }).map((hour) => hour * HOUR),
    amount: fc.constantFrom(-6000, -500, 800, 9000),
  }),
  { maxLength: 3 },
);

const signals = fc.array(
  fc
    .record({
      from: fc.integer({ min: 0, max: 40 }),
      hold: fc.integer({ min: 0, max: 15 }),
      r: fc.double({ min: -8, max: 8, noNaN: true }),
      m: fc.constantFrom(0, 0.3, 1, 1.7),
      risk: fc.constantFrom(-50, 0, 100, 4000),
      equity: fc.constantFrom(500, 9000, 10_000, 15_000),
    })
    .map(({ from, hold, r, m, risk, equity }) => held(from, from + hold, r, m, { pnl: risk * r, equity })),
  { minLength: 1, maxLength: 25 },
);

describe('two accounts that start alike', () => {
  it('differ by what the sizes made of a record of which every figure is known', () => {
    const { twin, n } = moneyOf(knownSignals(40), [], 'equity');
    expect(digits(twin!.without)).toBe('9934.97868090');
    expect(digits(twin!.with)).toBe('10168.1250000');
    expect(n).toBe(40);
    expect(rowsOf(twin!)).toBeCloseTo(twin!.net, 9);
  });

  it('add up: the rows are the difference, whatever happens to either', () => {
    fc.assert(
      fc.property(signals, deposits, fc.constantFrom('equity', 'fixed', undefined), (all, paid, stakes) => {
        const { twin } = moneyOf(all, paid, stakes);
        expect(Number.isFinite(twin!.without)).toBe(true);
        expect(twin!.net).toBeCloseTo(twin!.with - twin!.without, 6);
        expect(rowsOf(twin!)).toBeCloseTo(twin!.net, 5);
        const { byAccount: _, ...rows } = twin!;
        for (const row of ['savedByBlocking', 'missedByReducing', 'lostByIncreasing'] as const)
          expect(rows[row]).toBeGreaterThanOrEqual(0);
      }),
      cases(200),
    );
  });

  it('are the same where every size is the host’s own', () => {
    fc.assert(
      fc.property(deposits, (paid) => {
        const record = knownSignals(30).map((each) => ({ ...each, multiplier: 1, intended: 1 }));
        const { twin } = moneyOf(record, paid, 'fixed');
        fc.pre(!twin!.ruined);
        expect(twin!.net).toBeCloseTo(0, 9);
      }),
      cases(30),
    );
  });

  it('stake by what the other account would have had: in proportion, or the same', () => {
    // The first signal wins 1000 that the overlay did not take, so that the second would have been 10% larger.
    const record = [held(0, 1, 10, 0), held(2, 3, 1, 1)];
    expect(moneyOf(record, [], 'equity').twin!.without).toBeCloseTo(10_000 + 1000 + 110, 9);
    expect(moneyOf(record, [], 'fixed').twin!.without).toBeCloseTo(10_000 + 1000 + 100, 9);
  });

  it('close what closes before they decide, at one time', () => {
    const record = [held(0, 2, 10, 0), held(2, 3, 1, 1)];
    expect(moneyOf(record, [], 'equity').twin!.without).toBeCloseTo(11_110, 9);
    expect(moneyOf([...record].reverse(), [], 'equity').twin!.without).toBeCloseTo(11_110, 9);
    // What closes later changes nothing yet, and what closes at its own decision has its own stake.
    expect(moneyOf([held(0, 2.1, 10, 0), held(2, 3, 1, 1)], [], 'equity').twin!.without).toBeCloseTo(
      11_100,
      9,
    );
    expect(moneyOf([held(0, 0, 10, 1)], [], 'equity').twin!.without).toBeCloseTo(11_000, 9);
  });

  it('begin with the equity at the first decision, whichever became known first', () => {
    const record = [held(5, 6, 1, 1, { equity: 12_000 }), held(1, 9, 1, 1, { equity: 10_000 })];
    expect(moneyOf(record, [], 'equity').twin!.start).toBe(10_000);
  });

  it('end in ruin: nothing is traded from then on, and that is said', () => {
    const record = [held(0, 1, -2, 0.1, { pnl: -20_000 }), held(2, 3, 5, 1)];
    const { twin } = moneyOf(record, [], 'fixed');
    expect(twin).toMatchObject({ without: 0, ruined: true, with: 10_000 - 2000 + 500 });
    expect(rowsOf(twin!)).toBeCloseTo(twin!.net, 9);
  });

  it('both have what was paid in or out, ruined or not', () => {
    const record = [held(0, 1, -2, 0.1, { pnl: -20_000 }), held(4, 5, 5, 1)];
    const net = moneyOf(record, [], 'fixed').twin!.net;
    const paid = [{ time: 3 * HOUR, amount: 5000 }];
    const after = moneyOf(record, paid, 'fixed').twin!;
    expect([after.with, after.without, after.net]).toEqual([13_500, 5000, net]);
    // What came before the first decision is in its equity.
    expect(moneyOf(record, [{ time: 0, amount: 5000 }], 'fixed').twin!.with).toBe(8500);
  });

  it('end where more is withdrawn than the other account would have had', () => {
    const record = [
      held(0, 1, -1, 0.1, { pnl: -5000 }),
      held(4, 5, 1, 1, { pnl: 100, equity: 2500 }),
      held(6, 7, 1, 1, { pnl: 110, equity: 2600 }),
    ];
    const { twin } = moneyOf(record, [{ time: 2 * HOUR, amount: -7000 }]);
    expect(twin).toMatchObject({ ruined: true, without: -2000, with: 10_000 - 500 - 7000 + 210 });
    expect(rowsOf(twin!)).toBeCloseTo(twin!.net, 9);
  });

  it('name a row by what it came to in money, where the parts of a signal had other risks', () => {
    const { twin } = moneyOf([held(0, 1, 0.25, 0, { pnl: -20 })], [], 'equity');
    expect(twin).toMatchObject({ net: 20, savedByBlocking: 20, missedByBlocking: 0 });
  });

  it('fill the row of what was done with a signal', () => {
    const twinOf = (r: number, m: number) => moneyOf([held(0, 1, r, m)], [], 'equity').twin!;
    expect(twinOf(-1, 0).savedByBlocking).toBe(100);
    expect(twinOf(1, 0).missedByBlocking).toBe(100);
    expect(twinOf(-1, 0.25).savedByReducing).toBe(75);
    expect(twinOf(1, 0.25).missedByReducing).toBe(75);
    expect(twinOf(1, 1.5).gainedByIncreasing).toBe(50);
    expect(twinOf(-1, 1.5).lostByIncreasing).toBe(50);
    expect(twinOf(1, 1).net).toBe(0);
  });

  it('fill it with the stake of the account without the overlay', () => {
    // It won 1000 with the first signal, so that the second would have lost 110.
    const { twin } = moneyOf([held(0, 1, 10, 0), held(2, 3, -1, 0.5)], [], 'equity');
    expect(twin!.savedByReducing).toBeCloseTo(55, 9);
    expect(twin!.byAccount).toBeCloseTo(5, 9);
    expect(twin!.net).toBeCloseTo(-940, 9);
  });

  it('take what the overlay would have sent while it only observed', () => {
    const { twin, withR } = moneyOf([held(0, 1, -1, 1, { observed: true, intended: 0.25 })], [], 'equity');
    expect(twin).toMatchObject({ with: 9975, without: 9900, savedByReducing: 75 });
    expect(withR).toBe(-0.25);
    // A signal of the control arm went out whole, whatever the overlay would have given it.
    const arm = moneyOf([held(0, 1, -1, 1, { inArm: true, intended: 0 })], [], 'equity').twin!;
    expect(arm.net).toBe(0);
  });
});

describe('how stakes follow equity, where nobody says', () => {
  const risking = (riskOf: (equity: number) => number) =>
    moneyOf(
      [8000, 10_000, 12_500, 15_000].map((equity, i) =>
        held(i, i + 0.5, 1, 1, { pnl: riskOf(equity), equity }),
      ),
      [],
    ).twin!.scaling;

  it('is found from what was sent, between not at all and in proportion', () => {
    expect(risking((equity) => equity / 100)).toBeCloseTo(1, 9);
    expect(risking(() => 100)).toBeCloseTo(0, 9);
    expect(risking((equity) => Math.sqrt(equity))).toBeCloseTo(0.5, 9);
    expect(risking((equity) => equity ** 2 / 1e6)).toBe(1);
    expect(risking((equity) => 1e6 / equity)).toBe(0);
  });

  it('is in proportion where equity never moved', () => {
    expect(moneyOf(knownSignals(40), []).twin!.scaling).toBe(1);
  });
});

describe('money without an equity feed', () => {
  it('is given in R at the sizes that were traded', () => {
    const record = [outcome(2, 0.5), outcome(-1, 0), outcome(3, 1, { pnl: null })];
    expect(moneyOf(record, [])).toEqual({ n: 2, outcomes: 3, twin: null, withR: 4, withoutR: 4 });
  });

  it('counts the outcomes that the accounts are made of', () => {
    const record = [...knownSignals(4), outcome(1, 1), outcome(1, 1, { pnl: null, equity: 9000 })];
    expect(moneyOf(record, [])).toMatchObject({ n: 4, outcomes: 6 });
  });
});
