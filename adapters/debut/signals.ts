import type { Signal } from '../../src/index.ts';
import { pickDefined } from '../../src/model/pick.ts';
import type { EdgekeeperSignal } from './api.ts';

/** What a strategy said about an order, in the words of a signal. */
export type Said = Pick<Signal, 'confidence' | 'confluence' | 'stop' | 'target'>;

const NOTHING: Said = {};

/** What a strategy says about its next order: by side, heard once, and gone with the candle in which it was said. */
export class SaidSignals {
  readonly #bySide = new Map<string, Said>();

  say(signal: EdgekeeperSignal): void {
    if (signal?.side !== 'BUY' && signal?.side !== 'SELL')
      throw new Error(`a signal to ${String(signal?.side)}: BUY or SELL is expected`);
    this.#bySide.set(signal.side, pickDefined(signal, ['confidence', 'confluence', 'stop', 'target']));
  }

  take(side: string): Said {
    const said = this.#bySide.get(side);
    if (said === undefined) return NOTHING;
    this.#bySide.delete(side);
    return said;
  }

  /** A candle closed: what was not followed by an order is void. */
  expire(): void {
    if (this.#bySide.size > 0) this.#bySide.clear();
  }
}
