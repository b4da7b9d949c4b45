import type { Candle } from '../model/candle.ts';
import type { CcxtInstance } from './exchange.ts';
import type { EntrySignal, NamedStrategy, Strategy } from './strategies/strategy.ts';

/** What the bot remembers about an order of its own, by client order id. */
export interface BotIntent {
  readonly strategy: string;
  readonly confidence?: number;
  readonly confluence?: number;
  readonly stop?: number;
  readonly target?: number;
}

/** The part of an exchange that the bot trades through. */
export type BotExchange = Pick<
  CcxtInstance,
  'createOrder' | 'cancelOrder' | 'fetchOrder' | 'fetchBalance' | 'milliseconds'
>;

export interface BotOptions {
  readonly quote: string;
  readonly strategies: readonly NamedStrategy[];
  /** Share of the free balance lost when a stop is hit. */
  readonly riskPerTrade: number;
  /** Largest share of the free balance in one position. */
  readonly maxShare: number;
  /** Told of every order that the exchange refused. */
  readonly onRefused?: (clientOrderId: string, error: Error) => void;
  /** Told when a strategy would leave a position, whether there is one or not. */
  readonly onExitSignal?: (strategy: string, symbol: string) => void;
}

interface Position {
  readonly entryId: string;
  readonly exitId: string;
  readonly amount: number;
}

/**
 * An ordinary ccxt bot, as many are written: several strategies on one account, one position per strategy
 * and symbol, a market entry with a stop and a target, sizes from the distance to the stop. It knows nothing
 * of any overlay; it sells the amount that its entry order says, and goes on when an order is refused.
 */
export class DemoBot {
  readonly #exchange: BotExchange;
  readonly #options: BotOptions;
  readonly #strategies = new Map<string, Strategy>();
  readonly #positions = new Map<string, Position>();
  readonly #intents = new Map<string, BotIntent>();
  #sequence = 0;
  /** Tells the orders of this run from those of another on the same venue. */
  #run: string | null = null;

  constructor(exchange: BotExchange, options: BotOptions) {
    this.#exchange = exchange;
    this.#options = options;
  }

  /** What the bot meant by an order. */
  intentOf(clientOrderId: unknown): BotIntent | undefined {
    return typeof clientOrderId === 'string' ? this.#intents.get(clientOrderId) : undefined;
  }

  /** Lets the strategies see a candle of the past, without trading on it. */
  warmUp(symbol: string, candle: Candle): void {
    for (const named of this.#options.strategies) this.#strategy(named, symbol)(candle);
  }

  /** Takes one closed candle and trades on it. */
  async onCandle(symbol: string, candle: Candle): Promise<void> {
    for (const named of this.#options.strategies) {
      const { name } = named;
      const key = `${name} ${symbol}`;
      const position = await this.#openPosition(key, symbol);
      const signal = this.#strategy(named, symbol)(candle);
      if (signal?.kind === 'enter' && !position) await this.#enter(key, name, symbol, candle, signal);
      if (signal?.kind === 'exit') this.#options.onExitSignal?.(name, symbol);
      if (signal?.kind === 'exit' && position) await this.#exit(key, name, symbol, position);
    }
  }

  #strategy({ name, create }: NamedStrategy, symbol: string): Strategy {
    const key = `${name} ${symbol}`;
    let strategy = this.#strategies.get(key);
    if (!strategy) {
      strategy = create();
      this.#strategies.set(key, strategy);
    }
    return strategy;
  }

  /** The position as the exchange sees it: a filled stop or target, or an entry that failed, ends it. */
  async #openPosition(key: string, symbol: string): Promise<Position | undefined> {
    const position = this.#positions.get(key);
    if (!position) return undefined;
    const entry = await this.#exchange.fetchOrder(position.entryId, symbol);
    const exit = await this.#exchange.fetchOrder(position.exitId, symbol);
    if (entry.status === 'canceled' && exit.status === 'open')
      await this.#exchange.cancelOrder(position.exitId, symbol);
    if (entry.status !== 'canceled' && exit.status === 'open') return position;
    this.#positions.delete(key);
    return undefined;
  }

  async #enter(
    key: string,
    strategy: string,
    symbol: string,
    { close }: Candle,
    signal: EntrySignal,
  ): Promise<void> {
    const { quote, riskPerTrade, maxShare } = this.#options;
    const risk = close - signal.stop;
    if (!(risk > 0)) return;
    const balance = (await this.#exchange.fetchBalance())[quote] as { free: number };
    const wanted = Math.min((riskPerTrade * balance.free) / risk, (maxShare * balance.free) / close);
    const intent = {
      strategy,
      confidence: signal.confidence,
      confluence: signal.confluence,
      stop: signal.stop,
      target: signal.target,
    };
    await this.#trying(async () => {
      const entry = await this.#order(symbol, 'buy', wanted, intent);
      const exit = await this.#order(symbol, 'sell', entry.amount, intent, {
        stopLossPrice: signal.stop,
        takeProfitPrice: signal.target,
      });
      this.#positions.set(key, { entryId: entry.id, exitId: exit.id, amount: entry.amount });
    });
  }

  async #exit(key: string, strategy: string, symbol: string, position: Position): Promise<void> {
    await this.#trying(async () => {
      await this.#exchange.cancelOrder(position.exitId, symbol);
      const sale = await this.#order(symbol, 'sell', position.amount, { strategy });
      this.#positions.set(key, { ...position, exitId: sale.id });
    });
  }

  async #order(symbol: string, side: 'buy' | 'sell', amount: number, intent: BotIntent, params = {}) {
    this.#sequence += 1;
    this.#run ??= this.#exchange.milliseconds().toString(36);
    const clientOrderId = this.#clientOrderId();
    this.#intents.set(clientOrderId, intent);
    this.#forgetOldIntents();
    return this.#exchange.createOrder(symbol, 'market', side, amount, undefined, {
      ...params,
      clientOrderId,
    });
  }

  /** An order may be refused for want of money, size, or somebody's veto; a bot lives with all of them. */
  async #trying(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#options.onRefused?.(this.#clientOrderId(), error);
    }
  }

  #clientOrderId(): string {
    return `bot-${this.#run}-${this.#sequence}`;
  }

  #forgetOldIntents(): void {
    if (this.#intents.size > 1000) this.#intents.delete(this.#intents.keys().next().value!);
  }
}
