import { printableValue } from '../../model/printable.ts';
import type { RollbackChange } from '../../monitor/rollback-changes.ts';
import { fixed, minute, table } from './table.ts';

/** What a rollback makes of each strategy. */
export function renderRollback(changes: readonly RollbackChange[], to: number): string {
  const pair = ([now, then]: readonly [number | null, number | null]): string =>
    fixed(now) === fixed(then) ? fixed(now) : `${fixed(now)} -> ${fixed(then)}`;
  return [
    `As of ${minute(to)} UTC, now -> then:`,
    table(
      ['strategy', 'weight', 'weights in regimes', 'P(edge)', 'size'],
      printableValue(changes).map(({ strategy, weight, cells, probability, size }) => [
        strategy,
        pair(weight),
        cells === 0 ? 'as they are' : `${cells} differ`,
        pair(probability),
        pair(size),
      ]),
    ),
  ].join('\n');
}
