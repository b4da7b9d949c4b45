/** Whether a value is a time in ms since the epoch, up to the year 5138: a time in microseconds is none. */
export function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 1e14;
}
