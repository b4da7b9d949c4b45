import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Compiles the package for processes of their own, each user of it into a folder of its own. Returns the folder. */
export function built(name: string): string {
  const checkout = createHash('sha256').update(root).digest('hex').slice(0, 8);
  const out = join(root, 'node_modules/.cache', `edgekeeper-${name}-${checkout}`);
  rmSync(out, { recursive: true, force: true });
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const project = join(root, 'tsconfig.build.json');
  execFileSync(process.execPath, [compiler, '-p', project, '--noCheck', '--outDir', out]);
  return out;
}

/** A program that runs beside the test. */
export interface Program {
  readonly child: ChildProcess;
  /** Resolves when it has printed this; rejects when it ends without. */
  says(text: string): Promise<void>;
  /** How it ended, and all that it printed. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; out: string }>;
}

let programs = 0;

/** Starts a module of this text, in which `BUILT` is the folder of the compiled package. */
export function start(folder: string, text: string, ...args: string[]): Program {
  mkdirSync(folder, { recursive: true });
  programs += 1;
  const file = join(folder, `program-${process.pid}-${programs}.mjs`);
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
          resolve();
        };
        heard.add(hear);
        hear();
        void ended.then(() => reject(new Error(`it ended without saying ${text}: ${out}`)));
      }),
  };
}
