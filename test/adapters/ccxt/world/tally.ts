import Table from 'cli-table3';
import { exitPart, isOwn } from './checks.ts';
import type { Kind } from './venue/instruments.ts';
import type { Outcome } from './world.ts';

interface Row {
  programs: number;
  orders: number;
  exits: number;
  positions: number;
  unknown: number;
  judged: number;
  unjudged: number;
  settled: number;
  requests: number;
  added: number;
  readonly violations: Map<string, number>;
}

/** Adds up what programs did and what was found, by kind of account. */
export class Tally {
  readonly #rows = new Map<Kind, Row>();

  add(kind: Kind, { runs, findings }: Outcome): void {
    const row = this.#rows.get(kind) ?? {
      programs: 0,
      orders: 0,
      exits: 0,
      positions: 0,
      unknown: 0,
      judged: 0,
      unjudged: 0,
      settled: 0,
      requests: 0,
      added: 0,
      violations: new Map(),
    };
    this.#rows.set(kind, row);
    row.programs += 1;
    for (const ran of runs) {
      row.orders += ran.calls.length;
      row.exits += ran.calls.filter((call) => exitPart(call) > 0).length;
      row.unknown += ran.coverage.unknownExits;
      row.judged += ran.coverage.judged;
      row.unjudged += Object.values(ran.coverage.unjudged).reduce((sum, count) => sum + count, 0);
      row.requests += ran.log.length;
      if (ran.mode !== 'bare' && ran.mode !== 'off') {
        row.positions += new Set(ran.trades.map(({ positionId, id }) => positionId ?? id)).size;
        row.settled += ran.coverage.unknownExits === 0 && isOwn(ran) ? 1 : 0;
      }
      if (ran.mode === 'neutral') row.added += ran.log.length - runs[0]!.log.length;
    }
    for (const name of new Set(findings.map(({ check, mode }) => `${check} (${mode})`)))
      row.violations.set(name, (row.violations.get(name) ?? 0) + 1);
  }

  get violations(): number {
    return [...this.#rows.values()].reduce(
      (sum, { violations }) => sum + [...violations.values()].reduce((all, one) => all + one, 0),
      0,
    );
  }

  table(): string {
    const table = new Table({
      style: { head: [], border: [] },
      head: [
        'account',
        'programs',
        'orders',
        'exits',
        'positions',
        'unknown exits',
        'judged',
        'unjudged',
        'runs summed',
        'requests',
        'added by neutral',
        'violating',
      ],
    });
    for (const [kind, row] of this.#rows) {
      const {
        programs,
        orders,
        exits,
        positions,
        unknown,
        judged,
        unjudged,
        settled,
        requests,
        added,
        violations,
      } = row;
      const worst = [...violations].sort(([, a], [, b]) => b - a).map(([name, count]) => `${count} ${name}`);
      table.push([
        kind,
        programs,
        orders,
        exits,
        positions,
        unknown,
        judged,
        unjudged,
        settled,
        requests,
        added,
        worst.join('\n') || 'none',
      ]);
    }
    return table.toString();
  }
}
