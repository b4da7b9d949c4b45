/** A signed position, positive for long, as far as it is certain: it lies between these. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** An order that may still fill, or whose fills a statement may or may not contain. */
interface Working {
  readonly symbol: string;
  /** +1 buys, -1 sells. */
  readonly sign: 1 | -1;
  /** Most that it can fill, and what it is known to have filled. */
  amount: number;
  filled: number;
  /** It cannot take the position past nothing. */
  readonly reduces: boolean;
  /** The order whose fills it protects, under an id that nobody tells. */
  readonly protects?: string;
  final: boolean;
  /** How much of its fills the last statement contains for certain, and whether it may contain more. */
  included: number;
  doubtful: boolean;
  /** How much of them every statement contains from now on, however far the exchange is behind. */
  settled: number;
  /** When its last fill was heard of, ms. */
  heard: number;
  /** The last statement came so soon after its fills that it may lack them. */
  recent: boolean;
}

/** What was known of the orders when the exchange was asked for positions, and when that was. */
export interface Asked {
  readonly time: number;
  readonly filled: ReadonlyMap<string, number>;
}

/** A statement holds for so long, in ms: somebody else may trade on the account. */
const FRESH_FOR = 60_000;
/** A venue may be behind by so much: what it says sooner after a fill may lack it, ms. */
const BEHIND = 10_000;
/** What ended so long ago is in what the exchange says, or that is too old by now; in ms. */
const FORGOTTEN_AFTER = 2 * FRESH_FOR;
/** What may lack a fill is asked for again after this, in ms. */
const ASK_AGAIN = 5000;

const NONE: ReadonlyMap<string, Working> = new Map();

/**
 * What an account holds of each symbol: what the exchange last said, and the fills since. Orders that may have filled
 * unheard widen it to a range, so that nobody takes for certain what is not.
 */
export class AccountExposure {
  /** Null where the exchange says something that is no one number. */
  readonly #statements = new Map<string, { readonly size: number | null; readonly time: number }>();
  readonly #working = new Map<string, Working>();
  readonly #bySymbol = new Map<string, Map<string, Working>>();

  /** Notes the moment at which the exchange is asked; hand it to `state` with the answer. Without a time, all is long ago. */
  ask(time = Number.POSITIVE_INFINITY): Asked {
    return { time, filled: new Map([...this.#working].map(([key, { filled }]) => [key, filled])) };
  }

  /**
   * Takes what the exchange says of a symbol. Where it says otherwise than fills that it may lack yet, both are possible.
   * @param size null where it does not say anything that can be used
   */
  state(symbol: string, size: number | null, asked: Asked, time: number): void {
    const isExpected = this.#isExpected(symbol, size, asked);
    this.#statements.set(symbol, { size, time });
    for (const [key, order] of this.#of(symbol)) {
      // An order that was final when the exchange was asked is in its answer; what filled in between may be.
      const before = asked.filled.get(key);
      const isRecent = asked.time - order.heard < BEHIND;
      const isMoot = order.protects !== undefined && size === 0 && !this.#working.has(order.protects);
      const isOver = isMoot || (order.final && (before ?? 0) >= order.filled && !isRecent);
      if (before !== undefined && isOver) this.#delete(key);
      if (!isRecent) order.settled = before ?? 0;
      order.included = isExpected ? (before ?? 0) : order.settled;
      order.recent = isRecent && !isExpected;
      order.doubtful = true;
    }
  }

  /** Whether what the exchange says can only be what it said before and all that was known to have filled since. */
  #isExpected(symbol: string, size: number | null, { filled }: Asked): boolean {
    const before = this.#statements.get(symbol)?.size ?? null;
    if (size === null || before === null) return false;
    const moved = { bought: 0, sold: 0 };
    let isDoubtful = false;
    for (const [key, { sign, included, doubtful }] of this.#of(symbol)) {
      const since = (filled.get(key) ?? 0) - included;
      if (since === 0) continue;
      moved[sign * since > 0 ? 'bought' : 'sold'] += Math.abs(since);
      isDoubtful ||= doubtful;
    }
    const { bought, sold } = moved;
    // What it said before may contain some already: fills both ways could make up for what it lacks now.
    if (isDoubtful && bought !== 0 && sold !== 0) return false;
    return Math.abs(size - (before + bought - sold)) <= 1e-9 * (Math.abs(size) + bought + sold);
  }

  /** An order goes out; from now on it may have filled. */
  send(
    key: string,
    order: { symbol: string; buys: boolean; amount: number; reduces: boolean; protects?: string },
  ): void {
    const { symbol, buys, amount, reduces, protects } = order;
    this.#set(key, {
      symbol,
      sign: buys ? 1 : -1,
      amount: amount > 0 ? amount : reduces ? Number.POSITIVE_INFINITY : 0,
      filled: 0,
      reduces,
      ...(protects === undefined ? {} : { protects }),
      final: false,
      included: 0,
      doubtful: false,
      settled: 0,
      heard: Number.NEGATIVE_INFINITY,
      recent: false,
    });
  }

  /** An order that went out is known by its id now. */
  rename(from: string, to: string): void {
    const order = this.#working.get(from);
    if (!order) return;
    this.#delete(from);
    const before = this.#working.get(to);
    // An edit answers with the order that was there.
    if (before) before.amount = Math.max(before.filled, order.amount);
    else this.#set(to, order);
  }

  /**
   * What an order is known to have filled, and whether it can fill more.
   * @param time when that was heard of; long ago without
   */
  report(key: string, filled: number, final: boolean, time = Number.NEGATIVE_INFINITY): void {
    const order = this.#working.get(key);
    if (!order) return;
    if (filled > order.filled) {
      order.heard = time;
      order.recent = false;
    }
    order.filled = Math.max(order.filled, filled);
    order.amount = Math.max(order.amount, order.filled);
    if (!final || order.final) return;
    order.final = true;
    this.#forget(order.symbol, time);
  }

  /** Lets go of what ended long ago: where the exchange says nothing, nothing else would. */
  #forget(symbol: string, now: number): void {
    for (const [key, order] of this.#of(symbol)) {
      if (!order.final || !(now - order.heard > FORGOTTEN_AFTER)) continue;
      this.#delete(key);
      const known = this.#statements.get(symbol);
      if (known && order.filled > order.included) this.#statements.set(symbol, { ...known, size: null });
    }
  }

  #of(symbol: string): ReadonlyMap<string, Working> {
    return this.#bySymbol.get(symbol) ?? NONE;
  }

  #set(key: string, order: Working): void {
    this.#working.set(key, order);
    const own = this.#bySymbol.get(order.symbol) ?? new Map<string, Working>();
    this.#bySymbol.set(order.symbol, own.set(key, order));
  }

  #delete(key: string): void {
    const order = this.#working.get(key);
    this.#working.delete(key);
    if (order) this.#bySymbol.get(order.symbol)?.delete(key);
  }

  /** An order never reached the venue. */
  drop(key: string): void {
    this.#delete(key);
  }

  /** Whether the exchange has to be asked before anything is certain. */
  isStale(symbol: string, now: number, after: number): boolean {
    const known = this.#statements.get(symbol);
    if (!known || now - known.time >= after) return true;
    for (const order of this.#of(symbol).values()) {
      const isOpen = (order.final || order.doubtful) && order.filled > order.included;
      if (isOpen && (!order.recent || now - known.time >= ASK_AGAIN)) return true;
    }
    return false;
  }

  /**
   * Where the position lies; null where the exchange has not said, or too long ago.
   * @param doubted what it is thought to be, where what the exchange said is contradicted
   */
  range(symbol: string, now: number, doubted: number | null = null): Range | null {
    const known = this.#statements.get(symbol);
    if (!known || known.size === null || Math.abs(now - known.time) > FRESH_FOR) return null;
    const stated = this.#rangeAround(symbol, known.size);
    if (doubted === null) return stated;
    const thought = this.#rangeAround(symbol, doubted);
    return { low: Math.min(stated.low, thought.low), high: Math.max(stated.high, thought.high) };
  }

  #rangeAround(symbol: string, size: number): Range {
    const known = { bought: 0, sold: 0 };
    // What may have been bought and sold besides.
    const maybe = { bought: 0, sold: 0 };
    // Of what can only reduce: what it filled, and what it may have filled besides.
    const reduced = { bought: 0, sold: 0 };
    const reducing = { bought: 0, sold: 0 };
    for (const order of this.#of(symbol).values()) {
      const side = order.sign > 0 ? 'bought' : 'sold';
      const since = order.filled - order.included;
      if (order.doubtful) maybe[side] += since;
      else (order.reduces ? reduced : known)[side] += since;
      if (!order.final) (order.reduces ? reducing : maybe)[side] += order.amount - order.filled;
    }
    // Nobody knows in which order all this filled: what reduces may have met the largest position that there was.
    const longest = size + known.bought + reduced.bought;
    const shortest = size - known.sold - reduced.sold;
    return {
      low: longest - mostReduced(longest, reduced.sold, reducing.sold) - known.sold - maybe.sold,
      high: shortest + mostReduced(-shortest, reduced.bought, reducing.bought) + known.bought + maybe.bought,
    };
  }

  /** Whether what the exchange last said contains for certain all that is known to have filled. */
  isQuiet(symbol: string): boolean {
    return [...this.#of(symbol).values()].every(({ filled, included }) => filled <= included);
  }
}

/** Most that orders which only reduce have filled, of which some is known: no more than what there was to reduce. */
const mostReduced = (position: number, known: number, besides: number): number =>
  Math.max(known, Math.min(known + besides, position));

/** What an order does for certain to a position in a range: the most that it closes, and the least that it opens. */
export function splitBy(
  range: Range,
  buys: boolean,
  amount: number,
): { readonly closes: number; readonly opens: number } | null {
  const against = buys ? -range.low : range.high;
  const least = buys ? -range.high : range.low;
  // What adding up fills leaves between two equal amounts is nothing.
  const noise = 1e-9 * amount;
  if (least >= amount - noise) return { closes: amount, opens: 0 };
  const closes = against <= noise ? 0 : Math.min(amount, against);
  const opens = amount - closes;
  if (opens > noise) return { closes, opens };
  return null;
}
