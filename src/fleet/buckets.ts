import type { MsgHdrs } from '@nats-io/transport-node';
import type { FleetConnection } from './connection.ts';
import { type BucketName, streamOfBucket } from './names.ts';

/** What stands in a bucket under a key. Revisions grow over all keys of a bucket. */
export interface Entry {
  readonly key: string;
  readonly text: string;
  readonly revision: number;
}

/** What was deleted is there as a message that says so. */
export const isDeleted = (headers: MsgHdrs | undefined): boolean =>
  (headers?.get('KV-Operation') ?? '') !== '';

/** How long an entry is waited for that was there a moment ago, in ms: it may have been forgotten meanwhile. */
const NEXT_WITHIN = 1500;

/**
 * Tells every entry of a bucket as it is now, in one pass; not those that were deleted. Throws where the servers fall
 * silent on the way. What the client's own watch of a bucket leaves at the servers for five minutes is taken away at once.
 */
export async function eachEntry(
  { js, fleet }: FleetConnection,
  bucket: BucketName,
  tell: (entry: Entry) => void,
  { keysOnly = false } = {},
): Promise<void> {
  const { stream, prefix } = streamOfBucket(fleet, bucket);
  const consumer = await js.consumers.get(stream, {
    filter_subjects: `${prefix}>`,
    deliver_policy: 'last_per_subject',
    headers_only: keysOnly,
  });
  try {
    const { num_pending: all } = await consumer.info(true);
    if (all === 0) return;
    for (let [told, before] = [0, -1]; told < all && told > before; ) {
      before = told;
      for await (const message of await consumer.fetch({ max_messages: all - told, expires: NEXT_WITHIN })) {
        told += 1;
        if (!isDeleted(message.headers))
          tell({ key: message.subject.slice(prefix.length), text: message.string(), revision: message.seq });
      }
    }
  } finally {
    void consumer.delete().catch(() => undefined);
  }
}

export async function keysIn(connection: FleetConnection, bucket: BucketName): Promise<Set<string>> {
  const keys = new Set<string>();
  await eachEntry(connection, bucket, ({ key }) => keys.add(key), { keysOnly: true });
  return keys;
}
