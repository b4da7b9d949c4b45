import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

interface Locked {
  readonly version: string;
  readonly dev?: true;
  readonly devOptional?: true;
  readonly peer?: true;
}

const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};

/** Folders that a bot gets which installs Edgekeeper, beside its own. */
const installed = Object.entries(packages)
  .filter(([path, { dev, devOptional, peer }]) => path !== '' && !dev && !devOptional && !peer)
  .map(([path]) => path);

const bytesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);

describe('what a bot installs with Edgekeeper', () => {
  it('are fewer than 50 packages, and no exchange library: a bot brings its own', () => {
    // Where nothing else wants other versions of them, each is there once.
    const each = installed.map((path) => `${path.split('node_modules/').at(-1)}@${packages[path]!.version}`);
    expect(new Set(each).size).toBeGreaterThan(10);
    expect(new Set(each).size + 1).toBeLessThan(50);
    expect(installed.filter((path) => /ccxt|arquero|vitest/.test(path))).toEqual([]);
  });

  it('is less than 25 MB', () => {
    const megabytes = installed.reduce((sum, path) => sum + bytesIn(join(root, path)), 0) / 1e6;
    expect(megabytes).toBeGreaterThan(5);
    // Its own files are less than 5 more.
    expect(megabytes).toBeLessThan(20);
  });
});
