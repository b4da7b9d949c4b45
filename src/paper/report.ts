import type { CalibrationReport } from '../effect/calibration.ts';
import type { EffectStatement } from '../effect/statement.ts';
import type { OverlayReport } from '../monitor/report.ts';
import type { Performance } from '../performance/metrics.ts';
import type { Planted } from './generated-market.ts';
import type { Noticed } from './noticed.ts';

/** One account at the end of a run. Money in quote currency, rates in [0,1]. */
export interface AccountSummary {
  readonly startBalance: number;
  readonly equity: number;
  readonly returnRate: number;
  readonly maxDrawdown: number;
  readonly orders: number;
  readonly fills: number;
  readonly fees: number;
  readonly refused: number;
  readonly trades: number;
  /** Equity over the run, at even distances of time. */
  readonly curve: readonly number[];
  readonly byStrategy: Readonly<Record<string, Performance>>;
}

/** What a paper run ends with. It depends on the candles, the seed and the configuration, never on the machine. */
export interface PaperReport {
  readonly run: {
    readonly source: string;
    readonly symbols: readonly string[];
    readonly timeframe: string;
    /** Close of the first and the last candle, ms UTC. */
    readonly from: number;
    readonly to: number;
    readonly candles: number;
    readonly strategies: readonly string[];
    /** What the market was made to hold; null where nobody made it. */
    readonly planted: readonly Planted[] | null;
  };
  /** With the overlay attached; null when the run was made without. */
  readonly overlay:
    | (OverlayReport & {
        readonly account: AccountSummary;
        /** When the overlay changed its mind about each strategy, oldest first. */
        readonly noticed: readonly Noticed[];
        readonly effect: EffectStatement;
        readonly calibration: CalibrationReport;
      })
    | null;
  /** The same bot on the same candles without the overlay. */
  readonly baseline: AccountSummary;
}
