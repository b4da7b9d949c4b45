import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pluginManifest } from '../../src/config/manifest.ts';
import { parseConfig } from '../../src/index.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string) => JSON.parse(readFileSync(new URL(path, root), 'utf8'));

describe('plugin.json', () => {
  const manifest = read('plugin.json');

  it('is what the code says, schema and all', () => {
    expect(manifest).toEqual(pluginManifest(read('package.json').version));
  });

  it('names entry points that the package has', () => {
    const exported = JSON.stringify(read('package.json').exports);
    for (const path of Object.values<string>(manifest.entryPoints)) {
      expect(exported).toContain(path);
      expect(existsSync(new URL(path.replace('./dist/', '').replace('.js', '.ts'), root))).toBe(true);
    }
  });

  it('gives each flag its default', () => {
    expect(parseConfig()).toMatchObject(manifest.flags);
  });
});
