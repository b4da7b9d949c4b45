import type { Program } from './bots/program.ts';
import { CHECKS, type Violation } from './checks.ts';
import { MODES, type Mode } from './overlays.ts';
import { type RunRecord, run, type World } from './run.ts';

export interface Finding extends Violation {
  readonly mode: Mode;
}

export interface Outcome {
  readonly runs: readonly RunRecord[];
  readonly findings: readonly Finding[];
}

/** The same bot going by what it asked for: what `translate-exits` is for. */
const goingByAsked = ({ style, ...program }: Program): Program => ({
  ...program,
  style: { ...style, sizes: 'asked', reads: style.reads === 'nothing' ? 'nothing' : 'orders' },
});

/** Runs a program in every mode and checks each run against the bare one. */
export async function tryProgram(program: Program, world: World): Promise<Outcome> {
  const runs: RunRecord[] = [];
  for (const mode of MODES)
    if (mode !== 'translate') runs.push(await run(program, mode, world));
    else if (program.style.sizes === 'own') runs.push(await run(goingByAsked(program), mode, world));
  const [bare] = runs;
  const findings = runs.flatMap((ran) =>
    CHECKS.flatMap((check) => check(ran, bare!)).map((found) => ({ ...found, mode: ran.mode })),
  );
  return { runs, findings };
}
