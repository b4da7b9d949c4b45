/** Whether a value that an exchange answered has fields to read. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** The rows of an answer that may be one row, a list, or nothing. */
export const rowsOf = (answer: unknown): Record<string, unknown>[] =>
  (Array.isArray(answer) ? answer : [answer]).filter(isRecord);
