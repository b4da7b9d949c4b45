import { ENFORCEMENTS } from '../model/decision.ts';
import { checkedCell, checkName, isMoney, reading, refuse } from '../model/doors.ts';
import { show } from '../model/errors.ts';
import { CELLS, type Cell, REGIMES, type RegimeLabel } from '../model/regime.ts';
import type { Side } from '../model/signal.ts';

/** A signal as the scorer sees it. Missing or impossible rates count as not given. */
export interface ScorableSignal {
  readonly strategy: string;
  readonly symbol: string;
  readonly side: Side;
  readonly confidence?: number;
  readonly confluence?: number;
  /** Label of the regime (TRENDING counts as with the trend), or the exact cell. Default UNKNOWN. */
  readonly regime?: RegimeLabel | Cell;
  /** Default 0.5: nothing known. */
  readonly alignment?: number;
}

/** What a signal came to, in R. */
export interface ScoredOutcome {
  readonly strategy: string;
  readonly symbol: string;
  readonly side: Side;
  readonly cell: Cell;
  readonly r: number;
  /** What its score was then. */
  readonly belowThreshold: boolean;
  /** How much it counts, in (0,1]: 1 by default, and less for one that nobody traded. */
  readonly weight?: number;
}

const isSide = (value: unknown): value is Side => value === 'long' || value === 'short';

/** What is to be scored, read once. Throws `SIGNAL_INVALID`. */
export function readSignal(given: ScorableSignal) {
  const read = reading('a signal', 'SIGNAL_INVALID', () => {
    const { strategy, symbol, side, confidence, confluence, regime = 'UNKNOWN', alignment } = given;
    return { strategy, symbol, side, confidence, confluence, regime, alignment };
  });
  checkName(read.strategy, 'strategy', 'SIGNAL_INVALID');
  checkName(read.symbol, 'symbol', 'SIGNAL_INVALID');
  if (!isSide(read.side)) refuse(`side ${show(read.side)}`, '"long" or "short"', 'SIGNAL_INVALID');
  return { ...read, cell: checkedCell(read.regime, 'SIGNAL_INVALID') };
}

/** An outcome, read once. Throws `TRADE_INVALID`. */
export function readOutcome(given: ScoredOutcome) {
  const read = reading('an outcome', 'TRADE_INVALID', () => {
    const { strategy, symbol, side, cell, r, weight = 1, belowThreshold } = given;
    return { strategy, symbol, side, cell, r, weight, belowThreshold };
  });
  checkName(read.strategy, 'strategy', 'TRADE_INVALID');
  checkName(read.symbol, 'symbol', 'TRADE_INVALID');
  if (!isSide(read.side)) refuse(`side ${show(read.side)}`, '"long" or "short"', 'TRADE_INVALID');
  if (!CELLS.includes(read.cell))
    refuse(`cell ${show(read.cell)}`, `one of ${CELLS.join(', ')}`, 'TRADE_INVALID');
  if (!isMoney(read.r))
    refuse(
      `outcome ${show(read.r)} of ${read.strategy}`,
      'a finite R-multiple',
      'TRADE_INVALID',
      'Divide the profit by the risk taken at entry; nothing was recorded.',
    );
  if (!(typeof read.weight === 'number' && read.weight > 0 && read.weight <= 1))
    refuse(`weight ${show(read.weight)}`, 'a weight in (0,1]', 'TRADE_INVALID');
  return read;
}

/** Throws `CONFIG_INVALID`. */
export function checkThreshold(threshold: unknown): void {
  if (typeof threshold === 'number' && threshold >= 0 && threshold <= 1) return;
  refuse(`minQualityThreshold = ${show(threshold)}`, 'a score in [0,1]', 'CONFIG_INVALID');
}

/** Throws `CONFIG_INVALID`. */
export function checkEnforcement(enforcement: unknown): void {
  if ((ENFORCEMENTS as readonly unknown[]).includes(enforcement)) return;
  refuse(`enforcement = ${show(enforcement)}`, `one of ${ENFORCEMENTS.join(', ')}`, 'CONFIG_INVALID');
}

/** Throws `CONFIG_INVALID`. */
export function checkAdjustment(regime: unknown, adjustment: unknown): void {
  const isFactor = typeof adjustment === 'number' && adjustment >= 0 && adjustment <= 2;
  if (isFactor && (REGIMES as readonly unknown[]).includes(regime)) return;
  refuse(
    `adjustment ${show(adjustment)} for regime ${show(regime)}`,
    `a factor in [0, 2] for one of ${REGIMES.join(', ')}`,
    'CONFIG_INVALID',
    'The defaults are TRENDING 1.1, RANGING 0.8, VOLATILE 0.7, UNKNOWN 1.',
  );
}
