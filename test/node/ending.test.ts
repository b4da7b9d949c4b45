import { spawnSync } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { takeLease } from '../../src/journal/lease.ts';
import { recover } from '../../src/journal/recovery.ts';
import { LowdbStateStore } from '../../src/journal/state-store.ts';
import { built, type Program, start } from '../built.ts';

const directory = () => mkdtemp(join(tmpdir(), 'edgekeeper-'));
const TRADES = 15;

let folder = '';
beforeAll(() => {
  folder = built();
});

/** A bot that closes positions, and then ends as the text says. Without directories it has no overlay. */
const bot = (ending: string): string => `
  import { openOverlay } from 'BUILT/src/node/index.js';
  const log = { info() {}, warn() {}, error: (text) => console.log(text) };
  const directories = process.argv.slice(2);
  const overlays = [];
  for (const stateDir of directories) overlays.push(await openOverlay({ stateDir, log }));
  const trade = () => {
    for (const { engine, kept } of overlays) {
      for (let i = 0; i < ${TRADES}; i += 1) {
        const exitTime = Date.now() - 60_000 + i;
        const at = { entryTime: exitTime, exitTime, entryPrice: 100, stop: 90, size: 1 };
        engine.recordTrade({ id: 't' + i, strategy: 's', symbol: 'BTC/USDT', pnl: i, ...at });
      }
      kept('lots').save({ lots: ${TRADES} });
    }
  };
  const stayAlive = () => setInterval(() => {}, 1000);
  ${ending}
`;

/** Runs it until it says that it is ready, sends it a signal if there is one, and tells how it ended. */
async function end(program: Program, signal: NodeJS.Signals | null) {
  if (signal !== null) {
    await program.says('ready');
    program.child.kill(signal);
  }
  return program.ended;
}

/** What a start finds of a bot that ended. */
async function left(stateDir: string) {
  const lease = await takeLease(stateDir, { patience: 0 });
  await lease.release();
  const { engine } = await recover(new LowdbStateStore(stateDir), join(stateDir, 'journal'));
  return engine.decomposer.getPortfolioPerformance().trades;
}

/** What it said first, whatever its own name. */
const firstLine = (out: string) => out.split('\n')[0]!.replace(/program-[\d-]+/, 'program');

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

describe('a bot that has the overlay ends as it would without, and loses nothing of what it recorded', () => {
  it.each([
    ['process.exit(0)', 'trade(); process.exit(0);', null],
    ['process.exit(3) at a later turn', 'trade(); setTimeout(() => process.exit(3), 20);', null],
    ['an error that nobody catches', "trade(); throw new Error('a bug');", null],
    ['a promise that nobody catches', "trade(); Promise.reject(new Error('a bug'));", null],
    ['nothing left to do', 'trade();', null],
    ...SIGNALS.map((signal) => [signal, "trade(); stayAlive(); console.log('ready');", signal] as const),
    ...SIGNALS.map(
      (signal) =>
        [
          `${signal}, which it listens to once and ends by itself`,
          `process.once('${signal}', () => setTimeout(() => { trade(); process.exit(7); }, 100));
           stayAlive(); console.log('ready');`,
          signal,
        ] as const,
    ),
    [
      'SIGTERM, while the overlay is being closed',
      "trade(); console.log('ready'); for (const { close } of overlays) void close(); process.kill(process.pid, 'SIGTERM'); stayAlive();",
      null,
    ],
    [
      'SIGTERM, which it listens to, with positions closed in the handler',
      "process.on('SIGTERM', () => { trade(); process.exitCode = 5; clearInterval(timer); }); const timer = stayAlive(); console.log('ready');",
      'SIGTERM',
    ],
    [
      'a second SIGTERM, while it does what the first one asked for once',
      `process.once('SIGTERM', () => setTimeout(() => { trade(); process.kill(process.pid, 'SIGTERM'); }, 50));
       stayAlive(); console.log('ready');`,
      'SIGTERM',
    ],
  ] as const)('by %s', async (_name, ending, signal) => {
    const text = bot(ending);
    const bare = await end(start(folder, text), signal);
    const dirs = [await directory(), await directory()];
    for (const directories of [dirs.slice(0, 1), dirs]) {
      const { code, signal: by, out } = await end(start(folder, text, ...directories), signal);
      expect([code, by, firstLine(out)]).toEqual([bare.code, bare.signal, firstLine(bare.out)]);
    }
    expect(await Promise.all(dirs.map(left))).toEqual([TRADES, TRADES]);
  });

  it('by SIGHUP, where whoever started it said that it be ignored', async () => {
    const text = bot("trade(); stayAlive(); console.log('ready');");
    const run = async (...dirs: string[]) => {
      const program = start(
        folder,
        `import { spawn } from 'node:child_process';
         const file = ${JSON.stringify(text)};
         import { writeFileSync } from 'node:fs';
         const path = process.argv[1] + '.bot.mjs';
         writeFileSync(path, file.replaceAll('BU' + 'ILT', 'BUILT'));
         const child = spawn('sh', ['-c', "trap '' HUP; exec \\"$@\\"", 'sh', process.execPath, path, ...process.argv.slice(2)]);
         child.stdout.on('data', () => child.kill('SIGHUP'));
         child.on('close', (code, signal) => console.log(code, signal));
         setTimeout(() => child.kill('SIGKILL'), 3000);`,
        ...dirs,
      );
      return (await program.ended).out;
    };
    expect(await run(await directory())).toBe(await run());
  });

  const canBeFirst = spawnSync('unshare', ['-rpf', 'true']).status === 0;
  it.skipIf(!canBeFirst)('not at all by SIGTERM, as the first process of a container', async () => {
    const stateDir = await directory();
    const said = `const lease = readFileSync(readdirSync(stateDir + '/lease').map((name) => stateDir + '/lease/' + name).at(-1), 'utf8');
      console.log(process.pid, JSON.parse(lease.slice(0, lease.indexOf('}') + 1)).released, overlays[0].engine.getOptimizationStatus().time > 0);`;
    const text = bot(`import { readdirSync, readFileSync } from 'node:fs'; const [stateDir] = directories;
      process.kill(process.pid, 'SIGTERM'); setTimeout(() => { trade(); ${said} process.exit(0); }, 300);`);
    const inside =
      "import { spawnSync } from 'node:child_process'; import { writeFileSync } from 'node:fs';\n";
    const run = `const first = process.argv[1] + '.first.mjs'; writeFileSync(first, ${JSON.stringify(text)}.replaceAll('BU' + 'ILT', 'BUILT'));
      const { stdout } = spawnSync('unshare', ['-rpf', process.execPath, first, ...process.argv.slice(2)], { encoding: 'utf8' });
      console.log(stdout);`;
    const { out } = await start(folder, `${inside}${run}`, stateDir).ended;
    expect(out.trim()).toBe('1 false true');
    expect(await left(stateDir)).toBe(TRADES);
  });

  it('by SIGTERM, which an overlay that was closed has nothing to do with any more', async () => {
    const dir = await directory();
    const text = bot(
      `trade(); for (const { close } of overlays) await close(); stayAlive();
       console.log(['exit', 'SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => process.listenerCount(name)).join());
       console.log('ready');`,
    );
    const bare = await end(start(folder, text), 'SIGTERM');
    const ended = await end(start(folder, text, dir), 'SIGTERM');
    expect(ended).toEqual(bare);
    expect(await left(dir)).toBe(TRADES);
  });
});
