import { join } from 'node:path';
import type { MsgHdrs } from '@nats-io/transport-node';
import type { JournalLine } from '../journal/codec/line.ts';
import { JOURNAL_DIR, segmentsIn } from '../journal/segment.ts';
import { JournalTail } from '../journal/tail.ts';
import { ANSWER_WITHIN, type FleetConnection } from './connection.ts';

import { HEADERS, type Message, markOf, messagesOf, type Shipment } from './message.ts';

/** Where the stream is with a bot: its latest message, and the sequence number of that in the stream. */
interface Position {
  readonly at: number;
  readonly shipment: Shipment | null;
}

/**
 * Ships the journal of one bot to the stream: every event once and in order. The stream itself knows how far it is: it
 * is asked at the start and after every trouble, and takes a message only behind the one that was the last then.
 */
export class Shipper {
  readonly #connection: FleetConnection;
  readonly #subject: string;
  readonly #journalDir: string;
  #position: Position | null = null;
  #tail: JournalTail | null = null;
  #life = 1;

  constructor(connection: FleetConnection, subject: string, stateDir: string) {
    this.#connection = connection;
    this.#subject = subject;
    this.#journalDir = join(stateDir, JOURNAL_DIR);
  }

  /** Last event that the stream has; null before that is known. */
  get shipped(): number | null {
    return this.#position === null ? null : (this.#position.shipment?.last ?? 0);
  }

  /** Ships what the journal has and the stream has not. What fails is tried again by the next call. */
  async ship(): Promise<void> {
    try {
      if (this.#tail === null) await this.#begin();
      const tail = this.#tail!;
      const waiting: JournalLine[] = [];
      await tail.poll(
        (line) => waiting.push(line),
        () => this.#publish(waiting.splice(0)),
      );
      // Somebody put an earlier state in its place.
      if (tail.end < tail.seq) this.#forget();
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  #forget(): void {
    [this.#position, this.#tail] = [null, null];
  }

  /** Finds out where the stream is, and goes on from there if it is this journal that it has. */
  async #begin(): Promise<void> {
    const position = await this.#ask();
    const { shipment } = position;
    const first = (await segmentsIn(this.#journalDir)).reduce(
      (least, each) => Math.min(least, each.first),
      Number.POSITIVE_INFINITY,
    );
    const from = first === Number.POSITIVE_INFINITY ? 0 : first - 1;
    if (shipment === null) {
      this.#life = 1;
      this.#tail = new JournalTail(this.#journalDir, from);
    } else if (from < shipment.last && (await this.#has(shipment))) {
      this.#life = shipment.life;
      this.#tail = new JournalTail(this.#journalDir, shipment.last);
    } else {
      // Another record, such as one from a backup: of it the stream gets what is later than all it knows.
      this.#life = shipment.life + 1;
      this.#tail = new JournalTail(this.#journalDir, await this.#lastUntil(shipment.time, from));
    }
    this.#position = position;
  }

  async #ask(): Promise<Position> {
    const { jsm, stream } = this.#connection;
    const message = await jsm.streams.getMessage(stream, { last_by_subj: this.#subject });
    return message === null
      ? { at: 0, shipment: null }
      : { at: message.seq, shipment: shipmentIn(message.header) };
  }

  /** Whether the journal has the last event that the stream has. */
  async #has({ last, mark }: Shipment): Promise<boolean> {
    let found: string | null = null;
    const tail = new JournalTail(this.#journalDir, last - 1);
    await tail.poll((line) => {
      if (line.seq === last || (line.event.type === 'lost' && line.event.from <= last && line.seq >= last))
        found ??= markOf(line);
    });
    // One that was too large to ship is there as one that is missing.
    return found === mark || markOf(missing(last)) === mark;
  }

  /** The last event that is no later than a time. */
  async #lastUntil(time: number, from: number): Promise<number> {
    let last = from;
    await new JournalTail(this.#journalDir, from).poll((line) => {
      if (line.time <= time) last = line.seq;
    });
    return last;
  }

  async #publish(lines: readonly JournalLine[]): Promise<void> {
    const most = (this.#connection.nc.info?.max_payload ?? LEAST_PAYLOAD) - HEADERS_ROOM;
    for (const message of messagesOf(lines, this.#life)) {
      if (message.payload.length <= most) await this.#send(message);
      else for (const part of smaller(message.lines)) await this.#publish(part);
    }
  }

  async #send({ shipment, payload, kinds, isPacked }: Message): Promise<void> {
    const { js, headers } = this.#connection;
    const said = headers();
    for (const key of ['life', 'first', 'last', 'time', 'mark'] as const)
      said.set(HEADERS[key], String(shipment[key]));
    said.set(HEADERS.kinds, kinds.join(','));
    if (isPacked) said.set(HEADERS.coding, 'gzip');
    const { seq } = await js.publish(this.#subject, payload, {
      headers: said,
      // Servers forget ids after two minutes; what the last message is they never forget.
      msgID: `${this.#subject} ${shipment.life} ${shipment.last} ${shipment.mark}`,
      expect: { lastSubjectSequence: this.#position!.at },
      timeout: ANSWER_WITHIN,
      retries: 0,
    });
    this.#position = { at: seq, shipment };
  }
}

/** What servers take at the least, where they do not say, and what headers take of it, in bytes. */
const LEAST_PAYLOAD = 1 << 20;
const HEADERS_ROOM = 1024;

/** Events that are too many for one message as two, one after the other; one that is too large alone is said to be missing. */
function* smaller(lines: readonly JournalLine[]): Generator<readonly JournalLine[]> {
  const half = Math.ceil(lines.length / 2);
  const [only] = lines;
  if (lines.length > 1) {
    yield lines.slice(0, half);
    yield lines.slice(half);
  } else if (only !== undefined) yield [{ ...missing(only.seq), time: only.time }];
}

const missing = (seq: number): JournalLine => ({ seq, time: 0, event: { type: 'lost', from: seq, to: seq } });

/** What the headers of a message say. */
export function shipmentIn(said: MsgHdrs | undefined): Shipment {
  const number = (name: string) => Number(said?.get(name) || Number.NaN);
  return {
    life: number(HEADERS.life),
    first: number(HEADERS.first),
    last: number(HEADERS.last),
    time: number(HEADERS.time),
    mark: said?.get(HEADERS.mark) ?? '',
  };
}
