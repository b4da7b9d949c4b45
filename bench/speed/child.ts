import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BenchError } from './row.ts';

/** A module beside this one, or of the product, as it was compiled. */
export const builtPath = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
export const CLI = builtPath('../../src/cli/main.js');

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  /** From the start of the process to its end, in ms. */
  readonly wall: number;
}

/** Runs node. Kills it after so many seconds, which is a failure. */
export function runNode(
  args: readonly string[],
  seconds: number,
  env: NodeJS.ProcessEnv = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    const bound = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new BenchError(`it took more than ${seconds} s`));
    }, seconds * 1000);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(bound);
      const [stdout, stderr] = [Buffer.concat(out).toString(), Buffer.concat(err).toString()];
      resolve({ stdout, stderr, code, wall: performance.now() - began });
    });
  });
}

const MARK = 'processor time in us: ';
const AT_EXIT = `data:text/javascript,process.on('exit', () => { const { user, system } = process.cpuUsage(); process.stderr.write('${MARK}' + (user + system)); });`;

export interface Cost {
  /** Processor time of the whole process, in ms. */
  readonly cpu: number;
  readonly wall: number;
  readonly stdout: string;
}

/** What a node process takes. @throws BenchError where it fails */
export async function costOf(args: readonly string[], seconds = 60): Promise<Cost> {
  const { stdout, stderr, code, wall } = await runNode(['--import', AT_EXIT, ...args], seconds);
  const at = stderr.lastIndexOf(MARK);
  if (code !== 0 || at < 0)
    throw new BenchError(`node ${args.slice(-6).join(' ')} ended with ${code}: ${stderr.slice(0, 500)}`);
  return { cpu: Number(stderr.slice(at + MARK.length)) / 1000, wall, stdout };
}

/** Runs with a directory of its own, which is gone afterwards. */
export async function withDirectory<T>(run: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'edgekeeper-speed-'));
  try {
    return await run(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
