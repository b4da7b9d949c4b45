#!/usr/bin/env node
import { printableLines } from '../model/printable.ts';
import { runCli } from './program.ts';
import { processWorld } from './world.ts';

// Whoever reads has enough, as with `| head`: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const stop = new AbortController();
// The first Ctrl-C ends a live run with its report; the second ends the process at once.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());

try {
  const args = process.argv.slice(2);
  process.exitCode = await runCli(args, processWorld(stop.signal, !args.includes('--json')));
} catch (error) {
  // A fault of this program, which may quote what others wrote as well.
  process.stderr.write(`${printableLines((error as Error).stack ?? String(error))}\n`);
  process.exitCode = 1;
}
