// Who is retired, and what does it save? Evidence against the literal rule, over strategies whose edge is known.
import { expect, it } from 'vitest';
import { constantEdge, simulate } from './worlds.ts';

const RUNS = Number(process.env.EDGEKEEPER_RUNS ?? 200);
const EDGES = [0.2, 0.1, 0.06, 0, -0.1, -0.2];

interface Row {
  readonly edge: number;
  readonly trades: number;
  /** Shares in [0,1] of runs that ended RETIRED, and that ever were SUSPENDED. */
  readonly retired: number;
  readonly suspended: number;
  /** Mean sum of R at the host's size, and of what was sent. */
  readonly host: number;
  readonly sent: number;
}

function retire(evidence: 'guarded' | 'literal', edge: number, trades: number): Row {
  let [retired, suspended, host, sent] = [0, 0, 0, 0];
  for (let seed = 1; seed <= RUNS; seed += 1) {
    const run = simulate(
      { evidence, enforcement: 'off', adaptiveWeighting: false },
      [constantEdge('s', edge)],
      trades,
      seed,
    );
    if (run.engine.manager.statusOf('s') === 'RETIRED') retired += 1;
    if (run.engine.manager.getAuditLog('s').some(({ newStatus }) => newStatus === 'SUSPENDED'))
      suspended += 1;
    host += run.host.s!;
    sent += run.sent.s!;
  }
  return {
    edge,
    trades,
    retired: retired / RUNS,
    suspended: suspended / RUNS,
    host: host / RUNS,
    sent: sent / RUNS,
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
const shown = ({ edge, trades, retired, suspended, host, sent }: Row) => ({
  'edge R': edge,
  trades,
  retired: percent(retired),
  'ever suspended': percent(suspended),
  'host sum R': host.toFixed(1),
  'sent sum R': sent.toFixed(1),
  kept: host > 0 ? percent(sent / host) : '-',
});

it('the literal rule retires good strategies along with bad ones', () => {
  const rows = EDGES.map((edge) => retire('literal', edge, 500));
  console.log('literal, 4 trades a day');
  console.table(rows.map(shown));
  for (const { edge, retired } of rows) if (edge <= 0.1) expect(retired, `edge ${edge}`).toBeGreaterThan(0.8);
}, 1_800_000);

it('evidence and probation keep good strategies and bench bad ones', () => {
  const rows = EDGES.map((edge) => retire('guarded', edge, 2000));
  console.log('guarded, with a shadow feed, 4 trades a day');
  console.table(rows.map(shown));
  const row = (edge: number) => rows.find((each) => each.edge === edge)!;
  expect(row(0.1).retired).toBeLessThan(0.25);
  expect(row(0.1).sent / row(0.1).host).toBeGreaterThan(0.5);
  expect(row(0.2).retired).toBeLessThan(0.05);
  expect(row(-0.1).sent / row(-0.1).host).toBeLessThan(0.2);
}, 1_800_000);
