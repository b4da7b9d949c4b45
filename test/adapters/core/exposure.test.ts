import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AccountExposure, splitBy } from '../../../adapters/core/exposure.ts';

const SYMBOL = 'A/B:B';
const order = (buys: boolean, amount: number, reduces = false) => ({ symbol: SYMBOL, buys, amount, reduces });

function stated(size: number): AccountExposure {
  const exposure = new AccountExposure();
  exposure.state(SYMBOL, size, exposure.ask(), 0);
  return exposure;
}

describe("the account's exposure", () => {
  it('is unknown before the exchange has said it, and again when that is long ago', () => {
    expect(new AccountExposure().range(SYMBOL, 0)).toBeNull();
    expect(stated(1).range(SYMBOL, 1000)).toEqual({ low: 1, high: 1 });
    expect(stated(1).range(SYMBOL, 3_600_000)).toBeNull();
  });

  it('moves with what fills, and is a range while an order may fill', () => {
    const exposure = stated(1);
    exposure.send('a', order(false, 3));
    expect(exposure.range(SYMBOL, 0)).toEqual({ low: -2, high: 1 });
    exposure.report('a', 1, false);
    expect(exposure.range(SYMBOL, 0)).toEqual({ low: -2, high: 0 });
    exposure.report('a', 1, true);
    expect(exposure.range(SYMBOL, 0)).toEqual({ low: 0, high: 0 });
  });

  it('is not taken past nothing by what only reduces, whichever fills first', () => {
    const exposure = stated(-0.22);
    exposure.send('a', order(true, 0.22, true));
    exposure.send('b', order(true, 0.58));
    expect(exposure.range(SYMBOL, 0)).toEqual({ low: -0.22, high: 0.58 });
  });

  it('may have been closed by what only reduces before it was sold past nothing', () => {
    const exposure = stated(1);
    exposure.send('stop', order(false, 1, true));
    exposure.send('sale', order(false, 1.5));
    exposure.report('sale', 1.5, true);
    expect(exposure.range(SYMBOL, 0)).toEqual({ low: -1.5, high: -0.5 });
    exposure.state(SYMBOL, -0.5, exposure.ask(), 0);
    expect(exposure.range(SYMBOL, 0)).toEqual({ low: -0.5, high: -0.5 });
  });

  it('is not taken further by what only reduces than it has been since it was said', () => {
    const exposure = stated(1);
    exposure.send('close', order(false, 0, true));
    exposure.report('close', 0.5, false);
    expect(exposure.range(SYMBOL, 0)).toEqual({ low: 0, high: 0.5 });
  });

  it('may or may not contain what filled while the exchange was being asked', () => {
    const exposure = stated(0);
    exposure.send('a', order(true, 2));
    const asked = exposure.ask();
    exposure.report('a', 2, true);
    exposure.state(SYMBOL, 2, asked, 0);
    expect(exposure.range(SYMBOL, 0)).toEqual({ low: 2, high: 4 });
    exposure.state(SYMBOL, 2, exposure.ask(), 0);
    expect(exposure.range(SYMBOL, 0)).toEqual({ low: 2, high: 2 });
  });

  it('may lack what filled just before it was said, where it says otherwise than the fills', () => {
    const exposure = stated(0);
    exposure.send('a', order(true, 0.5));
    exposure.report('a', 0.5, true, 1000);
    exposure.state(SYMBOL, 0, exposure.ask(1400), 1400);
    expect(exposure.range(SYMBOL, 1400)).toEqual({ low: 0, high: 0.5 });
    expect(exposure.isQuiet(SYMBOL)).toBe(false);
    exposure.state(SYMBOL, 0.5, exposure.ask(1600), 1600);
    expect(exposure.range(SYMBOL, 1600)).toEqual({ low: 0.5, high: 0.5 });
    expect(exposure.isQuiet(SYMBOL)).toBe(true);
  });

  it('is what is said once that is long enough after the last fill, however long the answer took', () => {
    const exposure = stated(0);
    exposure.send('a', order(true, 0.5));
    exposure.report('a', 0.5, true, 1000);
    exposure.state(SYMBOL, 0, exposure.ask(1400), 14_000);
    expect(exposure.range(SYMBOL, 14_000)).toEqual({ low: 0, high: 0.5 });
    exposure.state(SYMBOL, 0, exposure.ask(14_000), 14_100);
    expect(exposure.range(SYMBOL, 14_100)).toEqual({ low: 0, high: 0 });
  });

  it('forgets what ended long ago, also where nothing is ever said', () => {
    const exposure = new AccountExposure();
    exposure.send('resting', order(true, 1));
    for (let i = 0; i < 1000; i += 1) {
      exposure.send(`${i}`, order(true, 1));
      exposure.report(`${i}`, 1, true, i * 10_000);
    }
    const { filled } = exposure.ask();
    expect(filled.size).toBeLessThan(20);
    expect(filled.has('resting')).toBe(true);
    expect(filled.has('999')).toBe(true);
  });

  it('is not what was expected once some of what filled is forgotten', () => {
    const exposure = stated(0);
    for (const [key, time] of [
      ['a', 1000],
      ['b', 200_000],
    ] as const) {
      exposure.send(key, order(true, 1));
      exposure.report(key, 1, true, time);
    }
    exposure.state(SYMBOL, 1, exposure.ask(200_100), 200_100);
    expect(exposure.range(SYMBOL, 200_100)).toEqual({ low: 1, high: 2 });
  });

  it('may lack what filled before anything was said', () => {
    const exposure = new AccountExposure();
    exposure.send('a', order(true, 0.5));
    exposure.report('a', 0.5, true, 1000);
    exposure.state(SYMBOL, 0.5, exposure.ask(1400), 1400);
    expect(exposure.range(SYMBOL, 1400)).toEqual({ low: 0.5, high: 1 });
  });

  it('contains the truth, whatever fills, is told late or is asked for in between', () => {
    const step = fc.record({
      what: fc.constantFrom('send', 'fill', 'tell', 'ask', 'answer'),
      which: fc.nat(5),
      buys: fc.boolean(),
      amount: fc.integer({ min: 1, max: 9 }),
      reduces: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const exposure = stated(0);
        const orders: { buys: boolean; amount: number; reduces: boolean; filled: number }[] = [];
        let [truth, answer, asked] = [0, null as number | null, exposure.ask()];
        for (const { what, which, buys, amount, reduces } of steps) {
          const known = orders[which % Math.max(1, orders.length)];
          if (what === 'send') {
            exposure.send(String(orders.length), order(buys, amount, reduces));
            orders.push({ buys, amount, reduces, filled: 0 });
          } else if (what === 'fill' && known) {
            const against = Math.max(0, known.buys ? -truth : truth);
            const most = known.reduces ? against : Number.POSITIVE_INFINITY;
            const part = Math.min(amount, known.amount - known.filled, most);
            known.filled += part;
            truth += known.buys ? part : -part;
          } else if (what === 'tell' && known)
            exposure.report(String(orders.indexOf(known)), known.filled, known.filled === known.amount);
          else if (what === 'ask') {
            asked = exposure.ask();
            answer = truth;
          } else if (what === 'answer' && answer !== null) {
            exposure.state(SYMBOL, answer, asked, 0);
            answer = null;
          }
          const { low, high } = exposure.range(SYMBOL, 0)!;
          expect(low).toBeLessThanOrEqual(truth);
          expect(high).toBeGreaterThanOrEqual(truth);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('an exchange that is behind', () => {
  it('never makes the truth impossible, while it is less behind than it is given time', () => {
    const step = fc.record({
      what: fc.constantFrom('trade', 'trade', 'state'),
      buys: fc.boolean(),
      amount: fc.integer({ min: 1, max: 3 }),
      after: fc.integer({ min: 100, max: 6000 }),
      behind: fc.integer({ min: 0, max: 9000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const exposure = new AccountExposure();
        const history = [{ time: 0, size: 0 }];
        let now = 0;
        for (const [i, { what, buys, amount, after, behind }] of steps.entries()) {
          now += after;
          const { size } = history.at(-1)!;
          if (what === 'trade') {
            exposure.send(`${i}`, order(buys, amount));
            exposure.report(`${i}`, amount, true, now);
            history.push({ time: now, size: size + (buys ? amount : -amount) });
          } else {
            const then = history.findLast(({ time }) => time <= now - behind) ?? history[0]!;
            exposure.state(SYMBOL, then.size, exposure.ask(now), now);
          }
          const range = exposure.range(SYMBOL, now);
          if (range === null) continue;
          expect(range.low).toBeLessThanOrEqual(history.at(-1)!.size);
          expect(range.high).toBeGreaterThanOrEqual(history.at(-1)!.size);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('what an order does to a position', () => {
  it('is an exit, an entry, a turn or not certain', () => {
    expect(splitBy({ low: 3, high: 3 }, false, 2)).toEqual({ closes: 2, opens: 0 });
    expect(splitBy({ low: 0, high: 3 }, true, 2)).toEqual({ closes: 0, opens: 2 });
    expect(splitBy({ low: 3, high: 3 }, false, 5)).toEqual({ closes: 3, opens: 2 });
    expect(splitBy({ low: 0, high: 3 }, false, 5)).toEqual({ closes: 3, opens: 2 });
    expect(splitBy({ low: 0, high: 3 }, false, 2)).toBeNull();
    expect(splitBy({ low: -0.3, high: -0.3 }, true, 0.1 + 0.2)).toEqual({ closes: 0.1 + 0.2, opens: 0 });
  });
});
