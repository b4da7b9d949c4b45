import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { crashRun } from './crash.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const build = `${root}node_modules/.cache/edgekeeper-crash`;

describe('a bot that is killed at random moments', () => {
  beforeAll(() => {
    execFileSync(process.execPath, [
      `${root}node_modules/typescript/bin/tsc`,
      '-p',
      `${root}tsconfig.build.json`,
      '--outDir',
      build,
    ]);
  });

  it('loses nothing that was acknowledged, counts nothing twice, and ends where an undisturbed one does', async () => {
    // Here a few kills; `npm run soak` makes hundreds.
    expect(await crashRun(build, 8, 1)).toEqual({ kills: 8, lost: 0, trades: 0, decisions: 0, equal: true });
  });
});
