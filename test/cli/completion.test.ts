import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { SUMMARIES } from '../../src/cli/summaries.ts';
import { edgekeeper } from './run-cli.ts';

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

/** What bash offers for a line that ends with the last of these words. */
function offered(script: string, words: readonly string[]): string[] {
  const line = `${script}\nCOMP_WORDS=(edgekeeper ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _edgekeeper; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return spawnSync('bash', ['-c', line], { encoding: 'utf8' }).stdout.trim().split('\n');
}

describe('edgekeeper completion', () => {
  it.skipIf(!has('bash'))('completes commands, their options, and what these may be, in bash', async () => {
    const { out } = await edgekeeper('completion', 'bash');
    expect(offered(out, ['sta'])).toEqual(['status']);
    expect(offered(out, ['']).length).toBeGreaterThan(Object.keys(SUMMARIES).length);
    expect(offered(out, ['paper', '--sy'])).toEqual(['--symbols']);
    expect(offered(out, ['paper', '--durability', ''])).toEqual(['everyEvent', 'interval', 'os']);
    expect(offered(out, ['journal', 'ver'])).toEqual(['verify']);
  });

  it('has every command for fish and zsh', async () => {
    const fish = (await edgekeeper('completion', 'fish')).out;
    for (const name of Object.keys(SUMMARIES)) expect(fish).toContain(` -a ${name} `);
    expect((await edgekeeper('completion', 'zsh')).out).toMatch(/bashcompinit.*complete -o default/s);
    expect((await edgekeeper('completion', 'csh')).code).toBe(2);
  });

  it.skipIf(!has('fish'))('is a script that fish takes', async () => {
    const { out } = await edgekeeper('completion', 'fish');
    expect(spawnSync('fish', ['-n'], { input: out }).status).toBe(0);
  });
});
