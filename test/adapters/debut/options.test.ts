import { describe, expect, it } from 'vitest';
import { EdgekeeperError } from '../../../src/index.ts';
import { debutBot } from './host.ts';

const SWITCHES = [
  'edgekeeper',
  'edgekeeperQuality',
  'edgekeeperWeighting',
  'edgekeeperRetirement',
  'edgekeeperAggressive',
  'edgekeeperObserve',
  'edgekeeperGuarded',
  'edgekeeperLiteral',
  'edgekeeperIncreases',
  'edgekeeperGateAdds',
  'edgekeeperShrink',
  'edgekeeperLog',
];
const NUMBERS = [
  'edgekeeperBaseWeight',
  'edgekeeperThreshold',
  'edgekeeperAdjustmentRate',
  'edgekeeperMinWeight',
  'edgekeeperMaxWeight',
  'edgekeeperMinNotional',
];

/** The error that options are refused with; undefined where they are taken. */
function refusal(opts: Record<string, unknown>): EdgekeeperError | undefined {
  try {
    debutBot(opts as never);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(EdgekeeperError);
    return error as EdgekeeperError;
  }
}

describe('options of the Debut plugin', () => {
  it.each<[string, unknown]>([
    ...SWITCHES.flatMap((option) =>
      [0, 1, 'true', null, {}].map((value) => [option, value] as [string, unknown]),
    ),
    ...NUMBERS.flatMap((option) =>
      ['2', true, null, Number.NaN, Number.POSITIVE_INFINITY, -1].map(
        (value) => [option, value] as [string, unknown],
      ),
    ),
    ...['', 7, null, 'x'.repeat(101), 'two\nlines', '__proto__'].map(
      (value) => ['edgekeeperStrategy', value] as [string, unknown],
    ),
    ['edgekeeperBaseWeight', 5],
    ['edgekeeperBaseWeight', 0],
    ['edgekeeperThreshold', 70],
    ['edgekeeperAdjustmentRate', 0],
    ['edgekeeperMinWeight', 2],
    ['edgekeeperMaxWeight', 0.5],
  ])('%s = %j is refused by name when the bot is made', (option, value) => {
    const error = refusal({ [option]: value });
    expect(error?.code).toBe('CONFIG_INVALID');
    expect(error?.found).toContain(`${option} = `);
  });

  it('are refused all at once, also while the plugin is off', () => {
    const error = refusal({ edgekeeper: false, edgekeeperQuality: 'yes', edgekeeperMinNotional: 'abc' });
    expect(error?.found).toBe('edgekeeperQuality = "yes"; edgekeeperMinNotional = "abc"');
  });

  it('are taken where they can be meant, and those of others are not looked at', () => {
    for (const opts of [
      {},
      { edgekeeperBaseWeight: 2, edgekeeperMinNotional: 0, edgekeeperStrategy: 'EMA Trend' },
      { edgekeeperBaseWeight: 2.9, edgekeeperAggressive: true },
      { edgekeeperQuality: undefined, edgekeeperBaseWeight: undefined },
      { interval: 5, ticker: null, takeProfit: 'abc' },
    ])
      expect(refusal(opts)).toBeUndefined();
  });

  it('bind a base weight to the class of the strategy, or to the name it is given', () => {
    expect(debutBot({ edgekeeperBaseWeight: 0.5 }).plugin.api.status()).toMatchObject({
      strategy: 'EMA_Trend',
      weight: 0.5,
    });
    expect(
      debutBot({ edgekeeperBaseWeight: 0.5, edgekeeperStrategy: 'mine' }).plugin.api.status(),
    ).toMatchObject({ strategy: 'mine', weight: 0.5 });
  });
});
