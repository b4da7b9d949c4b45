import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { type Program, programs } from '../test/adapters/ccxt/world/bots/program.ts';
import { shrink } from '../test/adapters/ccxt/world/bots/shrink.ts';
import { Clients } from '../test/adapters/ccxt/world/clients.ts';
import { startServer } from '../test/adapters/ccxt/world/server.ts';
import { Tally } from '../test/adapters/ccxt/world/tally.ts';
import { KINDS, type Kind } from '../test/adapters/ccxt/world/venue/instruments.ts';
import { type Finding, tryProgram } from '../test/adapters/ccxt/world/world.ts';

/**
 * Random bots on a venue on this machine, each run without the overlay and with it in four ways.
 * EDGEKEEPER_PROGRAMS says how many, EDGEKEEPER_SEED which, EDGEKEEPER_MINUTES how long at most,
 * EDGEKEEPER_KINDS on which accounts.
 */
const PROGRAMS = Number(process.env.EDGEKEEPER_PROGRAMS ?? 2000);
const SEED = Number(process.env.EDGEKEEPER_SEED ?? Math.floor(Math.random() * 2 ** 31));
const DEADLINE = Date.now() + Number(process.env.EDGEKEEPER_MINUTES ?? 20) * 60_000;
const WANTED = process.env.EDGEKEEPER_KINDS?.split(',');
const kinds = KINDS.filter((kind) => WANTED?.includes(kind) ?? true);

const server = await startServer();
const world = { server, clients: new Clients(server) };
afterAll(() => server.stop());

interface Example extends Finding {
  readonly program: Program;
}

async function smallest(program: Program, { check, mode }: Finding): Promise<Example> {
  const same = ({ check: of, mode: by }: Finding) => of === check && by === mode;
  const fails = async (candidate: Program) => (await tryProgram(candidate, world)).findings.some(same);
  const found = await shrink(program, fails);
  const { findings } = await tryProgram(found, world);
  return { ...(findings.find(same) ?? { check, mode, message: 'fails only now and then' }), program: found };
}

it('random programs trade the same with the overlay, and are recorded as they were', {
  timeout: 0,
}, async () => {
  console.log(`seed ${SEED}`);
  const tally = new Tally();
  const examples = new Map<string, Example>();
  const share = Math.ceil(PROGRAMS / kinds.length);
  const samples = kinds.map((kind): [Kind, Program[]] => [
    kind,
    fc.sample(programs(kind), { numRuns: share, seed: SEED }),
  ]);
  let done = 0;
  for (let i = 0; i < share && Date.now() < DEADLINE; i += 1)
    for (const [kind, sample] of samples) {
      const outcome = await tryProgram(sample[i]!, world);
      tally.add(kind, outcome);
      done += 1;
      for (const finding of outcome.findings) {
        const name = `${kind} ${finding.check} (${finding.mode})`;
        if (!examples.has(name)) examples.set(name, await smallest(sample[i]!, finding));
      }
    }
  for (const [name, { message, program }] of examples)
    console.log(`${name}\n  ${message}\n  ${JSON.stringify(program)}\n`);
  console.log(tally.table());
  console.log(`${done} programs of seed ${SEED}`);
  expect(tally.violations).toBe(0);
});
