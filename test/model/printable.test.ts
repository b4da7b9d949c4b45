import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EdgekeeperError, show } from '../../src/model/errors.ts';
import { printable, printableLines, printableValue } from '../../src/model/printable.ts';

/** What terminals obey, by numbers. */
const isObeyed = (character: string): boolean => {
  const code = character.codePointAt(0)!;
  return (
    code < 0x20 ||
    (code >= 0x7f && code <= 0x9f) ||
    [0x2028, 0x2029, 0x200e, 0x200f, 0x61c, 0xfeff].includes(code) ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069)
  );
};
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\u001b', '\n', '\r', '\t', '\u009b', '\u202e', '\u2066', '\u2028', '\u007f'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
});

describe('a text that is printed', () => {
  it('holds nothing that a terminal obeys, and all the rest', () => {
    fc.assert(
      fc.property(text, (value) => {
        const shown = printable(value);
        expect([...shown].filter(isObeyed)).toEqual([]);
        const rest = [...value].filter((character) => !isObeyed(character)).join('');
        expect(shown.replaceAll(/\\u[0-9a-f]{4}/g, '')).toBe(rest.replaceAll(/\\u[0-9a-f]{4}/g, ''));
        expect(printable(shown)).toBe(shown);
      }),
    );
  });

  it('is the same value where it is JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(text, text), (value) => {
        const json = JSON.stringify({ ...value }, null, 2);
        expect(JSON.parse(printableLines(json))).toEqual({ ...value });
      }),
    );
  });

  it('may be of several lines', () => {
    expect(printableLines('a\nb\u001b[31m\n')).toBe('a\nb\\u001b[31m\n');
  });

  it('may be deep in a value, which else stays as it is', () => {
    const value = { 'a\n': ['\u001b', 1, null, undefined, Number.POSITIVE_INFINITY, true, { b: '\u202e' }] };
    expect(printableValue(value)).toEqual({
      'a\\u000a': ['\\u001b', 1, null, undefined, Number.POSITIVE_INFINITY, true, { b: '\\u202e' }],
    });
  });

  it('is in an error, whoever prints it', () => {
    const evil = 'x\u001b]0;owned\u0007\n\u009b31m\u202e';
    const error = new EdgekeeperError('STATE_MISSING', { found: evil, expected: show(evil), hint: evil });
    for (const shown of [error.message, error.found, error.expected, error.hint])
      expect([...shown].filter(isObeyed)).toEqual([]);
  });
});
