// What do the rules make of strategies whose true edge is known? Each against doing nothing, against simpler rules, and
// against one who knows.
import { expect, it } from 'vitest';
import { meanIn, POLICIES, type PolicyName, type Results, resultsOf } from './comparison.ts';
import { figure, percent, printTable } from './markdown.ts';
import { median } from './measures.ts';
import { CAPS, type Cap } from './policy.ts';
import { seeds } from './seeds.ts';
import { GROUPS, WORLDS } from './worlds.ts';

const SEEDS = seeds(4);

/** The gates know no other sizes, and who sends everything needs no cap. */
const ONLY_AT_1: readonly PolicyName[] = ['none', 'EWMA gate, fast', 'EWMA gate, slow'];
const namesAt = (cap: Cap) => POLICIES.filter((name) => cap === 'cap 1' || !ONLY_AT_1.includes(name));

const keptIn = (results: Results, name: string): number =>
  meanIn(
    results,
    ({ sent, host }) => sent / host,
    (world) => world.name === name,
  );

function rowOf(name: string, results: Results) {
  const all = [...results.values()].flat();
  return {
    policy: name,
    'R sent': figure(
      meanIn(results, ({ sent }) => sent),
      1,
    ),
    selection: figure(
      meanIn(results, ({ selection }) => selection),
      1,
    ),
    Sharpe: figure(
      meanIn(results, ({ sharpe }) => sharpe),
      2,
    ),
    turnover: figure(
      meanIn(results, ({ turnover }) => turnover),
      2,
    ),
    flips: figure(
      meanIn(results, ({ flips }) => flips),
      2,
    ),
    'good kept': percent(keptIn(results, 'all good')),
    'overlapping kept': percent(keptIn(results, 'all good, overlapping')),
    'bench hours': figure(median(all.flatMap(({ benchHours }) => benchHours))),
    'back days': figure(median(all.flatMap(({ backDays }) => backDays)), 1),
  };
}

const sentIn = (results: Results, group: string): number =>
  meanIn(
    results,
    ({ sent }) => sent,
    (world) => world.group === group,
  );

/** Every policy at a cap, with its tables. */
function compare(cap: Cap, feed: boolean): ReadonlyMap<PolicyName, Results> {
  const found = new Map(namesAt(cap).map((name) => [name, resultsOf(name, cap, feed, SEEDS)]));
  const title = `${cap}, ${feed ? 'with a feed' : 'without a feed'}`;
  printTable(
    `${title}: mean of ${WORLDS.length} worlds, ${SEEDS.length} seeds`,
    [...found].map(([name, results]) => rowOf(name, results)),
  );
  const bySent = (label: string, sent: (results: Results) => number) => ({
    'R sent per 1000 signals': label,
    ...Object.fromEntries([...found].map(([name, results]) => [name, figure(sent(results), 1)])),
  });
  printTable(title, [
    ...WORLDS.map(({ name }) =>
      bySent(name, (results) =>
        meanIn(
          results,
          ({ sent }) => sent,
          (world) => world.name === name,
        ),
      ),
    ),
    ...GROUPS.map((group) => bySent(`mean: ${group}`, (results) => sentIn(results, group))),
  ]);
  return found;
}

it.each(CAPS)(
  'with a feed, the posterior sends more than the other rules: %s',
  (cap) => {
    const found = compare(cap, true);
    const posterior = found.get('posterior')!;
    for (const group of GROUPS)
      for (const rival of ['literal', 'guarded'] as const)
        expect(sentIn(posterior, group), `${rival}, ${group}`).toBeGreaterThan(
          sentIn(found.get(rival)!, group),
        );
    for (const [rival, results] of found)
      if (rival !== 'posterior' && rival !== 'oracle')
        expect(
          meanIn(posterior, ({ sent }) => sent),
          rival,
        ).toBeGreaterThan(meanIn(results, ({ sent }) => sent));
    if (cap !== 'cap 1') return;
    expect(keptIn(posterior, 'all good')).toBeGreaterThan(0.95);
    expect(keptIn(posterior, 'all good, overlapping')).toBeGreaterThan(0.8);
  },
  1_800_000,
);

it.each(CAPS)(
  'without a feed, nothing that it benches is lost for good: %s',
  (cap) => {
    const found = compare(cap, false);
    const posterior = found.get('posterior')!;
    for (const [rival, results] of found)
      if (rival !== 'posterior' && rival !== 'oracle')
        expect(
          meanIn(posterior, ({ sent }) => sent),
          rival,
        ).toBeGreaterThan(meanIn(results, ({ sent }) => sent));
  },
  1_800_000,
);
