import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inControlArm } from '../../src/decision/control-arm.ts';
import { cases } from '../cases.ts';

/** The first 52 bits of a hash as a number in [0,1), by another implementation. */
function drawOf(seed: number, id: string): number {
  const hash = createHash('sha256').update(`${seed}\n${id}`, 'utf8').digest('hex');
  return Number.parseInt(hash.slice(0, 13), 16) / 2 ** 52;
}

describe('the draw of the control arm', () => {
  it('takes a signal whose hash is below the share', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        (id, seed, controlArm) => {
          expect(inControlArm(id, { seed, controlArm })).toBe(drawOf(seed, id) < controlArm);
          // On its very edge too.
          const draw = drawOf(seed, id);
          expect(inControlArm(id, { seed, controlArm: draw })).toBe(false);
          expect(inControlArm(id, { seed, controlArm: draw + 2 ** -52 })).toBe(true);
        },
      ),
      cases(60),
    );
  });

  it('takes as many as it says, others with another seed, and none where none are wanted', () => {
    const ids = Array.from({ length: 4000 }, (_, i) => `d${i}`);
    const taken = (seed: number, controlArm: number) =>
      ids.filter((id) => inControlArm(id, { seed, controlArm }));
    expect(taken(7, 0.1).length / ids.length).toBeCloseTo(0.1, 1);
    expect(taken(7, 0.2)).toEqual(expect.arrayContaining(taken(7, 0.1)));
    expect(taken(8, 0.1)).not.toEqual(taken(7, 0.1));
    expect(taken(7, 0)).toEqual([]);
  });

  it('is the same on every machine', () => {
    const taken = Array.from({ length: 40 }, (_, i) => `d${i}`).filter((id) =>
      inControlArm(id, { seed: 7, controlArm: 0.1 }),
    );
    expect(taken).toEqual(['d16', 'd20', 'd24', 'd28']);
  });
});
