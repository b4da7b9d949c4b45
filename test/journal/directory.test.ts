import { existsSync } from 'node:fs';
import { mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeDirectory } from '../../src/journal/directory.ts';
import { LowdbStateStore } from '../../src/journal/state-store.ts';

let parent = '';
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
});

describe('a directory', () => {
  it('is made with those above it, once or twice', () => {
    for (let i = 0; i < 2; i += 1) makeDirectory(join(parent, 'a/b/c'));
    expect(existsSync(join(parent, 'a/b/c'))).toBe(true);
  });

  it('that cannot be is an error, not an endless try', async () => {
    await writeFile(join(parent, 'file'), '');
    await symlink(join(parent, 'gone/far'), join(parent, 'link'));
    for (const path of ['file', 'file/below', 'link', 'link/below'])
      expect(() => makeDirectory(join(parent, path))).toThrow(/ENOTDIR|EEXIST|ENOENT/);
  });

  it.skipIf(!existsSync('/proc/self'))('of a system that makes none is an error, too', async () => {
    expect(() => makeDirectory('/proc/nowhere')).toThrow(/ENOENT/);
    await expect(new LowdbStateStore('/proc/nowhere/below').prepare()).rejects.toThrow(/STATE_UNWRITABLE/);
  });

  it('without a name is refused as the place of a state', () => {
    expect(() => new LowdbStateStore('')).toThrow(/OPTION_INVALID/);
  });
});
