import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { edgekeeper } from './run-cli.ts';

async function bot(own: object, files: readonly string[] = []) {
  const dir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
  await writeFile(join(dir, 'package.json'), JSON.stringify(own));
  for (const name of files) {
    await mkdir(join(dir, name, '..'), { recursive: true });
    await writeFile(join(dir, name), '');
  }
  return dir;
}

describe('edgekeeper init', () => {
  it('writes what a ccxt bot starts with, shows its lines, and changes nothing else', async () => {
    const dir = await bot(
      {
        name: '@me/trend-bot',
        scripts: { start: 'node --enable-source-maps src/run.mjs' },
        dependencies: { ccxt: '4' },
      },
      ['src/strategies/ema.js', 'src/strategies/index.js', 'src/run.mjs'],
    );
    const { code, out } = await edgekeeper('init', '--dir', dir);
    expect(code).toBe(0);
    expect(out).toMatch(
      /node --import edgekeeper\/ccxt\/preload src\/run\.mjs.*may be meant: ema\..*doctor/s,
    );
    const file = join(dir, 'edgekeeper.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      edgekeeper: { mode: 'observe' },
      ccxt: { strategy: 'trend-bot' },
    });
    expect((await edgekeeper('config', 'check', file)).code).toBe(0);
    expect((await readdir(dir)).sort()).toEqual(['edgekeeper.json', 'package.json', 'src']);

    await writeFile(file, '{"mode":"act"}');
    expect((await edgekeeper('init', '--dir', dir)).out).toMatch(/left as it is/);
    expect(await readFile(file, 'utf8')).toBe('{"mode":"act"}');
  });

  it('knows a bot on Debut, and says what any other adds', async () => {
    const debut = await edgekeeper(
      'init',
      '--print',
      '--dir',
      await bot({ dependencies: { '@debut/community-core': '1' } }),
    );
    expect(debut.out).toMatch(/edgekeeper\.json: would be.*registerPlugins/s);
    const dir = await bot({ name: 'mine' }, ['index.js']);
    const other = await edgekeeper('init', '--print', '--dir', dir);
    expect(other.out).toMatch(/createOverlay/);
    expect(await readdir(dir)).not.toContain('edgekeeper.json');
    expect(JSON.parse((await edgekeeper('init', '--json', '--dir', dir)).out)).toMatchObject({
      host: 'other',
      isWritten: true,
    });
    const broken = await bot({});
    await writeFile(join(broken, 'package.json'), '{');
    expect((await edgekeeper('init', '--dir', broken)).err).toMatch(/CONFIG_INVALID/);
    expect((await edgekeeper('init', '--dir', join(dir, 'nowhere'))).err).toMatch(/STATE_UNWRITABLE/);
  });
});
