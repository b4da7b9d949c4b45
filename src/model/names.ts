/**
 * A record by names that a host chose. One called `constructor` is a name like any other here, and one that is absent is
 * undefined.
 */
export function byName<T>(entries: Iterable<readonly [name: string, value: T]>): Record<string, T> {
  const record: Record<string, T> = Object.create(null);
  for (const [name, value] of entries) record[name] = value;
  return record;
}
