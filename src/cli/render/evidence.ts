import type { StrategyPrior } from '../../edge/posterior.ts';
import type { Calibration, CalibrationReport } from '../../effect/calibration.ts';
import { type EffectStatement, MAX_BARRIER_SHARE } from '../../effect/statement.ts';
import type { EdgeDetail } from '../../model/decision.ts';
import { printable, printableValue } from '../../model/printable.ts';
import type { ShadowOutcome } from '../../model/shadow-outcome.ts';
import type { Trade } from '../../model/trade.ts';
import type { Explanation } from '../../monitor/explanation.ts';
import { agreementOf } from '../../quality/score.ts';
import type { PolicyDiff, PolicyResult } from '../../replay/diff.ts';
import type { Interval } from '../../statistics/interval.ts';
import type { Deflation } from '../evidence.ts';
import { plotted } from './plot.ts';
import { fixed, minute, percent, signed, table } from './table.ts';

const range = (interval: Interval | null, digits = 3): string =>
  interval === null ? '-' : `${signed(interval[0], digits)} .. ${signed(interval[1], digits)}`;
const plusMinus = (effect: number | null, standardError: number | null): string[] => [
  signed(effect, 3),
  standardError === null ? '-' : fixed(standardError, 3),
];

/** The overlay statement, as text. */
export function renderEffect(statement: EffectStatement, report: CalibrationReport): string {
  const [effect, calibration] = [printableValue(statement), printableValue(report)];
  const parts = ['Does the overlay help?', ...claimLines(effect)];
  parts.push(
    `\nWhat happened${effect.observed > 0 ? ', or would have' : ''}, in R of the host's own size (n = ${effect.n}; no claim rests on it)`,
    table(
      ['metric', 'with', 'without'],
      effect.comparison.map(({ metric, with: after, without }) => [
        metric === 'meanR' ? 'mean R of a unit of size' : words(metric),
        fixed(after, 3),
        fixed(without, 3),
      ]),
    ),
    ...moneyLines(effect),
  );
  if (effect.components) {
    parts.push(
      '\nWhat the effect is made of (Shapley values; they sum to it)',
      table(
        ['component', 'R'],
        effect.components.map(({ component, effect: part }) => [component, signed(part, 3)]),
      ),
    );
  }
  const rows = [
    ...effect.strategies.map(({ strategy, ...row }) => ({ name: strategy, ...row })),
    ...effect.regimes.map(({ cell, ...row }) => ({ name: cell as string, ...row })),
  ];
  parts.push(
    '\nBy strategy and by regime at entry (to look at, not to claim)',
    table(
      ['where', 'n', 'sent', 'effect R', 'std. error'],
      rows.map(({ name, n, sent, effect: found, standardError }) => [
        name,
        String(n),
        String(sent),
        ...plusMinus(found, standardError),
      ]),
    ),
    ...armLines(effect),
    ...probabilityLines(calibration),
    '\nDoes the quality score predict?',
    `  Overall: ${calibration.overall.summary}.`,
    table(
      ['strategy', 'n', 'won', 'Brier', 'skill', 'AUC', '95%', 'rank corr. with R', '95%'],
      [['all', calibration.overall] as const, ...Object.entries(calibration.strategies)].map(
        ([name, one]) => [name, ...calibrationCells(one)],
      ),
    ),
  );
  const { bins, murphy } = calibration.overall;
  if (bins.length > 0) {
    parts.push(
      '\nReliability of the score',
      table(
        ['score', 'n', 'mean score', 'won', '95%', 'mean R'],
        bins.map(({ from, to, n: count, meanScore, winRate, winRateInterval, meanR }) => [
          tenth(from, to),
          String(count),
          fixed(meanScore, 3),
          percent(winRate),
          winRateInterval ? `${percent(winRateInterval[0])} .. ${percent(winRateInterval[1])}` : '-',
          signed(meanR, 3),
        ]),
      ),
    );
  }
  if (murphy) {
    const { reliability, resolution, uncertainty, within } = murphy;
    parts.push(
      `  Brier = reliability ${fixed(reliability, 4)} - resolution ${fixed(resolution, 4)} + uncertainty ${fixed(uncertainty, 4)} + within bins ${fixed(within, 4)}`,
    );
  }
  return parts.join('\n');
}

const tenth = (from: number, to: number): string => `${from.toFixed(1)}-${to.toFixed(1)}`;

function claimLines(statement: EffectStatement): string[] {
  const { n, trades, hostShadows, barrierShadows, barrierShare, sent, observed, unknown, claim } = statement;
  const { effect, standardError, interval, periods } = claim;
  const shown =
    effect === null
      ? '  No effect can be told'
      : `  ${signed(effect, 3)} R per unit of size sent, ${interval ? `95% at all times ${range(interval)}` : `standard error ${fixed(standardError, 3)}, no interval yet`}`;
  const counted = observed === n ? 'would have been sent' : 'were sent';
  return [
    `  ${statement.verdict}: ${statement.because}.`,
    `${shown} (n = ${n}, ${periods} periods); ${moreWords(statement)}.`,
    `  ${n} outcomes: ${trades} traded, ${hostShadows} followed by the host's exit rule, ${barrierShadows} by a triple barrier (${percent(barrierShare)}); ${sent} ${counted}.`,
    ...(observed > 0
      ? [`  ${observed} of them while the overlay only observed: nothing was touched then.`]
      : []),
    ...(unknown !== null && unknown > 0
      ? [`  ${unknown} signals that were not sent have no outcome: the figures are without them.`]
      : []),
    '  Each size is compared with the sizes just before it, and its result with the results after it. Look as often as you like.',
  ];
}

function moreWords({ verdict, claim, moreWeeks, barrierShare }: EffectStatement): string {
  if (verdict !== 'INCONCLUSIVE') return 'claimed';
  if (barrierShare > MAX_BARRIER_SHARE) return 'more outcomes of this kind would not change that';
  if (claim.moreNeeded === null) return 'no foreseeable number of outcomes would show an effect this small';
  const pace = moreWeeks === null ? '' : ` (${Math.max(1, Math.round(moreWeeks))} weeks at this pace)`;
  return `about ${claim.moreNeeded} more outcomes${pace} would show an effect like this one`;
}

const words = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function moneyLines({ money }: EffectStatement): string[] {
  const amount = (x: number) => x.toFixed(2);
  const { twin, n, outcomes, withR, withoutR } = money;
  const known = `money known of ${n} of ${outcomes} outcomes`;
  if (twin === null)
    return [
      '\nAt the sizes that were traded',
      `  ${signed(withR)} R with the overlay, ${signed(withoutR)} R without. Without an equity feed nobody knows what the host would have staked (${known}).`,
    ];
  return [
    `\nTwo accounts that start at ${amount(twin.start)}, one with the sizes that were sent and one that took every signal at the host's own size`,
    `  with ${amount(twin.with)}, without ${amount(twin.without)}${twin.ruined ? ' (ruined)' : ''}: net ${signed(twin.net)} (${known}; stakes follow equity by a power of ${fixed(twin.scaling)})`,
    `  saved by blocking ${amount(twin.savedByBlocking)}, missed by blocking ${amount(twin.missedByBlocking)}`,
    `  saved by reducing ${amount(twin.savedByReducing)}, missed by reducing ${amount(twin.missedByReducing)}`,
    `  gained by increasing ${amount(twin.gainedByIncreasing)}, lost by increasing ${amount(twin.lostByIncreasing)}`,
    `  what the same sizes came to on the other account ${signed(twin.byAccount)}`,
  ];
}

function armLines({ arm }: EffectStatement): string[] {
  if (arm === null) return [];
  const { n, compared, alone, bias, correction, cost } = arm;
  return [
    '\nControl arm',
    `  ${n} signals went out by chance, at a cost of ${signed(cost)} R; alone they show ${signed(alone.effect, 3)} R (standard error ${fixed(alone.standardError, 3)}).`,
    bias === null
      ? '  None of those that would have been blocked was followed as well: what is followed cannot be checked.'
      : `  ${compared} of them were followed as well: that looks ${signed(bias, 3)} R better than it was, which corrects the effect by ${signed(correction.effect, 3)} R.`,
  ];
}

function probabilityLines({ probability }: CalibrationReport): string[] {
  if (probability.length === 0) return [];
  return [
    '\nDoes the probability tell the truth? P(mean R > 0) at the decision, and what came of it',
    table(
      ['stated', 'n', 'mean stated', 'mean R', '95%'],
      probability.map(({ from, to, n, stated, meanR, meanRInterval }) => [
        tenth(from, to),
        String(n),
        fixed(stated, 3),
        signed(meanR, 3),
        range(meanRInterval),
      ]),
    ),
  ];
}

function calibrationCells({ n, baseRate, brier, skill, auc, spearman }: Calibration): string[] {
  return [
    String(n),
    percent(baseRate),
    fixed(brier, 3),
    signed(skill, 3),
    fixed(auc?.auc ?? null, 3),
    auc ? `${fixed(auc.interval[0], 3)} .. ${fixed(auc.interval[1], 3)}` : '-',
    signed(spearman?.rho ?? null, 3),
    range(spearman?.interval ?? null),
  ];
}

/** Why a decision is what it is, as text. */
export function renderExplanation(
  explanation: Explanation,
  prior: StrategyPrior | null,
  trades: readonly Trade[],
  shadow: ShadowOutcome | null,
): string {
  const { decision, waterfall, terms, cascade, flips } = printableValue(explanation);
  const { id, time, strategy, symbol, side, action, multiplier, intended } = decision;
  const { cell, reasons, score, quality, edge } = decision;
  const would = intended === multiplier ? '' : `, the overlay would have given x${fixed(intended, 3)}`;
  const parts = [
    `${id}  ${minute(time)} UTC  ${strategy} ${symbol} ${side} in ${cell}`,
    `  ${action === 'block' ? 'not sent' : `sent at x${fixed(multiplier, 3)}${would}`}: ${reasons.join(', ') || "nothing speaks against the host's own size"}\n`,
    table(
      ['step', 'factor', 'so far', 'because'],
      waterfall.map(({ step, factor, after, note }) => [step, `x${fixed(factor, 3)}`, fixed(after, 3), note]),
      2,
    ),
  ];
  if (edge !== null) parts.push(...edgeLines(edge));
  if (prior !== null)
    parts.push(
      `  where bots of the fleet begin with ${strategy} now: theta ${signed(prior.mean, 3)} ± ${fixed(prior.deviation, 3)}, in the term strategy`,
    );
  if (score && cascade) {
    const [strategyLevel, cellLevel, leafLevel] = score.levels;
    const level = (name: string, [wins, losses]: readonly [number, number], p: number) =>
      `    ${p.toFixed(3)}  ${name}: ${wins.toFixed(1)} won, ${losses.toFixed(1)} lost`;
    parts.push(
      `\nQuality ${fixed(quality, 3)} against ${score.threshold}`,
      ...terms.map(
        ({ term, value, weight }) =>
          `  ${term.padEnd(13)} ${value === null ? 'not given' : `${value.toFixed(3)} x ${weight.toFixed(3)} = ${(value * weight).toFixed(3)}`}`,
      ),
      `  confluence    ${score.confluence === null ? 'not given: x1' : `${score.confluence}: x${agreementOf(score.confluence).toFixed(3)}`}`,
      `  regime        x${score.adjustment}`,
      '  success rate, from 0.500:',
      level('of the strategy', strategyLevel, cascade[0]),
      level(`in ${cell}`, cellLevel, cascade[1]),
      level(`on ${symbol} ${side} there`, leafLevel, cascade[2]),
    );
  }
  if (flips.length > 0) {
    parts.push(
      `\nNearest change that would have made it ${decision.intended > 0 ? 'not sent' : 'sent'}${decision.intended === multiplier ? '' : ', if the overlay acted'}`,
      ...flips.map(({ change }, i) => `  ${i === 0 ? '->' : '  '} ${change}`),
    );
  }
  if (trades.length > 0 || shadow) parts.push('\nWhat came of it');
  for (const { exitTime, size, pnl, ...trade } of trades)
    parts.push(`  closed ${minute(exitTime)} UTC: size ${size ?? '-'}, ${multipleOf(trade)}, ${signed(pnl)}`);
  if (shadow)
    parts.push(
      `  not traded; followed to its ${shadow.exit} at ${minute(shadow.exitTime)} UTC: ${multipleOf(shadow)}`,
    );
  return parts.join('\n');
}

/** What the posterior expected, as a sum. */
function edgeLines({
  theta,
  probability,
  expectedR,
  terms,
  differ,
  lo,
  target,
  size,
  quality,
}: EdgeDetail): string[] {
  const sum = Object.entries(terms).map(([name, value]) => `${name} ${signed(value, 3)}`);
  return [
    `\nExpected ${signed(expectedR, 3)} R, P(mean R > 0) = ${fixed(probability, 3)}`,
    `  theta ${signed(theta, 3)} = ${sum.join(', ')}`,
    `  size ${fixed(target, 3)} by the ramp, ${fixed(size, 3)} after the dead band; sizes begin at theta ${signed(lo, 3)}, ${fixed(Math.abs(theta - lo), 3)} away`,
    `  quality as learned ${quality === null ? 'not given' : fixed(quality, 3)}; strategies differ with probability ${fixed(differ.strategies)}, cells ${fixed(differ.cells)}, symbols ${fixed(differ.symbols)}`,
  ];
}

const multipleOf = ({ r, rSource }: Pick<Trade, 'r' | 'rSource'>): string =>
  `${signed(r, 3)} R${rSource === 'floor' ? ' (of 0.1 ATR: its stop was nearer)' : ''}`;

/** Rows of a list shown at most. */
const SHOWN = 10;

/** What another configuration would have done, as text. */
export function renderDiff(
  found: PolicyDiff,
  { tried, luck, deflatedSharpe }: Deflation,
  file: string,
): string {
  const diff = printableValue(found);
  const { signals, blocked, freed, resized, asRun, other } = diff;
  const unknown =
    diff.unknownOutcomes > 0 ? ` (the outcome of ${diff.unknownOutcomes} of them is not known)` : '';
  const parts = [
    `${signals} signals under ${printable(file)}: ${blocked.length} more blocked, ${freed.length} freed${unknown}, ${resized.length} resized`,
  ];
  const changes = [...blocked, ...freed, ...resized].sort((a, b) => a.before.time - b.before.time);
  if (changes.length > 0) {
    parts.push(
      `\nLatest of them (UTC)`,
      table(
        ['when', 'decision', 'strategy', 'symbol', 'as run', 'other', 'reasons under the other'],
        changes
          .slice(-SHOWN)
          .map(({ before, after }) => [
            minute(before.time),
            before.id,
            before.strategy,
            before.symbol,
            `x${fixed(before.multiplier)}`,
            `x${fixed(after.multiplier)}`,
            after.reasons.join(', '),
          ]),
      ),
    );
  }
  for (const refused of diff.refused.slice(0, SHOWN)) parts.push(`  cannot be under it: ${refused}`);
  parts.push(
    '\nStatus changes',
    table(
      ['as run', 'other'],
      Array.from(
        { length: Math.min(SHOWN, Math.max(asRun.statusChanges.length, other.statusChanges.length)) },
        (_, i) =>
          [asRun, other].map(({ statusChanges }) => {
            const change = statusChanges.slice(-SHOWN)[i];
            return change
              ? `${minute(change.time)} ${change.strategy} ${change.oldStatus} -> ${change.newStatus}`
              : '';
          }),
      ),
    ),
    '\nStatements',
    table(
      ['', 'outcomes', 'sent', 'effect R', 'std. error', 'verdict', 'sum R', 'Sharpe', 'max DD R'],
      [['as run', asRun] as const, ['other', other] as const].map(([name, result]) => [
        name,
        ...statementCells(result),
      ]),
    ),
    `\n${tried} configurations were tried on this record: the luckiest of so many shows a Sharpe ratio of ${fixed(luck, 3)} a signal by chance.`,
    deflatedSharpe === null
      ? 'The other configuration has no Sharpe ratio.'
      : `Deflated Sharpe ratio of the other: ${percent(deflatedSharpe)} that it is better than luck.`,
    '\nCumulated R, as run and other',
    plot(asRun.curve, other.curve),
  );
  return parts.join('\n');
}

function statementCells({ statement, curve, sharpe }: PolicyResult): string[] {
  const drawdown = statement.comparison.find(({ metric }) => metric === 'maxDrawdown')?.with ?? null;
  return [
    String(statement.n),
    String(statement.sent),
    ...plusMinus(statement.claim.effect, statement.claim.standardError),
    statement.verdict,
    signed(curve.at(-1) ?? null),
    fixed(sharpe?.sharpe ?? null, 3),
    fixed(drawdown),
  ];
}

/** Two curves in the terminal, each under its own name: colours are not there for everybody. */
function plot(asRun: readonly number[], other: readonly number[]): string {
  const drawn = [
    ['as run', asRun],
    ['other', other],
  ] as const;
  return drawn
    .map(([name, curve]) => {
      const lines = plotted(curve);
      return lines === null ? `${name}: too short to draw` : `${name}\n${lines}`;
    })
    .join('\n');
}
