import type { Background, Outcome } from './background.ts';
import type { PositionWatch } from './position-watch.ts';
import type { ReconcilerOptions } from './reconcile.ts';

export interface RecordReaderOptions extends ReconcilerOptions {
  readonly background: Background;
  readonly positions: Pick<PositionWatch, 'canAsk' | 'ask'>;
  /** Finds out which orders on a symbol have ended. */
  readonly ended: (symbol: string) => void;
}

/** How often the venue is read while something may fill there unseen, and while orders merely rest; in ms. */
const POLL_ARMED = 60_000;
const POLL_RESTING = 300_000;
/** How often the venue's record is read until it shows what filled: trades may be minutes late. */
const READS = 9;

/** Reads the venue's own record of what happened, and books it. */
export class RecordReader {
  readonly #options: RecordReaderOptions;

  constructor(options: RecordReaderOptions) {
    this.#options = options;
  }

  /** Reads the venue's own record of a symbol, and books it. */
  read(symbol: string, delay = 0, patient = false): void {
    const { venue, books, positions, reconciles, changed } = this.#options;
    if (!reconciles) return;
    const request = async (last: boolean): Promise<Outcome> => {
      if (venue.can('fetchMyTrades')) {
        try {
          await books.readTape(symbol);
        } catch (error) {
          if (!last && venue.can('fetchMyTrades')) throw error;
        }
        if (books.lacksTrades(symbol) && !last) return 'again';
      }
      if (books.needsForeign(symbol) && positions.canAsk(symbol) && !last) {
        positions.ask(symbol);
        return 'again';
      }
      books.settle(symbol);
      // What waits for its order to end would wait for good, where the venue ended it and the bot does not look.
      if (books.awaitsEnd(symbol)) this.#options.ended(symbol);
      this.poll(symbol);
      changed();
      return 'done';
    };
    this.#options.background.ask(`${patient ? 'poll' : 'read'} ${symbol}`, request, {
      delay,
      patient,
      most: READS,
    });
  }

  /** Looks now and then, while something may fill at the venue unseen. */
  poll(symbol: string): void {
    const { books, reconciles } = this.#options;
    if (!reconciles || !books.symbols().includes(symbol)) return;
    const open = books.orders.all(symbol).filter(({ final }) => !final);
    const armed = books.bookOf(symbol).hasAttached || open.some(({ conditional }) => conditional);
    if (armed || open.length > 0) this.read(symbol, armed ? POLL_ARMED : POLL_RESTING, true);
  }
}
