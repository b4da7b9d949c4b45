import { cpSync, existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isBuilt, project, projectOfOne, root, run, title } from './installed.ts';

const CORE = `
import { BaseTransport, DebutCore, DebutOptions } from '@debut/types';
export interface Debut extends DebutCore {}
export declare abstract class Debut {
  constructor(transport: BaseTransport, opts: DebutOptions);
  protected plugins: unknown;
}
`;

describe('the package', () => {
  it.skipIf(!isBuilt)(title('gives the Debut plugin by import and by require'), async () => {
    const dir = await project({});
    const said = "console.log(typeof edgekeeperPlugin({ ticker: 'X' }).onBeforeOpen)";
    expect(
      await run(dir, '-e', `const { edgekeeperPlugin } = require('edgekeeper/debut'); ${said}`),
    ).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^function\n/),
    });
    const imported = `import { edgekeeperPlugin } from 'edgekeeper/debut'; ${said}`;
    expect(await run(dir, '--input-type=module', '-e', imported)).toMatchObject({
      code: 0,
      out: 'function\n',
    });
  });

  it.skipIf(!isBuilt)(
    title('type-checks in a Debut project with TypeScript 4.7 and the old module resolution, strict or not'),
    async () => {
      const dir = await project({
        'core.d.ts': CORE,
        'use.ts': `
          import { edgekeeperPlugin, EdgekeeperPluginAPI, EdgekeeperPluginOptions } from 'edgekeeper/debut';
          import { DebutOptions, PluginInterface } from '@debut/types';
          export interface Mine extends DebutOptions, EdgekeeperPluginOptions { period: number }
          export const plugins = (opts: Mine): PluginInterface[] => [edgekeeperPlugin(opts)];
          export const said = (api: EdgekeeperPluginAPI): string => api.edgekeeper.status().status;
        `,
      });
      cpSync(join(root, 'examples/debut'), join(dir, 'example'), { recursive: true });
      const compilerOptions = {
        noEmit: true,
        target: 'es2020',
        module: 'commonjs',
        moduleResolution: 'node',
        preserveSymlinks: true,
        baseUrl: '.',
        paths: { '@debut/community-core': ['./core.d.ts'] },
        types: [],
      };
      for (const strict of [true, false]) {
        const options = { ...compilerOptions, strict, skipLibCheck: false };
        const files = ['use.ts', 'example/bot.ts', 'example/cfgs.ts', 'example/meta.ts'];
        await writeFile(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }));
        expect(await run(dir, join(root, 'node_modules/typescript-4.7/bin/tsc'), '-p', '.')).toEqual({
          code: 0,
          out: '',
        });
      }
    },
    120_000,
  );

  it.skipIf(!isBuilt)(
    title('attaches to a bot that nobody edits, in both builds of ccxt, and lets it end'),
    async () => {
      const bot = `
        import ccxt from 'ccxt';
        import { createRequire } from 'node:module';
        for (const build of [ccxt, createRequire(import.meta.url)('ccxt')])
          console.log(Object.hasOwn(new build.binance(), 'createOrder'));
      `;
      const dir = await project({
        'bot.mjs': bot,
        'edgekeeper.json': '{"edgekeeper":{},"ccxt":{"strategy":"EMA"}}',
      });
      const { code, out } = await run(dir, '--import', 'edgekeeper/ccxt/preload', 'bot.mjs');
      expect(out).toMatch(/true\ntrue\n/);
      expect(code).toBe(0);
      expect(existsSync(join(dir, '.edgekeeper/state.json'))).toBe(true);
      expect(existsSync(join(dir, '.edgekeeper/journal'))).toBe(true);
    },
    60_000,
  );

  it.skipIf(!isBuilt)(
    title('starts the bot as it is, and says so once, whatever is wrong with the overlay'),
    async () => {
      const bot = `
        import ccxt from 'ccxt';
        console.log(Object.hasOwn(new ccxt.binance(), 'createOrder') ? 'overlaid' : 'as it is');
      `;
      const wrong: [what: string, files: Record<string, string>, said: RegExp][] = [
        ['an option', { 'edgekeeper.json': '{"ccxt":{"sizing":"double"}}' }, /CONFIG_INVALID.*ccxt\.sizing/s],
        ['a file that is no JSON', { 'edgekeeper.json': '{' }, /JSON/],
        ['a corrupt state', { '.edgekeeper/state.json': '{"format":1}' }, /STATE_CORRUPT/],
        [
          'a corrupt journal',
          { '.edgekeeper/journal/journal-000000000001.jsonl': 'x\ny\n' },
          /JOURNAL_CORRUPT/,
        ],
        ['a state directory that is a file', { '.edgekeeper': 'a file' }, /edgekeeper/],
      ];
      for (const [what, files, said] of wrong) {
        const dir = await projectOfOne({ 'bot.mjs': bot, ...files });
        const { code, out } = await run(dir, '--import', 'edgekeeper/ccxt/preload', 'bot.mjs');
        expect(out, what).toMatch(/as it is/);
        expect(out, what).toMatch(said);
        expect(out.match(/the overlay stays OFF/g), what).toHaveLength(1);
        expect(code, what).toBe(0);
      }
    },
    120_000,
  );

  it.skipIf(!isBuilt)(
    title('leaves the journal to the bot: its threads, its children and a second bot stay without'),
    async () => {
      const dir = await projectOfOne({
        'bot.mjs': `
          import ccxt from 'ccxt';
          import { fork } from 'node:child_process';
          import { once } from 'node:events';
          import { Worker } from 'node:worker_threads';
          const is = (name) => console.log(name, Object.hasOwn(new ccxt.binance(), 'createOrder'));
          if (process.argv[2] === 'child') is('child');
          else {
            is('bot');
            await once(new Worker(new URL('./worker.mjs', import.meta.url)), 'exit');
            const [code] = await once(fork(new URL('./bot.mjs', import.meta.url), ['child']), 'exit');
            console.log('child ended with', code);
          }
        `,
        'worker.mjs': `
          import ccxt from 'ccxt';
          console.log('worker', Object.hasOwn(new ccxt.binance(), 'createOrder'));
        `,
      });
      for (let i = 0; i < 2; i += 1) {
        const { code, out } = await run(dir, '--import', 'edgekeeper/ccxt/preload', 'bot.mjs');
        expect(out).toMatch(/bot true/);
        expect(out).toMatch(/worker false/);
        expect(out).toMatch(/child false\nchild ended with 0/);
        expect(out).not.toMatch(/CORRUPT|LOCKED/);
        expect(code).toBe(0);
      }
    },
    120_000,
  );
});
