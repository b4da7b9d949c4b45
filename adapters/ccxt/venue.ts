import type { CcxtExchange } from './market.ts';
import { patiently } from './patience.ts';

/** Errors that say that asking again is of no use, by the names that ccxt gives them. */
const PERMANENT = new Set([
  'NotSupported',
  'AuthenticationError',
  'PermissionDenied',
  'AccountNotEnabled',
  'ArgumentsRequired',
]);

/** Exchanges whose funding is what was paid; of all others it is what was received. */
const PAYS_POSITIVE = new Set(['bybit']);

type Method = (...args: unknown[]) => Promise<unknown>;

/** Names of an error's classes, its own first. */
export function classNames(error: unknown): string[] {
  const names: string[] = [];
  for (let proto = Object.getPrototypeOf(error ?? {}); proto; proto = Object.getPrototypeOf(proto))
    names.push(String(proto.constructor?.name));
  return names;
}

/** Whether asking again is of no use. */
export const isPermanent = (error: unknown): boolean => classNames(error).some((each) => PERMANENT.has(each));

/** What the exchange can be asked in the background, by the methods that it had before anybody wrapped them. */
export class Venue {
  readonly #exchange: CcxtExchange;
  readonly #original: (name: string) => Method | undefined;
  readonly #isOn: () => boolean;
  readonly #gone = new Set<string>();

  constructor(exchange: CcxtExchange, original: (name: string) => Method | undefined, isOn: () => boolean) {
    this.#exchange = exchange;
    this.#original = original;
    this.#isOn = isOn;
  }

  /** Whether a positive funding amount was paid. */
  get paysPositive(): boolean {
    return PAYS_POSITIVE.has(this.#exchange.id ?? '');
  }

  /** What has to be said with the question for one order. */
  get orderParams(): Record<string, unknown> {
    // Bybit tells only of its latest orders, and wants to hear that this is known.
    return this.#exchange.id === 'bybit' ? { acknowledged: true } : {};
  }

  now(): number {
    return this.#exchange.milliseconds();
  }

  can(name: string): boolean {
    return !this.#gone.has(name) && Boolean(this.#exchange.has?.[name]) && this.#original(name) !== undefined;
  }

  /** Whether it was refused only because the bot has not set its keys yet. */
  #lacksKeys(error: unknown): boolean {
    return (
      classNames(error).includes('AuthenticationError') &&
      this.#exchange.checkRequiredCredentials?.(false) === false
    );
  }

  /** Rejects as the exchange does, or when it does not answer; a method that never will is not asked again. */
  async ask(name: string, ...args: readonly unknown[]): Promise<unknown> {
    // What was under way when the overlay was switched off must not lead to the next question.
    if (!this.#isOn()) throw new Error(`${name}: the overlay is off`);
    try {
      return await patiently(name, this.#original(name)!(...args));
    } catch (error) {
      if (isPermanent(error) && !this.#lacksKeys(error)) this.#gone.add(name);
      throw error;
    }
  }
}

const NOT_SENT = new Set(['RateLimitExceeded', 'DDoSProtection', 'InvalidNonce']);

/** Whether an order may have reached the venue although its call failed: the network did, not the venue's judgement. */
export function mayHaveArrived(error: unknown): boolean {
  const names = classNames(error);
  if (names.some((each) => NOT_SENT.has(each))) return false;
  return names.includes('NetworkError') || !names.includes('BaseError');
}
