import { show } from '../../src/errors.ts';
import { EdgekeeperError, type OptimizationEngine, timeframeMs } from '../../src/index.ts';
import { CandleAggregator } from './aggregate.ts';
import { TIMEFRAMES } from './config.ts';
import type { DebutCandle, DebutHost } from './types.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Brings the candles of a bot to its engine, and the hourly update. */
export class CandleFeed {
  readonly #engine: OptimizationEngine;
  readonly #own: boolean;
  #interval: string | undefined;
  #timeframe = '';
  #aggregator: CandleAggregator | null = null;
  #fits = false;
  #hour = -1;
  #updated = -1;
  #traded = true;

  /** @param own whether the engine is this bot's alone, and follows its interval */
  constructor(engine: OptimizationEngine, own: boolean) {
    this.#engine = engine;
    this.#own = own;
  }

  /**
   * Learns the interval of the bot, which Debut names when it runs. An engine of the bot's own takes it over, before a
   * state is restored into it; candles of a shared engine are put together to its timeframe. One that they do not make
   * up is counted, once.
   */
  useInterval({ opts }: DebutHost, time: number): void {
    const { interval } = opts;
    if (interval === this.#interval && this.#engine.config.timeframe === this.#timeframe) return;
    this.#interval = interval;
    const timeframe = TIMEFRAMES[interval];
    if (this.#own && timeframe !== undefined && timeframe !== this.#engine.config.timeframe) {
      const reason = 'the interval of the bot';
      this.#engine.reconfigure({ ...this.#engine.options, timeframe }, { time, actor: 'edgekeeper', reason });
    }
    this.#timeframe = this.#engine.config.timeframe;
    const fault = intervalFault(interval, this.#timeframe);
    this.#fits = fault === null;
    if (fault) this.#engine.countError(fault.code, fault);
    this.#aggregator =
      this.#fits && timeframe !== this.#timeframe
        ? new CandleAggregator(timeframeMs(timeframe!), timeframeMs(this.#timeframe))
        : null;
  }

  /** A trade was recorded: the next update has something to learn. */
  traded(): void {
    this.#traded = true;
  }

  /** Takes a closed candle, and updates where an hour began. */
  take(host: DebutHost, { time, o, h, l, c, v }: DebutCandle, strategy: string): void {
    this.useInterval(host, time);
    if (this.#fits) {
      const candle = { time, open: o, high: h, low: l, close: c, volume: v };
      const { ticker } = host.opts;
      if (this.#aggregator === null) this.#engine.recordCandle(ticker, this.#timeframe, candle);
      else
        for (const longer of this.#aggregator.add(candle))
          this.#engine.recordCandle(ticker, this.#timeframe, longer);
    }
    const hour = Math.floor(time / HOUR);
    if (hour <= this.#hour) return;
    this.#hour = hour;
    if (!this.#isDue(time, strategy)) return;
    this.#updated = time;
    this.#traded = false;
    this.#engine.updateOptimization(time);
  }

  /**
   * Whether an update would change anything. What moves weights is trades, and a day that passes; what moves a status
   * is trades, and time for one that is on its way to the bench or back. A shared engine hears of more than this bot.
   */
  #isDue(time: number, strategy: string): boolean {
    if (!this.#own || this.#traded || time - this.#updated >= DAY) return true;
    const status = this.#engine.manager.statusOf(strategy);
    return status === 'DEGRADED' || status === 'SUSPENDED';
  }
}

/** What is wrong with a bot's interval for an engine's timeframe; null where its candles make up the engine's. */
export function intervalFault(interval: string, timeframe: string): EdgekeeperError | null {
  const from = TIMEFRAMES[interval];
  if (from !== undefined && timeframeMs(timeframe) % timeframeMs(from) === 0) return null;
  return new EdgekeeperError('CONFIG_INVALID', {
    found: `a bot on the interval ${show(interval)}`,
    expected: `one that candles of ${timeframe} can be made of: that of its engine, or a part of it`,
    hint: 'Give the engine the timeframe of its slowest bot. Until then regimes are UNKNOWN.',
  });
}
