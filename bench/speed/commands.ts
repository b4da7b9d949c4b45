import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLI, costOf, withDirectory } from './child.ts';
import type { RunOptions } from './concepts.ts';
import { recordedLife } from './life.ts';
import { demand, type Measurement } from './row.ts';
import { median } from './timing.ts';

/** Commands that must not care how long the journal is, and those that read it all. */
const FLAT = [['status'], ['report'], ['why', '--last'], ['audit']] as const;
const LINEAR = [['effect'], ['diff', '--config']] as const;

/** The state directory of a bot that lived through so many events, and was closed. */
async function lived(stateDir: string, events: number): Promise<string> {
  const { overlay, life } = await recordedLife(stateDir);
  for (let done = 0; done < events; done += 2000) {
    life.live(Math.min(2000, events - done));
    await overlay.durable();
  }
  await overlay.close();
  return stateDir;
}

export async function measure({ long }: RunOptions): Promise<Measurement[]> {
  const [few, many] = long ? [10_000, 300_000] : [5000, 30_000];
  return withDirectory(async (directory) => {
    const other = join(directory, 'other.json');
    writeFileSync(other, JSON.stringify({ preset: 'aggressive' }));
    const [short, full] = [
      await lived(join(directory, 'short'), few),
      await lived(join(directory, 'full'), many),
    ];
    const help = median([(await costOf([CLI, '--help'])).cpu, (await costOf([CLI, '--help'])).cpu]);
    /** Processor time in ms. */
    const run = async (command: readonly string[], stateDir: string): Promise<number> => {
      const args = [...command, ...(command[0] === 'diff' ? [other] : []), '--state-dir', stateDir];
      const took: number[] = [];
      for (let time = 0; time < (stateDir === short ? 2 : 1); time += 1) {
        const { cpu, stdout } = await costOf([CLI, ...args, '--json'], 200);
        demand(
          stdout.length > 20 && JSON.parse(stdout) !== null,
          `commands: ${command.join(' ')} says nothing`,
        );
        took.push(cpu);
      }
      return median(took);
    };
    const rows: Measurement[] = [];
    const size = `${many.toLocaleString('en')} events`;
    for (const command of FLAT) {
      const [before, after] = [await run(command, short), await run(command, full)];
      rows.push({
        what: `${command.join(' ')}, ${size}`,
        unit: 'ms',
        median: after,
        floor: { what: `${few.toLocaleString('en')} events`, value: before },
        peers: [{ what: '--help', value: help }],
        must: [{ of: 'ratio', below: 1.25 }],
      });
    }
    for (const command of LINEAR) {
      const [before, after] = [await run(command, short), await run(command, full)];
      const growth = (after - help) / (before - help) / (many / few);
      rows.push({
        what: `${command[0]}, ${size}`,
        unit: 'ms',
        median: after,
        floor: { what: `${few.toLocaleString('en')} events`, value: before },
      });
      rows.push({
        what: `${command[0]}, an event of ${size} over one of ${few.toLocaleString('en')}`,
        unit: 'x',
        median: growth,
        must: [{ of: 'value', below: 1.25 }],
      });
    }
    return rows;
  });
}
