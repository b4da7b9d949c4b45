import type { KV } from '@nats-io/kv';

/** Tells every entry of a bucket as it is now, in one pass; not those that were deleted. */
export async function eachEntry(
  bucket: KV,
  tell: (key: string, text: string, revision: number) => void,
): Promise<void> {
  const { values } = await bucket.status();
  if (values === 0) return;
  const entries = await bucket.watch();
  for await (const entry of entries) {
    if (entry.operation === 'PUT') tell(entry.key, entry.string(), entry.revision);
    if (entry.delta === 0) break;
  }
  entries.stop();
}

export async function keysIn(bucket: KV): Promise<Set<string>> {
  const keys = new Set<string>();
  for await (const key of await bucket.keys()) keys.add(key);
  return keys;
}
