// A host to write an adapter for: a bot that calls listeners before an order and after a fill.

/**
 * @typedef {{ strategy: string, symbol: string, side: 'buy' | 'sell', size: number, price?: number, closes: boolean,
 *   cancelled?: boolean }} TinyOrder
 * @typedef {{ id: string, amount: number, price: number, fee: number }} TinyFill
 */

/** Sells and buys what its strategies ask for; `venue` is anything with place(order) -> fills. */
export class TinyBot {
  /** @type {((order: TinyOrder) => void)[]} */
  beforeOrder = [];
  /** @type {((order: TinyOrder, fill: TinyFill) => void)[]} */
  afterFill = [];
  /** @type {Map<string, { side: 'buy' | 'sell', size: number }>} */
  positions = new Map();

  /** @param {any} venue */
  constructor(venue) {
    this.venue = venue;
  }

  /**
   * Listeners may change order.size, or set order.cancelled.
   * @param {TinyOrder} order
   */
  order(order) {
    for (const listen of this.beforeOrder) listen(order);
    if (order.cancelled) return;
    const fills = this.venue.place(
      { symbol: order.symbol, side: order.side, amount: order.size },
      order.strategy,
    );
    for (const fill of fills) for (const listen of this.afterFill) listen(order, fill);
    if (order.closes) this.positions.delete(order.strategy);
    else this.positions.set(order.strategy, { side: order.side, size: order.size });
  }

  /** @type {(strategy: string, symbol: string, side: 'buy' | 'sell', size: number) => void} */
  open(strategy, symbol, side, size) {
    if (this.positions.has(strategy)) return;
    this.order({ strategy, symbol, side, size, price: this.venue.price, closes: false });
  }

  /** @type {(strategy: string, symbol: string) => void} */
  close(strategy, symbol) {
    const position = this.positions.get(strategy);
    if (!position) return;
    const side = position.side === 'buy' ? 'sell' : 'buy';
    this.order({ strategy, symbol, side, size: position.size, closes: true });
  }
}
