import type { Side, TradeInput } from '../../src/index.ts';
import type { Abandoned } from '../core/lots.ts';
import type { Belief } from './belief.ts';
import type { Part } from './execution.ts';
import { type Booked, holderKey, Inventory, type InventoryState } from './inventory.ts';
import type { Level } from './levels.ts';
import type { CcxtMarket } from './market.ts';
import { isByAccount, type SentOrder } from './sent-orders.ts';

/** Something that happened to the account on one symbol. */
export type Happening =
  | { readonly kind: 'own'; readonly time: number; readonly order: SentOrder; readonly part: Part }
  /** A trade that the bot did not make: a stop at the venue, a liquidation, somebody by hand. */
  | { readonly kind: 'other'; readonly time: number; readonly buys: boolean; readonly part: Part }
  /** Funding received, or paid where negative, in the currency that settles. */
  | { readonly kind: 'funding'; readonly time: number; readonly amount: number };

export type SymbolBookState = InventoryState;

/**
 * Who holds what of one symbol: the lots of each strategy, and what is in the account beside them. Only what is
 * certain is paired: what closes a position that nobody knows opens none.
 */
export class SymbolBook {
  readonly #held: Inventory;

  constructor(symbol: string, market: CcxtMarket, state?: SymbolBookState) {
    this.#held = new Inventory(symbol, market, state);
  }

  state(): SymbolBookState {
    return this.#held.state();
  }

  /** Units that the strategies hold together, signed. */
  get net(): number {
    return this.#held.net;
  }

  /** Units that the strategies hold together on a side. */
  held(side: Side): number {
    return this.#held.holders(side).reduce((sum, { size }) => sum + size, 0);
  }

  get isEmpty(): boolean {
    return this.#held.holders('long').length + this.#held.holders('short').length === 0;
  }

  /** Whether some of what is held may be closed at the venue under ids that nobody tells. */
  get hasAttached(): boolean {
    return !this.isEmpty && !this.#held.guards.isEmpty;
  }

  get foreign(): number | null {
    return this.#held.foreign;
  }

  /** Units that a strategy holds on a side. */
  openSize(strategy: string, side: Side): number {
    return this.#held.openSize(strategy, side);
  }

  /** Base units that are open of the position that a trade closed a part of. */
  openOf(trade: TradeInput): number {
    return this.#held.openOf(trade);
  }

  /** Units that a strategy holds on a side, and that its bot takes itself to hold. */
  belief(strategy: string, side: Side): Belief {
    const { units, most } = this.#held.believed(strategy, side);
    return { held: this.openSize(strategy, side), believed: units, most };
  }

  /** An exit of a strategy waits at the venue, where it may fill under another id. */
  guard(strategy: string, side: Side, units: number, levels: readonly Level[] | null): void {
    this.#held.guards.arm(holderKey({ strategy, side }), levels, (known) => Math.max(units, known));
  }

  /** A stop or target of a strategy is moved, and nobody says where to. */
  moveLevels(strategy: string): void {
    for (const side of ['long', 'short'] as const) this.#held.guards.move(holderKey({ strategy, side }));
  }

  /** Takes it as known what is held beside the lots. */
  explain(foreign: number): void {
    this.#held.foreign = Math.abs(foreign) <= this.#held.noise ? 0 : foreign;
  }

  /** Books happenings in their order. */
  book(happenings: readonly Happening[]): Booked {
    const booked: Booked = { trades: [], unknown: [] };
    for (const each of happenings) {
      if (each.kind === 'own') this.#own(each.order, each.part, booked);
      else if (each.kind === 'other') this.#other(each.buys, each.part, booked);
      else this.#held.fund(each.amount);
    }
    return booked;
  }

  /** Lets go of units that the exchange says are not there, the oldest first. */
  abandon(side: Side, units: number): Abandoned[] {
    return this.#held.abandon(side, units);
  }

  #own(order: SentOrder, part: Part, booked: Booked): void {
    const held = this.#held;
    const { kind, buys, strategy, symbol } = order;
    if (kind === 'entry' && order.side !== undefined) {
      held.open(order, order.side, part, part.amount);
      return;
    }
    const closed: Side = (kind === 'exit' ? order.side : undefined) ?? (buys ? 'short' : 'long');
    let left = held.close({ strategy, symbol, side: closed }, part, part.amount, booked);
    // Without a position of its own an exit can only close those of others.
    if (kind === 'exit' && left === part.amount)
      for (const holder of held.holders(closed)) left = held.close(holder, part, left, booked);
    if (!isByAccount(order, held.isSpot) || held.foreign === null) {
      // Whether it opened something or closed what was there, nobody knows.
      held.closeForeign(order, closed, left, booked);
      return;
    }
    const against = Math.min(left, Math.max(0, buys ? -held.foreign : held.foreign));
    if (against > held.noise) {
      held.closeForeign(order, closed, against, booked);
      left -= against;
    }
    order.closed = (order.closed ?? 0) + part.amount - left;
    if (left > 0) held.open(order, buys ? 'long' : 'short', part, left);
  }

  #other(buys: boolean, part: Part, booked: Booked): void {
    const held = this.#held;
    const closed: Side = buys ? 'short' : 'long';
    const against = Math.max(0, buys ? -(held.foreign ?? 0) : (held.foreign ?? 0));
    const { left: rest, isElse } = this.#atLevels(closed, part, against, booked);
    let left = rest;
    const byHand = Math.min(left, against);
    if (byHand > 0) {
      held.foreign = (held.foreign ?? 0) + (buys ? byHand : -byHand);
      left -= byHand;
    }
    if (held.foreign === null && (held.isSpot || isElse)) {
      // Somebody closed: what the bot holds, or what was there beside it.
      booked.unknown.push(...held.abandon(closed, left));
      return;
    }
    for (const holder of held.holders(closed)) if (left > 0) left = held.close(holder, part, left, booked);
    if (left > 0 && held.foreign !== null) held.foreign += buys ? left : -left;
    if (held.isSpot && held.foreign !== null) held.foreign = Math.max(0, held.foreign);
  }

  /**
   * What of a trade that the bot did not make is a stop or a target that came with a position: what is left of it, and
   * whether it cannot be one. Where what is held beside the lots explains it as well, only its price can tell.
   */
  #atLevels(
    closed: Side,
    part: Part,
    beside: number,
    booked: Booked,
  ): { readonly left: number; readonly isElse: boolean } {
    const held = this.#held;
    let left = part.amount;
    let isElse = false;
    const armed = held.holders(closed).filter((holder) => held.guards.has(holderKey(holder)));
    const closable = armed.reduce((sum, { size }) => sum + size, beside);
    const isOpen = beside > held.noise && left < closable - held.noise;
    for (const holder of armed) {
      if (!(left > 0)) break;
      const fit = held.guards.fitOf(holderKey(holder), closed === 'short', part.price);
      isElse ||= fit === 'never';
      if (fit === 'never' || (isOpen && fit === 'unknown')) continue;
      if (isOpen && fit === 'past') {
        const units = Math.min(left, holder.size);
        booked.unknown.push(...held.letGo(holder, units));
        left -= units;
      } else left = held.close(holder, part, left, booked);
    }
    return { left, isElse };
  }
}
