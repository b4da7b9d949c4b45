import type { Cell } from '../../model/regime.ts';
import { z } from '../../model/z.ts';
import { clip } from '../../statistics/clip.ts';

/** One outcome of one position or followed signal, of whatever bot. */
export interface FleetOutcome {
  readonly bot: string;
  readonly strategy: string;
  readonly symbol: string;
  readonly cell: Cell;
  readonly r: number;
  /** How much it says, in (0,1]: a trade 1, a stand-in less. */
  readonly weight: number;
  readonly closedAt: number;
}

/** Length of a time block: what closes on one day, in however many bots, may be one move of the market. */
const DAY = 86_400_000;
/** Days that are kept, from the latest back. */
const DAYS = 365;
/** Outcomes of a bot after which half is forgotten, as in its own posterior; and the memory of the spread of R. */
const KEEP = 0.5 ** (1 / 200);
const SCALE_MEMORY = 0.99;
const PRIOR_SQUARE = 1.44;
const PRIOR_OUTCOMES = 10;
const MOST = 10;

const tallySchema = z.tuple([z.number(), z.number()]);
/** Weight of outcomes, and the sum of them, each over the standard deviation of R of its bot. */
type Tally = [weight: number, sum: number];

export const statisticsSchema = z.object({
  /** Outcomes ever. */
  outcomes: z.number(),
  /** By day since the epoch. */
  days: z.array(z.tuple([z.number(), tallySchema])),
  /** By bot: exponentially weighted count and sum of squares of R, and tally. */
  bots: z.array(z.tuple([z.string(), z.tuple([z.number(), z.number(), z.number(), z.number()])])),
  /** By symbol group and cell. */
  cells: z.array(z.tuple([z.string(), tallySchema])),
});
export type StatisticsState = z.output<typeof statisticsSchema>;

/** The market of a symbol, by which symbols go together: its base, as `BTC` of `BTC/USDT:USDT`. */
export const groupOf = (symbol: string): string => symbol.split(/[/:\-_]/)[0]!;

/**
 * What outcomes of one strategy come to over many bots: sums, from which its prior follows. They do not grow with outcomes,
 * and those of two sets of bots add up to those of both.
 */
export class StrategyStatistics {
  #outcomes = 0;
  readonly #days = new Map<number, Tally>();
  readonly #bots = new Map<string, [n: number, s2: number, weight: number, sum: number]>();
  readonly #cells = new Map<string, Tally>();

  get outcomes(): number {
    return this.#outcomes;
  }

  /** Days with outcomes, latest last. */
  get days(): readonly (readonly [day: number, tally: Readonly<Tally>])[] {
    return [...this.#days].sort(([a], [b]) => a - b);
  }

  /** Exponentially weighted outcomes of each bot, and their sum. */
  *bots(): Iterable<readonly [bot: string, weight: number, sum: number]> {
    for (const [bot, [, , weight, sum]] of this.#bots) yield [bot, weight, sum];
  }

  *cells(): Iterable<readonly [groupAndCell: string, weight: number, sum: number]> {
    for (const [key, [weight, sum]] of this.#cells) yield [key, weight, sum];
  }

  add({ bot, symbol, cell, r, weight, closedAt }: Omit<FleetOutcome, 'strategy'>): void {
    const own = this.#bots.get(bot) ?? [0, 0, 0, 0];
    this.#bots.set(bot, own);
    // The scale comes first, as in a bot's own posterior.
    own[0] = SCALE_MEMORY * own[0] + 1;
    own[1] = SCALE_MEMORY * own[1] + r * r;
    const rest = Math.max(0, PRIOR_OUTCOMES - own[0]);
    const y = clip(
      r / Math.max(1e-9, Math.sqrt((own[1] + PRIOR_SQUARE * rest) / (own[0] + rest))),
      -MOST,
      MOST,
    );
    own[2] = KEEP * own[2] + weight;
    own[3] = KEEP * own[3] + weight * y;
    tally(this.#cells, `${groupOf(symbol)} ${cell}`, weight, y);
    this.#outcomes += 1;
    const day = Math.floor(closedAt / DAY);
    const latest = this.#latest();
    if (day <= latest - DAYS) return;
    tally(this.#days, day, weight, y);
    if (day > latest) for (const each of this.#days.keys()) if (each <= day - DAYS) this.#days.delete(each);
  }

  /** Adds what others bots came to. */
  merge({ outcomes, days, bots, cells }: StatisticsState): void {
    this.#outcomes += outcomes;
    for (const [day, [weight, sum]] of days) addTo(this.#days, day, weight, sum);
    for (const [bot, sums] of bots) this.#bots.set(bot, [...sums]);
    for (const [key, [weight, sum]] of cells) addTo(this.#cells, key, weight, sum);
  }

  snapshot(): StatisticsState {
    return {
      outcomes: this.#outcomes,
      days: this.days.map(([day, [weight, sum]]) => [day, [weight, sum]]),
      bots: Array.from(this.#bots, ([bot, sums]) => [bot, [...sums]]),
      cells: Array.from(this.#cells, ([key, sums]) => [key, [...sums]]),
    };
  }

  #latest(): number {
    let latest = Number.NEGATIVE_INFINITY;
    for (const day of this.#days.keys()) latest = Math.max(latest, day);
    return latest;
  }
}

const tally = <K>(tallies: Map<K, Tally>, key: K, weight: number, y: number): void =>
  addTo(tallies, key, weight, weight * y);

function addTo<K>(tallies: Map<K, Tally>, key: K, weight: number, sum: number): void {
  const known = tallies.get(key);
  if (known) {
    known[0] += weight;
    known[1] += sum;
  } else tallies.set(key, [weight, sum]);
}
