import {
  type Coverage,
  UNJUDGED_REASONS,
  type UnjudgedEntry,
  type UnjudgedReason,
  type UnknownExit,
} from '../model/coverage.ts';
import { EdgekeeperError, type ErrorCode, show } from '../model/errors.ts';
import { Ring } from '../model/ring.ts';
import { isName } from '../model/strategy.ts';
import { isTime } from '../model/time.ts';
import { z } from '../model/z.ts';

const ENTRIES = 100;
const POSITIONS = 50;

const latestSchema = z.array(z.boolean());

export const coverageSchema = z.object({
  judged: z.number().int().min(0),
  /** By strategy. */
  unjudged: z.array(
    z.tuple([z.string(), z.partialRecord(z.enum(UNJUDGED_REASONS), z.number().int().min(0))]),
  ),
  closed: z.number().int().min(0),
  unknownExits: z.array(z.tuple([z.string(), z.number().int().min(0)])),
  /** Of the latest entries and positions, oldest first, whether each was seen. */
  entries: latestSchema.max(ENTRIES),
  exits: latestSchema.max(POSITIONS),
});
export type CoverageState = z.infer<typeof coverageSchema>;

export const emptyCoverage = (): CoverageState => ({
  judged: 0,
  unjudged: [],
  closed: 0,
  unknownExits: [],
  entries: [],
  exits: [],
});

function refuse(code: ErrorCode, found: string, expected: string): never {
  throw new EdgekeeperError(code, { found, expected, hint: 'Fix the adapter; nothing was counted.' });
}

function checkPlace(code: ErrorCode, { strategy, symbol, time }: Omit<UnjudgedEntry, 'reason'>): void {
  if (!isName(strategy)) refuse(code, `strategy ${show(strategy)}`, 'the name of a strategy');
  if (!isName(symbol)) refuse(code, `symbol ${show(symbol)}`, 'the name of a symbol');
  if (!isTime(time)) refuse(code, `time ${show(time)}`, 'a time in ms');
}

/** Refuses what is no unjudged entry with `SIGNAL_INVALID`. */
export function checkUnjudged(entry: UnjudgedEntry): void {
  if (entry === null || typeof entry !== 'object') refuse('SIGNAL_INVALID', show(entry), 'an unjudged entry');
  checkPlace('SIGNAL_INVALID', entry);
  if (!UNJUDGED_REASONS.includes(entry.reason))
    refuse('SIGNAL_INVALID', `reason ${show(entry.reason)}`, `one of ${UNJUDGED_REASONS.join(', ')}`);
}

/** Refuses what is no exit of a position with `TRADE_INVALID`. */
export function checkUnknownExit(exit: UnknownExit): void {
  if (exit === null || typeof exit !== 'object')
    refuse('TRADE_INVALID', show(exit), 'an exit that is unknown');
  checkPlace('TRADE_INVALID', exit);
  const { positionId, size } = exit;
  if (positionId !== undefined && !isName(positionId))
    refuse('TRADE_INVALID', `positionId ${show(positionId)}`, 'a printable id of 1 to 100 characters');
  if (typeof size !== 'number' || !(size > 0 && size <= 1e15))
    refuse('TRADE_INVALID', `size ${show(size)}`, 'a finite size above 0');
}

/** Counts what of the host's doings is seen, and what is not. */
export class CoverageCounts {
  #judged = 0;
  #closed = 0;
  readonly #unjudged = new Map<string, Partial<Record<UnjudgedReason, number>>>();
  readonly #unknownExits = new Map<string, number>();
  readonly #entries = new Ring<boolean>(ENTRIES);
  readonly #exits = new Ring<boolean>(POSITIONS);

  countJudged(): void {
    this.#judged += 1;
    this.#entries.push(true);
  }

  countUnjudged({ strategy, reason }: UnjudgedEntry): void {
    const counts = this.#unjudged.get(strategy) ?? {};
    counts[reason] = (counts[reason] ?? 0) + 1;
    this.#unjudged.set(strategy, counts);
    this.#entries.push(false);
  }

  countClosed(): void {
    this.#closed += 1;
    this.#exits.push(true);
  }

  countUnknownExit({ strategy }: UnknownExit): void {
    this.#unknownExits.set(strategy, (this.#unknownExits.get(strategy) ?? 0) + 1);
    this.#exits.push(false);
  }

  /** Over all strategies. */
  get(): Coverage {
    const unjudged: Partial<Record<UnjudgedReason, number>> = {};
    for (const counts of this.#unjudged.values()) {
      for (const reason of UNJUDGED_REASONS)
        if (counts[reason]) unjudged[reason] = (unjudged[reason] ?? 0) + counts[reason];
    }
    const [entries, exits] = [this.#entries.latest(), this.#exits.latest()];
    const missed = (seen: readonly boolean[]) => seen.filter((each) => !each).length;
    return {
      judged: this.#judged,
      unjudged,
      closed: this.#closed,
      unknownExits: [...this.#unknownExits.values()].reduce((sum, count) => sum + count, 0),
      latest: {
        entries: entries.length,
        unjudged: missed(entries),
        positions: exits.length,
        unknownExits: missed(exits),
      },
    };
  }

  snapshot(): CoverageState {
    return structuredClone({
      judged: this.#judged,
      unjudged: [...this.#unjudged],
      closed: this.#closed,
      unknownExits: [...this.#unknownExits],
      entries: this.#entries.latest(),
      exits: this.#exits.latest(),
    });
  }

  restore(state: CoverageState): void {
    const { judged, unjudged, closed, unknownExits, entries, exits } = structuredClone(state);
    this.#judged = judged;
    this.#closed = closed;
    this.#unjudged.clear();
    for (const [strategy, counts] of unjudged) this.#unjudged.set(strategy, counts);
    this.#unknownExits.clear();
    for (const [strategy, count] of unknownExits) this.#unknownExits.set(strategy, count);
    this.#entries.replace(entries);
    this.#exits.replace(exits);
  }
}
