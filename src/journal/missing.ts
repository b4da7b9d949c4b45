import type { JournalLine, LostEvent } from './codec/line.ts';
import type { Dropped } from './course.ts';
import type { JournalEnd } from './reader.ts';

/** What is said of events that the journal does not have, wherever it is read. */
export const lostText = ({ from, to }: Pick<LostEvent, 'from' | 'to'>): string =>
  from === to ? `event ${from} is missing` : `events ${from} to ${to} are missing`;

/** What is said of events that a process wrote after another one had taken over. */
export const droppedText = ({ from, to, epoch }: Dropped): string =>
  `events ${from} to ${to} of process ${epoch} are dropped: another one had taken over`;

/** Gathers what is missed in a journal while it is read. */
export class Missing {
  readonly #texts: string[] = [];

  get texts(): readonly string[] {
    return this.#texts;
  }

  /** One a line. */
  get text(): string {
    return this.#texts.map((text) => `${text}\n`).join('');
  }

  take({ event }: JournalLine): void {
    if (event.type === 'lost') this.#texts.push(lostText(event));
  }

  end({ dropped }: JournalEnd): void {
    this.#texts.push(...dropped.map(droppedText));
  }
}
