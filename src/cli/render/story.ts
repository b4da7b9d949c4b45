import { printableValue } from '../../model/printable.ts';
import { verdictOf } from '../../monitor/verdict.ts';
import type { Planted } from '../../paper/generated-market.ts';
import type { Noticed } from '../../paper/noticed.ts';
import type { AccountSummary, PaperReport } from '../../paper/report.ts';
import { plotted } from './plot.ts';
import { count, WIDTH, wrapped } from './sentences.ts';
import { day } from './table.ts';

const DAY = 86_400_000;
/** Lines of a chart: all of it has to fit a terminal with the next steps below. */
const CHART = 4;

/** A paper run on one screen: what there was to find, when it was found, what it came to, and whether that proves anything. */
export function renderStory(report: PaperReport): string {
  const { run, overlay, baseline } = printableValue(report);
  const title = `${upper(run.source)}: ${run.symbols.length} symbols, ${run.timeframe}, ${day(run.from)} to ${day(run.to)}`;
  if (!overlay)
    return [title, '', ...equityOf('Equity without the overlay', baseline, [baseline])].join('\n');
  const { account, noticed, effect } = overlay;
  const strategies =
    run.planted === null
      ? run.strategies.map((strategy) => line(strategy, '', firstly(noticed, strategy)))
      : run.planted.map((each) => told(each, noticed));
  return [
    title,
    run.planted === null
      ? 'When the overlay sent less than half of it:'
      : 'What was planted, and when the overlay sent less than half of it:',
    ...strategies,
    '',
    ...equityOf('Equity with the overlay', account, [account, baseline]),
    ...equityOf('without it', baseline, [account, baseline]),
    ...wrapped(`${verdictOf(effect)} One run proves little.`),
  ].join('\n');
}

const upper = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
const line = (name: string, planted: string, noticed: string): string =>
  `  ${name.padEnd(13)} ${planted === '' ? '' : planted.padEnd(25)}${noticed}`;

/** What was planted for a strategy, and what was noticed of it. */
function told({ strategy, edge }: Planted, noticed: readonly Noticed[]): string {
  if (edge === 'always') return line(strategy, 'an edge at all times', firstly(noticed, strategy));
  if (edge === 'never') return line(strategy, 'no edge at any time', firstly(noticed, strategy));
  return line(strategy, `an edge, lost ${day(edge.lostAt)}`, later(noticed, strategy, edge.lostAt));
}

/** When less than half of a strategy's size went out for the first time since it lost its edge. */
function later(noticed: readonly Noticed[], strategy: string, lostAt: number): string {
  const next = noticed.find(
    (each) => each.strategy === strategy && each.sends === 'less' && each.time > lostAt,
  );
  if (!next) return 'not halved by the end';
  return `halved ${count(Math.round((next.time - lostAt) / DAY), 'day')}, ${count(next.signals, 'signal')} later`;
}

/** When less than half of a strategy's size went out for the first time. */
function firstly(noticed: readonly Noticed[], strategy: string): string {
  const first = noticed.find((each) => each.strategy === strategy && each.sends === 'less');
  return first
    ? `halved ${day(first.time)}, after ${count(first.signals, 'signal')}`
    : 'over half to the end';
}

/** An account's equity as a small chart; those that are compared have one scale. */
function equityOf(name: string, account: AccountSummary, compared: readonly AccountSummary[]): string[] {
  const { startBalance, equity, curve } = account;
  const values = compared.flatMap((each) => each.curve);
  const range = [Math.min(...values), Math.max(...values)] as const;
  const chart = plotted(curve, { width: WIDTH, height: CHART, decimals: 0, range });
  return [
    `${name}: ${money(startBalance)} -> ${money(equity)}`,
    ...(chart === null ? [] : chart.split('\n')),
  ];
}

const money = (amount: number): string => Math.round(amount).toLocaleString('en-US');
