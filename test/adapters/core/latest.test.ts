import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Latest } from '../../../adapters/core/latest.ts';

describe('the latest entries', () => {
  it('are what was set last, at least as many as promised and at most twice as many', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.boolean()), { maxLength: 60 }),
        (capacity, steps) => {
          const latest = new Latest<number>(capacity);
          const whole = new Map<string, number>();
          for (const [i, [name, sets]] of steps.entries()) {
            const key = `k${name}`;
            whole.delete(key);
            if (sets) {
              whole.set(key, i);
              latest.set(key, i);
            } else latest.delete(key);
            const names = latest.names();
            expect(new Set(names).size).toBe(names.length);
            expect(names.length).toBeLessThan(2 * capacity + 1);
            for (const known of names) expect(latest.get(known)).toBe(whole.get(known));
          }
          const sure = [...whole.keys()].slice(-capacity);
          if (!steps.some(([, sets]) => !sets)) for (const key of sure) expect(latest.has(key)).toBe(true);
          latest.clear();
          expect(latest.names()).toEqual([]);
        },
      ),
    );
  });
});
