import type { OptimizationEngine, Side } from '../../src/index.ts';

/** An order as it reached the venue. */
export interface SentOrder {
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  /** Base units. */
  readonly amount: number;
}

/** What a strategy of the host wants to open. */
export interface Wish {
  readonly strategy: string;
  readonly symbol: string;
  readonly side: Side;
  /** Base units, a multiple of the venue's step. */
  readonly amount: number;
}

/** How a host is to be started. */
export interface HostSetup {
  /** The engine behind the adapter; null for the host without it. */
  readonly engine: OptimizationEngine | null;
  /** Whether the adapter is told, by its own option or the engine's configuration, that sizes may grow. */
  readonly increases: boolean;
  /** `noisy`: orders fill in parts, and updates come twice and late, as far as the host knows such things. */
  readonly fills: 'whole' | 'noisy';
}

/** A running host. Whatever an overlay does, no method may reject: a host goes on. */
export interface HostRun {
  /** One candle closes at this price and the next begins. */
  tick(price: number): Promise<void>;
  enter(wish: Wish): Promise<void>;
  /** Leaves a position, or a share of it, in one of the host's ways. */
  exit(kind: string, position: Omit<Wish, 'amount'>, share?: number): Promise<void>;
  /** Every order that reached the venue, oldest first, and how many it refused. */
  readonly sent: readonly SentOrder[];
  readonly refused: number;
  /** Base units that the venue holds for a strategy, or for all where it cannot tell. */
  held(strategy: string, symbol: string): number;
  /** Cash and holdings at the last price. */
  equity(): number;
  /** Resolves when the adapter has nothing left to do. */
  settled?(): Promise<void>;
  /** Tries one entry again and again, the venue refusing all tries but the last. */
  retry?(wish: Wish, times: number): Promise<void>;
  /** Enters with a resting order and then moves it so often, asking for the same amount each time; fills it at last. */
  edit?(wish: Wish, times: number): Promise<void>;
  /** Several entries in one call; the answer of each slot. */
  batch?(wishes: readonly Wish[]): Promise<readonly ('sent' | 'rejected')[]>;
  /** An order by hand that no strategy made. */
  manual?(order: SentOrder): Promise<void>;
  /** The process ends and starts again with the same engine and whatever the adapter keeps. */
  restart?(): Promise<HostRun>;
  /** Sends an order of a strategy that does not say what it is for, on an account that has one position for all. */
  order?(order: SentOrder & { readonly strategy: string }): Promise<void>;
  /** The same in a way of which nobody can be sure that it opens something, such as on margin; the driver's `doubts`. */
  doubtful?(kind: string, order: SentOrder & { readonly strategy: string }): Promise<void>;
  /** From now on the exchange does not answer whatever the adapter asks of its own accord. */
  hang?(): void;
  /** A position is closed at the venue, by a stop or by hand, and nobody tells the bot. */
  closeUnseen?(position: Omit<Wish, 'amount'>): Promise<void>;
  /** Every request that reached the venue, by whoever made it. */
  readonly requests?: readonly string[];
  /** Takes the adapter off; what is left of it on the host, which must be nothing. */
  detach?(): readonly string[];
}

/** A host with its adapter, as the checks drive it. */
export interface HostDriver {
  readonly name: string;
  start(setup: HostSetup): HostRun | Promise<HostRun>;
  readonly symbol: string;
  /** Two strategies that the host can run on one symbol; the same twice where it can run only one. */
  readonly strategies: readonly [string, string];
  readonly sides: readonly Side[];
  /** The host's ways to leave a position; the first can leave a share of it. */
  readonly exits: readonly [string, ...string[]];
  /** Ways to send an order of which nobody can be sure that it opens something. */
  readonly doubts?: readonly string[];
  /** Lot step and least amount of the venue, in base units. */
  readonly step: number;
  readonly minAmount: number;
  /** Whether a position is opened at any size that the adapter gives it; false for hosts that send their own or none. */
  readonly scales: boolean;
  /** Checks that mean nothing for this host, by number, and why. */
  readonly notApplicable?: Readonly<Record<number, string>>;
}
