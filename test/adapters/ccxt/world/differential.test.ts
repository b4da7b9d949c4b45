import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programs } from './bots/program.ts';
import { Clients } from './clients.ts';
import type { World } from './run.ts';
import { type Server, startServer } from './server.ts';
import { Tally } from './tally.ts';
import { KINDS } from './venue/instruments.ts';
import { tryProgram } from './world.ts';

const PROGRAMS_A_KIND = 4;
const SEED = 20_240_101;

let server: Server;
let world: World;
beforeAll(async () => {
  server = await startServer();
  world = { server, clients: new Clients(server) };
});
afterAll(() => server.stop());

describe('random bots on a venue with a ledger of its own', () => {
  for (const kind of KINDS)
    it(`trade the same with the overlay, and are recorded as they were, on ${kind}`, async () => {
      const tally = new Tally();
      for (const program of fc.sample(programs(kind), { numRuns: PROGRAMS_A_KIND, seed: SEED })) {
        const outcome = await tryProgram(program, world);
        tally.add(kind, outcome);
        expect(
          outcome.findings.map(({ check, mode, message }) => `${check} (${mode}): ${message}`),
          JSON.stringify(program),
        ).toEqual([]);
      }
      // A world in which nothing is judged, closed or summed up shows nothing.
      expect(tally.counts(kind).exits).toBeGreaterThan(20);
      // On margin nobody asks the account that an order was on: what happens there is counted as not known.
      if (kind !== 'margin') expect(tally.counts(kind).summed).toBeGreaterThan(3);
    });
});
