import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { EdgePosterior } from '../../src/index.ts';
import { openOverlay } from '../../src/node/index.ts';

const FIXTURES = fileURLToPath(new URL('./fixtures/', import.meta.url));
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A state directory as an earlier version left it when it was killed. */
async function thawed(version: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'edgekeeper-thawed-'));
  const from = join(FIXTURES, version);
  for (const name of await readdir(from, { recursive: true })) {
    if (!name.endsWith('.gz')) continue;
    const to = join(directory, name.slice(0, -3));
    await mkdir(dirname(to), { recursive: true });
    await writeFile(to, gunzipSync(await readFile(join(from, name))));
  }
  return directory;
}

describe('a state directory of an earlier version', async () => {
  for (const version of await readdir(FIXTURES)) {
    it(`${version}: opens from its snapshot and the tail of its journal, and from the journal alone`, async () => {
      const facts = JSON.parse(await readFile(join(FIXTURES, version, 'facts.json'), 'utf8'));
      const whole = await thawed(version);
      const journalOnly = await mkdtemp(join(tmpdir(), 'edgekeeper-thawed-'));
      await cp(join(whole, 'journal'), join(journalOnly, 'journal'), { recursive: true });
      const learned: unknown[] = [];
      for (const stateDir of [whole, journalOnly]) {
        const clock = { now: () => facts.time, sleep: () => Promise.resolve() };
        const config = { baseWeights: facts.baseWeights, ...facts.options };
        const overlay = await openOverlay({ stateDir, log: quiet, clock, config });
        const { engine } = overlay;
        expect(engine.time).toBe(facts.time);
        expect(engine.getOptimizationStatus().decisions).toBe(facts.decisions);
        expect(engine.decomposer.getPortfolioPerformance().trades).toBe(facts.trades);
        if (facts.coverage) expect(engine.getCoverage()).toEqual(facts.coverage);
        expect(Object.keys(engine.manager.getStatuses()).sort()).toEqual(Object.keys(facts.statuses).sort());
        expect(engine.manager.statusOf('FVG_Pattern')).toBe(facts.statuses.FVG_Pattern);
        // What an operator benched stays benched, by whatever rules it was then.
        expect(engine.manager.pinOf('FVG_Pattern', facts.time)).toBe('SUSPENDED');
        learned.push(engine.edge.snapshot(), engine.tracks.snapshot());
        await overlay.close();
        const again = await openOverlay({ stateDir, log: quiet, clock, config });
        expect(again.engine.snapshot()).toEqual(engine.snapshot());
        await again.close();
      }
      // What an older snapshot did not learn is learned from its journal, once.
      const [fromBoth, tracksFromBoth, fromJournal, tracksFromJournal] = learned as [
        ReturnType<EdgePosterior['snapshot']>,
        unknown,
        unknown,
        unknown,
      ];
      // The journal of version 3 is done again by other rules of what a position and a shadow are.
      if (version !== 'v3') {
        expect(fromBoth).toEqual(fromJournal);
        expect(tracksFromBoth).toEqual(tracksFromJournal);
      }
      for (const [name, { outcomes }] of fromBoth.strategies) {
        expect(outcomes).toBeGreaterThan(0);
        if (facts.learned) expect(outcomes).toBe(facts.learned[name]);
      }
    });
  }

  it('v4: is learned from as far as its journal goes, where that is broken after the snapshot', async () => {
    const { time, baseWeights } = JSON.parse(await readFile(join(FIXTURES, 'v4/facts.json'), 'utf8'));
    const clock = { now: () => time, sleep: () => Promise.resolve() };
    const learned: Record<string, number>[] = [];
    for (const isBroken of [false, true]) {
      const stateDir = await thawed('v4');
      const [segment] = await readdir(join(stateDir, 'journal'));
      const path = join(stateDir, 'journal', segment!);
      const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
      const { seq } = JSON.parse(await readFile(join(stateDir, 'state.json'), 'utf8'));
      if (isBroken) lines[seq + 2] = lines[seq + 2]!.replace('"time":1', '"time":2');
      else lines.splice(seq);
      await writeFile(path, `${lines.join('\n')}\n`);
      const options = { stateDir, log: quiet, clock, config: { baseWeights } };
      if (isBroken) await expect(openOverlay(options)).rejects.toThrow(/JOURNAL_CORRUPT/);
      const overlay = await openOverlay({ ...options, recoverFromSnapshot: isBroken });
      const { strategies } = overlay.engine.edge.snapshot();
      learned.push(Object.fromEntries(strategies.map(([name, { outcomes }]) => [name, outcomes])));
      await overlay.close();
    }
    expect(learned[1]).toEqual(learned[0]);
    expect(Object.values(learned[1]!).every((outcomes) => outcomes > 0)).toBe(true);
  });
});
