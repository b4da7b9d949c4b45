import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FleetConnection } from '../../src/fleet/connection.ts';
import { Partition, type PartitionState } from '../../src/fleet/learning/partition.ts';
import { HEADERS, linesIn } from '../../src/fleet/message.ts';
import { botOf, subjectsOf } from '../../src/fleet/names.ts';
import { shipmentIn } from '../../src/fleet/shipper.ts';
import type { JournalLine } from '../../src/journal/codec/line.ts';

export const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
export const fresh = () => mkdtemp(join(tmpdir(), 'edgekeeper-'));

export interface Streamed {
  readonly at: number;
  readonly bot: string;
  readonly stampedAt: number;
  readonly shipment: ReturnType<typeof shipmentIn>;
  readonly lines: readonly JournalLine[];
}

/** Everything that the stream has, in its order. */
export async function streamOf(
  { js, jsm, stream }: FleetConnection,
  fleet: string,
  partition: number | '*' = '*',
): Promise<Streamed[]> {
  const { state } = await jsm.streams.info(stream);
  const all: Streamed[] = [];
  if (state.messages === 0) return all;
  const consumer = await js.consumers.get(stream, { filter_subjects: subjectsOf(fleet, partition) });
  const { num_pending: pending } = await consumer.info();
  if (pending === 0) return all;
  for await (const message of await consumer.consume({ max_messages: 500 })) {
    // A consumer that was made anew on the way may begin a little earlier.
    if (message.seq > (all.at(-1)?.at ?? 0)) {
      const shipment = shipmentIn(message.headers);
      all.push({
        at: message.seq,
        bot: botOf(message.subject),
        stampedAt: message.time.getTime(),
        shipment,
        lines: linesIn(shipment, message.data, message.headers?.get(HEADERS.coding) === 'gzip'),
      });
    }
    if (message.info.pending === 0) break;
  }
  return all;
}

/** What the messages of a partition come to, computed anew from the first. */
export function recomputed(messages: readonly Streamed[], upTo = Number.POSITIVE_INFINITY): PartitionState {
  const partition = new Partition();
  for (const { at, bot, stampedAt, shipment, lines } of messages)
    if (at <= upTo) partition.take(at, stampedAt, bot, shipment, lines);
  return partition.snapshot();
}
