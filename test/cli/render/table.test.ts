import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { table } from '../../../src/cli/render/table.ts';

const widthOf = (text: string): number => Math.max(...text.split('\n').map(({ length }) => length));

describe('a table', () => {
  it('keeps a row a line where nobody says how wide the terminal is', () => {
    const text = table(['strategy', 'why'], [['S', 'word '.repeat(60).trim()]], 0, Number.POSITIVE_INFINITY);
    expect(text.split('\n')).toHaveLength(5);
  });

  it('breaks texts between words, and numbers never', () => {
    const text = table(
      ['strategy', 'size', 'why'],
      [['Trend', '12345.67', 'word '.repeat(40).trim()]],
      1,
      40,
    );
    expect(widthOf(text)).toBeLessThanOrEqual(40);
    expect(text).toContain('12345.67');
    expect(text.match(/word/g)).toHaveLength(40);
  });

  it('is broken itself where that is not enough, its first column said again', () => {
    const head = ['strategy', ...Array.from({ length: 12 }, (_, i) => `number${i}`)];
    const text = table(head, [['Trend', ...head.slice(1).map((_, i) => `${i}.123`)]], 12, 80);
    expect(widthOf(text)).toBeLessThanOrEqual(80);
    expect(text.match(/Trend/g)!.length).toBeGreaterThan(1);
    for (let i = 0; i < 12; i += 1) expect(text).toContain(`${i}.123`);
  });

  it('fits any terminal that is wide enough for two of its words, and loses none', () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/);
    const cell = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 40, max: 120 }),
        (rows, width) => {
          const text = table(['a', 'b', 'c', 'd', 'e', 'f'], rows, 5, width);
          expect(widthOf(text)).toBeLessThanOrEqual(width);
          const shown = new Set(text.split(/[^a-z]+/));
          for (const each of rows.flat().flatMap((one) => one.split(' '))) expect(shown.has(each)).toBe(true);
        },
      ),
    );
  });
});
