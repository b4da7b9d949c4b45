import type { Client } from '../clients.ts';
import { INSTRUMENTS, type Instrument, type Kind } from '../venue/instruments.ts';
import type { Program, Style } from './program.ts';

/** An order as ccxt answers it; what is read of it here. */
export interface Answer {
  readonly id?: string;
  readonly clientOrderId?: string;
  readonly status?: string;
  readonly amount?: number;
  readonly filled?: number;
}

/** What a bot means by an order. */
export type Meaning = 'entry' | 'exit' | 'flip' | 'protect';

/** An order that a bot wants. */
export interface Wish {
  readonly market: Instrument;
  readonly meaning: Meaning;
  readonly type?: 'market' | 'limit';
  readonly side: 'buy' | 'sell';
  readonly amount: number;
  readonly price?: number;
  readonly extra?: Readonly<Record<string, unknown>>;
  /** Which of its holdings it is about. */
  readonly key: string;
}

/** A call of a bot to its client that sends an order. */
export interface OrderCall {
  readonly method: 'createOrder' | 'createOrders' | 'editOrder';
  readonly meaning: Meaning;
  readonly instrument: Instrument;
  readonly side: 'buy' | 'sell';
  readonly amount: number;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Makes a call for the bot, of one order or of several, and rethrows what it throws. */
export type Make = (calls: readonly OrderCall[], call: () => Promise<unknown>) => Promise<unknown>;

/** An order that the bot watches. */
export interface Watched {
  readonly id: string;
  readonly side: 'buy' | 'sell';
  readonly meaning: Meaning;
  readonly key: string;
  readonly conditional: boolean;
  readonly price: number | undefined;
  amount: number;
  counted: number;
}

const FINAL = new Set(['closed', 'canceled', 'expired', 'rejected']);
const CONDITIONS = ['stopLossPrice', 'takeProfitPrice', 'trailingPercent', 'triggerPrice'];

/** Where a bot sends its orders, counts what they filled, and looks at the venue in its own way. */
export class Desk {
  client: Client;
  readonly kind: Kind;
  readonly style: Style;
  readonly make: Make;
  readonly markets: readonly Instrument[];
  readonly watched: Watched[] = [];
  readonly #name: string;
  /** What it believes to hold, signed, by market and side of a hedge. */
  readonly #held = new Map<string, number>();
  #orders = 0;

  constructor(client: Client, { style, venue }: Program, make: Make, name: string) {
    this.client = client;
    this.kind = venue.kind;
    this.style = style;
    this.make = make;
    this.markets = INSTRUMENTS[venue.kind];
    this.#name = name;
  }

  held(key: string): number {
    return this.#held.get(key) ?? 0;
  }

  /** Holdings of a market: one, or one for each side of a hedge. */
  keys(market: Instrument): readonly string[] {
    return this.kind === 'hedge' ? [`${market.id} long`, `${market.id} short`] : [`${market.id} long`];
  }

  key(market: Instrument, side: 'long' | 'short'): string {
    return this.kind === 'hedge' ? `${market.id} ${side}` : `${market.id} long`;
  }

  /** What says on which account an order or a question is. */
  account(): Record<string, unknown> {
    if (this.kind !== 'margin') return {};
    return this.style.margin === 'mode' ? { marginMode: 'cross' } : { type: 'margin' };
  }

  nextName(): string {
    this.#orders += 1;
    return `${this.#name}-${this.#orders}`;
  }

  /** Goes on, whatever an exchange throws: it is in the record of the calls. */
  async survive(work: () => Promise<unknown>): Promise<unknown> {
    try {
      return await work();
    } catch {
      return undefined;
    }
  }

  async order({
    market,
    meaning,
    type = 'market',
    side,
    amount,
    price,
    extra = {},
    key,
  }: Wish): Promise<void> {
    const name = this.nextName();
    const params = {
      ...this.account(),
      ...(this.kind === 'margin' ? { sideEffectType: 'AUTO_BORROW_REPAY' } : {}),
      ...(this.style.names ? { clientOrderId: name } : {}),
      ...(this.kind === 'hedge' ? { positionSide: key.endsWith('short') ? 'SHORT' : 'LONG' } : {}),
      ...extra,
    };
    const conditional = CONDITIONS.some((condition) => condition in extra);
    const call = { method: 'createOrder', meaning, instrument: market, side, amount, params } as const;
    const send = () =>
      this.make([call], () =>
        this.client.createOrder(market.symbol, type, side, amount, price, { ...params }),
      );
    const watch = (answer: Answer) =>
      this.watch(answer, {
        id: String(answer.id),
        side,
        meaning,
        key,
        conditional,
        price,
        amount,
        counted: 0,
      });
    try {
      await watch((await send()) as Answer);
    } catch (error) {
      if (!mayHaveArrived(error)) return;
      const again =
        this.style.onLost === 'retry'
          ? await this.survive(send)
          : this.style.onLost === 'look'
            ? await this.#lookUp(market, params.clientOrderId, conditional)
            : undefined;
      if (again) await watch(again as Answer);
    }
  }

  /** After a lost answer: the order by its own name, else the last one that is open. */
  async #lookUp(
    market: Instrument,
    name: string | undefined,
    conditional: boolean,
  ): Promise<Answer | undefined> {
    const params = this.#reading(market, conditional);
    const open = (await this.survive(() =>
      this.client.fetchOpenOrders(market.symbol, undefined, undefined, params),
    )) as Answer[] | undefined;
    const known = new Set(this.watched.map(({ id }) => id));
    const found = open?.findLast(({ id, clientOrderId }) =>
      name === undefined ? !known.has(id!) : clientOrderId === name,
    );
    if (found || conditional || name === undefined || this.kind === 'bybit') return found;
    return (await this.survive(() =>
      this.client.fetchOrder('', market.symbol, { ...params, clientOrderId: name }),
    )) as Answer | undefined;
  }

  /** Watches an order from its answer on; who reads orders asks at once where an answer says nothing. */
  async watch(answer: Answer, order: Watched): Promise<void> {
    this.watched.push(order);
    const { filled, status } = answer;
    const isUntold =
      order.price === undefined &&
      !order.conditional &&
      (status === undefined || (status === 'open' && !filled));
    this.count(order, answer);
    if (!isUntold) return;
    // Who never looks takes a market order for filled.
    if (this.style.reads === 'nothing') this.count(order, { filled: order.amount, status: 'closed' });
    else if (this.style.reads === 'orders') await this.#ask(order);
  }

  count(order: Watched, { filled: told = 0, amount = order.amount, status = '' }: Answer): void {
    const filled = this.style.sizes === 'asked' ? (told * order.amount) / amount : told;
    const more = filled - order.counted;
    if (more > 0) {
      order.counted = filled;
      const held = this.held(order.key) + (order.side === 'buy' ? more : -more);
      this.#held.set(order.key, Math.abs(held) < 1e-9 ? 0 : Number(held.toFixed(9)));
    }
    if (FINAL.has(status)) this.forget(order);
  }

  forget(order: Watched): void {
    const at = this.watched.indexOf(order);
    if (at >= 0) this.watched.splice(at, 1);
  }

  of(market: Instrument): Watched[] {
    return this.watched.filter(({ key }) => key.startsWith(market.id));
  }

  #reading({ type }: Instrument, conditional: boolean): Record<string, unknown> {
    return {
      ...(conditional && type !== 'spot' ? { stop: true } : this.account()),
      ...(this.kind === 'bybit' ? { acknowledged: true } : {}),
    };
  }

  async #ask(order: Watched): Promise<void> {
    const market = this.markets.find(({ id }) => order.key.startsWith(id))!;
    const params = this.#reading(market, order.conditional);
    const answer = await this.survive(() => this.client.fetchOrder(order.id, market.symbol, params));
    if (answer) this.count(order, answer as Answer);
  }

  /** Looks what became of its orders, in its own way. */
  async poll(market: Instrument): Promise<void> {
    const { reads } = this.style;
    if (reads === 'orders') for (const order of this.of(market)) await this.#ask(order);
    if (reads === 'trades') await this.#readTrades(market);
    if (reads === 'positions') await this.readPosition(market);
  }

  async #readTrades(market: Instrument): Promise<void> {
    const trades = (await this.survive(() =>
      this.client.fetchMyTrades(market.symbol, undefined, undefined, this.account()),
    )) as { order?: string; amount?: number }[] | undefined;
    for (const order of trades ? this.of(market) : []) {
      const filled = trades!
        .filter((trade) => trade.order === order.id)
        .reduce((sum, { amount = 0 }) => sum + amount, 0);
      this.count(order, { filled, ...(filled >= order.amount * (1 - 1e-9) ? { status: 'closed' } : {}) });
    }
  }

  /** Takes what the venue says for what it holds: positions, and on spot and margin balances. */
  async readPosition(market: Instrument): Promise<void> {
    if (market.type !== 'spot') {
      const rows = (await this.survive(() => this.client.fetchPositions([market.symbol]))) as
        | { side?: string; contracts?: number }[]
        | undefined;
      if (!rows) return;
      for (const key of this.keys(market)) this.#held.set(key, 0);
      for (const { side, contracts = 0 } of rows)
        this.#held.set(
          this.key(market, side === 'short' ? 'short' : 'long'),
          side === 'short' ? -contracts : contracts,
        );
      return;
    }
    const balance = (await this.survive(() => this.client.fetchBalance(this.account()))) as
      | Record<string, { total?: number; debt?: number }>
      | undefined;
    if (!balance) return;
    const { total = 0, debt = 0 } = balance[market.base] ?? {};
    const held = Number((total - debt).toFixed(8));
    this.#held.set(this.key(market, 'long'), Math.abs(held) < market.step ? 0 : held);
  }
}

/** Whether an order may have been executed all the same. */
const mayHaveArrived = (error: unknown): boolean =>
  error instanceof Error && /fetch failed|timed out|Unknown error/.test(error.message);
