import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type Candle, RegimeDetector } from '../../src/index.ts';
import { SharedRegimes } from '../../src/regime/shared-regimes.ts';
import { SymbolRegime } from '../../src/regime/symbol-regime.ts';
import { cases } from '../cases.ts';
import { HOUR, walk } from '../fixtures.ts';

const CANDLES = walk(1400, 3);
const NOW = CANDLES.at(-1)!.time + HOUR;

/** What a bot does with the candles of all: it begins later, misses one, is told another, and looks now and then. */
const ways = fc.record({
  from: fc.constantFrom(0, 0, 0, 5, 700),
  missing: fc.constantFrom(-1, -1, 300, 1000),
  other: fc.constantFrom(-1, -1, 0, 255, 256, 257, 1100),
  wrong: fc.constantFrom(-1, 10, 600),
  twice: fc.boolean(),
  /** Candles that it takes at once. */
  atOnce: fc.integer({ min: 1, max: 300 }),
});

const told = (way: typeof ways extends fc.Arbitrary<infer T> ? T : never): Candle[] =>
  CANDLES.flatMap((candle, i) => {
    if (i < way.from || i === way.missing) return [];
    if (i === way.wrong) return [{ ...candle, close: Number.NaN }];
    const said = i === way.other ? { ...candle, high: candle.high * 1.01 } : { ...candle };
    return way.twice ? [said, said] : [said];
  });

describe('regimes that detectors share', () => {
  it('are bit for bit those of a detector of its own, whatever each is told', () => {
    fc.assert(
      fc.property(fc.array(ways, { minLength: 1, maxLength: 4 }), (all) => {
        const shared = new SharedRegimes();
        const bots = all.map((way) => {
          const [one, own] = [new RegimeDetector(), new RegimeDetector()];
          one.share(shared);
          return { one, own, way, candles: told(way) };
        });
        while (bots.some(({ candles }) => candles.length > 0))
          for (const { one, own, way, candles } of bots) {
            for (const candle of candles.splice(0, way.atOnce))
              for (const detector of [one, own]) detector.update('A', '1h', candle);
            const { time } = candles[0] ?? CANDLES.at(-1)!;
            expect(one.regimeOf('A', time)).toEqual(own.regimeOf('A', time));
            expect([one.lastTime('A'), one.lastClose('A')]).toEqual([own.lastTime('A'), own.lastClose('A')]);
          }
        for (const { one, own } of bots) {
          expect(JSON.stringify(one.snapshot())).toBe(JSON.stringify(own.snapshot()));
          expect(one.marketRegime(NOW)).toEqual(own.marketRegime(NOW));
          expect([one.skipped, one.staleSymbols(NOW + 9 * HOUR)]).toEqual([
            own.skipped,
            own.staleSymbols(NOW + 9 * HOUR),
          ]);
        }
      }),
      cases(12),
    );
  }, 60_000);

  it('are computed once for all that see the same', () => {
    const update = vi.spyOn(SymbolRegime.prototype, 'update');
    const shared = new SharedRegimes();
    const detectors = Array.from({ length: 10 }, () => new RegimeDetector());
    for (const detector of detectors) detector.share(shared);
    for (const candle of CANDLES) for (const detector of detectors) detector.update('A', '1h', { ...candle });
    expect(update).toHaveBeenCalledTimes(CANDLES.length);
    update.mockRestore();
  });
});
