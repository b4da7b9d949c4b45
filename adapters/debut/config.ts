import { EdgekeeperError, type Options, parseConfig } from '../../src/index.ts';
import { show } from '../../src/model/errors.ts';
import { isName } from '../../src/model/strategy.ts';
import type { EdgekeeperPluginOptions } from './options.ts';

/** Debut's intervals by ours. Months have no fixed length. */
export const TIMEFRAMES: Readonly<Record<string, string>> = {
  '1min': '1m',
  '3min': '3m',
  '5min': '5m',
  '15min': '15m',
  '30min': '30m',
  '1h': '1h',
  '2h': '2h',
  '4h': '4h',
  day: '1d',
  week: '1w',
};

/** The option of the configuration that each number is. */
const NUMBERS = {
  edgekeeperThreshold: 'minQualityThreshold',
  edgekeeperAdjustmentRate: 'adjustmentRate',
  edgekeeperMinWeight: 'minWeight',
  edgekeeperMaxWeight: 'maxWeight',
} as const;

/** In hours; of a silence twice as much counts. */
const UPDATE_INTERVAL = 12;

/** The class is known only once the strategy exists; its base weight is checked under this name. */
const UNNAMED = 'strategy';

type Kind = 'boolean' | 'number' | 'name' | 'value';

const KINDS: Readonly<Record<keyof EdgekeeperPluginOptions, Kind>> = {
  edgekeeper: 'boolean',
  edgekeeperQuality: 'boolean',
  edgekeeperWeighting: 'boolean',
  edgekeeperRetirement: 'boolean',
  edgekeeperAggressive: 'boolean',
  edgekeeperObserve: 'boolean',
  edgekeeperGuarded: 'boolean',
  edgekeeperLiteral: 'boolean',
  edgekeeperBaseWeight: 'number',
  edgekeeperThreshold: 'number',
  edgekeeperAdjustmentRate: 'number',
  edgekeeperMinWeight: 'number',
  edgekeeperMaxWeight: 'number',
  edgekeeperIncreases: 'boolean',
  edgekeeperGateAdds: 'boolean',
  edgekeeperShrink: 'boolean',
  edgekeeperMinNotional: 'value',
  edgekeeperLog: 'boolean',
  edgekeeperStrategy: 'name',
};

const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);

const EXPECTED: Readonly<Record<Kind, { fits: (value: unknown) => boolean; said: string }>> = {
  boolean: { fits: (value) => typeof value === 'boolean', said: 'true or false' },
  number: { fits: isNumber, said: 'a number' },
  value: { fits: (value) => isNumber(value) && (value as number) >= 0, said: 'a number from 0' },
  name: {
    fits: isName,
    said: 'a printable name of 1 to 100 characters other than __proto__',
  },
};

/** Refuses options that cannot be meant, all at once. Throws `CONFIG_INVALID`. */
export function checkOptions(opts: EdgekeeperPluginOptions): void {
  const wrong = Object.entries(KINDS).flatMap(([option, kind]) => {
    const value = opts[option as keyof EdgekeeperPluginOptions];
    return value === undefined || EXPECTED[kind].fits(value) ? [] : [{ option, value, kind }];
  });
  if (wrong.length > 0) {
    throw new EdgekeeperError('CONFIG_INVALID', {
      found: wrong.map(({ option, value }) => `${option} = ${show(value)}`).join('; '),
      expected: wrong.map(({ kind }) => EXPECTED[kind].said).join('; '),
      hint: 'Leave an option out for its default.',
    });
  }
  try {
    parseConfig(configOf(opts, UNNAMED));
  } catch (error) {
    if (!(error instanceof EdgekeeperError)) throw error;
    const { found, expected, hint } = error;
    throw new EdgekeeperError('CONFIG_INVALID', {
      found: inPluginWords(found),
      expected: inPluginWords(expected),
      hint: inPluginWords(hint),
    });
  }
}

/** Names the plugin's options in what was said about those of the configuration. */
function inPluginWords(said: string): string {
  const words = Object.entries(NUMBERS).map(([option, name]) => [name, option] as const);
  return [[`baseWeights.${UNNAMED}`, 'edgekeeperBaseWeight'] as const, ...words].reduce(
    (text, [name, option]) => text.replaceAll(name, option),
    said,
  );
}

/** The literal rules are the stricter wish of two: an optimiser that varies both still runs. */
function evidenceOf({ edgekeeperLiteral, edgekeeperGuarded }: EdgekeeperPluginOptions): Options['evidence'] {
  if (edgekeeperLiteral) return 'literal';
  return edgekeeperGuarded ? 'guarded' : undefined;
}

/** The configuration that flat options make. @param strategy empty where nobody knows it yet */
export function configOf(opts: EdgekeeperPluginOptions, strategy: string, interval?: string): Options {
  const weight = opts.edgekeeperBaseWeight;
  const numbers = Object.entries(NUMBERS).map(([option, name]) => [
    name,
    opts[option as keyof typeof NUMBERS],
  ]);
  const given = {
    qualityFiltering: opts.edgekeeperQuality,
    adaptiveWeighting: opts.edgekeeperWeighting,
    retirementManagement: opts.edgekeeperRetirement,
    preset: opts.edgekeeperAggressive ? ('aggressive' as const) : undefined,
    mode: opts.edgekeeperObserve ? ('observe' as const) : undefined,
    evidence: evidenceOf(opts),
    baseWeights: weight === undefined || strategy === '' ? undefined : { [strategy]: weight },
    timeframe: interval === undefined ? undefined : TIMEFRAMES[interval],
    // Updates are up to a day apart, all of which counts as time in a status.
    updateIntervalHours: UPDATE_INTERVAL,
    ...Object.fromEntries(numbers),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Options;
}
