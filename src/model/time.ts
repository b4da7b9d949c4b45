/** Whether a value is a time in ms since the epoch, up to the year 5138: a time in microseconds is none. */
export function isTime(value: unknown): value is number {
  // JSON knows no negative zero: it would come back as another.
  return (
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 1e14 && !Object.is(value, -0)
  );
}

/** How far ahead of the host's clock a time may lie, in ms: venues and hosts do not keep quite the same time. */
export const MAX_SKEW = 300_000;
