import { CHECKS, type Violation } from './checks.ts';
import type { Clients } from './clients.ts';
import type { Program } from './program.ts';
import { MODES, type Mode, type RunRecord, run } from './run.ts';
import type { Server } from './server.ts';

export interface Finding extends Violation {
  readonly mode: Mode;
}

export interface Outcome {
  readonly runs: readonly RunRecord[];
  readonly findings: readonly Finding[];
}

/** Runs a program in every mode and checks each run against the bare one. */
export async function tryProgram(program: Program, server: Server, clients: Clients): Promise<Outcome> {
  const runs: RunRecord[] = [];
  for (const mode of MODES) runs.push(await run(program, mode, server, clients));
  const [bare] = runs;
  const findings = runs.flatMap((ran) =>
    CHECKS.flatMap((check) => check(ran, bare!)).map((found) => ({ ...found, mode: ran.mode })),
  );
  return { runs, findings };
}
