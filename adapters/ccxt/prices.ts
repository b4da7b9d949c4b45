import { isRecord, rowsOf } from './answers.ts';

/** Symbols remembered. */
const CAPACITY = 4096;

/** The latest price of each symbol, from whatever the bot looks at. */
export class Prices {
  readonly #last = new Map<string, number>();

  of(symbol: string): number | undefined {
    return this.#last.get(symbol);
  }

  note(symbol: unknown, ...candidates: readonly unknown[]): void {
    if (typeof symbol !== 'string') return;
    const price = candidates.map(Number).find((each) => each > 0 && Number.isFinite(each));
    if (price === undefined) return;
    this.#last.delete(symbol);
    this.#last.set(symbol, price);
    if (this.#last.size > CAPACITY) this.#last.delete(this.#last.keys().next().value!);
  }

  /** Takes what `fetchTicker(s)` answers. */
  tickers(answer: unknown): void {
    const single = isRecord(answer) && 'symbol' in answer;
    for (const ticker of single ? [answer] : rowsOf(isRecord(answer) ? Object.values(answer) : answer))
      this.note(ticker.symbol, ticker.last, ticker.close, ticker.bid);
  }

  /** Takes an order book. */
  book(answer: unknown, symbol: unknown): void {
    if (!isRecord(answer)) return;
    const [bids, asks] = [answer.bids, answer.asks] as (readonly (readonly unknown[])[] | undefined)[];
    this.note(answer.symbol ?? symbol, bids?.[0]?.[0], asks?.[0]?.[0]);
  }
}
