import type { Client } from '../clients.ts';
import { floorStep, type Instrument } from '../venue/instruments.ts';
import { type Answer, Desk, type Make, type Wish } from './desk.ts';
import type { Program, Step } from './program.ts';

type Of<Name extends Step['do']> = Extract<Step, { do: Name }>;
type Side = 'long' | 'short';

/** Quote units of one lot of a program. */
const LOT = 20;

/**
 * A small trading bot as people write them: it keeps its own count of what it holds, looks at the venue in one way or
 * another, and survives whatever an exchange throws.
 */
export class Bot {
  readonly #desk: Desk;
  readonly #fee: number;

  constructor(client: Client, program: Program, make: Make, name: string) {
    this.#desk = new Desk(client, program, make, name);
    // What is bought comes with the fee taken off; who forgets that sells more than there is.
    this.#fee = program.venue.fees === 'received' && this.#desk.markets[0]!.type === 'spot' ? 0.001 : 0;
  }

  /** Goes on with another client. */
  use(client: Client): void {
    this.#desk.client = client;
  }

  /** What it believes to hold of a side. */
  believes(market: Instrument, side: Side): number {
    const held = this.#desk.held(this.#desk.key(market, side));
    return side === 'long' ? Math.max(0, held) : Math.max(0, -held);
  }

  /** Does a step; the price is what the bot's own data feed says. */
  async act(step: Step, price: number): Promise<void> {
    const market = this.#desk.markets[step.on]!;
    if (step.do === 'enter') await this.#enter(market, step, price);
    else if (step.do === 'exit') await this.#exit(market, step, price);
    else if (step.do === 'flip') await this.#flip(market, step.lots);
    else if (step.do === 'batch') await this.#batch(market, this.#desk.markets[1 - step.on]!, step.lots);
    else if (step.do === 'protect') await this.#protect(market, step, price);
    else if (step.do === 'cancel') await this.#cancel(market);
    else if (step.do === 'cancelAll') await this.cancelAll(market);
    else if (step.do === 'edit') await this.#edit(market, step.factor, price);
    else if (step.do === 'poll') await this.#desk.poll(market);
  }

  /** Closes so much of a side, having looked where that is news; who goes by what it asked for, all of that. */
  async close(market: Instrument, side: Side, held: number): Promise<void> {
    const key = this.#desk.key(market, side);
    const believed = floorStep(this.believes(market, side), market.step);
    const byAsked = this.#desk.style.sizes === 'asked' && believed > 0;
    const amount = byAsked ? believed : held;
    if (!byAsked && Math.abs(this.believes(market, side) - amount) > market.step * 0.5)
      await this.#desk.readPosition(market);
    const extra = this.#flagged(this.#desk.style.flags);
    await this.#desk.order({
      market,
      meaning: 'exit',
      side: side === 'long' ? 'sell' : 'buy',
      amount,
      extra,
      key,
    });
  }

  async cancelAll(market: Instrument): Promise<void> {
    const { client, kind } = this.#desk;
    await this.#desk.survive(() => client.cancelAllOrders(market.symbol, this.#desk.account()));
    if (market.type !== 'spot' && kind !== 'bybit')
      await this.#desk.survive(() => client.cancelAllOrders(market.symbol, { stop: true }));
    for (const order of this.#desk.of(market)) this.#desk.forget(order);
  }

  async #enter(market: Instrument, { side, by, lots, attach }: Of<'enter'>, price: number): Promise<void> {
    const isShort = side === 'short' && this.#desk.kind !== 'spot';
    const amount = this.#amount(market, lots);
    /** A price so far away, in the direction of the entry. */
    const at = (away: number) => this.#price(market, price * (isShort ? 1 - away : 1 + away));
    const attached =
      attach && this.#desk.kind === 'bybit'
        ? { stopLoss: { triggerPrice: at(-0.02) }, takeProfit: { triggerPrice: at(0.03) } }
        : {};
    const wish: Wish = {
      market,
      meaning: 'entry',
      side: isShort ? 'sell' : 'buy',
      amount,
      key: this.#desk.key(market, isShort ? 'short' : 'long'),
      extra: attached,
    };
    if (by === 'limit') await this.#desk.order({ ...wish, type: 'limit', price: at(-0.004) });
    else if (by === 'breakout') await this.#desk.order({ ...wish, extra: this.#trigger(at(0.01), !isShort) });
    else if (by === 'cost' && market.type === 'spot' && !isShort)
      await this.#desk.order({ ...wish, extra: { cost: Number((amount * price).toFixed(2)) } });
    else await this.#desk.order(wish);
  }

  async #exit(market: Instrument, { by, share }: Of<'exit'>, price: number): Promise<void> {
    const { style } = this.#desk;
    if (style.sizes === 'venue') await this.#desk.readPosition(market);
    for (const key of this.#desk.keys(market)) {
      const held = this.#desk.held(key);
      const amount = floorStep(Math.abs(held) * share * (share === 1 ? 1 - this.#fee : 1), market.step);
      if (!(amount > 0)) continue;
      const limit =
        by === 'limit' ? { type: by, price: this.#price(market, price * (held > 0 ? 1.003 : 0.997)) } : {};
      const extra = this.#flagged(by === 'reduceOnly' || style.flags);
      await this.#desk.order({
        market,
        meaning: 'exit',
        side: held > 0 ? 'sell' : 'buy',
        amount,
        extra,
        key,
        ...limit,
      });
    }
  }

  async #flip(market: Instrument, lots: number): Promise<void> {
    if (this.#desk.style.sizes === 'venue') await this.#desk.readPosition(market);
    const key = this.#desk.key(market, 'long');
    const held = this.#desk.held(key);
    if (held === 0) return;
    const amount = floorStep(Math.abs(held) + this.#amount(market, lots), market.step);
    await this.#desk.order({ market, meaning: 'flip', side: held > 0 ? 'sell' : 'buy', amount, key });
  }

  /** Leaves what it holds of one market, or enters it, and enters the other, in one call. */
  async #batch(market: Instrument, other: Instrument, lots: number): Promise<void> {
    const { client, kind } = this.#desk;
    const held = this.#desk.held(this.#desk.key(market, 'long'));
    const entry = (of: Instrument) =>
      ({ instrument: of, meaning: 'entry', side: 'buy', amount: this.#amount(of, lots) }) as const;
    const exit = { instrument: market, meaning: 'exit', side: 'sell', amount: held } as const;
    const calls = [held > 0 ? exit : entry(market), entry(other)].map((each) => ({
      ...each,
      method: 'createOrders' as const,
      params: { clientOrderId: this.#desk.nextName(), ...(kind === 'hedge' ? { positionSide: 'LONG' } : {}) },
    }));
    const orders = calls.map(({ instrument, side, amount, params }) => ({
      symbol: instrument.symbol,
      type: 'market' as const,
      side,
      amount,
      params: { ...params },
    }));
    const answers = await this.#desk.survive(() => this.#desk.make(calls, () => client.createOrders(orders)));
    for (const [i, answer] of ((answers ?? []) as Answer[]).entries()) {
      if (answer.id === undefined) continue;
      const { instrument, side, meaning, amount } = calls[i]!;
      const key = this.#desk.key(instrument, 'long');
      const order = {
        id: answer.id,
        side,
        meaning,
        key,
        conditional: false,
        price: undefined,
        amount,
        counted: 0,
      };
      await this.#desk.watch(answer, order);
    }
  }

  async #protect(
    market: Instrument,
    { by, away, flag, before }: Of<'protect'>,
    price: number,
  ): Promise<void> {
    const { kind } = this.#desk;
    const isContract = market.type !== 'spot';
    for (const key of this.#desk.keys(market)) {
      const held = this.#desk.held(key);
      // Before an entry it protects what it is about to buy.
      const size = held !== 0 ? Math.abs(held) : before ? this.#amount(market, 10) : 0;
      if (size === 0) continue;
      const isLong = held > 0 || (held === 0 && key.endsWith('long'));
      const at = (gain: number) => this.#price(market, price * (isLong ? 1 + gain : 1 - gain));
      const amount = floorStep(size * (1 - this.#fee), market.step);
      if (by === 'pair' && kind === 'spot') {
        if (held > 0) await this.#pair(market, amount, { above: at(away), below: at(-away) }, key);
        continue;
      }
      const extra: Record<string, unknown> = this.#flagged(flag && isContract);
      if (by === 'trailing' && isContract && kind !== 'bybit') extra.trailingPercent = away * 100;
      else if (by === 'target') extra.takeProfitPrice = at(away);
      else if (by === 'trigger') Object.assign(extra, this.#trigger(at(-away), !isLong));
      else extra.stopLossPrice = at(-away);
      if (by === 'closePosition' && isContract && kind !== 'bybit') {
        extra.closePosition = true;
        delete extra.reduceOnly;
      }
      await this.#desk.order({
        market,
        meaning: 'protect',
        side: isLong ? 'sell' : 'buy',
        amount,
        extra,
        key,
      });
    }
  }

  /** A stop and a target of which one ends the other: ccxt has no word for it, so it goes by the venue's own. */
  async #pair(
    market: Instrument,
    amount: number,
    { above, below }: { readonly above: number; readonly below: number },
    key: string,
  ): Promise<void> {
    const client = this.#desk.client as unknown as {
      privatePostOrderListOco(request: object): Promise<unknown>;
    };
    const request = {
      symbol: market.id,
      side: 'SELL',
      quantity: amount,
      aboveType: 'LIMIT_MAKER',
      abovePrice: above,
      aboveClientOrderId: this.#desk.nextName(),
      belowType: 'STOP_LOSS',
      belowStopPrice: below,
      belowClientOrderId: this.#desk.nextName(),
    };
    const answer = await this.#desk.survive(() => client.privatePostOrderListOco(request));
    const { orders = [] } = (answer ?? {}) as { orders?: { orderId: number }[] };
    for (const { orderId } of orders)
      this.#desk.watched.push({
        id: String(orderId),
        side: 'sell',
        meaning: 'protect',
        key,
        conditional: true,
        price: undefined,
        amount,
        counted: 0,
      });
  }

  async #cancel(market: Instrument): Promise<void> {
    const order = this.#desk.of(market).at(-1);
    if (!order) return;
    const params = order.conditional && market.type !== 'spot' ? { stop: true } : this.#desk.account();
    const answer = await this.#desk.survive(() =>
      this.#desk.client.cancelOrder(order.id, market.symbol, params),
    );
    if (answer) this.#desk.count(order, answer as Answer);
    this.#desk.forget(order);
  }

  async #edit(market: Instrument, factor: number, price: number): Promise<void> {
    const order = this.#desk.of(market).findLast((each) => !each.conditional && each.price !== undefined);
    if (!order || this.#desk.kind === 'margin') return;
    const { meaning, side, id } = order;
    const amount = Math.max(market.step, floorStep(order.amount * factor, market.step));
    const limit = this.#price(market, price * (side === 'buy' ? 0.998 : 1.002));
    const call = { method: 'editOrder', meaning, instrument: market, side, amount, params: {} } as const;
    const edit = () => this.#desk.client.editOrder(id, market.symbol, 'limit', side, amount, limit);
    const answer = (await this.#desk.survive(() => this.#desk.make([call], edit))) as Answer | undefined;
    if (answer?.id === undefined) return;
    if (answer.id === id) {
      order.amount = amount;
      this.#desk.count(order, answer);
      return;
    }
    this.#desk.forget(order);
    await this.#desk.watch(answer, { ...order, id: answer.id, amount, counted: 0 });
  }

  /** A trigger that says nothing of what it is for. */
  #trigger(triggerPrice: number, up: boolean): Record<string, unknown> {
    if (this.#desk.kind !== 'bybit') return { triggerPrice };
    return { triggerPrice, triggerDirection: up ? 'ascending' : 'descending' };
  }

  #flagged(flag: boolean): Record<string, unknown> {
    return flag && this.#desk.kind !== 'spot' && this.#desk.kind !== 'hedge' ? { reduceOnly: true } : {};
  }

  #price(market: Instrument, price: number): number {
    return Number(this.#desk.client.priceToPrecision(market.symbol, price));
  }

  #amount(market: Instrument, lots: number): number {
    const { type, contractSize, startPrice, step } = market;
    return floorStep((lots * LOT) / (type === 'inverse' ? contractSize : startPrice), step);
  }
}
