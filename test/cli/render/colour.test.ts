import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { coloured } from '../../../src/cli/render/colour.ts';
import { built } from '../../built.ts';

describe('colours', () => {
  it('are given to words of state, to the code of an error and to the lines of a table, and change no text', () => {
    const text = '│ EMA │ ACTIVE │\nOPTION_INVALID\n  found: INACTIVE, SUSPENDED, IMPROVES +0.1 R\n';
    const shown = coloured(text);
    expect(shown).toContain('\u001b[32mACTIVE\u001b[39m');
    expect(shown).toContain('\u001b[31mOPTION_INVALID\u001b[39m\n');
    expect(shown).toContain('INACTIVE, \u001b[31mSUSPENDED');
    expect(shown).toContain('\u001b[2m│\u001b[22m EMA');
    expect(stripVTControlCharacters(shown)).toBe(text);
  });

  let main = '';
  beforeAll(() => {
    main = join(built(), 'src/cli/main.js');
  });

  it.skipIf(process.platform !== 'linux')(
    'are where a terminal is, unless somebody wants none or a machine reads',
    async () => {
      const dir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
      // Nothing else of where the tests run: a CI has no colours, a tmux has them anyway.
      const { PATH, HOME } = process.env;
      const shown = (args: string, env: NodeJS.ProcessEnv = {}) =>
        new Promise<string>((resolve) => {
          // A terminal of its own: `script` is part of every Debian.
          execFile(
            'script',
            ['-qec', `${process.execPath} ${main} journal verify ${args}`, '/dev/null'],
            { cwd: dir, env: { PATH, HOME, TERM: 'xterm-256color', ...env } },
            (_error, stdout) => resolve(stdout),
          );
        });
      expect(await shown('')).toContain('\u001b[31mSTATE_MISSING');
      expect(await shown('', { NO_COLOR: '1' })).not.toContain('\u001b');
      expect(await shown('', { TERM: 'dumb' })).not.toContain('\u001b');
      expect(await shown('--json')).not.toContain('\u001b');
    },
  );
});
