#!/usr/bin/env node
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

process.exitCode = await runCli(process.argv.slice(2), processWorld(stop.signal));
