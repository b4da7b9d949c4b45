import type { HistoryCheck } from '../../history/check-history.ts';
import { printableValue } from '../../model/printable.ts';
import { verdictOf } from '../../monitor/verdict.ts';
import type { Noticed } from '../../paper/noticed.ts';
import { wrapped } from './sentences.ts';
import { day, fixed, percent, signed, table } from './table.ts';

/** Rows of a table at most: it is one screen. */
const ROWS = 8;
/** Letters of a strategy's name. */
const NAME = 18;

/** What a trade history says, on a screen. */
export function renderCheck(check: HistoryCheck): string {
  const { history, trades, from, to, suspicious, strategies, symbols, regimes, noticed, money, effect } =
    printableValue(check);
  return [
    `${trades} closed trades from ${history.format}, ${day(from)} to ${day(to)}`,
    ...history.notices.flatMap((notice) => wrapped(`- ${notice}`)),
    ...(history.columns === null ? [] : wrapped(`- columns: ${columnsOf(history.columns)}`)),
    '',
    table(
      ['strategy', 'trades', 'wins', 'profit', 'mean R', 'P(edge)', 'size', 'faded'],
      strategies
        .slice(0, ROWS)
        .map(({ strategy, performance, probability, share }) => [
          strategy.slice(0, NAME),
          String(performance.trades),
          percent(performance.winRate),
          signed(performance.totalPnl),
          signed(performance.expectancyR),
          fixed(probability),
          fixed(share),
          sinceOf(strategy, noticed),
        ]),
    ),
    ...(symbols.length > 1 ? [bestAndWorst(symbols)] : []),
    ...(regimes.length > 0 ? byRegime(regimes) : []),
    '',
    ...(suspicious.length === 0
      ? ['Nothing looks odd.']
      : ['Odd:', ...suspicious.flatMap((each) => wrapped(`- ${each}`))]),
    '',
    ...wrapped(
      `Made ${signed(money.made)}; with the sizes that the overlay would have sent ${signed(money.sized)}, had every trade gone the same.`,
    ),
    ...wrapped(`${verdictOf(effect)} The past proves less than it seems: a history is what was kept.`),
  ].join('\n');
}

const columnsOf = (columns: Readonly<Record<string, string>>): string =>
  Object.entries(columns)
    .map(([role, name]) => `${role}=${name}`)
    .join(', ');

/** Since when less than half of it would be sent. */
function sinceOf(strategy: string, noticed: readonly Noticed[]): string {
  const last = noticed.findLast((each) => each.strategy === strategy);
  return last?.sends === 'less' ? day(last.time) : '';
}

function bestAndWorst(symbols: HistoryCheck['symbols']): string {
  const sorted = symbols.toSorted((a, b) => b.performance.totalPnl - a.performance.totalPnl);
  const named = ({ symbol, performance }: (typeof sorted)[number]) =>
    `${symbol} ${signed(performance.totalPnl)} in ${performance.trades}`;
  return `Of ${symbols.length} symbols: best ${named(sorted[0]!)}, worst ${named(sorted.at(-1)!)}`;
}

/** Where the strategies earn and lose, in the words of a sentence. */
function byRegime(regimes: HistoryCheck['regimes']): string[] {
  const named = regimes
    .slice(0, ROWS)
    .map(
      ({ strategy, cell, performance }) =>
        `${regimes.every((each) => each.strategy === strategy) ? '' : `${strategy.slice(0, NAME)} `}${cell} ${signed(performance.expectancyR)} R in ${performance.trades}`,
    );
  return wrapped(`By regime: ${named.join('; ')}`);
}
