import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configJsonSchema, EdgekeeperError, type Options, PRESETS, parseConfig } from '../../src/index.ts';
import { cases } from '../cases.ts';

const fault = (options: unknown): string => {
  try {
    parseConfig(options);
  } catch (error) {
    if (error instanceof EdgekeeperError) return error.message;
    throw error;
  }
  return 'no fault';
};

describe('a configuration', () => {
  it('has the conservative defaults of the founding document', () => {
    expect(parseConfig()).toMatchObject({
      enabled: true,
      qualityFiltering: true,
      adaptiveWeighting: true,
      retirementManagement: true,
      enforcement: 'guarded',
      adjustmentRate: 0.15,
      minWeight: 0.1,
      maxWeight: 2,
      minQualityThreshold: 0.7,
      minExpectancy: 0.1,
      minProfitFactor: 0.8,
      minWinRate: 0.35,
      maxDrawdown: 0.15,
      maxConsecutiveLosses: 10,
      degradedWindowHours: 24,
      suspendedWindowHours: 72,
      riskMaxDrawdown: 0.2,
      drawdownGuardStart: 0.1,
      maxMultiplier: 2,
    });
  });

  it('takes a preset, and what is said against it', () => {
    expect(parseConfig({ preset: 'aggressive' })).toMatchObject(PRESETS.aggressive);
    expect(parseConfig({ preset: 'aggressive', maxWeight: 1.5 })).toMatchObject({
      maxWeight: 1.5,
      adjustmentRate: 0.3,
    });
  });

  it('is strict where evidence is literal, unless it says otherwise', () => {
    expect(parseConfig({ evidence: 'literal' }).enforcement).toBe('strict');
    expect(parseConfig({ evidence: 'literal', enforcement: 'advisory' }).enforcement).toBe('advisory');
  });

  it('knows the enable flags by their founding names too', () => {
    const options = {
      enableQualityFiltering: false,
      enableAdaptiveWeighting: false,
      enableRetirementManagement: false,
    };
    expect(parseConfig(options)).toMatchObject({
      qualityFiltering: false,
      adaptiveWeighting: false,
      retirementManagement: false,
    });
    expect(fault({ enableQualityFiltering: false, qualityFiltering: true })).toMatch(
      /both enableQualityFiltering and qualityFiltering/,
    );
  });
});

describe('a faulty configuration', () => {
  it.each([
    [
      'a typo',
      { minQualityTreshold: 0.6 },
      /unknown option minQualityTreshold.*Did you mean minQualityThreshold\?/,
    ],
    ['a rate in percent', { minWinRate: 35 }, /minWinRate = 35; expected at most 1.*write 0.35 for 35%/],
    [
      'a base weight out of bounds',
      { baseWeights: { EMA: 2.5 } },
      /baseWeights.EMA = 2.5; expected a weight in \[0.1, 2\]/,
    ],
    ['a number as text', { maxWeight: '2' }, /maxWeight = "2"; expected a number/],
    ['a NaN', { maxWeight: Number.NaN }, /maxWeight = NaN/],
    ['an unknown preset', { preset: 'yolo' }, /preset = "yolo"; expected one of conservative, aggressive/],
    [
      'a guard that starts after its end',
      { drawdownGuardStart: 0.3 },
      /drawdownGuardStart = 0.3; expected less than riskMaxDrawdown/,
    ],
    ['an unknown timeframe', { timeframe: '1y' }, /timeframe = "1y"; expected a count and a unit/],
    ['an unknown regime', { regimeAdjustments: { TREND: 1 } }, /regimeAdjustments.TREND/],
    ['no object', [], /an array of 0; expected an object/],
    ['nothing', null, /found null/],
  ])('with %s is refused with what to do', (_name, options, message) => {
    expect(fault(options)).toMatch(message);
  });

  it('names every fault at once', () => {
    expect(fault({ minWinRate: 52, maxWeigth: 1 })).toMatch(
      /minWinRate = 52.*maxWeigth|maxWeigth.*minWinRate = 52/,
    );
  });

  it('is never anything but a coded error or a complete configuration', () => {
    const keys = [...Object.keys(parseConfig()), 'reduceOnly', '__proto__', 'constructor', 'x'];
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...keys), fc.oneof(fc.anything(), fc.double(), fc.boolean())),
        (options) => {
          try {
            const config = parseConfig(options);
            expect(config.minWeight).toBeGreaterThan(0);
            expect(config.drawdownGuardStart).toBeLessThan(config.riskMaxDrawdown);
          } catch (error) {
            expect(error).toBeInstanceOf(EdgekeeperError);
          }
        },
      ),
      cases(4000),
    );
  });
});

describe('the JSON schema', () => {
  it('explains every option', () => {
    const { properties, additionalProperties } = configJsonSchema() as {
      properties: Record<string, { description?: string }>;
      additionalProperties: boolean;
    };
    expect(additionalProperties).toBe(false);
    for (const [name, { description }] of Object.entries(properties))
      expect(description, name).toMatch(/\w{3}/);
    const founding = ['enableQualityFiltering', 'enableAdaptiveWeighting', 'enableRetirementManagement'];
    const unset: (keyof Options)[] = ['reduceOnly', 'falseAlarmTrades', 'hardStop', 'stakes'];
    expect(Object.keys(properties).sort()).toEqual(
      [...Object.keys(parseConfig()), ...founding, ...unset].sort(),
    );
  });
});
