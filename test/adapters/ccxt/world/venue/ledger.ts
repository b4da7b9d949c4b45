import type { Instrument } from './instruments.ts';

/** Who sent an order: the bot; the venue, for a conditional order of the bot or a liquidation; the account's owner. */
export type Sender = 'bot' | 'conditional' | 'liquidation' | 'owner';
export type PositionSide = 'BOTH' | 'LONG' | 'SHORT';

/** One execution, as the venue booked it. */
export interface LedgerFill {
  readonly id: number;
  readonly orderId: number;
  readonly clientId: string;
  readonly by: Sender;
  readonly instrument: Instrument;
  readonly side: 'buy' | 'sell';
  readonly positionSide: PositionSide;
  readonly price: number;
  /** Base units, or contracts. */
  readonly qty: number;
  readonly fee: number;
  readonly feeCurrency: string;
  /** Fee in quote currency at the time of the fill. */
  readonly feeInQuote: number;
  readonly maker: boolean;
  readonly time: number;
}

/** A part of a position from its entry to its exit, first in first out. */
export interface RoundTrip {
  readonly symbol: string;
  readonly side: 'long' | 'short';
  readonly entry: LedgerFill;
  readonly exit: LedgerFill;
  /** Base units, or contracts. */
  readonly qty: number;
  /** Quote currency; of an inverse contract base currency at the exit's price. */
  readonly gross: number;
  readonly fees: number;
}

/** Funding that was received, or paid. */
export interface Payment {
  readonly instrument: Instrument;
  /** Signed size that it was paid on. */
  readonly size: number;
  /** In the currency that the instrument settles in. */
  readonly amount: number;
  readonly time: number;
}

type Account = 'cash' | 'market' | 'fees' | 'funding' | 'outside';
interface Line {
  readonly account: Account;
  readonly currency: string;
  readonly amount: number;
}

export interface LedgerPosition {
  readonly instrument: Instrument;
  readonly positionSide: PositionSide;
  /** Signed base units or contracts. */
  size: number;
  /** Price at which what is open was entered on average. */
  entry: number;
}

interface Lot {
  readonly fill: LedgerFill;
  readonly side: 'long' | 'short';
  /** What came in at first and what is left, net of fees that were kept in base currency. */
  readonly size: number;
  /** Fee of what came in, in quote currency. */
  readonly fee: number;
  left: number;
}

const DUST = 1e-9;

/** Profit of a size between two prices, in the currency that it settles in. */
export const profit = (instrument: Instrument, size: number, from: number, to: number): number =>
  instrument.type === 'inverse' ? size * instrument.contractSize * (1 / from - 1 / to) : size * (to - from);

/** What the venue books: money by currency in double entry, positions, and every fill. */
export class Ledger {
  readonly fills: LedgerFill[] = [];
  readonly payments: Payment[] = [];
  readonly roundTrips: RoundTrip[] = [];
  readonly #accounts = new Map<string, number>();
  readonly #positions = new Map<string, LedgerPosition>();
  readonly #lots = new Map<string, Lot[]>();

  /** Money in the account, by currency; below zero is borrowed. */
  cash(currency: string): number {
    return this.balance('cash', currency);
  }

  balance(account: Account, currency: string): number {
    return this.#accounts.get(`${account}/${currency}`) ?? 0;
  }

  currencies(): readonly string[] {
    return [...this.#accounts.keys()].filter((key) => key.startsWith('cash/')).map((key) => key.slice(5));
  }

  positions(): readonly Readonly<LedgerPosition>[] {
    return [...this.#positions.values()];
  }

  /** Signed size of a contract's position, or of what spot fills bought and sold. */
  size(instrument: Instrument, positionSide: PositionSide = 'BOTH'): number {
    return this.#positions.get(`${instrument.id}/${positionSide}`)?.size ?? 0;
  }

  deposit(currency: string, amount: number): void {
    this.#post([
      { account: 'cash', currency, amount },
      { account: 'outside', currency, amount: -amount },
    ]);
  }

  fund(payment: Payment): void {
    const { amount } = payment;
    const currency = payment.instrument.settle;
    this.payments.push(payment);
    this.#post([
      { account: 'cash', currency, amount },
      { account: 'funding', currency, amount: -amount },
    ]);
  }

  /** Books a fill; what it realized, in the currency that the instrument settles in. */
  fill(fill: LedgerFill): number {
    this.fills.push(fill);
    const { instrument, side, price, qty, fee, feeCurrency, positionSide } = fill;
    const signed = side === 'buy' ? qty : -qty;
    const key = `${instrument.id}/${positionSide}`;
    const position = this.#positions.get(key) ?? { instrument, positionSide, size: 0, entry: 0 };
    this.#positions.set(key, position);
    const realized = move(position, signed, price);
    if (instrument.type === 'spot')
      this.#exchange(instrument.base, signed, instrument.quote, -signed * price);
    else
      this.#post([
        { account: 'cash', currency: instrument.settle, amount: realized },
        { account: 'market', currency: instrument.settle, amount: -realized },
      ]);
    this.#post([
      { account: 'cash', currency: feeCurrency, amount: -fee },
      { account: 'fees', currency: feeCurrency, amount: fee },
    ]);
    this.#pair(fill);
    return realized;
  }

  /** Totals of what is closed, in quote currency. */
  closed(): { readonly gross: number; readonly fees: number; readonly funding: number } {
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    return {
      gross: sum(this.roundTrips.map(({ gross }) => gross)),
      fees: sum(this.roundTrips.map(({ fees }) => fees)),
      funding: sum(this.payments.map((payment) => this.#restated(payment))),
    };
  }

  /** Funding in quote currency on what is closed; of an inverse contract at the price at which that was left. */
  #restated({ instrument, amount, time, size }: Payment): number {
    const side = size > 0 ? 'long' : 'short';
    return this.roundTrips
      .filter(
        ({ entry, exit, side: of }) =>
          entry.instrument === instrument && of === side && entry.time <= time && exit.time >= time,
      )
      .reduce((sum, { qty, exit }) => {
        const share = (amount * qty) / Math.abs(size);
        return sum + (instrument.type === 'inverse' ? share * exit.price : share);
      }, 0);
  }

  /** Entries that nothing closed yet, in base units or contracts, by symbol and side. */
  open(symbol: string, side: 'long' | 'short'): number {
    return [...this.#lots.values()]
      .flat()
      .filter((lot) => lot.side === side && lot.fill.instrument.symbol === symbol)
      .reduce((total, { left }) => total + left, 0);
  }

  /** First in, first out; of a fill that turns a position around the rest opens. */
  #pair(fill: LedgerFill): void {
    const { instrument, side, positionSide, qty, fee, feeCurrency, price } = fill;
    const key = `${instrument.id}/${positionSide}`;
    const lots = this.#lots.get(key) ?? [];
    this.#lots.set(key, lots);
    const opens = side === 'buy' ? 'long' : 'short';
    let left = qty;
    while (left > DUST && lots.length > 0 && lots[0]!.side !== opens) {
      const lot = lots[0]!;
      const size = Math.min(left, lot.left);
      const signed = lot.side === 'long' ? size : -size;
      const base = profit(instrument, signed, lot.fill.price, price);
      // What an inverse contract earns and costs is base currency, and counts at the price of the exit.
      const restated = instrument.type === 'inverse' ? price / lot.fill.price : 1;
      this.roundTrips.push({
        symbol: instrument.symbol,
        side: lot.side,
        entry: lot.fill,
        exit: fill,
        qty: size,
        gross: instrument.type === 'inverse' ? base * price : base,
        fees: ((lot.fee * size) / lot.size) * restated + (fill.feeInQuote * size) / qty,
      });
      left -= size;
      lot.left -= size;
      if (lot.left <= DUST) lots.shift();
    }
    if (left <= DUST) return;
    const kept = instrument.type === 'spot' && side === 'buy' && feeCurrency === instrument.base ? fee : 0;
    const size = left - (kept * left) / qty;
    lots.push({ fill, side: opens, size, fee: (fill.feeInQuote * left) / qty, left: size });
  }

  #exchange(base: string, amount: number, quote: string, cost: number): void {
    this.#post([
      { account: 'cash', currency: base, amount },
      { account: 'market', currency: base, amount: -amount },
    ]);
    this.#post([
      { account: 'cash', currency: quote, amount: cost },
      { account: 'market', currency: quote, amount: -cost },
    ]);
  }

  #post(lines: readonly Line[]): void {
    if (Math.abs(lines.reduce((sum, { amount }) => sum + amount, 0)) > DUST)
      throw new Error(`a posting that does not balance: ${JSON.stringify(lines)}`);
    for (const { account, currency, amount } of lines) {
      const key = `${account}/${currency}`;
      this.#accounts.set(key, Number(((this.#accounts.get(key) ?? 0) + amount).toFixed(12)));
    }
  }
}

/** Moves a position by a signed size, at its average price; what that realized. */
function move(position: LedgerPosition, signed: number, price: number): number {
  const { instrument, size, entry } = position;
  const next = Number((size + signed).toFixed(9));
  if (size * signed >= 0) {
    position.entry = averageOf(instrument, [size, entry], [signed, price]);
    position.size = next;
    return 0;
  }
  const closes = Math.min(Math.abs(signed), Math.abs(size)) * Math.sign(size);
  position.size = next;
  if (next * size < 0) position.entry = price;
  else if (next === 0) position.entry = 0;
  return profit(instrument, closes, entry, price);
}

type Part = readonly [size: number, price: number];

function averageOf({ type }: Instrument, [had, entry]: Part, [more, price]: Part): number {
  if (had === 0) return price;
  if (type !== 'inverse') return (had * entry + more * price) / (had + more);
  return (had + more) / (had / entry + more / price);
}
