// A strategy on Debut with the overlay. Its class has the name that `--bot` and schema.json say.
import { Debut } from '@debut/community-core';
import type {
  BaseTransport,
  Candle,
  DebutOptions,
  ExecutedOrder,
  OrderType,
  PendingOrder,
} from '@debut/types';
import { type EdgekeeperPluginAPI, type EdgekeeperPluginOptions, edgekeeperPlugin } from 'edgekeeper/debut';

export interface FollowOptions extends DebutOptions, EdgekeeperPluginOptions {
  /** Candles in the two averages. */
  fast: number;
  slow: number;
  /** Loss at which a position is left, in percent of its entry. */
  stop: number;
}

/** Buys strength, the fast average above the slow one, and sells when that is over or at its stop. */
export class Follow extends Debut {
  declare opts: FollowOptions;
  declare plugins: EdgekeeperPluginAPI;
  /** What closed orders made, net of fees in quote currency, and the deepest fall of that. */
  profit = 0;
  drawdown = 0;
  closed = 0;
  private peak = 0;
  private readonly closes: number[] = [];

  constructor(transport: BaseTransport, opts: FollowOptions) {
    super(transport, opts);
    // The whole options go in: what is not the plugin's is not looked at.
    this.registerPlugins([edgekeeperPlugin(this.opts)]);
  }

  async onCandle({ c }: Candle): Promise<void> {
    const { fast, slow, stop } = this.opts;
    this.closes.push(c);
    if (this.closes.length > slow) this.closes.shift();
    if (this.closes.length < slow) return;
    const strength = this.average(fast) / this.average(slow) - 1;
    // Debut counts its orders in `ordersCount`, too, but not those of a snapshot: look at the orders themselves.
    if (strength < 0) await this.leave();
    if (strength <= 0 || this.orders.length > 0) return;
    // Said on the line before the order, with nothing awaited in between.
    this.plugins.edgekeeper.signal({
      side: 'BUY',
      confidence: Math.min(1, 50 * strength),
      stop: c * (1 - stop / 100),
    });
    // A veto resolves undefined: a strategy must live with that.
    await this.createOrder('BUY' as OrderType);
  }

  async onTick({ c }: Candle): Promise<void> {
    const [order] = this.orders;
    if (order && c <= order.price * (1 - this.opts.stop / 100)) await this.leave();
  }

  async onOrderClosed(order: ExecutedOrder, opened: ExecutedOrder): Promise<void> {
    const fees = order.commission.value + opened.commission.value;
    this.profit += (order.price - opened.price) * order.executedLots - fees;
    this.peak = Math.max(this.peak, this.profit);
    this.drawdown = Math.max(this.drawdown, this.peak - this.profit);
    this.closed += 1;
  }

  private async leave(): Promise<void> {
    const isOpen = (order: PendingOrder | ExecutedOrder) => 'orderId' in order;
    for (const order of this.orders.filter(isOpen)) await this.closeOrder(order);
  }

  private average(candles: number): number {
    return this.closes.slice(-candles).reduce((sum, close) => sum + close, 0) / candles;
  }
}
