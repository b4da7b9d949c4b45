import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { edgekeeper, withStrategy } from '../../adapters/ccxt/index.ts';
import { createOverlay, middleware } from '../../adapters/middleware/index.ts';
import { roomsOf } from '../../src/config/rooms.ts';
import * as core from '../../src/index.ts';
import { parseConfig } from '../../src/index.ts';
import { createLog, openOverlay } from '../../src/node/index.ts';
import { edgekeeper as cli } from '../cli/run-cli.ts';
import { type Block, blocksOf, DOCS, read } from './markdown.ts';

const BLOCKS = DOCS.flatMap(blocksOf);
const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const inLanguage = (...languages: string[]) => BLOCKS.filter(({ language }) => languages.includes(language));
const named = ({ page, text }: Block) => `${page}: ${text.slice(0, 60)}`;

/** Runs a block of JavaScript, its imports as they are given here, its state in a directory of its own. */
async function run(text: string): Promise<{ scope: Record<string, unknown>; exported: unknown }> {
  const stateDir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
  const scope: Record<string, unknown> = {
    ...core,
    createOverlay,
    middleware,
    withStrategy,
    createLog: () => createLog({ directory: join(stateDir, 'logs'), level: 'silent' } as never),
    openOverlay: (options: object) => openOverlay({ ...options, stateDir, log: quiet }),
    edgekeeper: async (exchange: object, options: object) => {
      const bot = await edgekeeper(exchange as never, { ...options, stateDir, log: quiet });
      await bot.close();
      return bot;
    },
    exchange: { id: 'venue', has: {}, milliseconds: () => Date.now(), createOrder: async () => ({}) },
    console: { log: vi.fn() },
  };
  // In a scope of its own: it may give its own things the names of ours.
  const code = text.replaceAll(/^import .*$/gm, '').replace(/^export default /m, 'return ');
  const AsyncFunction = (async () => undefined).constructor as FunctionConstructor;
  const exported: unknown = await new AsyncFunction(...Object.keys(scope), `{${code}}`)(
    ...Object.values(scope),
  );
  return { scope, exported };
}

describe('blocks of code in the documents', () => {
  it('are in a language that is checked, or say why they are not', () => {
    const others = BLOCKS.filter(
      ({ language, notRun }) => !['sh', 'js', 'json', 'text'].includes(language) && notRun === null,
    );
    expect(others.filter(({ page }) => page !== 'docs/speed.md').map(named)).toEqual([]);
  });

  it.each(inLanguage('js').filter(({ notRun }) => notRun === null))(
    '$page runs, and prints what it says: $text',
    async ({ text }) => {
      const { console } = (await run(text)).scope as { console: { log: ReturnType<typeof vi.fn> } };
      const said = [...text.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, what]) => what);
      if (said.length > 0) expect(console.log.mock.calls.map((printed) => printed.join(' '))).toEqual(said);
    },
  );

  it('give the preload a module that it takes', async () => {
    const [block] = blocksOf('docs/quickstart-preload.md').filter(({ language }) => language === 'js');
    const { exported } = await run(block!.text);
    const know = exported as (order: object) => object;
    expect(know({ side: 'buy', price: 100 })).toEqual({ stop: 97 });
    expect(know({ side: 'sell', price: 100 })).toEqual({});
  });

  it('hold configurations that are valid', () => {
    for (const block of inLanguage('json')) {
      const given = JSON.parse(block.text);
      if ('edgekeeper' in given && typeof given.edgekeeper === 'object')
        expect(() => parseConfig(roomsOf(given.edgekeeper).options), named(block)).not.toThrow();
    }
  });

  it('hold options in the text that exist', () => {
    const options = Object.keys(parseConfig());
    for (const page of DOCS)
      for (const [, text] of read(page).matchAll(/`(\{? ?"[a-zA-Z]+": [^`]+?)`/g)) {
        const given = JSON.parse(text!.startsWith('{') ? text! : `{${text}}`);
        const isFault = page === 'docs/configuration.md';
        if (!isFault)
          expect([...options, 'hardStop', 'reduceOnly', 'veto', 'edgekeeperObserve'], text).toEqual(
            expect.arrayContaining(Object.keys(given)),
          );
      }
  });

  it('show commands that exist', async () => {
    const lines = inLanguage('sh')
      .filter(({ notRun }) => notRun === null)
      .flatMap(({ text, page }) =>
        text.split('\n').map((line) => ({ page, line: line.split('#')[0]!.trim() })),
      )
      .filter(({ line }) => line !== '');
    expect(lines.length).toBeGreaterThan(40);
    for (const { page, line } of lines) {
      const [npm, script] = /^npm run (\w+)/.exec(line) ?? [];
      if (npm) expect(scripts, `${page}: ${line}`).toHaveProperty(script!);
      else if (!/^npm (install|ci|test|start)/.test(line)) expect(line, page).toMatch(/^npx edgekeeper \S/);
    }
  });

  it('show commands that answer on the state of a bot', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    const paper = await cli('paper', '--to', '2024-03-01', '--state-dir', stateDir);
    expect(paper.code).toBe(0);
    const looking = /^npx edgekeeper ((status|doctor|report|effect|flags|why --last|audit|commands)\b[^#]*)/;
    const lines = new Set(
      inLanguage('sh')
        .flatMap(({ text }) => text.split('\n'))
        .flatMap((line) => looking.exec(line)?.[1]?.trim() ?? [])
        .filter((line) => !/--state-dir|cancel/.test(line)),
    );
    expect(lines.size).toBeGreaterThan(6);
    for (const line of lines) {
      const { code, err } = await cli(...line.split(' '), '--state-dir', stateDir);
      expect(code, `${line}: ${err}`).toBe(0);
    }
  });
});
