// Who is retired by the rules that came before, and what does it save? Evidence against the literal rule, over
// strategies whose edge is known.
import { expect, it } from 'vitest';
import { overlay, strategyName } from './engine-policy.ts';
import { percent, printTable } from './markdown.ts';
import { sizesOf } from './policy.ts';
import { seeds } from './seeds.ts';
import { signalsOf } from './signals.ts';

const SEEDS = seeds(20);
const EDGES = [0.2, 0.1, 0.06, 0, -0.1, -0.2];
const HOURS_BETWEEN = 6;

interface Row {
  readonly edge: number;
  readonly trades: number;
  /** Shares in [0,1] of runs that ended RETIRED, and that ever were SUSPENDED. */
  readonly retired: number;
  readonly suspended: number;
  /** Mean sum of true R at the host's size, and of what was sent. */
  readonly host: number;
  readonly sent: number;
}

function retire(evidence: 'guarded' | 'literal', edge: number, trades: number): Row {
  let [retired, suspended, host, sent] = [0, 0, 0, 0];
  const days = (trades * HOURS_BETWEEN) / 24;
  for (const seed of SEEDS) {
    const signals = signalsOf(
      { strategies: 1, symbols: 1, meanOf: () => edge, days, hoursBetween: HOURS_BETWEEN },
      seed,
    );
    const policy = overlay({ evidence, enforcement: 'off', adaptiveWeighting: false }, 'cap 1', true);
    const sizes = sizesOf(policy, signals, true);
    const { manager } = policy.engine;
    const name = strategyName(0);
    if (manager.statusOf(name) === 'RETIRED') retired += 1;
    if (manager.getAuditLog(name).some(({ newStatus }) => newStatus === 'SUSPENDED')) suspended += 1;
    host += edge * signals.length;
    sent += edge * sizes.reduce((sum, size) => sum + size, 0);
  }
  const runs = SEEDS.length;
  return {
    edge,
    trades,
    retired: retired / runs,
    suspended: suspended / runs,
    host: host / runs,
    sent: sent / runs,
  };
}

const shown = ({ edge, trades, retired, suspended, host, sent }: Row) => ({
  'edge R': edge,
  trades,
  retired: percent(retired, 0),
  'ever suspended': percent(suspended, 0),
  'host R': host.toFixed(1),
  'sent R': sent.toFixed(1),
  kept: host > 0 ? percent(sent / host, 0) : null,
});

it('the literal rule retires good strategies along with bad ones', () => {
  const rows = EDGES.map((edge) => retire('literal', edge, 500));
  printTable('literal, 4 trades a day', rows.map(shown));
  for (const { edge, retired } of rows) if (edge <= 0.1) expect(retired, `edge ${edge}`).toBeGreaterThan(0.7);
}, 1_800_000);

it('guarded evidence and probation keep good strategies more often, and bench bad ones', () => {
  const rows = EDGES.map((edge) => retire('guarded', edge, 2000));
  printTable('guarded, with a feed, 4 trades a day', rows.map(shown));
  const row = (edge: number) => rows.find((each) => each.edge === edge)!;
  expect(row(0.1).retired).toBeLessThan(0.5);
  expect(row(0.2).retired).toBeLessThan(0.2);
  expect(row(0.2).sent / row(0.2).host).toBeGreaterThan(0.5);
  expect(row(-0.1).sent / row(-0.1).host).toBeLessThan(0.25);
}, 1_800_000);
