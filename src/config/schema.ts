import { timeframeMs } from '../model/candle.ts';
import { EVIDENCE_MODES, PRESET_NAMES, STAKES, WEIGHTING_METHODS } from '../model/choices.ts';
import { ENFORCEMENTS } from '../model/decision.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { MODES } from '../model/flags.ts';
import { REGIMES } from '../model/regime.ts';
import { isName } from '../model/strategy.ts';
import { z } from '../model/z.ts';
import { describeIssue, type Fault, invalidConfig } from './faults.ts';
import { DEFAULTS, PRESETS } from './presets.ts';

const rate = z.number().min(0).max(1);
/** Most that a fee or slippage can be, as a rate. */
export const MAX_COST = 0.05;
const positive = z.number().positive().max(1e12);
const hours = z
  .number()
  .positive()
  .max(24 * 366);
const byName = <T extends z.ZodType>(value: T) =>
  z.record(z.string().min(1).max(100).refine(isName, 'a name that can be printed'), value);

/** Every option, explained once: the JSON schema, the error messages and the README table are made from this. */
export const optionsSchema = z.strictObject({
  enabled: z
    .boolean()
    .default(DEFAULTS.enabled)
    .describe('Master switch. Off, every order leaves exactly as the host made it.'),
  mode: z
    .enum(MODES)
    .default(DEFAULTS.mode)
    .describe(
      'act: decisions are carried out; observe: every order leaves as the host made it, and everything is judged, recorded and learned from as if they were.',
    ),
  qualityFiltering: z
    .boolean()
    .default(DEFAULTS.qualityFiltering)
    .describe(
      'Judge signals by more than their strategy: by cell, symbol and quality; where evidence is guarded or literal, score them and let the enforcement act.',
    ),
  adaptiveWeighting: z
    .boolean()
    .default(DEFAULTS.adaptiveWeighting)
    .describe('Let sizes lie between nothing and the cap; off, they are 0 or the base weight.'),
  retirementManagement: z
    .boolean()
    .default(DEFAULTS.retirementManagement)
    .describe(
      'Let what is known of a strategy bench it; off, it never blocks by itself, and statuses are advice.',
    ),
  enableQualityFiltering: z.boolean().optional().describe('Another name of qualityFiltering.'),
  enableAdaptiveWeighting: z.boolean().optional().describe('Another name of adaptiveWeighting.'),
  enableRetirementManagement: z.boolean().optional().describe('Another name of retirementManagement.'),
  preset: z
    .enum(PRESET_NAMES)
    .default(DEFAULTS.preset)
    .describe('Defaults for the options that a preset names.'),
  evidence: z
    .enum(EVIDENCE_MODES)
    .default(DEFAULTS.evidence)
    .describe(
      'posterior: one posterior of the expected R decides every size; guarded: scores, weights and health act on statistical evidence; literal: they act on thresholds alone, which benches good strategies too.',
    ),
  enforcement: z
    .enum(ENFORCEMENTS)
    .optional()
    .describe(
      'What a low score does. Default: guarded, and strict where evidence is literal. Acts where evidence is guarded or literal.',
    ),
  baseWeights: byName(positive)
    .default(DEFAULTS.baseWeights)
    .describe('Weight of each strategy before anything is learned; 1 where none is given.'),
  capital: byName(positive)
    .default(DEFAULTS.capital)
    .describe('Capital of each strategy in quote currency, for hosts that give no equity.'),
  adjustmentRate: rate
    .gt(0)
    .optional()
    .describe('Largest relative change of a weight in one step. Higher reacts faster and churns more.'),
  minWeight: positive.max(1).optional().describe('Lower bound of every weight.'),
  maxWeight: z.number().min(1).max(10).optional().describe('Upper bound of every weight.'),
  weighting: z
    .enum(WEIGHTING_METHODS)
    .default(DEFAULTS.weighting)
    .describe(
      'How weights are found: score, hedge, kelly or riskParity. Acts where evidence is guarded or literal.',
    ),
  preserveTotal: z
    .boolean()
    .default(DEFAULTS.preserveTotal)
    .describe(
      'Keep the sum of the weights at the sum of the base weights. Acts where evidence is guarded or literal.',
    ),
  minQualityThreshold: rate
    .optional()
    .describe(
      'Score in [0,1] below which a signal is of low quality. Acts where evidence is guarded or literal.',
    ),
  regimeAdjustments: z
    .strictObject(Object.fromEntries(REGIMES.map((regime) => [regime, z.number().min(0).max(2).optional()])))
    .default(DEFAULTS.regimeAdjustments)
    .describe('Factor on the score per regime: TRENDING 1.1, RANGING 0.8, VOLATILE 0.7, UNKNOWN 1.'),
  minExpectancy: z
    .number()
    .min(-10)
    .max(10)
    .optional()
    .describe(
      'Mean R over the latest 50 trades below which a strategy is in violation. Acts where evidence is guarded or literal.',
    ),
  minProfitFactor: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe(
      'Profit factor below which a strategy is in violation. Acts where evidence is guarded or literal.',
    ),
  minWinRate: rate
    .optional()
    .describe('Win rate below which a strategy is in violation. Acts where evidence is guarded or literal.'),
  maxDrawdown: rate
    .gt(0)
    .optional()
    .describe(
      'Drawdown of a strategy above which it is in violation, and at which its weight is fully penalised. Acts where evidence is guarded or literal.',
    ),
  maxConsecutiveLosses: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(DEFAULTS.maxConsecutiveLosses)
    .describe(
      'Losing streak above which a strategy is in violation. Acts where evidence is guarded or literal.',
    ),
  minTradesForAssessment: z
    .number()
    .int()
    .min(1)
    .max(50)
    .default(DEFAULTS.minTradesForAssessment)
    .describe(
      'Trades among the latest 50 below which nothing is judged. Acts where evidence is guarded or literal.',
    ),
  degradedWindowHours: hours
    .optional()
    .describe(
      'Hours in DEGRADED before a strategy can be suspended. Acts where evidence is guarded or literal.',
    ),
  suspendedWindowHours: hours
    .optional()
    .describe(
      'Hours in SUSPENDED before a strategy can be retired. Acts where evidence is guarded or literal.',
    ),
  falseAlarmTrades: z
    .number()
    .min(10)
    .max(1e6)
    .optional()
    .describe(
      'Trades in which a strategy that just meets minExpectancy is falsely called decayed once; sets the alarm, which is 15 where none is given. Acts where evidence is guarded.',
    ),
  riskMaxDrawdown: rate
    .gt(0)
    .default(DEFAULTS.riskMaxDrawdown)
    .describe(
      'Portfolio drawdown at which new exposure is smallest: a quarter; nothing where evidence is guarded or literal.',
    ),
  hardStop: rate
    .gt(0)
    .optional()
    .describe(
      'Portfolio drawdown from the highest equity ever at which nothing is opened any more until `edgekeeper resume`; off where none is given.',
    ),
  explore: z
    .boolean()
    .default(DEFAULTS.explore)
    .describe(
      'Where nobody can tell what a blocked signal would have come to, let a little through; off, a blocked strategy cannot come back by itself.',
    ),
  retiredEvery: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(DEFAULTS.retiredEvery)
    .describe('Of the blocked signals of a RETIRED strategy, follow one in so many.'),
  controlArm: z
    .number()
    .min(0)
    .max(0.5)
    .default(DEFAULTS.controlArm)
    .describe(
      "Share of signals, drawn by chance, that go out at the host's own size whatever the overlay says: what checks the outcomes of blocked signals.",
    ),
  stakes: z
    .enum(STAKES)
    .optional()
    .describe(
      'How the host sizes: a share of its equity, or fixed; for the account without the overlay. Found from its orders where not given.',
    ),
  drawdownGuardStart: rate
    .optional()
    .describe(
      'Portfolio drawdown from which new exposure shrinks; half of riskMaxDrawdown where none is given.',
    ),
  maxMultiplier: z
    .number()
    .min(1)
    .max(10)
    .default(DEFAULTS.maxMultiplier)
    .describe('Most that a size is ever multiplied by.'),
  reduceOnly: z
    .boolean()
    .optional()
    .describe(
      'true: sizes only ever shrink; false: they may grow to maxMultiplier; not given: the adapter decides, for safety.',
    ),
  riskPerTrade: z
    .number()
    .gt(0)
    .max(0.5)
    .default(DEFAULTS.riskPerTrade)
    .describe('Share of equity that one R stands for where no capital is known.'),
  probation: z
    .boolean()
    .default(DEFAULTS.probation)
    .describe(
      'Let a suspended strategy come back, degraded, when its signals would have earned money; where evidence is guarded and candles come in.',
    ),
  feeRate: z
    .number()
    .min(0)
    .max(MAX_COST)
    .default(DEFAULTS.feeRate)
    .describe('Fee as a share of the value of an order, for outcomes of signals that were not sent.'),
  slippageRate: z
    .number()
    .min(0)
    .max(MAX_COST)
    .default(DEFAULTS.slippageRate)
    .describe('Slippage as a share of the price, for outcomes of signals that were not sent.'),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(DEFAULTS.seed)
    .describe('Seed of the draw of the control arm.'),
  maxStrategies: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(DEFAULTS.maxStrategies)
    .describe('Most strategies that are told apart; signals of any more are not judged, and teach nothing.'),
  maxSymbols: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(DEFAULTS.maxSymbols)
    .describe('Most symbols that are told apart; signals on any more are not judged, and teach nothing.'),
  timeframe: z.string().default(DEFAULTS.timeframe).describe('Candles that regimes are detected on.'),
  marketWeights: byName(z.number().min(0).max(1e6))
    .default(DEFAULTS.marketWeights)
    .describe('Weight of each symbol in the market-wide regime; 1 where none is given.'),
  updateIntervalHours: z
    .number()
    .int()
    .min(1)
    .max(24)
    .default(DEFAULTS.updateIntervalHours)
    .describe('Hours between two updates of weights and health.'),
});

/** A configuration as a user writes it: everything is optional. */
export type Options = z.input<typeof optionsSchema>;

type Presets = (typeof PRESETS)['conservative'];
type Filled = { readonly [K in keyof Presets]: number } & {
  readonly enforcement: (typeof ENFORCEMENTS)[number];
  readonly drawdownGuardStart: number;
};

/** A complete, checked configuration. */
export type Config = Readonly<
  Omit<z.output<typeof optionsSchema>, keyof Filled | keyof typeof FOUNDING_NAMES>
> &
  Filled;

/** The founding names of the enable flags, for configurations that use them. */
const FOUNDING_NAMES = {
  enableQualityFiltering: 'qualityFiltering',
  enableAdaptiveWeighting: 'adaptiveWeighting',
  enableRetirementManagement: 'retirementManagement',
} as const;

/** Completes and checks a configuration. Throws `CONFIG_INVALID` with every fault at once. */
export function parseConfig(options: unknown = {}): Config {
  if (options === null || typeof options !== 'object' || Array.isArray(options)) {
    throw invalidConfig([{ found: show(options), expected: 'an object with options by name', hint: '' }]);
  }
  const { enableQualityFiltering, enableAdaptiveWeighting, enableRetirementManagement, ...given } =
    checked(options);
  const faults = foundingFaults(options);
  if (faults.length > 0) throw invalidConfig(faults);
  const config = {
    ...given,
    qualityFiltering: enableQualityFiltering ?? given.qualityFiltering,
    adaptiveWeighting: enableAdaptiveWeighting ?? given.adaptiveWeighting,
    retirementManagement: enableRetirementManagement ?? given.retirementManagement,
    ...Object.fromEntries(
      Object.entries(PRESETS[given.preset]).map(([key, value]) => [
        key,
        given[key as keyof Presets] ?? value,
      ]),
    ),
    enforcement: given.enforcement ?? (given.evidence === 'literal' ? 'strict' : 'guarded'),
    drawdownGuardStart: given.drawdownGuardStart ?? given.riskMaxDrawdown / 2,
  } as Config;
  const cross = crossFaults(config);
  if (cross.length > 0) throw invalidConfig(cross);
  return config;
}

/** The options with their defaults. A configuration that says nothing needs no check, nor what checks are made with. */
function checked(options: object): z.output<typeof optionsSchema> {
  if (Object.keys(options).length === 0) return structuredClone(DEFAULTS);
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw invalidConfig(
    parsed.error.issues.map((issue) => describeIssue(issue, options, Object.keys(optionsSchema.shape))),
  );
}

/**
 * A configuration that says on what evidence it runs, so that it says the same when the default changes. Throws
 * `CONFIG_INVALID`.
 */
export const withEvidence = (options: Options): Options => ({
  evidence: parseConfig(options).evidence,
  ...options,
});

/** The JSON schema of a configuration, as plugin.json carries it. */
export function configJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(optionsSchema, { io: 'input' });
}

function foundingFaults(options: object): Fault[] {
  return Object.entries(FOUNDING_NAMES).flatMap(([founding, plain]) =>
    founding in options && plain in options
      ? [
          {
            found: `both ${founding} and ${plain}`,
            expected: 'one of the two',
            hint: 'They are two names of one switch.',
          },
        ]
      : [],
  );
}

/** Faults that no single option shows. */
function crossFaults(config: Config): Fault[] {
  const faults: Fault[] = [];
  const { minWeight, maxWeight, drawdownGuardStart, riskMaxDrawdown, timeframe } = config;
  for (const [strategy, weight] of Object.entries(config.baseWeights)) {
    if (weight >= minWeight && weight <= maxWeight) continue;
    faults.push({
      found: `baseWeights.${strategy} = ${weight}`,
      expected: `a weight in [${minWeight}, ${maxWeight}]`,
      hint: 'Change the weight, or minWeight and maxWeight.',
    });
  }
  const named = Object.keys(config.baseWeights).length;
  if (named > config.maxStrategies) {
    faults.push({
      found: `baseWeights of ${named} strategies`,
      expected: `at most maxStrategies = ${config.maxStrategies}`,
      hint: 'Raise maxStrategies.',
    });
  }
  if (drawdownGuardStart >= riskMaxDrawdown) {
    faults.push({
      found: `drawdownGuardStart = ${drawdownGuardStart}`,
      expected: `less than riskMaxDrawdown = ${riskMaxDrawdown}`,
      hint: 'The guard shrinks sizes from its start down to its least at riskMaxDrawdown.',
    });
  }
  try {
    timeframeMs(timeframe);
  } catch (error) {
    if (!(error instanceof EdgekeeperError)) throw error;
    faults.push({ found: `timeframe = ${error.found}`, expected: error.expected, hint: error.hint });
  }
  return faults;
}
