import { beforeAll, describe, expect, it } from 'vitest';
import { built } from '../built.ts';
import { crashRun } from './crash.ts';

describe('a bot that is killed at random moments', () => {
  let build = '';
  beforeAll(() => {
    build = built();
  });

  it('loses nothing that was acknowledged, counts nothing twice, and ends where an undisturbed one does', async () => {
    // Here a few kills; `npm run soak` makes hundreds.
    expect(await crashRun(build, 8, 1)).toEqual({ kills: 8, lost: 0, trades: 0, decisions: 0, equal: true });
  });

  it('loses nothing at all when it ends by a signal or by process.exit, whatever waited for the disk', async () => {
    const nothing = { lost: 0, trades: 0, decisions: 0, equal: true };
    expect(await crashRun(build, 8, 2, 'gentle')).toEqual({ kills: 8, ...nothing });
  });
});
