import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { savedEngine } from '../../src/cli/saved.ts';
import { type EngineEvent, OptimizationEngine } from '../../src/index.ts';
import { withDirectory } from './child.ts';
import type { RunOptions } from './concepts.ts';
import { lifeOf, recordedLife } from './life.ts';
import { demand, type Measurement } from './row.ts';
import { cpu, keep, median } from './timing.ts';

/** A state directory as a process leaves it that is killed: the snapshot of its first moment, and a long journal. */
export async function killedLife(
  directory: string,
  events: number,
): Promise<{ stateDir: string; state: string }> {
  const living = join(directory, 'living');
  const { overlay, life } = await recordedLife(living);
  for (let lived = 0; lived < events; lived += 2000) {
    life.live(2000);
    await overlay.durable();
  }
  const stateDir = join(directory, 'killed');
  // Whatever says that somebody has the directory is left behind.
  cpSync(living, stateDir, {
    recursive: true,
    filter: (path) => !/lock|lease/.test(path.slice(living.length)),
  });
  const state = JSON.stringify(overlay.engine.snapshot());
  await overlay.close();
  return { stateDir, state };
}

/** Parses and checks lines of the same events, and does nothing else. Returns processor time of an event in us. */
function parseOnly(events: number): number {
  const engine = new OptimizationEngine();
  const lines: { text: string; sum: number }[] = [];
  const life = lifeOf(engine);
  engine.subscribe((event: EngineEvent) => {
    if (event.type === 'error') return;
    const text = JSON.stringify(event);
    lines.push({ text, sum: crc32(text) });
  });
  life.live(events);
  const began = cpu();
  for (const { text, sum } of lines) {
    demand(crc32(text) === sum, 'recovery: the floor does not check');
    keep(JSON.parse(text));
  }
  return (cpu() - began) / events;
}

/** Lives through events of the same kinds, and writes and reads nothing. Returns processor time of an event in us. */
function liveOnly(events: number): number {
  const life = lifeOf(new OptimizationEngine());
  life.live(events / 4);
  const began = cpu();
  life.live(events);
  return (cpu() - began) / events;
}

export async function measure({ long }: RunOptions): Promise<Measurement[]> {
  const events = long ? 200_000 : 40_000;
  return withDirectory(async (directory) => {
    const { stateDir, state } = await killedLife(directory, events);
    demand(readdirSync(stateDir).includes('journal'), 'recovery: there is no journal');
    const took: number[] = [];
    for (let run = 0; run < (long ? 2 : 3); run += 1) {
      const began = cpu();
      const engine = await savedEngine(stateDir);
      took.push(cpu() - began);
      demand(
        JSON.stringify(engine.snapshot()) === state,
        'recovery: another state than the one that was lost',
      );
    }
    const floor = parseOnly(20_000);
    // What was learned before the life began is in the journal, too.
    const whole = events + 20 * 3 * 20 + 3 * 600;
    return [
      {
        what: 'recovery, per CPU second',
        unit: 'events/s',
        median: (whole / median(took)) * 1e6,
        floor: { what: 'parse and checksum alone', value: 1e6 / floor },
        // What followed from an event is found again: nothing comes back faster than it happened.
        peers: [{ what: 'living through the same, unrecorded', value: 1e6 / liveOnly(events) }],
        must: [{ of: 'median', above: 100_000 }],
      },
    ];
  });
}
