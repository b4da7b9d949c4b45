/**
 * Why an entry went out unjudged. POSITION_UNKNOWN: the account's position is not known; FILL_UNKNOWN: an earlier
 * order may or may not have filled; ACCOUNT_UNCLEAR: it may be margin; PARAMETER_UNKNOWN: a parameter that nobody
 * knows; MARKET_UNKNOWN: markets are not loaded; ORDER_UNREADABLE: side, amount or the like cannot be read; NAME_LIMIT:
 * there are too many names of strategies or symbols to tell this one apart.
 */
export const UNJUDGED_REASONS = [
  'POSITION_UNKNOWN',
  'FILL_UNKNOWN',
  'ACCOUNT_UNCLEAR',
  'PARAMETER_UNKNOWN',
  'MARKET_UNKNOWN',
  'ORDER_UNREADABLE',
  'NAME_LIMIT',
] as const;
export type UnjudgedReason = (typeof UNJUDGED_REASONS)[number];

/** An entry that could not be judged: it left as the host made it. */
export interface UnjudgedEntry {
  readonly strategy: string;
  readonly symbol: string;
  /** Host time in ms UTC. */
  readonly time: number;
  readonly reason: UnjudgedReason;
}

/** A position, or the rest of one, that ended nobody knows how: it is never learned. */
export interface UnknownExit {
  readonly strategy: string;
  readonly symbol: string;
  /** Host time in ms UTC at which it was found out. */
  readonly time: number;
  /** As in the trades that closed other parts of it; absent where the position has no id. */
  readonly positionId?: string;
  /** What is left of it, in units of a trade's `size`. */
  readonly size: number;
}

/** How much of what the host does is seen: entries that were judged, positions whose exit is known. */
export interface Coverage {
  readonly judged: number;
  readonly unjudged: Partial<Readonly<Record<UnjudgedReason, number>>>;
  /** Positions that closed at a known price. */
  readonly closed: number;
  readonly unknownExits: number;
  /** The same over the latest 100 entries and the latest 50 positions: an old gap does not alarm for ever. */
  readonly latest: {
    readonly entries: number;
    readonly unjudged: number;
    readonly positions: number;
    readonly unknownExits: number;
  };
}
