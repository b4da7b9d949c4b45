import type { Side, TradeInput } from '../../src/index.ts';
import { type Abandoned, type Holder, LotBook, type LotBookState } from '../core/lots.ts';
import type { Part } from './execution.ts';
import { fitOf, joinedLevels, type Level } from './levels.ts';
import { type CcxtMarket, unitOf } from './market.ts';
import { isByAccount, positionOf, type SentOrder, scaleOf } from './sent-orders.ts';

/** Something that happened to the account on one symbol. */
export type Happening =
  | { readonly kind: 'own'; readonly time: number; readonly order: SentOrder; readonly part: Part }
  /** A trade that the bot did not make: a stop at the venue, a liquidation, somebody by hand. */
  | { readonly kind: 'other'; readonly time: number; readonly buys: boolean; readonly part: Part }
  /** Funding received, or paid where negative, in the currency that settles. */
  | { readonly kind: 'funding'; readonly time: number; readonly amount: number };

/** What came of some happenings. */
export interface Booked {
  readonly trades: TradeInput[];
  readonly unknown: Abandoned[];
}

export interface SymbolBookState {
  readonly lots: LotBookState;
  readonly foreign: number | null;
  /** An older state did not say at which prices. */
  readonly attached: readonly (readonly [holder: string, units: number, levels?: readonly Level[] | null])[];
  readonly believed: readonly (readonly [holder: string, units: number])[];
}

const ROUNDING = 1e-9;

/**
 * Who holds what of one symbol: the lots of each strategy, and what is in the account beside them. Only what is
 * certain is paired: what closes a position that nobody knows opens none.
 */
export class SymbolBook {
  readonly #symbol: string;
  readonly #market: CcxtMarket;
  readonly #lots: LotBook;
  /** Units held beside the lots, signed: from before, or by hand; null where nobody has said. */
  #foreign: number | null = null;
  /** Units with stops or targets of their own at the venue, and the prices of those, by strategy and side. */
  readonly #attached = new Map<
    string,
    { readonly units: number; readonly levels: readonly Level[] | null }
  >();
  /** Units that the bot takes itself to hold, by strategy and side: what it asked for, of what was sent. */
  readonly #believed = new Map<string, number>();

  constructor(symbol: string, market: CcxtMarket, state?: SymbolBookState) {
    this.#symbol = symbol;
    this.#market = market;
    this.#lots = new LotBook(() => unitOf(market));
    if (!state) return;
    this.#lots.restore(state.lots);
    this.#foreign = state.foreign;
    for (const [key, units, levels = null] of state.attached) this.#attached.set(key, { units, levels });
    for (const [key, units] of state.believed) this.#believed.set(key, units);
  }

  state(): SymbolBookState {
    return {
      lots: this.#lots.snapshot(),
      foreign: this.#foreign,
      attached: [...this.#attached].map(([key, { units, levels }]) => [key, units, levels] as const),
      believed: [...this.#believed],
    };
  }

  /** Units that the strategies hold together, signed. */
  get net(): number {
    return this.#lots.net(this.#symbol);
  }

  /** Units that the strategies hold together on a side. */
  held(side: Side): number {
    return this.#holders(side).reduce((sum, { size }) => sum + size, 0);
  }

  get isEmpty(): boolean {
    return this.#lots.holders(this.#symbol).length === 0;
  }

  /** Whether some of what is held may be closed at the venue under ids that nobody tells. */
  get hasAttached(): boolean {
    return !this.isEmpty && this.#attached.size > 0;
  }

  get foreign(): number | null {
    return this.#foreign;
  }

  /** Units that a strategy holds on a side. */
  openSize(strategy: string, side: Side): number {
    return this.#lots.openSize({ strategy, symbol: this.#symbol, side });
  }

  /** Base units that are open of the position that a trade closed a part of. */
  openOf({ positionId = '', entryPrice = 0 }: TradeInput): number {
    return this.#lots.openOf(this.#symbol, positionId, entryPrice, this.#dust);
  }

  /** Units that the bot of a strategy takes itself to hold on a side. */
  believed(strategy: string, side: Side): number {
    return this.#believed.get(holderKey({ strategy, side })) ?? 0;
  }

  /** An exit of a strategy waits at the venue, where it may fill under another id. */
  guard(strategy: string, side: Side, units: number, levels: readonly Level[] | null): void {
    this.#arm(holderKey({ strategy, side }), levels, (known) => Math.max(units, known));
  }

  /** A stop or target of a strategy is moved, and nobody says where to. */
  moveLevels(strategy: string): void {
    for (const side of ['long', 'short'] as const) {
      const key = holderKey({ strategy, side });
      const known = this.#attached.get(key);
      if (known) this.#attached.set(key, { ...known, levels: null });
    }
  }

  #arm(key: string, levels: readonly Level[] | null, unitsOf: (known: number) => number): void {
    const known = this.#attached.get(key);
    this.#attached.set(key, {
      units: unitsOf(known?.units ?? 0),
      levels: known ? joinedLevels(known.levels, levels) : levels,
    });
  }

  /** Takes it as known what is held beside the lots. */
  explain(foreign: number): void {
    this.#foreign = Math.abs(foreign) <= this.#noise() ? 0 : foreign;
  }

  /** Books happenings in their order. */
  book(happenings: readonly Happening[]): Booked {
    const booked: Booked = { trades: [], unknown: [] };
    for (const each of happenings) {
      if (each.kind === 'own') this.#own(each.order, each.part, booked);
      else if (each.kind === 'other') this.#other(each.buys, each.part, booked);
      else this.#fund(each.amount);
    }
    return booked;
  }

  /** Lets go of units that the exchange says are not there, the oldest first. */
  abandon(side: Side, units: number): Abandoned[] {
    const gone: Abandoned[] = [];
    let left = units;
    for (const holder of this.#holders(side)) {
      if (left <= this.#noise()) break;
      const taken = Math.min(left, holder.size);
      gone.push(...this.#letGo(holder, taken));
      left -= taken;
    }
    return gone;
  }

  #letGo(holder: Holder & { readonly size: number }, units: number): Abandoned[] {
    const gone = this.#lots.abandon(holder, units);
    this.#shrink(holder, holder.size);
    return gone;
  }

  /** Least difference between two sizes that means something. */
  #noise(): number {
    return Math.max(this.#dust, Math.abs(this.net) * ROUNDING, Number.MIN_VALUE) * 0.999;
  }

  #own(order: SentOrder, part: Part, booked: Booked): void {
    const { kind, buys, strategy, symbol } = order;
    if (kind === 'entry' && order.side !== undefined) {
      this.#open(order, order.side, part, part.amount);
      return;
    }
    const closed: Side = (kind === 'exit' ? order.side : undefined) ?? (buys ? 'short' : 'long');
    let left = this.#close({ strategy, symbol, side: closed }, part, part.amount, booked);
    // Without a position of its own an exit can only close those of others.
    if (kind === 'exit' && left === part.amount)
      for (const holder of this.#holders(closed)) left = this.#close(holder, part, left, booked);
    if (!isByAccount(order, this.#isSpot) || this.#foreign === null) {
      // Whether it opened something or closed what was there, nobody knows.
      this.#closeForeign(order, closed, left, booked);
      return;
    }
    const against = Math.min(left, Math.max(0, buys ? -this.#foreign : this.#foreign));
    if (against > this.#noise()) {
      this.#closeForeign(order, closed, against, booked);
      left -= against;
    }
    if (left > 0) this.#open(order, buys ? 'long' : 'short', part, left);
  }

  /** Closes units of a holder; what is left of them. */
  #close(holder: Holder, part: Part, units: number, { trades }: Booked): number {
    const held = this.#lots.openSize(holder);
    const closes = Math.min(units, held);
    if (!(closes > 0)) return units;
    const share = closes / part.amount;
    const fee = (part.fee + (this.#isSpot ? part.baseFee * part.price : 0)) * share;
    // Two holders may be closed by one part.
    const id = trades.some((each) => each.id?.startsWith(`${part.id}/`))
      ? `${part.id}+${trades.length}`
      : part.id;
    trades.push(...this.#lots.close(holder, { ...part, id, amount: closes, fee, dust: this.#dust }));
    this.#shrink(holder, held);
    return units - closes <= units * ROUNDING ? 0 : units - closes;
  }

  /** Units closed that no strategy is known to hold. */
  #closeForeign(order: SentOrder, side: Side, units: number, { unknown }: Booked): void {
    if (!(units > this.#noise())) return;
    const { strategy, symbol, key } = order;
    const { size } = unitOf(this.#market);
    unknown.push({ strategy, symbol, side, positionId: key.replace('\n', '/'), size: units * size });
    if (this.#foreign === null) return;
    const rest = Math.max(0, Math.abs(this.#foreign) - units);
    this.#foreign = Math.sign(this.#foreign) * rest;
  }

  #open(order: SentOrder, side: Side, part: Part, units: number): void {
    const { strategy, symbol, decision, stop, equityAtEntry } = order;
    const share = units / part.amount;
    const spot = this.#isSpot;
    this.#lots.open(
      {
        strategy,
        symbol,
        side,
        from: positionOf(order),
        ...(stop === undefined ? {} : { stop }),
        ...(decision === undefined ? {} : { decision }),
        ...(equityAtEntry === undefined ? {} : { equityAtEntry }),
      },
      {
        id: part.id,
        time: part.time,
        price: part.price,
        amount: units,
        fee: part.fee * share + (spot ? 0 : part.baseFee * part.price * share),
        ...(spot && part.baseFee > 0 ? { baseFee: part.baseFee * share } : {}),
        dust: this.#dust,
      },
    );
    const key = holderKey({ strategy, side });
    this.#believed.set(key, (this.#believed.get(key) ?? 0) + units * scaleOf(order));
    if (order.attached) this.#arm(key, order.levels ?? null, (known) => known + units);
  }

  #other(buys: boolean, part: Part, booked: Booked): void {
    const closed: Side = buys ? 'short' : 'long';
    const against = Math.max(0, buys ? -(this.#foreign ?? 0) : (this.#foreign ?? 0));
    const { left: rest, isElse } = this.#atLevels(closed, part, against, booked);
    let left = rest;
    const byHand = Math.min(left, against);
    if (byHand > 0) {
      this.#foreign = (this.#foreign ?? 0) + (buys ? byHand : -byHand);
      left -= byHand;
    }
    if (this.#foreign === null && (this.#isSpot || isElse)) {
      // Somebody closed: what the bot holds, or what was there beside it.
      booked.unknown.push(...this.abandon(closed, left));
      return;
    }
    for (const holder of this.#holders(closed)) if (left > 0) left = this.#close(holder, part, left, booked);
    if (left > 0 && this.#foreign !== null) this.#foreign += buys ? left : -left;
    if (this.#isSpot && this.#foreign !== null) this.#foreign = Math.max(0, this.#foreign);
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
    let left = part.amount;
    let isElse = false;
    const armed = this.#holders(closed).filter((holder) => this.#attached.has(holderKey(holder)));
    const closable = armed.reduce((sum, { size }) => sum + size, beside);
    const isOpen = beside > this.#noise() && left < closable - this.#noise();
    for (const holder of armed) {
      if (!(left > 0)) break;
      const { levels } = this.#attached.get(holderKey(holder))!;
      const fit = fitOf(levels, closed === 'short', part.price);
      isElse ||= fit === 'never';
      if (fit === 'never' || (isOpen && fit === 'unknown')) continue;
      if (isOpen && fit === 'past') {
        const units = Math.min(left, holder.size);
        booked.unknown.push(...this.#letGo(holder, units));
        left -= units;
      } else left = this.#close(holder, part, left, booked);
    }
    return { left, isElse };
  }

  #fund(amount: number): void {
    const account = this.net + (this.#foreign ?? 0);
    if (Math.abs(account) <= this.#noise()) return;
    // A strategy that is short of a net position receives what the others pay.
    this.#lots.fund(this.#symbol, 'long', amount / account);
    this.#lots.fund(this.#symbol, 'short', -amount / account);
  }

  /** What came with a position, and what its bot believes, shrink with it. */
  #shrink(holder: Holder, before: number): void {
    const key = holderKey(holder);
    const left = this.#lots.openSize(holder) / before;
    const [attached, believed] = [this.#attached.get(key), this.#believed.get(key)];
    if (attached && left > 0) this.#attached.set(key, { ...attached, units: attached.units * left });
    else this.#attached.delete(key);
    if (believed !== undefined && left > 0) this.#believed.set(key, believed * left);
    else this.#believed.delete(key);
  }

  #holders(side: Side) {
    return this.#lots.holders(this.#symbol).filter((holder) => holder.side === side);
  }

  /** Units below which the venue takes no order. */
  get #dust(): number {
    return this.#market.limits?.amount?.min ?? 0;
  }

  get #isSpot(): boolean {
    return this.#market.spot !== false;
  }
}

const holderKey = ({ strategy, side }: Pick<Holder, 'strategy' | 'side'>): string => `${side}\n${strategy}`;
