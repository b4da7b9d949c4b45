/** A value as indented JSON, for machines that people read over. */
export const jsonText = (value: unknown): string => JSON.stringify(jsonReady(value), null, 2);

/**
 * A copy that JSON can say without loss of meaning: an infinite number becomes null with a flag
 * `<name>Infinite: true` beside it.
 */
export function jsonReady(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(jsonReady);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) =>
      item === Number.POSITIVE_INFINITY
        ? [
            [key, null],
            [`${key}Infinite`, true],
          ]
        : [[key, jsonReady(item)]],
    ),
  );
}
