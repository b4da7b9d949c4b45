import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

const DIST = join(root, 'dist');
const CACHE = join(root, 'node_modules/.cache');
const checkout = createHash('sha256').update(root).digest('hex').slice(0, 8);
const PREFIX = `edgekeeper-tests-${checkout}-`;
/** Where the package is compiled to, and programs lie: for all tests of one run, which are children of one process. */
const OUT = join(CACHE, `${PREFIX}${process.ppid}`);
const PROGRAMS = `${OUT}-programs`;

/** The package as processes of their own have it: what was built last, compiled by the first who asks if that is older than a source. */
export function built(): string {
  mkdirSync(CACHE, { recursive: true });
  for (const name of readdirSync(CACHE))
    if (name.startsWith(PREFIX) && !join(CACHE, name).startsWith(OUT))
      rmSync(join(CACHE, name), { recursive: true, force: true });
  if (isFresh()) return DIST;
  const done = join(OUT, 'done');
  try {
    mkdirSync(OUT);
  } catch {
    // Somebody else compiles: compiling takes some seconds.
    for (let waited = 0; !existsSync(done) && waited < 120_000; waited += 100)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    return OUT;
  }
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const project = join(root, 'tsconfig.build.json');
  const quick = ['--noCheck', '--declaration', 'false'];
  execFileSync(process.execPath, [compiler, '-p', project, ...quick, '--outDir', OUT]);
  writeFileSync(done, '');
  return OUT;
}

/** Whether nothing has changed since the package was built. */
function isFresh(): boolean {
  const at = (path: string) => statSync(path).mtimeMs;
  const since = existsSync(join(DIST, 'src/index.js')) ? at(join(DIST, 'src/index.js')) : 0;
  return ['src', 'adapters', 'tsconfig.json', 'tsconfig.build.json'].every((each) => {
    const path = join(root, each);
    const all = statSync(path).isDirectory() ? readdirSync(path, { recursive: true }) : [];
    return at(path) < since && all.every((name) => at(join(path, String(name))) < since);
  });
}

/** A program that runs beside the test. */
export interface Program {
  readonly child: ChildProcess;
  /** Resolves with all that it printed so far when it has printed this; rejects when it ends without. */
  says(text: string): Promise<string>;
  /** How it ended, and all that it printed. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; out: string }>;
}

let programs = 0;

/** Starts a module of this text, in which `BUILT` is the folder of the compiled package. */
export function start(folder: string, text: string, ...args: string[]): Program {
  mkdirSync(PROGRAMS, { recursive: true });
  programs += 1;
  const file = join(PROGRAMS, `program-${process.pid}-${programs}.mjs`);
  writeFileSync(file, text.replaceAll('BUILT', folder));
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  const heard = new Set<() => void>();
  const listen = (chunk: Buffer) => {
    out += chunk;
    for (const hear of heard) hear();
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const ended = new Promise<Awaited<Program['ended']>>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, out }));
  });
  return {
    child,
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const hear = () => {
          if (!out.includes(text)) return;
          heard.delete(hear);
          resolve(out);
        };
        heard.add(hear);
        hear();
        void ended.then(() => reject(new Error(`it ended without saying ${text}: ${out}`)));
      }),
  };
}
