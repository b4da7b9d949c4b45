import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type JournalLine, linesOf, lostLine, namesLine } from '../journal/codec/line.ts';
import { KnownNames, NameTable } from '../journal/codec/names.ts';
import { decoded, type Values } from '../journal/scan.ts';
import { EdgekeeperError } from '../model/errors.ts';

/**
 * Some events of a bot, one after another, as one message: the lines of its journal, with the names that they use. What
 * it holds is said by its headers, so that nobody has to open it to know where a bot is.
 */
export interface Shipment {
  /** How often the record of the bot began anew, such as from a backup: events of two lives are two records. */
  readonly life: number;
  /** First and last event; those that the journal lost count as well. */
  readonly first: number;
  readonly last: number;
  /** Latest host time of its events, in ms. */
  readonly time: number;
  /** What tells the last event from any other. */
  readonly mark: string;
}

export const HEADERS = {
  life: 'Ek-Life',
  first: 'Ek-First',
  last: 'Ek-Last',
  time: 'Ek-Time',
  mark: 'Ek-Mark',
  kinds: 'Ek-Kinds',
  coding: 'Content-Encoding',
} as const;

/** Lines and, about, bytes of a message: servers take no more than a megabyte by default. */
export const MESSAGE_LINES = 500;
const MESSAGE_BYTES = 256 << 10;
/** Below this packing makes nothing smaller. */
const PACK_FROM = 512;
/** Largest message, unpacked: somebody else may write to a server, too. */
const MOST_BYTES = 64 << 20;

export interface Message {
  readonly lines: readonly JournalLine[];
  readonly shipment: Shipment;
  readonly kinds: readonly string[];
  readonly payload: Buffer;
  readonly isPacked: boolean;
}

/** Packs events of a journal into messages. @param lines in order, each following from the one before */
export function messagesOf(lines: readonly JournalLine[], life: number): Message[] {
  const messages: Message[] = [];
  for (let at = 0; at < lines.length; ) {
    const names = new NameTable();
    const texts: string[] = [];
    const from = at;
    let size = 0;
    for (; at < lines.length && at - from < MESSAGE_LINES && size < MESSAGE_BYTES; at += 1)
      for (const text of textsOf(lines[at]!, names)) {
        texts.push(text);
        size += text.length;
      }
    const [first, last] = [lines[from]!, lines[at - 1]!];
    const whole = Buffer.from([namesLine(0, names.from(0)), ...texts].join('\n'));
    const isPacked = whole.length >= PACK_FROM;
    messages.push({
      lines: lines.slice(from, at),
      shipment: {
        life,
        first: first.event.type === 'lost' ? first.event.from : first.seq,
        last: last.seq,
        time: Math.max(...lines.slice(from, at).map(({ time }) => time)),
        mark: markOf(last),
      },
      kinds: [...new Set(lines.slice(from, at).map(({ event }) => event.type))],
      payload: isPacked ? gzipSync(whole) : whole,
      isPacked,
    });
  }
  return messages;
}

/** The events of a message. Throws `FLEET_MESSAGE_INVALID` for what is none. */
export function linesIn({ first, last }: Shipment, payload: Uint8Array, isPacked: boolean): JournalLine[] {
  try {
    const whole = isPacked ? gunzipSync(payload, { maxOutputLength: MOST_BYTES }) : Buffer.from(payload);
    const names = new KnownNames();
    const lines: JournalLine[] = [];
    let [seq, since]: [number, Values[]] = [first - 1, []];
    for (const text of whole.toString('utf8').split('\n')) {
      const values = JSON.parse(text) as Values;
      if (values[0] === 'n') {
        names.declare(values[1] as number, values[2] as string[]);
      } else if (values[0] === 'l') {
        const [from, to] = [values[1] as number, values[2] as number];
        lines.push({ seq: to, time: 0, event: { type: 'lost', from, to } });
        seq = to;
      } else if (isEffect(values)) {
        since.push(values);
      } else {
        seq += 1;
        lines.push(decoded(seq, [...since, values], names));
        since = [];
      }
    }
    if (seq !== last || since.length > 0) throw new Error(`it ends at event ${seq}, not ${last}`);
    return lines;
  } catch (cause) {
    throw new EdgekeeperError(
      'FLEET_MESSAGE_INVALID',
      {
        found: `a message of events ${first} to ${last} that cannot be read: ${(cause as Error).message}`,
        expected: 'events as a bot of this version ships them',
        hint: 'Bring replicas and bots to one version; nothing was learned from it.',
      },
      { cause },
    );
  }
}

/** What tells an event from any other with its number. */
export const markOf = (line: JournalLine): string =>
  createHash('sha256').update(textsOf(line, new NameTable()).join('\n')).digest('base64url').slice(0, 22);

function textsOf(line: JournalLine, names: NameTable): string[] {
  const { event, effects = [], remembered = false } = line;
  if (event.type === 'lost') return [lostLine(event)];
  // What an update came to follows from it again, and is not kept.
  return linesOf(event as Parameters<typeof linesOf>[0], effects, remembered, names);
}

const isEffect = ([letter]: Values): boolean => letter === 'g' || letter === 's' || letter === 'z';
