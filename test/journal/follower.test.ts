import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StateFollower } from '../../src/journal/follower.ts';
import { openOverlay } from '../../src/node/index.ts';
import { feed, HOUR, START, signal } from '../fixtures.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const fresh = () => mkdtemp(join(tmpdir(), 'edgekeeper-'));

function follow(stateDir: string) {
  const seqs: number[] = [];
  let starts = 0;
  const follower = new StateFollower({
    stateDir,
    onStart: () => {
      starts += 1;
      seqs.length = 0;
    },
    onLine: ({ seq }) => seqs.push(seq),
  });
  return { follower, seqs, starts: () => starts };
}

describe('a state that is followed from outside', () => {
  it('is that of the bot, event by event, over saves and restarts, and the bot knows nothing of it', async () => {
    const stateDir = await fresh();
    const { follower, seqs, starts } = follow(stateDir);
    expect(await follower.poll()).toBe(false);
    expect(follower.engine).toBeNull();
    let time = START;
    for (let life = 0; life < 3; life += 1) {
      const clock = { now: () => time + 1000 * HOUR, sleep: async () => undefined };
      const overlay = await openOverlay({ stateDir, log, clock });
      const { engine } = overlay;
      for (let i = 0; i < 4; i += 1) {
        time = feed(engine, [1, -1, 0.5], { strategy: `s${i % 2}` }, time);
        engine.decide(signal({ time: time + 1, strategy: 's1' }));
        engine.updateOptimization(time + 2);
        await overlay.durable();
        expect(await follower.poll()).toBe(true);
        expect(follower.engine!.snapshot()).toEqual(engine.snapshot());
        if (i === 1) await overlay.save();
      }
      expect(await follower.poll()).toBe(false);
      await overlay.close();
    }
    expect(starts()).toBe(1);
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => i + 1));
    expect(seqs.at(-1)).toBe(follower.seq);
  });

  it('begins anew where a backup was restored, and shows what can be read of a damaged one', async () => {
    const [stateDir, aside] = [await fresh(), await fresh()];
    const live = async (outcomes: readonly number[], from: number) => {
      const overlay = await openOverlay({ stateDir, log });
      feed(overlay.engine, outcomes, {}, from);
      await overlay.close();
    };
    await live([1, -1, 1], START);
    await cp(stateDir, join(aside, 'copy'), { recursive: true });
    await live([1, 1, 1, 1], START + 100 * HOUR);
    const { follower, starts } = follow(stateDir);
    await follower.poll();
    const trades = () => follower.engine!.decomposer.getPortfolioPerformance().trades;
    expect(trades()).toBe(7);
    await rm(stateDir, { recursive: true });
    await cp(join(aside, 'copy'), stateDir, { recursive: true });
    await follower.poll();
    expect([trades(), starts(), follower.fault]).toEqual([3, 2, null]);
  });
});
