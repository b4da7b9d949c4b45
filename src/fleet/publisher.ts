import type { KV } from '@nats-io/kv';
import { z } from '../model/z.ts';
import { allCheckpoints } from './checkpoints.ts';
import { isOutrun } from './identity.ts';
import { allOf, claimOf, priorsOf } from './learning/all.ts';
import { fleetGuardSchema, guardAfter, isNews, type PublishedGuard } from './learning/guard.ts';
import type { FleetPrior } from './learning/prior.ts';

const publishedPriorSchema = z.object({
  mean: z.number(),
  deviation: z.number(),
  error: z.number(),
  spread: z.number(),
  bots: z.number(),
  outcomes: z.number(),
  days: z.number(),
});
export const publishedPriorsSchema = z.object({
  /** When they were told, in ms. */
  at: z.number(),
  priors: z.array(z.tuple([z.string(), publishedPriorSchema])),
});
export const publishedGuardSchema = z.object({ told: fleetGuardSchema.nullable(), latest: fleetGuardSchema });

/** How often priors are told at most, in ms: each bot writes them down. */
const TELL_EVERY = 600_000;
/** Changes of a prior below these, in standard deviations of R, are not told to every bot. */
const LEAST_CHANGE = 0.01;

interface Schema<T> {
  safeParse(value: unknown): { readonly success: true; readonly data: T } | { readonly success: false };
}

/** What of the partitions of a fleet is told to its bots, by whichever replica has the first of them. */
export class Publisher {
  readonly #learned: KV;
  readonly #published: KV;
  readonly #partitions: number;

  constructor(learned: KV, published: KV, partitions: number) {
    this.#learned = learned;
    this.#published = published;
    this.#partitions = partitions;
  }

  /** Tells what has changed. Another replica may do the same at the same time: the first word counts. */
  async publish(now: number): Promise<void> {
    const partitions = await allCheckpoints(this.#learned, this.#partitions);
    if (partitions.length === 0) return;
    const fleet = allOf(partitions);
    await this.#tell('priors', publishedPriorsSchema, (told) => {
      const priors = priorsOf(fleet);
      const isNews = told === null ? priors.length > 0 : hasChanged(told.priors, priors);
      return isNews && now - (told?.at ?? 0) >= TELL_EVERY ? { at: now, priors } : null;
    });
    await this.#tell('guard', publishedGuardSchema, (before) => {
      const latest = guardAfter(before?.latest ?? null, fleet, now);
      if (latest === null) return null;
      const told: PublishedGuard | null = before?.told ?? null;
      return { latest, told: isNews(latest, told) ? latest : told };
    });
    await this.#tell('claim', z.object({ v0: z.number().nullable() }), (before) => {
      if (before !== null && before.v0 !== null) return null;
      const { v0 } = claimOf(partitions, null);
      return v0 === null ? null : { v0 };
    });
  }

  /** @param next what is to be told after what was; null where nothing is */
  async #tell<T>(key: string, schema: Schema<T>, next: (told: T | null) => T | null): Promise<void> {
    const entry = await this.#published.get(key);
    const told =
      entry === null || entry.operation !== 'PUT' ? null : schema.safeParse(JSON.parse(entry.string()));
    const value = next(told?.success ? told.data : null);
    if (value === null) return;
    const text = JSON.stringify(value);
    try {
      if (entry === null || entry.operation !== 'PUT') await this.#published.create(key, text);
      else await this.#published.update(key, text, entry.revision);
    } catch (error) {
      if (!isOutrun(error)) throw error;
    }
  }
}

function hasChanged(
  told: readonly (readonly [string, FleetPrior])[],
  priors: readonly (readonly [string, FleetPrior])[],
): boolean {
  const before = new Map(told);
  return (
    told.length !== priors.length ||
    priors.some(([strategy, { mean, deviation }]) => {
      const known = before.get(strategy);
      return (
        known === undefined ||
        Math.abs(known.mean - mean) >= LEAST_CHANGE ||
        Math.abs(known.deviation - deviation) >= LEAST_CHANGE
      );
    })
  );
}
