import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { z as zod } from 'zod';
import { OptimizationEngine, parseConfig } from '../../src/index.ts';
import { z } from '../../src/model/z.ts';

const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('/zod/'));

describe('schemas that are written down', () => {
  it('are not built, nor is zod loaded, by who starts on the defaults', () => {
    const engine = new OptimizationEngine();
    engine.decide({ strategy: 'EMA_Trend', symbol: 'BTC/USDT', side: 'long', time: 1.7e12 });
    expect(loaded()).toBe(false);
    // What a configuration says is checked.
    expect(parseConfig({ seed: engine.config.seed })).toEqual(engine.config);
    expect(loaded()).toBe(true);
  });

  /** The same schema, made of either. */
  const schemaOf = (by: typeof zod) => {
    const leg = by.object({ price: by.number().positive(), side: by.enum(['long', 'short']) });
    return by.strictObject({
      name: by.string().min(1).max(5),
      legs: by.array(by.tuple([by.string(), leg.nullable()])).max(2),
      counts: by.partialRecord(by.enum(['a', 'b']), by.number().int()),
      version: by.literal(3).default(3),
      either: by.union([by.literal(1), by.literal(-1)]),
      even: by.number().refine((n) => n % 2 === 0, 'not even'),
      last: leg.extend({ size: by.number() }).optional(),
      shaped: by.object(leg.shape).extend({ ...leg.shape, price: leg.shape.price.nullable() }),
    });
  };
  const good = {
    name: 'x',
    legs: [['a', { price: 1, side: 'long' }]],
    counts: { a: 1 },
    either: -1,
    even: 2,
    shaped: { price: null, side: 'short' },
  };

  it.each([
    ['what fits', good],
    ['a rule broken deep inside', { ...good, legs: [['a', { price: 0, side: 'up' }]] }],
    ['too much', { ...good, other: 1 }],
    ['too little', { name: 'x' }],
    ['what a refinement refuses', { ...good, even: 3 }],
    ['no object', 'x'],
  ])('say of %s what those of zod say', (_name, value) => {
    const [ours, theirs] = [schemaOf(z).safeParse(value), schemaOf(zod).safeParse(value)];
    expect(ours.success).toBe(theirs.success);
    expect(ours.data).toEqual(theirs.data);
    expect(ours.error?.issues).toEqual(theirs.error?.issues);
  });

  it('have a shape that can be looked through', () => {
    const { shape } = schemaOf(z);
    expect(Object.keys(shape)).toEqual(Object.keys(schemaOf(zod).shape));
    expect('legs' in shape).toBe(true);
    expect('other' in shape).toBe(false);
    expect(shape.name.safeParse('').success).toBe(false);
  });

  it('throw where they parse what does not fit, and describe themselves as JSON schema', () => {
    expect(() => z.string().parse(1)).toThrow('expected string');
    const described = (by: typeof zod) => by.toJSONSchema(by.object({ a: by.number().describe('one') }));
    expect(described(z)).toEqual(described(zod));
  });
});
