/** What a market charges, what it trades, and how finely. Fees are rates. */
export interface MarketRules {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly taker: number;
  readonly maker: number;
  /** Base units of one contract of a linear swap; absent on spot. */
  readonly contractSize?: number;
}

/** A net position in a linear swap. */
export interface SwapPosition {
  readonly symbol: string;
  /** In contracts; negative for a short one. */
  readonly contracts: number;
  /** Average entry price. */
  readonly entryPrice: number;
}

/** Share of a position's value below which an account is liquidated, as venues have it for small ones. */
const MAINTENANCE = 0.005;
const FLAT: Omit<SwapPosition, 'symbol'> = { contracts: 0, entryPrice: 0 };

/**
 * Money, coins and positions of one account in one quote currency, its positions at cross margin. Funding is left out.
 * Amounts are base units on spot and contracts on swaps.
 */
export class Holdings {
  readonly #quote: string;
  readonly #markets = new Map<string, MarketRules>();
  readonly #balances: Map<string, number>;
  readonly #positions = new Map<string, SwapPosition>();
  readonly #leverages = new Map<string, number>();
  readonly #prices = new Map<string, number>();

  constructor(quote: string, balances: Readonly<Record<string, number>>) {
    this.#quote = quote;
    this.#balances = new Map(Object.entries(balances));
  }

  addMarket(rules: MarketRules): void {
    this.#markets.set(rules.symbol, rules);
  }

  rules(symbol: string): MarketRules | undefined {
    return this.#markets.get(symbol);
  }

  balance(currency: string): number {
    return this.#balances.get(currency) ?? 0;
  }

  get balances(): ReadonlyMap<string, number> {
    return this.#balances;
  }

  /** Notes the last price of a symbol, at which what is held is valued. */
  mark(symbol: string, price: number): void {
    this.#prices.set(symbol, price);
  }

  lastPrice(symbol: string): number | undefined {
    return this.#prices.get(symbol);
  }

  position(symbol: string): SwapPosition {
    return this.#positions.get(symbol) ?? { symbol, ...FLAT };
  }

  /** Positions that are open. */
  get positions(): readonly SwapPosition[] {
    return [...this.#positions.values()];
  }

  leverage(symbol: string): number {
    return this.#leverages.get(symbol) ?? 1;
  }

  setLeverage(symbol: string, leverage: number): void {
    this.#leverages.set(symbol, leverage);
  }

  /** How much of an order may close what is held: all that is there to sell on spot, the other side's position on a swap. */
  closable(symbol: string, side: 'buy' | 'sell'): number {
    const rules = this.#markets.get(symbol)!;
    if (rules.contractSize === undefined) return side === 'sell' ? this.balance(rules.base) : 0;
    const { contracts } = this.position(symbol);
    return Math.max(0, side === 'sell' ? contracts : -contracts);
  }

  /** Money that opening an amount at a price binds, its fee included. */
  cost(symbol: string, side: 'buy' | 'sell', amount: number, price: number): number {
    const { contractSize = 1, taker } = this.#markets.get(symbol)!;
    const isSpot = this.#markets.get(symbol)!.contractSize === undefined;
    if (isSpot) return side === 'sell' ? 0 : amount * price * (1 + taker);
    const opening = Math.max(0, amount - this.closable(symbol, side));
    return opening * contractSize * price * (1 / this.leverage(symbol) + taker);
  }

  /** What positions would make or lose at the last prices, in quote currency. */
  unrealised(): number {
    let sum = 0;
    for (const { symbol, contracts, entryPrice } of this.#positions.values())
      sum += contracts * this.#size(symbol) * (this.#at(symbol, entryPrice) - entryPrice);
    return sum;
  }

  /** Money that open positions bind, in quote currency. */
  margin(): number {
    let sum = 0;
    for (const { symbol, contracts, entryPrice } of this.#positions.values())
      sum += (Math.abs(contracts) * this.#size(symbol) * entryPrice) / this.leverage(symbol);
    return sum;
  }

  /** Cash, what coins are worth and what positions would make, at the last prices, in quote currency. */
  equity(): number {
    let equity = this.balance(this.#quote) + this.unrealised();
    for (const { symbol, base, contractSize } of this.#markets.values())
      if (contractSize === undefined) equity += this.balance(base) * (this.#prices.get(symbol) ?? 0);
    return equity;
  }

  /** Whether the positions are worth more than the account can answer for. */
  get isLiquidated(): boolean {
    if (this.#positions.size === 0) return false;
    let value = 0;
    for (const { symbol, contracts, entryPrice } of this.#positions.values())
      value += Math.abs(contracts) * this.#size(symbol) * this.#at(symbol, entryPrice);
    return this.balance(this.#quote) + this.unrealised() < MAINTENANCE * value;
  }

  /** Lets an account off what it owes after a liquidation. */
  forgive(): void {
    if (this.balance(this.#quote) < 0) this.#balances.set(this.#quote, 0);
  }

  /** Books an execution: coins for money on spot, a position on a swap. The fee is in quote currency. */
  book(symbol: string, side: 'buy' | 'sell', amount: number, price: number, fee: number): void {
    const { base, contractSize } = this.#markets.get(symbol)!;
    const sign = side === 'buy' ? 1 : -1;
    if (contractSize === undefined) {
      this.#credit(base, sign * amount);
      this.#credit(this.#quote, -sign * amount * price - fee);
      return;
    }
    const { contracts, entryPrice } = this.position(symbol);
    const closed = Math.min(amount, this.closable(symbol, side));
    const opened = amount - closed;
    this.#credit(this.#quote, closed * contractSize * (entryPrice - price) * sign - fee);
    const rest = contracts + sign * closed;
    const after = rest + sign * opened;
    // Sums of many amounts carry rounding; what is left of a closed position is nothing.
    if (Math.abs(after) < 1e-12 * Math.max(1, amount)) this.#positions.delete(symbol);
    else {
      const entry = (Math.abs(rest) * entryPrice + opened * price) / (Math.abs(rest) + opened);
      this.#positions.set(symbol, { symbol, contracts: after, entryPrice: entry });
    }
  }

  #size(symbol: string): number {
    return this.#markets.get(symbol)!.contractSize ?? 1;
  }

  #at(symbol: string, otherwise: number): number {
    return this.#prices.get(symbol) ?? otherwise;
  }

  /** Sums of many amounts carry rounding; what is left of a sold-out holding is nothing. */
  #credit(currency: string, amount: number): void {
    const before = this.balance(currency);
    const after = before + amount;
    this.#balances.set(
      currency,
      Math.abs(after) < 1e-12 * Math.max(Math.abs(before), Math.abs(amount)) ? 0 : after,
    );
  }
}
