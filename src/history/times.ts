import { EdgekeeperError, show } from '../model/errors.ts';

/** How the times of a column are written. */
export interface TimeStyle {
  /** ms that a unit of a plain number stands for; null for text. */
  readonly unit: number | null;
  readonly order: 'ymd' | 'dmy' | 'mdy';
  /** Whether the text says in which zone it is; UTC is assumed where not. */
  readonly hasZone: boolean;
}

/** Orders of day and month that may be told where the text leaves it open. */
export const DATE_ORDERS = ['dmy', 'mdy'] as const;
export type DateOrder = (typeof DATE_ORDERS)[number];

const UNITS: readonly [from: number, unit: number, name: string][] = [
  [1e17, 1e-6, 'nanoseconds'],
  [1e14, 1e-3, 'microseconds'],
  [1e11, 1, 'milliseconds'],
  [1e8, 1000, 'seconds'],
];
const PARTS =
  /^(\d{1,4})[-./](\d{1,2})[-./](\d{1,4})(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([AaPp][Mm])?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$/;
const NAMED = /[a-z]{3}/i;
/** Share of a column that is numbers where it is one of numbers. */
const MOST = 0.8;

/**
 * How the times of a column are written. Throws `HISTORY_INVALID` for days and months that cannot be told apart.
 * @param order what the user says of that
 */
export function timeStyleOf(texts: readonly string[], column: string, order?: DateOrder): TimeStyle {
  const given = texts.filter((text) => text.trim() !== '');
  const plain = given.map(Number).filter(Number.isFinite);
  // A line of totals among them says nothing of the others.
  if (plain.length > 0 && plain.length >= MOST * given.length) {
    const largest = plain.reduce((a, b) => Math.max(a, b));
    const unit = UNITS.find(([from]) => largest >= from)?.[1] ?? null;
    if (unit === null)
      throw invalid(
        `${show(given[0])} in column ${column}`,
        'a date, or a time in seconds or milliseconds since 1970',
      );
    return { unit, order: 'ymd', hasZone: true };
  }
  const parts = given.flatMap((text) => [PARTS.exec(text.trim())].filter((match) => match !== null));
  const hasZone = parts.length > 0 && parts.every((match) => match[9] !== undefined);
  if (parts.every((match) => match[1]!.length === 4)) return { unit: null, order: 'ymd', hasZone };
  if (order) return { unit: null, order, hasZone };
  const isDayFirst = parts.some((match) => Number(match[1]) > 12);
  const isMonthFirst = parts.some((match) => Number(match[2]) > 12);
  if (isDayFirst === isMonthFirst)
    throw invalid(
      `${show(given[0])} in column ${column}, of which nobody knows whether the day or the month is first`,
      '--dates dmy or --dates mdy',
    );
  return { unit: null, order: isDayFirst ? 'dmy' : 'mdy', hasZone };
}

/** Name of the unit of a plain number, for a notice. */
export const unitName = (unit: number): string => UNITS.find((each) => each[1] === unit)![2];

/** A time as a table writes it, in ms UTC; NaN where it is none. */
export function timeOf(text: string | undefined, { unit, order }: TimeStyle, offsetMinutes = 0): number {
  if (text === undefined || text.trim() === '') return Number.NaN;
  if (unit !== null) return Math.round(Number(text) * unit);
  const match = PARTS.exec(text.trim());
  if (match === null) return NAMED.test(text) ? namedTime(text, offsetMinutes) : Number.NaN;
  const [, a, b, c, hour = '0', minute = '0', second = '0', fraction = '0', half, zone] = match;
  const [year, month, day] = order === 'ymd' ? [a, b, c] : order === 'dmy' ? [c, b, a] : [c, a, b];
  const fullYear = Number(year) < 100 ? 2000 + Number(year) : Number(year);
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (/p/i.test(half) ? 12 : 0);
  const ms = Math.floor(Number(`0.${fraction}`) * 1000);
  const time = Date.UTC(fullYear, Number(month) - 1, Number(day), hours, Number(minute), Number(second), ms);
  const isDay = new Date(time).getUTCMonth() === Number(month) - 1 && Number(day) >= 1 && hours < 24;
  return isDay ? time - (zoneMinutes(zone) ?? offsetMinutes) * 60_000 : Number.NaN;
}

/** A time with the name of its month. Where it says no zone it is not that of this machine. */
function namedTime(text: string, offsetMinutes: number): number {
  const saysZone = /(Z|UTC|GMT|[+-]\d{2}:?\d{2})\)?$/i.test(text.trim());
  return saysZone ? Date.parse(text) : Date.parse(`${text.trim()} UTC`) - offsetMinutes * 60_000;
}

/** Minutes that the clock of a column is ahead of UTC by its header, such as `Time(UTC+08:00)`; null where it says none. */
export function zoneIn(header: string): number | null {
  const [, zone, sign, hours, minutes = '0'] =
    /\b(UTC|GMT)(?:([+-])(\d{1,2}):?(\d{2})?)?/i.exec(header) ?? [];
  if (zone === undefined) return null;
  return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** Minutes that a zone such as +02:00 is ahead of UTC; null where none is said. */
function zoneMinutes(zone: string | undefined): number | null {
  if (zone === undefined) return null;
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (match === null) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}

const invalid = (found: string, expected: string): EdgekeeperError =>
  new EdgekeeperError('HISTORY_INVALID', { found, expected, hint: 'Nothing was read.' });
