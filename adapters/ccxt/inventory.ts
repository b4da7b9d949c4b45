import type { Side, TradeInput } from '../../src/index.ts';
import { type Abandoned, type Holder, LotBook, type LotBookState } from '../core/lots.ts';
import type { Part } from './execution.ts';
import { Guards, type GuardsState } from './guards.ts';
import { type CcxtMarket, unitOf } from './market.ts';
import { mostScaleOf, positionOf, type SentOrder, scaleOf } from './sent-orders.ts';

/** What came of some happenings. */
export interface Booked {
  readonly trades: TradeInput[];
  readonly unknown: Abandoned[];
}

export interface InventoryState {
  readonly lots: LotBookState;
  readonly foreign: number | null;
  readonly attached: GuardsState;
  readonly believed: readonly (readonly [holder: string, units: number, most?: number])[];
}

/** Units that a bot takes itself to hold; the most where it bought by cost, and may go by what it got or by what it reckons. */
export interface Believed {
  readonly units: number;
  readonly most: number;
}

const ROUNDING = 1e-9;
const NOTHING: Believed = { units: 0, most: 0 };

/** What is held of one symbol: the lots of each strategy with what guards them, and what is in the account beside them. */
export class Inventory {
  readonly #symbol: string;
  readonly #market: CcxtMarket;
  readonly #lots: LotBook;
  readonly guards: Guards;
  /** Units held beside the lots, signed: from before, or by hand; null where nobody has said. */
  foreign: number | null;
  /** Units that the bot takes itself to hold, by strategy and side: what it asked for, of what was sent. */
  readonly #believed: Map<string, Believed>;

  constructor(symbol: string, market: CcxtMarket, state?: InventoryState) {
    this.#symbol = symbol;
    this.#market = market;
    this.#lots = new LotBook(() => unitOf(market));
    if (state) this.#lots.restore(state.lots);
    this.foreign = state?.foreign ?? null;
    this.guards = new Guards(state?.attached);
    this.#believed = new Map(
      (state?.believed ?? []).map(([key, units, most = units]) => [key, { units, most }]),
    );
  }

  state(): InventoryState {
    return {
      lots: this.#lots.snapshot(),
      foreign: this.foreign,
      attached: this.guards.state(),
      believed: [...this.#believed].map(([key, { units, most }]) => [key, units, most] as const),
    };
  }

  /** Units that the strategies hold together, signed. */
  get net(): number {
    return this.#lots.net(this.#symbol);
  }

  /** Who holds something on a side, the oldest first. */
  holders(side: Side) {
    return this.#lots.holders(this.#symbol).filter((holder) => holder.side === side);
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
  believed(strategy: string, side: Side): Believed {
    return this.#believed.get(holderKey({ strategy, side })) ?? NOTHING;
  }

  /** Least difference between two sizes that means something. */
  get noise(): number {
    return Math.max(this.#dust, Math.abs(this.net) * ROUNDING, Number.MIN_VALUE) * 0.999;
  }

  get isSpot(): boolean {
    return this.#market.spot !== false;
  }

  /** An order opened units. */
  open(order: SentOrder, side: Side, part: Part, units: number): void {
    const { strategy, symbol, decision, stop, equityAtEntry } = order;
    const share = units / part.amount;
    const spot = this.isSpot;
    this.#lots.open(
      {
        strategy,
        symbol,
        side,
        from: positionOf(order),
        stop,
        decision,
        equityAtEntry,
      },
      {
        id: part.id,
        time: part.time,
        price: part.price,
        amount: units,
        fee: part.fee * share + (spot ? 0 : part.baseFee * part.price * share),
        baseFee: spot && part.baseFee > 0 ? part.baseFee * share : undefined,
        dust: this.#dust,
      },
    );
    const key = holderKey({ strategy, side });
    const before = this.#believed.get(key) ?? NOTHING;
    const closed = order.closed ?? 0;
    this.#believed.set(key, {
      units: before.units + units * scaleOf(order, closed),
      most: before.most + units * mostScaleOf(order, closed),
    });
    if (order.attached) this.guards.arm(key, order.levels ?? null, (known) => known + units);
  }

  /** Closes units of a holder; what is left of them. */
  close(holder: Holder, part: Part, units: number, { trades }: Booked): number {
    const held = this.#lots.openSize(holder);
    const closes = Math.min(units, held);
    if (!(closes > 0)) return units;
    const share = closes / part.amount;
    const fee = (part.fee + (this.isSpot ? part.baseFee * part.price : 0)) * share;
    // Two holders may be closed by one part.
    const id = trades.some((each) => each.id?.startsWith(`${part.id}/`))
      ? `${part.id}+${trades.length}`
      : part.id;
    trades.push(...this.#lots.close(holder, { ...part, id, amount: closes, fee, dust: this.#dust }));
    this.#shrink(holder, held);
    return units - closes <= units * ROUNDING ? 0 : units - closes;
  }

  /** Units closed that no strategy is known to hold. */
  closeForeign(order: SentOrder, side: Side, units: number, { unknown }: Booked): void {
    if (!(units > this.noise)) return;
    const { strategy, symbol, key } = order;
    const { size } = unitOf(this.#market);
    unknown.push({ strategy, symbol, side, positionId: key.replace('\n', '/'), size: units * size });
    if (this.foreign === null) return;
    const rest = Math.max(0, Math.abs(this.foreign) - units);
    this.foreign = Math.sign(this.foreign) * rest;
  }

  /** Lets go of units that the exchange says are not there, the oldest first. */
  abandon(side: Side, units: number): Abandoned[] {
    const gone: Abandoned[] = [];
    let left = units;
    for (const holder of this.holders(side)) {
      if (left <= this.noise) break;
      const taken = Math.min(left, holder.size);
      gone.push(...this.letGo(holder, taken));
      left -= taken;
    }
    return gone;
  }

  letGo(holder: Holder & { readonly size: number }, units: number): Abandoned[] {
    const gone = this.#lots.abandon(holder, units);
    this.#shrink(holder, holder.size);
    return gone;
  }

  /** Funding received, or paid where negative, in the currency that settles. */
  fund(amount: number): void {
    const account = this.net + (this.foreign ?? 0);
    if (Math.abs(account) <= this.noise) return;
    // A strategy that is short of a net position receives what the others pay.
    this.#lots.fund(this.#symbol, 'long', amount / account);
    this.#lots.fund(this.#symbol, 'short', -amount / account);
  }

  /** What came with a position, and what its bot believes, shrink with it. */
  #shrink(holder: Holder, before: number): void {
    const key = holderKey(holder);
    const left = this.#lots.openSize(holder) / before;
    this.guards.shrink(key, left);
    const believed = this.#believed.get(key);
    if (believed !== undefined && left > 0)
      this.#believed.set(key, { units: believed.units * left, most: believed.most * left });
    else this.#believed.delete(key);
  }

  /** Units below which the venue takes no order. */
  get #dust(): number {
    return this.#market.limits?.amount?.min ?? 0;
  }
}

/** Names a holder among those of a symbol. */
export const holderKey = ({ strategy, side }: Pick<Holder, 'strategy' | 'side'>): string =>
  `${side}\n${strategy}`;
