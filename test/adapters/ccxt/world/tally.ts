import Table from 'cli-table3';
import type { Program } from './bots/program.ts';
import { exitPart, isOwn } from './checks.ts';
import type { RunRecord } from './run.ts';
import type { Kind } from './venue/instruments.ts';
import type { Outcome } from './world.ts';

/** What is counted, in the words of the table's head. */
const COLUMNS = {
  programs: 'programs',
  orders: 'orders',
  exits: 'exits',
  known: 'positions known',
  unknown: 'unknown',
  needless: 'of those untroubled',
  judged: 'entries judged',
  unjudged: 'unjudged',
  summed: 'runs summed',
  requests: 'requests',
  added: 'added by neutral',
} as const;
type Counts = Record<keyof typeof COLUMNS, number>;

const TROUBLES = new Set(['owner', 'orderFault', 'readFaults', 'liquidate']);
/** Whether nothing happened to the bot that it did not do itself. */
const isUntroubled = ({ steps }: Program): boolean => steps.every((step) => !TROUBLES.has(step.do));

const counted = (ran: RunRecord): Omit<Counts, 'programs' | 'added'> => {
  const { coverage, calls, trades, log, mode, program } = ran;
  const closed = new Set(trades.map(({ positionId, id }) => positionId ?? id)).size;
  const isSummed = mode !== 'bare' && mode !== 'off' && coverage.unknownExits === 0 && isOwn(ran);
  return {
    orders: calls.length,
    exits: calls.filter((call) => exitPart(call) > 0).length,
    known: closed,
    unknown: coverage.unknownExits,
    needless: isUntroubled(program) ? coverage.unknownExits : 0,
    judged: coverage.judged,
    unjudged: Object.values(coverage.unjudged).reduce((sum, count) => sum + count, 0),
    summed: isSummed ? 1 : 0,
    requests: log.length,
  };
};

/** Adds up what programs did and what was found, by kind of account. */
export class Tally {
  readonly #counts = new Map<Kind, Counts>();
  readonly #violations = new Map<Kind, Map<string, number>>();

  add(kind: Kind, { runs, findings }: Outcome): void {
    const counts = this.counts(kind);
    counts.programs += 1;
    for (const ran of runs) {
      for (const [name, count] of Object.entries(counted(ran))) counts[name as keyof Counts] += count;
      if (ran.mode === 'neutral') counts.added += ran.log.length - runs[0]!.log.length;
    }
    const violations = this.#violations.get(kind) ?? new Map<string, number>();
    this.#violations.set(kind, violations);
    for (const name of new Set(findings.map(({ check, mode }) => `${check} (${mode})`)))
      violations.set(name, (violations.get(name) ?? 0) + 1);
  }

  counts(kind: Kind): Counts {
    const nothing = Object.fromEntries(Object.keys(COLUMNS).map((name) => [name, 0])) as Counts;
    const counts = this.#counts.get(kind) ?? nothing;
    this.#counts.set(kind, counts);
    return counts;
  }

  get violations(): number {
    return [...this.#violations.values()].reduce(
      (sum, violations) => sum + [...violations.values()].reduce((all, one) => all + one, 0),
      0,
    );
  }

  table(): string {
    const head = ['account', ...Object.values(COLUMNS), 'violating'];
    const table = new Table({ style: { head: [], border: [] }, head });
    for (const [kind, counts] of this.#counts) {
      const violations = [...(this.#violations.get(kind) ?? [])].sort(([, a], [, b]) => b - a);
      const words = violations.map(([name, count]) => `${count} ${name}`).join('\n');
      table.push([
        kind,
        ...Object.keys(COLUMNS).map((name) => counts[name as keyof Counts]),
        words || 'none',
      ]);
    }
    return table.toString();
  }
}
