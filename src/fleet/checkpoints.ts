import { gunzipSync, gzipSync } from 'node:zlib';
import type { KV, KvEntry } from '@nats-io/kv';
import type { PartitionState } from './learning/partition.ts';

/** A checkpoint of a partition, and its revision: the next one must follow it. */
export interface Checkpoint {
  readonly state: PartitionState;
  readonly revision: number;
}

const keyOf = (partition: number): string => `p${partition}`;

export async function readCheckpoint(learned: KV, partition: number): Promise<Checkpoint | null> {
  const entry = await learned.get(keyOf(partition));
  return entry === null || entry.operation !== 'PUT'
    ? null
    : { state: stateIn(entry), revision: entry.revision };
}

/**
 * Keeps what is known of a partition. Throws what `isOutrun` knows where somebody else has kept a later one: whoever lost
 * its turn and does not know it yet changes nothing.
 * @param follows revision of the checkpoint that it goes on from; null for the first
 */
export async function writeCheckpoint(
  learned: KV,
  partition: number,
  state: PartitionState,
  follows: number | null,
): Promise<number> {
  const packed = gzipSync(JSON.stringify(state));
  return follows === null
    ? learned.create(keyOf(partition), packed)
    : learned.update(keyOf(partition), packed, follows);
}

/** What is known of every partition that has a checkpoint. */
export async function allCheckpoints(learned: KV, partitions: number): Promise<PartitionState[]> {
  const all = await Promise.all(
    Array.from({ length: partitions }, (_, partition) => readCheckpoint(learned, partition)),
  );
  return all.flatMap((each) => (each === null ? [] : [each.state]));
}

const stateIn = (entry: KvEntry): PartitionState =>
  JSON.parse(gunzipSync(entry.value).toString('utf8')) as PartitionState;
