// Two strategies on Debut with the overlay on both. Compile it in a Debut project: the imports are that project's own.
import { Debut } from '@debut/community-core';
import type { BaseTransport, Candle, DebutOptions } from '@debut/types';
import { type EdgekeeperPluginAPI, type EdgekeeperPluginOptions, edgekeeperPlugin } from 'edgekeeper/debut';

export interface CrossOptions extends DebutOptions, EdgekeeperPluginOptions {
  fast: number;
  slow: number;
  stop: number;
}

abstract class Averaging extends Debut {
  declare opts: CrossOptions;
  declare plugins: EdgekeeperPluginAPI;
  private readonly closes: number[] = [];

  constructor(transport: BaseTransport, opts: CrossOptions) {
    super(transport, opts);
    // The whole options go in: what is not the plugin's is not looked at.
    this.registerPlugins([edgekeeperPlugin(this.opts)]);
  }

  protected averages({ c }: Candle): { fast: number; slow: number; ready: boolean } {
    this.closes.push(c);
    if (this.closes.length > this.opts.slow) this.closes.shift();
    const mean = (n: number) => this.closes.slice(-n).reduce((sum, x) => sum + x, 0) / n;
    return {
      fast: mean(this.opts.fast),
      slow: mean(this.opts.slow),
      ready: this.closes.length === this.opts.slow,
    };
  }

  protected async buy(price: number, confidence: number): Promise<void> {
    // Say what the strategy thinks on the line before the order, with nothing awaited in between.
    this.plugins.edgekeeper.signal({ side: 'BUY', confidence, stop: price * (1 - this.opts.stop / 100) });
    // A veto resolves undefined: a strategy must live with that.
    await this.createOrder('BUY' as never);
  }
}

/** Buys strength: the fast average above the slow one. */
export class Follow extends Averaging {
  async onCandle(candle: Candle): Promise<void> {
    const { fast, slow, ready } = this.averages(candle);
    if (!ready) return;
    if (fast > slow && this.ordersCount === 0)
      await this.buy(candle.c, Math.min(1, (50 * (fast - slow)) / slow));
    if (fast < slow && this.ordersCount > 0) await this.closeAll();
  }
}

/** Buys weakness: the price far below its slow average. */
export class Revert extends Averaging {
  async onCandle(candle: Candle): Promise<void> {
    const { slow, ready } = this.averages(candle);
    if (!ready) return;
    const depth = (slow - candle.c) / slow;
    if (depth > 0.02 && this.ordersCount === 0) await this.buy(candle.c, Math.min(1, 20 * depth));
    if (depth < 0 && this.ordersCount > 0) await this.closeAll();
  }
}
