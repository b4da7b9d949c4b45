import type { Unit } from '../core/lots.ts';

/** The part of a ccxt exchange that the adapter touches; any ccxt 4 instance has it. */
export interface CcxtExchange {
  readonly id?: string;
  readonly apiKey?: string;
  createOrder(
    symbol: string,
    type: string,
    side: string,
    amount: number,
    price?: number,
    params?: Record<string, unknown>,
  ): Promise<object>;
  amountToPrecision(symbol: string, amount: number): string;
  costToPrecision?(symbol: string, cost: number): string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly has?: Readonly<Record<string, unknown>>;
  market(symbol: string): CcxtMarket;
  milliseconds(): number;
  markets?: Record<string, unknown> | undefined;
  loadMarkets?(): Promise<unknown>;
  /** Once they were asked for. */
  readonly marketsLoading?: unknown;
  checkRequiredCredentials?(error: boolean): boolean;
}

export interface CcxtMarket {
  readonly symbol?: string;
  readonly spot?: boolean;
  readonly swap?: boolean;
  readonly taker?: number;
  readonly quote?: string;
  readonly base?: string;
  readonly settle?: string | undefined;
  /** Base units of one contract, or quote units of an inverse one; 1 on spot. */
  readonly contractSize?: number | undefined;
  readonly inverse?: boolean | undefined;
  readonly limits?: { readonly amount?: Range; readonly cost?: Range };
}
interface Range {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** A market by its unified name or the venue's id; undefined where none is loaded. ccxt throws then. */
export function marketOf(exchange: CcxtExchange, symbol: unknown): CcxtMarket | undefined {
  if (exchange.markets === undefined || typeof symbol !== 'string') return undefined;
  try {
    return exchange.market(symbol);
  } catch {
    return undefined;
  }
}

/** What one unit of an amount stands for. */
export const unitOf = ({ spot, contractSize, inverse }: CcxtMarket): Unit => ({
  size: spot === false ? (contractSize ?? 1) : 1,
  inverse: spot === false && inverse === true,
});

/** Quote units of one unit of amount at a price. */
export const unitValue = (market: CcxtMarket, price: number): number => {
  const { size, inverse } = unitOf(market);
  return inverse ? size : size * price;
};
