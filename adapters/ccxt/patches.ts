import type { CcxtExchange } from './market.ts';

export type Method = (...args: unknown[]) => Promise<unknown>;
/** Makes a method out of the one that is there. */
export type Wrap = (original: Method) => Method;

type Patchable = CcxtExchange & Record<string, Method | undefined>;

/** Methods of one exchange that are wrapped, as properties of its own, and put back as they were. */
export class Patches {
  readonly #target: Patchable;
  readonly #originals = new Map<string, Method>();
  readonly #wraps = new Map<string, Wrap>();
  readonly #watch: (answer: Promise<unknown>) => void;
  #restores: (() => void)[] = [];

  /** @param watch is given each answer of the exchange's to somebody else's call */
  constructor(exchange: CcxtExchange, watch: (answer: Promise<unknown>) => void) {
    this.#target = exchange as Patchable;
    this.#watch = watch;
  }

  /** Names a method to wrap, if the exchange has it; what is wrapped already, once more. */
  wrap(name: string, wrap: Wrap): void {
    const inner = this.#wraps.get(name);
    this.#wraps.set(name, inner ? (original) => wrap(inner(original)) : wrap);
  }

  /** A method as it is without us. */
  original(name: string): Method | undefined {
    const known = this.#originals.get(name);
    if (known) return known;
    const method = this.#target[name];
    return typeof method === 'function' ? (...args) => method.apply(this.#target, args) : undefined;
  }

  get areOn(): boolean {
    return this.#restores.length > 0;
  }

  /** Wraps each method under both of its names: ccxt has every method in camel case and in snake case. */
  on(): void {
    if (this.areOn) return;
    for (const [name, wrap] of this.#wraps) {
      const original = this.#target[name];
      if (typeof original !== 'function') continue;
      const bound = original.bind(this.#target);
      this.#originals.set(name, bound);
      const value = wrap((...args) => this.#watched(bound(...args)));
      const alias = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      for (const key of typeof this.#target[alias] === 'function' ? [name, alias] : [name])
        this.#put(key, value);
    }
  }

  /** Leaves the exchange as it was. */
  off(): void {
    for (const restore of this.#restores.splice(0).reverse()) restore();
    this.#originals.clear();
  }

  #watched(answer: Promise<unknown>): Promise<unknown> {
    if (typeof answer?.then === 'function') this.#watch(answer);
    return answer;
  }

  #put(key: string, value: Method): void {
    const target = this.#target;
    const own = Object.getOwnPropertyDescriptor(target, key);
    Object.defineProperty(target, key, { value, configurable: true, writable: true });
    this.#restores.push(() => {
      // Somebody who wrapped after us calls us still: what is theirs stays.
      if (Object.getOwnPropertyDescriptor(target, key)?.value !== value) return;
      if (own) Object.defineProperty(target, key, own);
      else delete (target as Record<string, unknown>)[key];
    });
  }
}
