import type { SentOrder } from '../../../adapters/conformance/index.ts';

export interface VenueFill {
  readonly id: string;
  readonly amount: number;
  readonly price: number;
  readonly fee: number;
}

/** An exchange of one symbol that fills whatever it takes, and keeps its own books. */
export class Venue {
  readonly step = 0.01;
  readonly minAmount = 0.05;
  readonly minNotional = 2;
  readonly feeRate = 0.001;
  readonly sent: SentOrder[] = [];
  readonly #owned = new Map<string, number>();
  readonly #noisy: boolean;
  readonly #shorts: boolean;
  refused = 0;
  price = 100;
  time = Date.UTC(2024, 0, 1);
  #cash = 1_000_000;
  #fills = 0;

  constructor({ noisy = false, shorts = false } = {}) {
    this.#noisy = noisy;
    this.#shorts = shorts;
  }

  tick(price: number): void {
    this.price = price;
    this.time += 3_600_000;
  }

  /** Takes an order of an owner, or throws what an exchange would say. Fills at once, in parts where it is noisy. */
  place(order: SentOrder, owner: string): VenueFill[] {
    const { side, amount } = order;
    const lots = amount / this.step;
    const after = (this.#owned.get(owner) ?? 0) + (side === 'buy' ? amount : -amount);
    const fault =
      !(amount > 0) || !Number.isFinite(amount)
        ? 'no amount'
        : Math.abs(lots - Math.round(lots)) > 1e-6
          ? 'not a multiple of the step'
          : amount < this.minAmount || amount * this.price < this.minNotional
            ? 'below the minimum'
            : after < -1e-9 && !this.#shorts
              ? 'more than is held'
              : null;
    if (fault) {
      this.refused += 1;
      throw new Error(`the venue refuses ${side} ${amount}: ${fault}`);
    }
    this.sent.push({ ...order });
    this.#owned.set(owner, Math.abs(after) < 1e-9 ? 0 : after);
    return this.#parts(amount).map((part, i) => {
      const price = this.price * (1 + (this.#noisy ? 0.0001 * i : 0));
      const fee = part * price * this.feeRate;
      this.#cash += (side === 'buy' ? -1 : 1) * part * price - fee;
      this.#fills += 1;
      return { id: `f${this.#fills}`, amount: part, price, fee };
    });
  }

  held(owner: string): number {
    return this.#owned.get(owner) ?? 0;
  }

  /** What owners hold on each side, where the account keeps them apart. */
  sides(): { readonly long: number; readonly short: number } {
    let [long, short] = [0, 0];
    for (const amount of this.#owned.values()) {
      if (amount > 0) long += amount;
      else short -= amount;
    }
    return { long, short };
  }

  /** What all owners hold together. */
  net(): number {
    let sum = 0;
    for (const amount of this.#owned.values()) sum += amount;
    return Math.abs(sum) < 1e-9 ? 0 : sum;
  }

  equity(): number {
    return this.#cash + this.net() * this.price;
  }

  #parts(amount: number): number[] {
    if (!this.#noisy || amount < 3 * this.step) return [amount];
    const first = Math.floor(amount / this.step / 3) * this.step;
    return [first, first, amount - 2 * first];
  }
}
