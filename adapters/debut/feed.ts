import { EdgekeeperError, type OptimizationEngine, timeframeMs } from '../../src/index.ts';
import { show } from '../../src/model/errors.ts';
import { CandleAggregator } from './aggregate.ts';
import { TIMEFRAMES } from './config.ts';
import type { DebutCandle, DebutHost } from './types.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Candles that wait at most. */
const WAITING = 256;

/**
 * Brings the candles of a bot to its engine, and the hourly update. Those of an engine of its own wait until somebody
 * looks: nothing between two orders depends on when they are taken, and a few hundred at once cost a fraction.
 */
export class CandleFeed {
  readonly #engine: OptimizationEngine;
  readonly #own: boolean;
  /** The strategy of the bot, as far as it is known. */
  strategy = '';
  #ticker = '';
  #waiting: DebutCandle[] = [];
  #interval: string | undefined;
  #timeframe = '';
  #aggregator: CandleAggregator | null = null;
  #fits = false;
  #hour = -1;
  /** Host time at which an update is due although nothing was learned since the last. */
  #dueAt = 0;
  #isNew = true;

  /** @param own whether the engine is this bot's alone, and follows its interval */
  constructor(engine: OptimizationEngine, own: boolean) {
    this.#engine = engine;
    this.#own = own;
    if (own)
      engine.subscribe(({ type }) => {
        // The next update has something to learn.
        if (type === 'trade' || type === 'shadow') this.#isNew = true;
      });
  }

  /**
   * Learns the interval of the bot, which Debut names when it runs. An engine of the bot's own takes it over, before a
   * state is restored into it; candles of a shared engine are put together to its timeframe. One that they do not make
   * up is counted, once.
   */
  useInterval({ opts }: DebutHost, time: number): void {
    const { interval } = opts;
    if (interval === this.#interval && this.#engine.config.timeframe === this.#timeframe) return;
    this.settle();
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

  /** A candle closed. */
  take(host: DebutHost, candle: DebutCandle): void {
    this.useInterval(host, candle.time);
    this.#ticker = host.opts.ticker;
    this.#waiting.push(candle);
    if (!this.#own || this.#waiting.length >= WAITING) this.settle();
  }

  /** Takes the candles that wait, and updates where an hour began: to be called before anybody looks at the engine. */
  settle(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const candle of waiting) {
      if (this.#fits) this.#record(candle);
      const hour = Math.floor(candle.time / HOUR);
      if (hour <= this.#hour) continue;
      this.#hour = hour;
      if (this.#isDue(candle.time)) this.#update(candle.time);
    }
  }

  #record({ time, o, h, l, c, v }: DebutCandle): void {
    const candle = { time, open: o, high: h, low: l, close: c, volume: v };
    if (this.#aggregator === null) this.#engine.recordCandle(this.#ticker, this.#timeframe, candle);
    else
      for (const complete of this.#aggregator.add(candle))
        this.#engine.recordCandle(this.#ticker, this.#timeframe, complete);
  }

  /**
   * Whether an update could change anything. A shared engine hears of more than this bot. In one of its own it is
   * outcomes that do, or time: weights go on stepping once a day until they are where the trades want them, and a strategy on
   * the bench waits for its window or its probation to end.
   */
  #isDue(time: number): boolean {
    return !this.#own || this.#isNew || time >= this.#dueAt;
  }

  #update(time: number): void {
    const { statusChanges, weightChanges } = this.#engine.updateOptimization(time);
    const isSettled = !this.#isNew && weightChanges === 0 && statusChanges === 0;
    this.#isNew = statusChanges > 0;
    const waits = this.#benchWaits();
    this.#dueAt = time + (isSettled ? waits : Math.min(DAY, waits));
  }

  /**
   * Time in ms until a strategy on the bench is looked at again: at the end of its window, whose days count one by one,
   * and after it, where signals that were not sent tell, once a day.
   */
  #benchWaits(): number {
    const { manager, config } = this.#engine;
    const status = manager.statusOf(this.strategy);
    if (status !== 'DEGRADED' && status !== 'SUSPENDED') return Number.POSITIVE_INFINITY;
    const window = status === 'DEGRADED' ? config.degradedWindowHours : config.suspendedWindowHours;
    const left = (window - (manager.getStrategyHealth(this.strategy)?.hoursInStatus ?? 0)) * HOUR;
    if (left > 0) return Math.min(DAY, left);
    return status === 'SUSPENDED' ? DAY : Number.POSITIVE_INFINITY;
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
