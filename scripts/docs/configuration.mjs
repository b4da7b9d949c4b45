import { code, table } from './table.mjs';

/**
 * @typedef {object} Option as the JSON schema says it
 * @property {string} [type]
 * @property {string} [description]
 * @property {unknown} [default]
 * @property {readonly string[]} [enum]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {number} [exclusiveMinimum]
 * @property {Option} [additionalProperties]
 * @property {Record<string, Option>} [properties]
 *
 * @typedef {{ readonly lo: number, readonly hi: number }} Ramp
 * @typedef {{ readonly halfLife: number, readonly ramps: { readonly whole: Ramp, readonly raised: Ramp } }} Edge
 */

/** Options in the order in which people look for them. */
const GROUPS = {
  Switches: [
    'enabled',
    'mode',
    'qualityFiltering',
    'adaptiveWeighting',
    'retirementManagement',
    'enableQualityFiltering',
    'enableAdaptiveWeighting',
    'enableRetirementManagement',
  ],
  'What decides': ['evidence', 'preset', 'explore', 'retiredEvery', 'controlArm', 'seed'],
  Sizes: ['baseWeights', 'reduceOnly', 'maxMultiplier'],
  Account: ['riskMaxDrawdown', 'drawdownGuardStart', 'hardStop', 'capital', 'riskPerTrade', 'stakes'],
  Market: ['timeframe', 'marketWeights', 'feeRate', 'slippageRate'],
  'Limits and time': ['maxStrategies', 'maxSymbols', 'updateIntervalHours'],
  'Weights that are reported': ['adjustmentRate', 'minWeight', 'maxWeight', 'weighting', 'preserveTotal'],
  'The founding rules': [
    'enforcement',
    'minQualityThreshold',
    'regimeAdjustments',
    'minExpectancy',
    'minProfitFactor',
    'minWinRate',
    'maxDrawdown',
    'maxConsecutiveLosses',
    'minTradesForAssessment',
    'degradedWindowHours',
    'suspendedWindowHours',
    'falseAlarmTrades',
    'probation',
  ],
};

/** @type {Partial<Record<keyof typeof GROUPS, string>>} */
const ABOUT = {
  Switches:
    'Read at every decision. An operator flips them in a running bot: [operating.md](operating.md#switches-and-commands).',
  Account:
    'The guard and the hard stop need the equity: an adapter that reads it, or `engine.recordEquity`. See [drawdown](operating.md#drawdown).',
  'Weights that are reported':
    'With `"evidence": "posterior"` they bound and pace the weights that `status` and `report` show; sizes do not follow them. Base weights must lie within `minWeight` and `maxWeight` in every mode.',
  'The founding rules':
    'They decide with `"evidence": "guarded"` or `"literal"` only. [tuning.md](tuning.md) says what each really does.',
};

/** What is refused, and how the answer reads. @type {readonly Record<string, unknown>[]} */
const FAULTS = [
  { minWinRate: 35 },
  { maxWieght: 3 },
  { baseWeights: { EMA_Trend: 3 } },
  { drawdownGuardStart: 0.3 },
  { maxMultiplier: 0.5 },
  { timeframe: 'hourly' },
  { qualityFiltering: true, enableQualityFiltering: false },
];

/** What is valid and does less than it may seem. @type {readonly Record<string, unknown>[]} */
const NOTED = [{ minQualityThreshold: 0.6 }, { explore: false }, { mode: 'observe' }, { controlArm: 0.05 }];

/** @param {Option} option @returns {string} */
function typeOf({
  type,
  enum: choices,
  minimum,
  exclusiveMinimum,
  maximum,
  properties,
  additionalProperties,
}) {
  if (choices) return choices.map(code).join(', ');
  if (properties)
    return `${Object.keys(properties).map(code).join(', ')}: ${typeOf(Object.values(properties)[0] ?? {})} each`;
  if (additionalProperties) return `by name: ${typeOf(additionalProperties)}`;
  if (type !== 'number' && type !== 'integer') return type ?? '';
  const from = exclusiveMinimum === undefined ? `[${minimum ?? '-inf'}` : `(${exclusiveMinimum}`;
  return `${type} in ${from}, ${maximum ?? 'inf'}]`;
}

/**
 * Every option, as a page.
 * @param {object} from
 * @param {Record<string, unknown>} from.schema JSON schema of a configuration
 * @param {Record<string, Record<string, number>>} from.presets
 * @param {Record<string, Edge>} from.edges
 * @param {(options: any) => string[]} from.notes
 * @param {(options: unknown) => unknown} from.parse
 * @param {Record<'server' | 'alerts' | 'fleet', { readonly properties: Record<string, Option> }>} from.rooms
 */
export function configurationPage({ schema, presets, edges, notes, parse, rooms }) {
  const options = /** @type {Record<string, Option>} */ (schema.properties);
  const named = Object.values(GROUPS).flat();
  const missing = [
    ...Object.keys(options).filter((name) => !named.includes(name)),
    ...named.filter((name) => !(name in options)),
  ];
  if (missing.length > 0) throw new Error(`scripts/docs/configuration.mjs: sort in ${missing.join(', ')}`);

  const [[usual, conservative], [other, aggressive]] = /** @type {any} */ (Object.entries(presets));
  /** @param {string} name */
  const defaultOf = (name) => {
    if (conservative[name] !== undefined) {
      const differs = aggressive[name] !== conservative[name];
      return `${code(String(conservative[name]))}${differs ? `; ${other} ${code(String(aggressive[name]))}` : ''}`;
    }
    const given = options[name]?.default;
    return given === undefined ? '-' : code(JSON.stringify(given));
  };
  /** @param {string} name */
  const row = (name) => {
    const option = options[name] ?? {};
    return [code(name), typeOf(option), defaultOf(name), option.description ?? ''];
  };
  const groups = /** @type {[keyof typeof GROUPS, string[]][]} */ (Object.entries(GROUPS)).map(
    ([title, names]) =>
      [
        `## ${title}`,
        ...(ABOUT[title] ? [ABOUT[title]] : []),
        table(['option', 'type and range', 'default', 'what it does'], names.map(row)),
      ].join('\n\n'),
  );

  const rows = Object.entries(rooms).flatMap(([room, { properties }]) =>
    Object.entries(properties).map(([name, option]) => [
      code(`${room}.${name}`),
      typeOf(option),
      option.default === undefined ? '-' : code(JSON.stringify(option.default)),
      option.description ?? '',
    ]),
  );

  const written = (/** @type {object} */ given) =>
    code(JSON.stringify(given).replaceAll('":', '": ').replaceAll(',"', ', "'));
  const refusals = FAULTS.map((given) => {
    try {
      parse(given);
    } catch (error) {
      const { found, expected, hint } = /** @type {{ found: string, expected: string, hint: string }} */ (
        error
      );
      return [written(given), found, expected, hint];
    }
    throw new Error(`${JSON.stringify(given)} is valid`);
  });
  /** @param {string} what @param {(edge: Edge) => string | number} of */
  const edgeRow = (what, of) => [what, ...Object.values(edges).map((edge) => String(of(edge)))];
  // Two digits: what is shown is a threshold, not the noise of a subtraction.
  /** @param {Ramp} ramp */
  const ramp = ({ lo, hi }) => `${Number(lo.toFixed(2))} to ${Number(hi.toFixed(2))}`;
  const edgeRows = [
    edgeRow('half-life of what was learned of a strategy, in outcomes', ({ halfLife }) => halfLife),
    edgeRow('theta over which sizes rise from 0 to whole, cap 1', ({ ramps }) => ramp(ramps.whole)),
    edgeRow('the same where sizes may grow', ({ ramps }) => ramp(ramps.raised)),
  ];
  const presetRows = Object.keys(conservative)
    .filter((name) => conservative[name] !== aggressive[name])
    .map((name) => [code(name), String(conservative[name]), String(aggressive[name])]);

  return `<!-- Made by \`npm run docs\` from src/config: change it there. -->

# Configuration

Every option, its range and its default, from the schema that checks it. Nothing has to be written: \`{}\` is a configuration.

\`\`\`json
{ "edgekeeper": { "mode": "observe", "baseWeights": { "EMA_Trend": 1, "RSI_Reversal": 0.8 }, "riskMaxDrawdown": 0.2 } }
\`\`\`

In a file the options stand alone, or under the key \`edgekeeper\` of the bot's own file; in code they are an object. Rates are
fractions: 0.2, never 20. What stands under \`ccxt\` is of the adapter: [adapters/README.md](../adapters/README.md#ccxt).

\`\`\`sh
npx edgekeeper config check edgekeeper.json   # faults, and what of it does not act
npx edgekeeper config print edgekeeper.json   # every option with its value
npx edgekeeper config schema                  # the same as JSON schema, for editors and hosts
\`\`\`

A range [a, b] has both ends in it, (a, b] lacks the lower one. A default of \`-\` means that the text says what holds instead. Where two
defaults stand, the second is that of the preset \`aggressive\`.

${groups.join('\n\n')}

## Beside the engine

\`server\` opens the dashboard beside a bot, \`alerts\` says whom it calls: [watching.md](watching.md). \`fleet\` makes it one of many: [fleet.md](fleet.md).
They are read when the bot starts.

${table(['option', 'type and range', 'default', 'what it does'], rows)}

## Presets

A preset fills in what the configuration does not say. Two things are set by it alone:

${table(['', usual, other], edgeRows)}

Theta is the expected R over the standard deviation of R: [concepts.md](concepts.md#expected-r). The options that differ:

${table(['option', usual, other], presetRows)}

## What is refused

With \`CONFIG_INVALID\`, all faults at once; the earlier configuration stays in force.

${table(['written', 'found', 'expected', 'hint'], refusals)}

## What is valid and does less than it may seem

Only \`edgekeeper config check\` says it; a bot starts with it without a word.

${table(
  ['written', 'said'],
  NOTED.map((given) => [written(given), notes(given).join(' ')]),
)}

## While the bot runs

A file that was given by its path is followed: a change is checked, shown in the log and the audit, and applied between two events.
\`timeframe\` and \`updateIntervalHours\` wait for a restart. A switch that the new file sets otherwise than the old one overrules an
operator; thresholds that an operator set hold until the file says another value. More in [operating.md](operating.md#configuration).
`;
}
