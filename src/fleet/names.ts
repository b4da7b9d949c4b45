import { createHash } from 'node:crypto';

/** How a fleet's things are called at the servers. Names of fleets and bots are checked by the configuration. */
export const streamOf = (fleet: string): string => `EK_${fleet}`;
export const subjectOf = (fleet: string, partition: number, bot: string): string =>
  `ek.${fleet}.${partition}.${bot}`;
/** Subjects of all bots of a partition, or of all partitions. */
export const subjectsOf = (fleet: string, partition: number | '*' = '*'): string =>
  `ek.${fleet}.${partition}.*`;
export const botOf = (subject: string): string => subject.slice(subject.lastIndexOf('.') + 1);

/**
 * Buckets. `settings`: what the fleet is; `bots`: whose name is held by whom; `orders` of operators, and `acks` of
 * bots; `turns`: which replica has which partition; `learned`: what of a partition is known; `published`: what all
 * partitions come to.
 */
export const BUCKETS = ['settings', 'bots', 'orders', 'acks', 'turns', 'learned', 'published'] as const;
export type BucketName = (typeof BUCKETS)[number];
export const bucketOf = (fleet: string, bucket: BucketName): string => `ek_${fleet}_${bucket}`;

/** The stream that a bucket is, and how subjects of its keys begin. */
export function streamOfBucket(fleet: string, bucket: BucketName): { stream: string; prefix: string } {
  const name = bucketOf(fleet, bucket);
  return { stream: `KV_${name}`, prefix: `$KV.${name}.` };
}

/** A number in [0, 1) that is always the same for a text: bots are spread by it evenly. */
export function placeOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
}

/** The partition of a bot, in [0, partitions). */
export const partitionOf = (bot: string, partitions: number): number => Math.floor(placeOf(bot) * partitions);

/** A name as a key of a bucket, which takes fewer characters than names have. */
export const keyOf = (name: string): string => Buffer.from(name, 'utf8').toString('base64url');
