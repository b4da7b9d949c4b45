import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DebutHost } from '../../../adapters/debut/index.ts';
import { largestLots, smallestLots } from '../../../adapters/debut/venue-rules.ts';

/** How a venue prepares lots, with what it says of itself, and the step that only the test knows. */
interface Rule {
  readonly name: string;
  readonly step: number;
  readonly prepare: (lots: number) => number;
  readonly broker?: string;
  readonly lot?: number;
  readonly minQuantity?: number;
  readonly lotPrecision?: number;
}

const onStep = (step: number, round: (x: number) => number) => (lots: number) =>
  Number((round(Number((lots / step).toFixed(9))) * step).toFixed(10));
/** What is nothing after rounding is one step. */
const never0 = (step: number, prepare: (lots: number) => number) => (lots: number) => prepare(lots) || step;

const RULES: readonly Rule[] = [
  {
    name: "the tester's of Binance: to the nearest 4 decimals, whatever it says, and nothing stays nothing",
    step: 1e-4,
    prepare: onStep(1e-4, Math.round),
    broker: 'binance',
    lotPrecision: 10,
  },
  { name: "the tester's of others: whole lots", step: 1, prepare: never0(1, Math.round), lotPrecision: 10 },
  ...[0.00001, 0.001, 0.1, 1].flatMap((step) => [
    {
      name: `Binance's, to the nearest ${step}`,
      step,
      prepare: never0(step, onStep(step, Math.round)),
      broker: 'binance',
      minQuantity: step,
    },
    {
      name: `Binance's, down to ${step}`,
      step,
      prepare: never0(step, onStep(step, Math.floor)),
      broker: 'binance',
      minQuantity: 5 * step,
    },
  ]),
  { name: "IB's: whole shares", step: 1, prepare: never0(1, Math.round), broker: 'ib', lotPrecision: 1 },
  ...[1, 10, 1000].map((lot) => ({
    name: `Tinkoff's, ${lot} shares a lot, its minimum in shares`,
    step: 1,
    prepare: never0(1, Math.round),
    broker: 'tinkoff',
    lot,
    minQuantity: lot,
    lotPrecision: 1,
  })),
  { name: "Alpaca's", step: 1e-9, prepare: never0(1e-9, onStep(1e-9, Math.round)), broker: 'alpaca' },
  { name: 'one that rounds up', step: 0.05, prepare: never0(0.05, onStep(0.05, Math.ceil)) },
  { name: 'one without any step', step: 0, prepare: (lots) => lots },
];

const hostOf = ({ prepare, broker, lot, minQuantity, lotPrecision }: Rule, minNotional = 0): DebutHost => ({
  opts: { ticker: 'X', interval: '1h', ...(broker === undefined ? {} : { broker }) },
  instrument: {
    id: 'x',
    minNotional,
    ...(lot === undefined ? {} : { lot }),
    ...(minQuantity === undefined ? {} : { minQuantity }),
    ...(lotPrecision === undefined ? {} : { lotPrecision }),
  },
  transport: { prepareLots: prepare },
  orders: [],
  registerPlugins: () => undefined,
});

/** Whether a venue takes that many lots as they are. */
function takes(rule: Rule, lots: number, price: number, minNotional: number): boolean {
  const { lot = 1, minQuantity = 0, broker } = rule;
  return (
    lots > 0 &&
    Math.abs(rule.prepare(lots) - lots) <= lots * 1e-9 &&
    lots * (broker === 'tinkoff' ? lot : 1) >= minQuantity * (1 - 1e-9) &&
    lots * lot * price >= minNotional * (1 - 1e-9)
  );
}

const steps = (rule: Rule, from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => Number(((from + i) * rule.step).toFixed(10)));

describe.each(RULES)('lots by the rule of a venue, $name', (rule) => {
  const cases = fc.record({
    // Up to 40 steps: what is tried one by one.
    steps: fc.double({ min: 0, max: 40, noNaN: true }),
    price: fc.double({ min: 0.01, max: 1000, noNaN: true }),
    least: fc.constantFrom(0, 0, 1, 7),
  });

  it('are the most that it takes and that are not more than wanted: none that is feasible is lost', () => {
    fc.assert(
      fc.property(cases, ({ steps: count, price, least }) => {
        const unit = rule.step || 0.01;
        const wanted = count * unit;
        const minNotional = least * price * unit;
        const lots = largestLots(hostOf(rule, minNotional), wanted, price, 0);
        const tried =
          rule.step === 0
            ? [wanted]
            : steps(rule, 0, 41).filter((candidate) => candidate <= wanted * (1 + 1e-9));
        const best = tried.filter((candidate) => takes(rule, candidate, price, minNotional)).at(-1) ?? 0;
        expect(lots).toBeCloseTo(best, 9);
        expect(lots).toBeLessThanOrEqual(wanted * (1 + 1e-9));
      }),
      { numRuns: 500 },
    );
  });

  it('are the fewest that it takes where a minimum is to go out, up to what was asked for', () => {
    fc.assert(
      fc.property(cases, ({ steps: count, price, least }) => {
        const unit = rule.step || 0.01;
        const asked = rule.prepare(count * unit);
        if (rule.step === 0) return;
        const minNotional = least * price * unit;
        const lots = smallestLots(hostOf(rule, minNotional), asked, price, 0);
        const best = steps(rule, 0, 42).find((candidate) => takes(rule, candidate, price, minNotional)) ?? 0;
        expect(lots).toBeCloseTo(best <= asked * (1 + 1e-9) ? best : 0, 9);
      }),
      { numRuns: 300 },
    );
  });
});

describe('lots', () => {
  const plain = RULES[1]!;

  it('heed a least value that the option says and the instrument does not know', () => {
    expect(largestLots(hostOf(plain), 3.9, 10, 30)).toBe(3);
    expect(largestLots(hostOf(plain), 3.9, 10, 31)).toBe(0);
    expect(largestLots(hostOf(plain), 3.9, undefined, 31)).toBe(3);
    expect(smallestLots(hostOf(plain), 9, 10, 31)).toBe(4);
  });

  it('are none where nothing sensible is wanted, or the rule says no number', () => {
    for (const wanted of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(largestLots(hostOf(plain), wanted, 10, 0)).toBe(0);
    const mute = hostOf({ ...plain, prepare: () => Number.NaN });
    expect(largestLots(mute, 3, 10, 0)).toBe(0);
    expect(smallestLots(mute, 3, 10, 0)).toBe(0);
  });
});
