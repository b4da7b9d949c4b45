import { PassThrough } from 'node:stream';
import { runCli } from '../../src/cli/program.ts';
import { wallClock } from '../../src/node/clock.ts';

/** Runs a command line of this process, and gives back what it printed. */
export async function edgekeeper(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  // No time passes for it, so that it waits for answers as long as a test may take.
  const now = wallClock.now();
  const code = await runCli(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    clock: { now: () => now, sleep: wallClock.sleep },
    signal: new AbortController().signal,
    terminal: new PassThrough() as never,
    logLevel: 'silent',
  });
  return { code, out, err };
}
