import { EdgekeeperError, type ErrorCode, show } from './errors.ts';
import { asCell, CELLS, type Cell, REGIMES, type RegimeLabel } from './regime.ts';
import { isName } from './strategy.ts';
import { isTime } from './time.ts';

/** More than this is no money, price or size: sums of squares of it would leave the numbers. */
export const MAX_MONEY = 1e15;

/** Whether a value is a number that can be an amount. Hosts hand over numbers as text, too: a text is none. */
export const isMoney = (value: unknown): value is number =>
  typeof value === 'number' && Math.abs(value) <= MAX_MONEY;

/** Refuses an argument with a coded error. */
export function refuse(
  found: string,
  expected: string,
  code: ErrorCode = 'ARGUMENT_INVALID',
  hint = 'Nothing was changed.',
): never {
  throw new EdgekeeperError(code, { found, expected, hint });
}

/**
 * Reads an object of a host. Whatever goes wrong inside of it, such as a property that throws, becomes a coded error; our
 * own come through.
 */
export function reading<T>(what: string, code: ErrorCode, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof EdgekeeperError) throw cause;
    const parts = {
      found: `${what} that cannot be read`,
      expected: 'plain values',
      hint: 'Nothing was changed.',
    };
    throw new EdgekeeperError(code, parts, { cause });
  }
}

/** A copy of a value as JSON says it, which nobody else holds, and which can be written and read back. */
export function plain<T>(what: string, value: T, code: ErrorCode = 'ARGUMENT_INVALID'): T {
  return reading(what, code, () => {
    const text = JSON.stringify(value);
    return text === undefined ? refuse(show(value), 'a plain value', code) : JSON.parse(text);
  });
}

/** What can be asked whether a value is one of a kind. */
interface Schema<T> {
  safeParse(value: unknown):
    | { readonly success: true; readonly data: T }
    | {
        readonly success: false;
        readonly error: { readonly issues: readonly { path: readonly PropertyKey[]; message: string }[] };
      };
}

/** A state that a component is to continue from. Throws `SNAPSHOT_INVALID` unless it is one. */
export function checkedState<T>(schema: Schema<T>, given: unknown): T {
  if (isKnownSound(given)) return given as T;
  const parsed = reading('a state', 'SNAPSHOT_INVALID', () => schema.safeParse(given));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return refuse(
    `${issue!.path.map(String).join('.') || 'the state'}: ${issue!.message}`,
    'a state as snapshot() gave it',
    'SNAPSHOT_INVALID',
  );
}

/** States and decisions that are known for sound: those of a snapshot, and of a line, were checked with it. */
const sound = new WeakSet<object>();

/** Says of a state that it need not be checked again. */
export function knownSound<T extends object>(state: T): T {
  sound.add(state);
  return state;
}

export function checkName(value: unknown, what = 'strategy', code: ErrorCode = 'ARGUMENT_INVALID'): void {
  if (!isName(value)) refuse(`${what} ${show(value)}`, 'a printable name of 1 to 100 characters', code);
}

export function checkTime(value: unknown, what = 'time', code: ErrorCode = 'COMMAND_INVALID'): void {
  if (!isTime(value)) refuse(`${what} ${show(value)}`, 'a time in ms', code);
}

/** Whether a value is a label of a regime, or a cell. */
export const isRegime = (value: unknown): value is RegimeLabel | Cell =>
  (REGIMES as readonly unknown[]).includes(value) || (CELLS as readonly unknown[]).includes(value);

/** The cell that a label or a cell means. Throws unless it is one. */
export function checkedCell(value: unknown, code: ErrorCode = 'ARGUMENT_INVALID'): Cell {
  if (isRegime(value)) return asCell(value);
  return refuse(`regime ${show(value)}`, `one of ${[...new Set([...REGIMES, ...CELLS])].join(', ')}`, code);
}

/** How many of the latest are asked for. Throws unless it is a count, or Infinity. */
export function checkLimit(value: unknown): void {
  const fits = value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && (value as number) >= 0);
  if (!fits) refuse(`limit ${show(value)}`, 'a count of 0 or more');
}

/** Whether a value is one of those: who holds it can have it from nowhere else. */
export const isKnownSound = (given: unknown): boolean =>
  typeof given === 'object' && given !== null && sound.has(given);
