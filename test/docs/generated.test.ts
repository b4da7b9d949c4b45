import { describe, expect, it } from 'vitest';
import { collectCodes } from '../../scripts/docs/codes.mjs';
import { configurationPage } from '../../scripts/docs/configuration.mjs';
import { ALERTS, COUNTED, ERRORS, UNJUDGED } from '../../scripts/docs/error-texts.mjs';
import { errorsPage } from '../../scripts/docs/errors.mjs';
import { configNotes } from '../../src/config/notes.ts';
import { EDGE_PRESETS, PRESETS } from '../../src/config/presets.ts';
import { roomJsonSchemas } from '../../src/config/rooms.ts';
import { configJsonSchema, parseConfig } from '../../src/config/schema.ts';
import { REASONS, UNJUDGED_REASONS } from '../../src/index.ts';
import { ALERT_CODES } from '../../src/monitor/alerts.ts';
import { read } from './markdown.ts';

const codesOf = (entries: readonly (readonly [string, string, string])[]) =>
  entries.map(([code]) => code).sort();

/** What looks like a code and is none: cells, and the name of a variable of the environment. */
const NO_CODES = [
  'TREND_WITH',
  'TREND_AGAINST',
  'EDGEKEEPER_OWNER',
  'EDGEKEEPER_TRIAL',
  'EDGEKEEPER_TOKEN',
  'PARTIALLY_FILLED',
];

describe('the pages that are made from the code', () => {
  it('say what it says today: else run `npm run docs`', () => {
    const page = configurationPage({
      schema: configJsonSchema(),
      presets: PRESETS,
      edges: EDGE_PRESETS,
      notes: configNotes,
      parse: parseConfig,
      rooms: roomJsonSchemas() as unknown as Parameters<typeof configurationPage>[0]['rooms'],
    });
    expect(read('docs/configuration.md')).toBe(page);
    expect(read('docs/errors.md')).toBe(errorsPage());
  });

  it('have an entry for every code, and none for another', () => {
    const found = collectCodes();
    expect(codesOf(ERRORS.flatMap(([, entries]) => entries))).toEqual([...found.errors].sort());
    expect(codesOf(ALERTS)).toEqual([...ALERT_CODES].sort());
    expect(codesOf(UNJUDGED)).toEqual([...UNJUDGED_REASONS].sort());
    // Some are counted and told of elsewhere; OTHER is what the engine itself makes of too many.
    const elsewhere = new Set<string>([...UNJUDGED_REASONS, ...ALERT_CODES]);
    const counted = [...found.counted].filter((code) => !elsewhere.has(code));
    expect(codesOf(COUNTED)).toEqual([...counted, 'OTHER'].sort());
    expect([...found.reasons].sort()).toEqual([...REASONS].sort());
  });

  it('miss nothing in the sources that looks like a code', () => {
    const { all, ...lists } = collectCodes();
    const known = new Set([...NO_CODES, ...Object.values(lists).flatMap((codes) => [...codes])]);
    expect([...all].filter((code) => !known.has(code))).toEqual([]);
  });

  it('explain every option', () => {
    const { properties } = configJsonSchema() as { properties: Record<string, { description?: string }> };
    for (const [name, { description }] of Object.entries(properties)) expect(description, name).toBeTruthy();
  });
});
