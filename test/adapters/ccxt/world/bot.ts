import type { Client } from './clients.ts';
import { floorStep, INSTRUMENTS, type Instrument, type Kind } from './instruments.ts';
import type { Program, Step, Style } from './program.ts';

/** An order as ccxt answers it; what is read of it here. */
interface Answer {
  readonly id?: string;
  readonly clientOrderId?: string;
  readonly status?: string;
  readonly filled?: number;
}

/** What a bot means by an order. */
export type Meaning = 'entry' | 'exit' | 'flip' | 'protect';
/** A call of a bot to its client that sends an order. */
export interface OrderCallMade {
  readonly method: 'createOrder' | 'createOrders' | 'editOrder';
  readonly meaning: Meaning;
  readonly instrument: Instrument;
  readonly side: 'buy' | 'sell';
  readonly amount: number;
  readonly params: Readonly<Record<string, unknown>>;
  /** The call itself. */
  readonly make: () => Promise<unknown>;
}

/** Makes a call for the bot, and rethrows what it throws. */
export interface Make {
  one(call: OrderCallMade): Promise<unknown>;
  /** Several orders in one call. */
  batch(calls: readonly Omit<OrderCallMade, 'make'>[], make: () => Promise<unknown>): Promise<unknown>;
}

interface Resting {
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

/**
 * A small trading bot as people write them: it keeps its own count of what it holds, looks at the venue in one way or
 * another, and survives whatever an exchange throws.
 */
export class Bot {
  client: Client;
  readonly #kind: Kind;
  readonly #style: Style;
  readonly #make: Make;
  readonly #markets: readonly Instrument[];
  readonly #spotFee: number;
  /** What it believes to hold, signed, by market and side of a hedge. */
  readonly #held = new Map<string, number>();
  readonly #resting: Resting[] = [];
  #names = 0;

  constructor(client: Client, { style, venue }: Program, make: Make) {
    this.client = client;
    this.#kind = venue.kind;
    this.#style = style;
    this.#make = make;
    this.#markets = INSTRUMENTS[venue.kind];
    this.#spotFee = venue.fees === 'received' && this.#markets[0]!.type === 'spot' ? 0.001 : 0;
  }

  /** Does a step; the price is what the bot's own data feed says. */
  async act(step: Step, price: number): Promise<void> {
    const market = this.#markets[step.on]!;
    if (step.do === 'enter') await this.#enter(market, step, price);
    else if (step.do === 'exit') await this.#exit(market, step, price);
    else if (step.do === 'flip') await this.#flip(market, step.lots);
    else if (step.do === 'batch') await this.#batch(market, this.#markets[1 - step.on]!, step.lots);
    else if (step.do === 'protect') await this.#protect(market, step, price);
    else if (step.do === 'cancel' || step.do === 'cancelAll')
      await this.#cancel(market, step.do === 'cancelAll');
    else if (step.do === 'edit') await this.#edit(market, step.factor, price);
    else if (step.do === 'poll') await this.#poll(market);
  }

  /** Closes what the owner says is held, having looked where that is news. */
  async close(market: Instrument, side: 'long' | 'short', amount: number): Promise<void> {
    const key = this.#key(market, side);
    const believed = this.#held.get(key) ?? 0;
    const signed = side === 'long' ? amount : -amount;
    if (Math.abs(believed - signed) > market.step * 0.5) await this.#readPosition(market);
    const order = side === 'long' ? 'sell' : 'buy';
    await this.#order(
      market,
      'exit',
      'market',
      order,
      amount,
      undefined,
      this.#flagged(this.#style.flags),
      key,
    );
  }

  async cancelEverything(market: Instrument): Promise<void> {
    await this.#survive(() => this.client.cancelAllOrders(market.symbol, this.#account()));
    if (market.type !== 'spot' && this.#kind !== 'bybit')
      await this.#survive(() => this.client.cancelAllOrders(market.symbol, { stop: true }));
  }

  async #enter(
    market: Instrument,
    { side, by, lots, attach }: Extract<Step, { do: 'enter' }>,
    price: number,
  ): Promise<void> {
    const isShort = side === 'short' && this.#kind !== 'spot';
    const order = isShort ? 'sell' : 'buy';
    const key = this.#key(market, isShort ? 'short' : 'long');
    const amount = this.#amount(market, lots);
    /** A price so far away, in the direction of the entry. */
    const at = (away: number) => this.#price(market, price * (isShort ? 1 - away : 1 + away));
    const attached =
      attach && this.#kind === 'bybit'
        ? { stopLoss: { triggerPrice: at(-0.02) }, takeProfit: { triggerPrice: at(0.03) } }
        : {};
    if (by === 'cost' && market.type === 'spot' && !isShort)
      await this.#order(
        market,
        'entry',
        'market',
        order,
        amount,
        undefined,
        { cost: Number((amount * price).toFixed(2)) },
        key,
      );
    else if (by === 'limit')
      await this.#order(market, 'entry', 'limit', order, amount, at(-0.004), attached, key);
    else if (by === 'breakout')
      await this.#order(
        market,
        'entry',
        'market',
        order,
        amount,
        undefined,
        this.#trigger(at(0.01), !isShort),
        key,
      );
    else await this.#order(market, 'entry', 'market', order, amount, undefined, attached, key);
  }

  /** A trigger that says nothing of what it is for. */
  #trigger(triggerPrice: number, up: boolean): Record<string, unknown> {
    return this.#kind === 'bybit'
      ? { triggerPrice, triggerDirection: up ? 'ascending' : 'descending' }
      : { triggerPrice };
  }

  /** Leaves what it holds of one market and enters the other, in one call. */
  async #batch(market: Instrument, other: Instrument, lots: number): Promise<void> {
    const held = this.#held.get(this.#key(market, 'long')) ?? 0;
    const wanted = [
      held > 0
        ? { instrument: market, meaning: 'exit' as const, side: 'sell' as const, amount: held }
        : {
            instrument: market,
            meaning: 'entry' as const,
            side: 'buy' as const,
            amount: this.#amount(market, lots),
          },
      {
        instrument: other,
        meaning: 'entry' as const,
        side: 'buy' as const,
        amount: this.#amount(other, lots),
      },
    ];
    const calls = wanted.map((each) => {
      this.#names += 1;
      const params = {
        clientOrderId: `bot-${this.#names}`,
        ...(this.#kind === 'hedge' ? { positionSide: 'LONG' } : {}),
      };
      return { ...each, method: 'createOrders' as const, params };
    });
    const make = () =>
      this.client.createOrders(
        calls.map(({ instrument, side, amount, params }) => ({
          symbol: instrument.symbol,
          type: 'market',
          side,
          amount,
          params: { ...params },
        })),
      );
    const answers = ((await this.#survive(() => this.#make.batch(calls, make))) ?? []) as Answer[];
    for (const [i, answer] of answers.entries()) {
      const { instrument, side, meaning, amount } = calls[i]!;
      if (answer.id === undefined) continue;
      const key = this.#key(instrument, 'long');
      this.#track(answer, {
        id: answer.id,
        side,
        meaning,
        key,
        conditional: false,
        price: undefined,
        amount,
        counted: 0,
      });
    }
  }

  async #exit(
    market: Instrument,
    { by, share }: Extract<Step, { do: 'exit' }>,
    price: number,
  ): Promise<void> {
    if (this.#style.sizes === 'venue') await this.#readPosition(market);
    for (const key of this.#keys(market)) {
      const held = this.#held.get(key) ?? 0;
      const amount = floorStep(Math.abs(held) * share * (share === 1 ? 1 - this.#spotFee : 1), market.step);
      if (!(amount > 0)) continue;
      const side = held > 0 ? 'sell' : 'buy';
      const flags = this.#flagged(by === 'reduceOnly' || this.#style.flags);
      const limit = this.#price(market, price * (held > 0 ? 1.003 : 0.997));
      await this.#order(
        market,
        'exit',
        by === 'limit' ? 'limit' : 'market',
        side,
        amount,
        by === 'limit' ? limit : undefined,
        flags,
        key,
      );
    }
  }

  async #flip(market: Instrument, lots: number): Promise<void> {
    if (this.#style.sizes === 'venue') await this.#readPosition(market);
    const key = this.#key(market, 'long');
    const held = this.#held.get(key) ?? 0;
    if (held === 0) return;
    const amount = floorStep(Math.abs(held) + this.#amount(market, lots), market.step);
    await this.#order(market, 'flip', 'market', held > 0 ? 'sell' : 'buy', amount, undefined, {}, key);
  }

  async #protect(
    market: Instrument,
    { by, away, flag, before }: Extract<Step, { do: 'protect' }>,
    price: number,
  ): Promise<void> {
    const contract = market.type !== 'spot';
    for (const key of this.#keys(market)) {
      const held = this.#held.get(key) ?? 0;
      // Before an entry it protects what it is about to buy.
      const size = held !== 0 ? Math.abs(held) : before ? this.#amount(market, 10) : 0;
      if (size === 0) continue;
      const isLong = held > 0 || (held === 0 && key.endsWith('long'));
      if (held === 0 && !isLong && this.#keys(market).length === 1) continue;
      const at = (gain: number) => this.#price(market, price * (isLong ? 1 + gain : 1 - gain));
      const amount = floorStep(size * (1 - this.#spotFee), market.step);
      if (by === 'pair' && this.#kind === 'spot') {
        if (held > 0) await this.#pair(market, amount, at(away), at(-away), key);
        continue;
      }
      const params: Record<string, unknown> = this.#flagged(flag && contract);
      if (by === 'trailing' && contract && this.#kind !== 'bybit') params.trailingPercent = away * 100;
      else if (by === 'target') params.takeProfitPrice = at(away);
      else if (by === 'trigger') Object.assign(params, this.#trigger(at(-away), !isLong));
      else params.stopLossPrice = at(-away);
      if (by === 'closePosition' && contract && this.#kind !== 'bybit') {
        params.closePosition = true;
        delete params.reduceOnly;
      }
      await this.#order(market, 'protect', 'market', isLong ? 'sell' : 'buy', amount, undefined, params, key);
    }
  }

  /** A stop and a target of which one ends the other: ccxt has no word for it, so it goes by the venue's own. */
  async #pair(
    market: Instrument,
    quantity: number,
    above: number,
    below: number,
    key: string,
  ): Promise<void> {
    const call = (this.client as unknown as { privatePostOrderListOco(request: object): Promise<unknown> })
      .privatePostOrderListOco;
    const names = [`bot-${this.#names + 1}`, `bot-${this.#names + 2}`];
    this.#names += 2;
    const answer = (await this.#survive(() =>
      call.call(this.client, {
        symbol: market.id,
        side: 'SELL',
        quantity,
        aboveType: 'LIMIT_MAKER',
        abovePrice: above,
        aboveClientOrderId: names[0],
        belowType: 'STOP_LOSS',
        belowStopPrice: below,
        belowClientOrderId: names[1],
      }),
    )) as { orders: { orderId: number }[] } | undefined;
    for (const { orderId } of answer?.orders ?? [])
      this.#resting.push({
        id: String(orderId),
        side: 'sell',
        meaning: 'protect',
        key,
        conditional: true,
        price: undefined,
        amount: quantity,
        counted: 0,
      });
  }

  async #cancel(market: Instrument, all: boolean): Promise<void> {
    if (all) await this.cancelEverything(market);
    const gone = this.#resting.filter(({ key }) => key.startsWith(market.id));
    for (const order of all ? gone : gone.slice(-1)) {
      if (!all) {
        const params = order.conditional && market.type !== 'spot' ? { stop: true } : this.#account();
        const answer = (await this.#survive(() =>
          this.client.cancelOrder(order.id, market.symbol, params),
        )) as Answer | undefined;
        if (answer) this.#count(order, answer);
      }
      this.#forget(order);
    }
  }

  async #edit(market: Instrument, factor: number, price: number): Promise<void> {
    const order = this.#resting.findLast(
      ({ key, conditional, price: limit }) =>
        key.startsWith(market.id) && !conditional && limit !== undefined,
    );
    if (!order || this.#kind === 'margin') return;
    const amount = Math.max(market.step, floorStep(order.amount * factor, market.step));
    const limit = this.#price(market, price * (order.side === 'buy' ? 0.998 : 1.002));
    const { meaning, side, id, key } = order;
    const call = { method: 'editOrder', meaning, instrument: market, side, amount, params: {} } as const;
    const make = () => this.client.editOrder(id, market.symbol, 'limit', side, amount, limit);
    const answer = (await this.#survive(() => this.#make.one({ ...call, make }))) as Answer | undefined;
    if (!answer?.id) return;
    if (answer.id !== id) {
      this.#forget(order);
      this.#track(answer, { ...order, id: answer.id, amount, counted: 0, key });
    } else {
      order.amount = amount;
      this.#count(order, answer);
    }
  }

  /** Looks what became of its orders, in its own way. */
  async #poll(market: Instrument): Promise<void> {
    const { reads } = this.#style;
    const mine = this.#resting.filter(({ key }) => key.startsWith(market.id));
    if (reads === 'orders') {
      for (const order of mine) {
        const params = order.conditional && market.type !== 'spot' ? { stop: true } : this.#account();
        const answer = (await this.#survive(() => this.client.fetchOrder(order.id, market.symbol, params))) as
          | Answer
          | undefined;
        if (answer) this.#count(order, answer);
      }
    } else if (reads === 'trades') {
      const trades = (await this.#survive(() =>
        this.client.fetchMyTrades(market.symbol, undefined, undefined, this.#account()),
      )) as { order?: string; amount?: number }[] | undefined;
      for (const order of trades ? mine : []) {
        const filled = trades!
          .filter((trade) => trade.order === order.id)
          .reduce((sum, { amount = 0 }) => sum + amount, 0);
        this.#count(order, { filled, ...(filled >= order.amount * (1 - 1e-9) ? { status: 'closed' } : {}) });
      }
    } else if (reads === 'positions') await this.#readPosition(market);
  }

  async #readPosition(market: Instrument): Promise<void> {
    if (market.type !== 'spot') {
      const rows = (await this.#survive(() => this.client.fetchPositions([market.symbol]))) as
        | { side?: string; contracts?: number; symbol?: string }[]
        | undefined;
      if (!rows) return;
      for (const key of this.#keys(market)) this.#held.set(key, 0);
      for (const { side, contracts = 0 } of rows) {
        const held = side === 'short' ? -contracts : contracts;
        this.#held.set(this.#key(market, side === 'short' ? 'short' : 'long'), held);
      }
      return;
    }
    const balance = (await this.#survive(() => this.client.fetchBalance(this.#account()))) as
      | Record<string, { total?: number; debt?: number }>
      | undefined;
    if (balance) {
      const { total = 0, debt = 0 } = balance[market.base] ?? {};
      const held = Number((total - debt).toFixed(8));
      this.#held.set(this.#key(market, 'long'), Math.abs(held) < market.step ? 0 : held);
    }
  }

  async #order(
    market: Instrument,
    meaning: Meaning,
    type: 'market' | 'limit',
    side: 'buy' | 'sell',
    amount: number,
    price: number | undefined,
    extra: Record<string, unknown>,
    key: string,
  ): Promise<void> {
    this.#names += 1;
    const params = {
      ...this.#account(),
      ...(this.#kind === 'margin' ? { sideEffectType: 'AUTO_BORROW_REPAY' } : {}),
      ...(this.#style.names ? { clientOrderId: `bot-${this.#names}` } : {}),
      ...(this.#kind === 'hedge' ? { positionSide: key.endsWith('short') ? 'SHORT' : 'LONG' } : {}),
      ...extra,
    };
    const conditional = ['stopLossPrice', 'takeProfitPrice', 'trailingPercent', 'triggerPrice'].some(
      (name) => name in extra,
    );
    const call = { method: 'createOrder', meaning, instrument: market, side, amount, params } as const;
    const make = () => this.client.createOrder(market.symbol, type, side, amount, price, { ...params });
    const send = () => this.#make.one({ ...call, make });
    const track = (answer: Answer) =>
      this.#track(answer, {
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
      track((await send()) as Answer);
    } catch (error) {
      if (!isLost(error)) return;
      if (this.#style.onLost === 'retry') {
        const again = (await this.#survive(send)) as Answer | undefined;
        if (again) track(again);
      } else if (this.#style.onLost === 'look') {
        const found = await this.#lookUp(market, params.clientOrderId, conditional);
        if (found) track(found);
      }
    }
  }

  /** After a lost answer: the order by its own name, else the last one that is open. */
  async #lookUp(
    market: Instrument,
    name: string | undefined,
    conditional: boolean,
  ): Promise<Answer | undefined> {
    const params = conditional && market.type !== 'spot' ? { stop: true } : this.#account();
    const open = (await this.#survive(() =>
      this.client.fetchOpenOrders(market.symbol, undefined, undefined, params),
    )) as Answer[] | undefined;
    const known = new Set(this.#resting.map(({ id }) => id));
    const found = open?.findLast(({ id, clientOrderId }) =>
      name === undefined ? !known.has(id!) : clientOrderId === name,
    );
    if (found || conditional || name === undefined || this.#kind === 'bybit') return found;
    return (await this.#survive(() =>
      this.client.fetchOrder('', market.symbol, { ...params, clientOrderId: name }),
    )) as Answer | undefined;
  }

  #track(answer: Answer, order: Resting): void {
    // Who never looks takes a market order for filled.
    const { filled, status } = answer;
    const unknown =
      order.price === undefined &&
      !order.conditional &&
      (status === undefined || (status === 'open' && !filled));
    this.#resting.push(order);
    if (unknown && this.#style.reads === 'nothing')
      this.#count(order, { filled: order.amount, status: 'closed' });
    else this.#count(order, answer);
  }

  #count(order: Resting, { filled = 0, status = '' }: Answer): void {
    const more = filled - order.counted;
    if (more > 0) {
      order.counted = filled;
      const held = (this.#held.get(order.key) ?? 0) + (order.side === 'buy' ? more : -more);
      this.#held.set(order.key, Math.abs(held) < 1e-9 ? 0 : Number(held.toFixed(9)));
    }
    if (FINAL.has(status)) this.#forget(order);
  }

  #forget(order: Resting): void {
    const at = this.#resting.indexOf(order);
    if (at >= 0) this.#resting.splice(at, 1);
  }

  async #survive(work: () => Promise<unknown>): Promise<unknown> {
    try {
      return await work();
    } catch {
      // Whatever an exchange throws, the bot goes on; what was thrown is in the record of its calls.
      return undefined;
    }
  }

  #price(market: Instrument, price: number): number {
    return Number(this.client.priceToPrecision(market.symbol, price));
  }

  #amount(market: Instrument, lots: number): number {
    return floorStep(
      (lots * 20) / (market.type === 'inverse' ? market.contractSize : market.startPrice),
      market.step,
    );
  }

  #flagged(flag: boolean): Record<string, unknown> {
    return flag && this.#kind !== 'spot' && this.#kind !== 'hedge' ? { reduceOnly: true } : {};
  }

  #account(): Record<string, unknown> {
    if (this.#kind !== 'margin') return {};
    return this.#style.margin === 'mode' ? { marginMode: 'cross' } : { type: 'margin' };
  }

  #keys(market: Instrument): readonly string[] {
    return this.#kind === 'hedge' ? [`${market.id} long`, `${market.id} short`] : [`${market.id} long`];
  }

  #key(market: Instrument, side: 'long' | 'short'): string {
    return this.#kind === 'hedge' ? `${market.id} ${side}` : `${market.id} long`;
  }
}

/** Whether an order may have been executed all the same. */
const isLost = (error: unknown): boolean =>
  error instanceof Error && /fetch failed|timed out|Unknown error/.test(error.message);
