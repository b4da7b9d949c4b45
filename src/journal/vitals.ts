import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from '../model/z.ts';
import { jsonOrNull } from './json-or-null.ts';

/** How a running bot is, in a file of its state directory: for those who follow it from outside. */
const VITALS_FILE = 'vitals.json';

/** Upper ends of the buckets in which the times of decisions are counted, in ms; the last bucket has no end. */
export const LATENCY_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 100] as const;

const vitalsSchema = z.object({
  /** Wall clock of the machine that it runs on, in ms. */
  writtenAt: z.number(),
  startedAt: z.number(),
  /** Null while it runs. */
  closedAt: z.number().nullable(),
  /** What decisions took: their number, the ms of all of them, and how many by bucket. */
  latency: z.object({
    count: z.number().int().min(0),
    sum: z.number().min(0),
    buckets: z.array(z.number().int().min(0)).length(LATENCY_BUCKETS.length + 1),
  }),
  /** Events that happened and are not in the journal yet. */
  journalLag: z.number().int().min(0),
});
/** What a bot writes down of itself every few seconds; nothing of it is needed to go on. */
export type Vitals = z.infer<typeof vitalsSchema>;

/** Null where no bot has written any, or what is there is none. */
export async function readVitals(stateDir: string): Promise<Vitals | null> {
  const text = await readFile(join(stateDir, VITALS_FILE), 'utf8').catch(() => '');
  const parsed = vitalsSchema.safeParse(jsonOrNull(text));
  return parsed.success ? parsed.data : null;
}

export async function writeVitals(stateDir: string, vitals: Vitals): Promise<void> {
  const path = join(stateDir, VITALS_FILE);
  await writeFile(`${path}.tmp`, JSON.stringify(vitals));
  await rename(`${path}.tmp`, path);
}

/** Counts how long decisions take. Costs a few comparisons each. */
export class Latency {
  readonly #buckets: number[] = new Array(LATENCY_BUCKETS.length + 1).fill(0);
  #count = 0;
  #sum = 0;

  add(ms: number): void {
    let at = 0;
    while (at < LATENCY_BUCKETS.length && ms > LATENCY_BUCKETS[at]!) at += 1;
    this.#buckets[at]! += 1;
    this.#count += 1;
    this.#sum += ms;
  }

  get figures(): Vitals['latency'] {
    return { count: this.#count, sum: this.#sum, buckets: [...this.#buckets] };
  }
}
