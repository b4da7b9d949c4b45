import type { Clock } from '../clock.ts';
import { atStep, INSTRUMENTS, type Instrument } from './instruments.ts';
import { Ledger } from './ledger.ts';
import { Matching } from './matching.ts';
import { exposed, isRuined, lockedBy, START_CASH, worthAt } from './money.ts';
import { isOpen, type Order, VenueError, type VenueSettings, type Wanted } from './order.ts';
import { check } from './rules.ts';

/** An account at a venue: takes orders, fills them at the prices it is given, and books everything. */
export class Venue {
  readonly ledger = new Ledger();
  readonly settings: VenueSettings;
  readonly instruments: readonly Instrument[];
  readonly clock: Clock;
  readonly #prices = new Map<string, number>();
  readonly #matching = new Matching(this);

  constructor(settings: VenueSettings, clock: Clock) {
    this.settings = settings;
    this.clock = clock;
    this.instruments = INSTRUMENTS[settings.kind];
    for (const { id, startPrice } of this.instruments) this.#prices.set(id, startPrice);
    for (const [currency, amount] of Object.entries(START_CASH[settings.kind]))
      this.ledger.deposit(currency, amount);
  }

  /** Every order that was ever taken, oldest first. */
  get orders(): readonly Order[] {
    return this.#matching.orders;
  }

  get hedged(): boolean {
    return this.settings.kind === 'hedge';
  }

  get now(): number {
    return this.clock.now;
  }

  /** What the venue takes the time for. */
  time(): number {
    return Math.floor(this.now / this.settings.coarse) * this.settings.coarse;
  }

  price({ id }: Instrument): number {
    return this.#prices.get(id)!;
  }

  instrument(id: string): Instrument {
    const found = this.instruments.find((each) => each.id === id);
    if (!found) throw new VenueError(-1121, 'Invalid symbol.');
    return found;
  }

  find(instrument: Instrument, by: { id?: number; clientId?: string; algo: boolean }): Order | undefined {
    return this.orders.findLast(
      (order) =>
        order.instrument === instrument &&
        order.algo === by.algo &&
        (by.clientId === undefined ? order.id === by.id : order.clientId === by.clientId),
    );
  }

  place(wanted: Wanted): Order {
    check(wanted, this);
    return this.#matching.accept(wanted);
  }

  /** The owner trades by hand, and is never refused. */
  tradeByHand(wanted: Omit<Wanted, 'clientId' | 'by' | 'type'>): void {
    this.#matching.accept({
      ...wanted,
      type: 'MARKET',
      clientId: `web-${this.#matching.nextId('web')}`,
      by: 'owner',
    });
  }

  /** Two orders of which one ends the other; they hold back what the larger needs. */
  placePair(first: Wanted, second: Wanted): readonly [Order, Order] {
    check(first, this);
    check(second, this);
    const pair = [this.#matching.accept(first), this.#matching.accept(second)] as const;
    pair[0].pair = pair[1];
    pair[1].pair = pair[0];
    return pair;
  }

  cancel(order: Order): void {
    if (!isOpen(order)) throw new VenueError(-2011, 'Unknown order sent.');
    this.#matching.end(order, 'CANCELED');
  }

  /** Changes what a resting order is still to fill. */
  amend(order: Order, qty: number, price: number): void {
    check({ ...order, qty, price, clientId: '' }, this);
    order.qty = qty;
    order.price = price;
    order.updated = this.time();
    this.#matching.match(order, 'part', false);
  }

  /** Moves a price, and does what that sets off: triggers, fills, liquidation. */
  move(instrument: Instrument, price: number): void {
    this.#prices.set(instrument.id, atStep(price, instrument.tick));
    this.#matching.react(instrument);
    this.#maybeLiquidate();
  }

  /** Pays funding on a position; a positive rate is paid by who is long. */
  fund(instrument: Instrument, rate: number): void {
    for (const { size, instrument: of } of this.ledger.positions())
      if (of === instrument && size !== 0) {
        const amount = -rate * worthAt(instrument, size, this.price(instrument));
        this.ledger.fund({ instrument, size, amount: Number(amount.toFixed(8)), time: this.time() });
      }
  }

  /** Takes a contract's margin away down to what is just enough, and moves its price against it. */
  ruin(instrument: Instrument): void {
    const held = this.ledger.positions().find((each) => each.instrument === instrument && each.size !== 0);
    if (!held) return;
    const { settle } = instrument;
    const { unrealized, value } = exposed(this, settle);
    this.ledger.deposit(settle, value * 0.02 - unrealized - this.ledger.cash(settle));
    this.move(instrument, this.price(instrument) * (held.size > 0 ? 0.96 : 1.04));
  }

  /** What may be spent or sold of a currency. */
  free(currency: string): number {
    return this.ledger.cash(currency) - this.locked(currency);
  }

  /** What resting orders hold back of a currency. */
  locked(currency: string): number {
    return lockedBy(this.orders.filter(isOpen), currency);
  }

  #maybeLiquidate(): void {
    for (const settle of new Set(this.instruments.map((each) => each.settle))) {
      if (!isRuined(this, settle)) continue;
      for (const order of this.orders)
        if (isOpen(order) && order.instrument.settle === settle) this.#matching.end(order, 'CANCELED');
      for (const { instrument, positionSide, size } of this.ledger.positions()) {
        if (size === 0 || instrument.settle !== settle) continue;
        this.#matching.accept({
          instrument,
          side: size > 0 ? 'SELL' : 'BUY',
          type: 'MARKET',
          qty: Math.abs(size),
          positionSide,
          clientId: `autoclose-${this.#matching.nextId('autoclose')}`,
          by: 'liquidation',
        });
      }
      // What is missing is the insurance's; the owner pays in again, so that the bot goes on.
      this.ledger.deposit(settle, START_CASH[this.settings.kind][settle]! - this.ledger.cash(settle));
    }
  }
}
