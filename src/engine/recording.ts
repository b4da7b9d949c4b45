import { checkUnjudged, checkUnknownExit } from '../decision/coverage.ts';
import { signalFault } from '../decision/fault.ts';
import { type Candle, candleFault, candleNameFault, readCandle, timeframeMs } from '../model/candle.ts';
import type { UnjudgedEntry, UnknownExit } from '../model/coverage.ts';
import { reading } from '../model/doors.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { Signal } from '../model/signal.ts';
import type { Trade, TradeInput } from '../model/trade.ts';
import { readTrade } from '../performance/trade-input.ts';
import { checkTrade } from '../performance/trade-record.ts';
import type { HostClock } from './clock.ts';
import type { EquityReport } from './events.ts';
import type { Learning } from './learning.ts';
import { readEquity } from './portfolio.ts';
import type { EngineState } from './state.ts';

/** Takes what happened to a host: its trades, its candles, its equity, and what nobody saw. */
export class Recording {
  readonly #state: EngineState;
  readonly #learning: Learning;
  readonly #clock: HostClock;

  constructor(state: EngineState, learning: Learning, clock: HostClock) {
    this.#state = state;
    this.#learning = learning;
    this.#clock = clock;
  }

  /**
   * Records a closed trade: its money at once, and once nothing of its position is open, what that came to, from
   * which every component learns. Returns its record, or null when it was recorded before. Throws `TRADE_INVALID`,
   * `TRADE_TOO_OLD` or `TIME_AHEAD`, and changes nothing then.
   */
  trade(given: TradeInput): Trade | null {
    const input = readTrade(given);
    // Where a host gives no sizes it is the whole of a position, which is one.
    const { strategy, symbol, exitTime, size = 1 } = input;
    this.#clock.refuseAhead('a trade', exitTime);
    if (!this.#state.hasRoom(strategy, symbol)) {
      checkTrade(input);
      this.#state.admits(strategy, symbol);
      const isKnown = this.#state.hasRoom(strategy, null) && this.#state.admits(strategy, null);
      this.#exitUnseen({ strategy, symbol, time: exitTime, size }, isKnown ? strategy : '');
      return null;
    }
    this.#state.touch('strategy', strategy);
    const deviation = this.#state.parts.judgement.deviation(strategy);
    const recorded = this.#state.parts.decomposer.record(input);
    if (recorded === null) return null;
    this.#state.admits(strategy, symbol);
    const { trade, outcome, dropped } = recorded;
    this.#learning.settleShadows();
    this.#learning.advance(trade.exitTime);
    if (dropped !== null)
      this.#state.countError(
        'POSITION_DROPPED',
        new Error(`too many positions are open: ${dropped} is never learned`),
      );
    if (outcome !== null) this.#learning.learn(outcome, trade.id, deviation);
    this.#state.emit({ type: 'trade', time: trade.exitTime, input, trade, outcome });
    return trade;
  }

  /**
   * Counts an entry that could not be judged, and why. Throws `SIGNAL_INVALID` or `TIME_AHEAD`, and changes nothing
   * then.
   */
  unjudged(given: UnjudgedEntry): void {
    const entry = reading('an unjudged entry', 'SIGNAL_INVALID', () => ({ ...given }));
    checkUnjudged(entry);
    this.#clock.refuseAhead('an unjudged entry', entry.time);
    this.#learning.settleShadows();
    this.#learning.advance(entry.time);
    const strategy = this.#state.admits(entry.strategy, null) ? entry.strategy : '';
    this.#state.coverage.countUnjudged({ ...entry, strategy });
    this.#state.emit({ type: 'unjudged', time: entry.time, entry });
  }

  /**
   * Counts a position, or the rest of one, of which nobody knows how it ended: it is never learned. Returns false
   * for one that had ended before. Throws `TRADE_INVALID` or `TIME_AHEAD`, and changes nothing then.
   */
  unknownExit(given: UnknownExit): boolean {
    const exit = reading('an unknown exit', 'TRADE_INVALID', () => ({ ...given }));
    checkUnknownExit(exit);
    const { strategy, symbol, positionId, time } = exit;
    this.#clock.refuseAhead('an unknown exit', time);
    if (
      positionId !== undefined &&
      !this.#state.parts.decomposer.dropPosition(strategy, symbol, positionId, time)
    )
      return false;
    this.#exitUnseen(exit, this.#state.admits(strategy, null) ? strategy : '');
    return true;
  }

  /** @param strategy under which it is counted */
  #exitUnseen(exit: UnknownExit, strategy: string): void {
    this.#learning.settleShadows();
    this.#learning.advance(exit.time);
    this.#state.coverage.countUnknownExit({ ...exit, strategy });
    this.#state.emit({ type: 'unknownExit', time: exit.time, exit });
  }

  /** Takes one closed candle. An impossible one, or one ahead of the clock, is skipped and counted. */
  candle(symbol: string, timeframe: string, given: Candle): void {
    const candle = readCandle(given);
    // A name is looked at once: what is known was one.
    const isKnown = this.#state.knowsSymbol(symbol) && timeframe === this.#state.config.timeframe;
    const fault = (isKnown ? null : candleNameFault(symbol, timeframe)) ?? candleFault(candle);
    if (fault !== null) {
      this.#state.countError('CANDLE_INVALID', new Error(fault));
      return;
    }
    if (this.#clock.isAhead(candle.time)) {
      this.#state.countError('TIME_AHEAD', this.#clock.ahead(`a candle of ${symbol}`, candle.time));
      return;
    }
    if (!this.#state.admitsSymbol(symbol)) return;
    this.#state.touch('symbol', symbol);
    if (this.#state.shadows.isDue(candle.time)) this.#learning.settleShadows();
    this.#learning.settleEdge(candle.time);
    this.#state.parts.detector.update(symbol, timeframe, candle);
    if (timeframe === this.#state.config.timeframe)
      this.#state.shadows.onCandle(symbol, candle, timeframeMs(this.#state.config.timeframe));
    this.#state.emit({ type: 'candle', time: candle.time, symbol, timeframe, candle });
  }

  /**
   * Hears that the host's strategy would leave its position on a symbol, whether it holds one or not: the
   * outcome of a signal that was not sent is followed to this exit. Throws `SIGNAL_INVALID` or `TIME_AHEAD`.
   */
  exitSignal(given: Pick<Signal, 'strategy' | 'symbol' | 'time'>): void {
    const signal = reading('an exit signal', 'SIGNAL_INVALID', () => ({
      strategy: given?.strategy,
      symbol: given?.symbol,
      side: 'long' as const,
      time: given?.time,
    }));
    const fault = signalFault(signal);
    if (fault !== null) {
      throw new EdgekeeperError('SIGNAL_INVALID', {
        found: `an exit signal whose ${fault}`,
        expected: 'strategy and symbol by name, and a time in ms',
        hint: 'Nothing was changed.',
      });
    }
    const { strategy, symbol, time } = signal;
    this.#clock.refuseAhead('an exit signal', time);
    this.#learning.settleShadows();
    this.#learning.advance(time);
    this.#state.touch('symbol', symbol);
    this.#state.shadows.askExit(strategy, symbol, time);
    this.#state.emit({ type: 'exit', time, strategy, symbol });
  }

  /** Takes the equity of the whole account, for the drawdown guard. Throws `EQUITY_INVALID` or `TIME_AHEAD`. */
  equity(given: EquityReport): void {
    const report = readEquity(given);
    this.#clock.refuseAhead('an equity report', report.time);
    this.#state.portfolio.record(report, this.#state.config.hardStop ?? null);
    this.#learning.settleShadows();
    this.#learning.advance(report.time);
    this.#state.emit({ type: 'equity', time: report.time, report });
  }
}
