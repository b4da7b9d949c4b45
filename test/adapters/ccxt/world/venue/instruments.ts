/** Accounts that a program can trade on: Binance's, and a unified one of Bybit that trades linear contracts. */
export const KINDS = ['spot', 'margin', 'usdm', 'hedge', 'coinm', 'bybit'] as const;
export type Kind = (typeof KINDS)[number];

/** A market of the venue. */
export interface Instrument {
  /** As the venue and as ccxt call it. */
  readonly id: string;
  readonly symbol: string;
  readonly type: 'spot' | 'linear' | 'inverse';
  readonly base: string;
  readonly quote: string;
  /** Currency of margin and profits of a contract. */
  readonly settle: string;
  /** Quote units of one inverse contract; 1 otherwise. */
  readonly contractSize: number;
  readonly tick: number;
  readonly step: number;
  readonly minQty: number;
  /** Quote units; orders that reduce a position may be smaller. */
  readonly minNotional: number;
  readonly startPrice: number;
}

const spot = (base: string, startPrice: number, step: number): Instrument => ({
  id: `${base}USDT`,
  symbol: `${base}/USDT`,
  type: 'spot',
  base,
  quote: 'USDT',
  settle: 'USDT',
  contractSize: 1,
  tick: 0.01,
  step,
  minQty: step,
  minNotional: 5,
  startPrice,
});

const linear = (base: string, startPrice: number, step: number): Instrument => ({
  ...spot(base, startPrice, step),
  symbol: `${base}/USDT:USDT`,
  type: 'linear',
  minNotional: 20,
});

const inverse = (base: string, startPrice: number, contractSize: number): Instrument => ({
  ...spot(base, startPrice, 1),
  id: `${base}USD_PERP`,
  symbol: `${base}/USD:${base}`,
  type: 'inverse',
  quote: 'USD',
  settle: base,
  contractSize,
  minNotional: 0,
});

const SPOT = [spot('BTC', 1000, 0.001), spot('ETH', 100, 0.01), spot('BNB', 200, 0.001)] as const;
const LINEAR = [linear('BTC', 1000, 0.001), linear('ETH', 100, 0.01)] as const;
const INVERSE = [inverse('BTC', 1000, 10), inverse('ETH', 100, 10)] as const;

export const INSTRUMENTS: Readonly<Record<Kind, readonly Instrument[]>> = {
  spot: SPOT,
  margin: SPOT,
  usdm: LINEAR,
  hedge: LINEAR,
  coinm: INVERSE,
  bybit: LINEAR,
};

/** Rates of a taker and a maker. */
export const FEE_RATES: Readonly<
  Record<Instrument['type'], { readonly taker: number; readonly maker: number }>
> = {
  spot: { taker: 0.001, maker: 0.001 },
  linear: { taker: 0.0005, maker: 0.0002 },
  inverse: { taker: 0.0005, maker: 0.0001 },
};

const digits = (step: number): number => Math.max(0, Math.round(-Math.log10(step)));

/** A number at a step, without the noise of binary fractions. */
export const atStep = (value: number, step: number): number =>
  Number((Math.round(value / step) * step).toFixed(digits(step)));

/** The multiple of a step below a number. */
export const floorStep = (value: number, step: number): number =>
  Number((Math.floor(value / step + 1e-9) * step).toFixed(digits(step)));

export const isAtStep = (value: number, step: number): boolean =>
  Math.abs(value / step - Math.round(value / step)) < 1e-6;

/** Row of an instrument in the venue's exchangeInfo. */
export function exchangeInfoRow(instrument: Instrument): object {
  const { id, type, base, quote, settle, contractSize, tick, step, minQty, minNotional } = instrument;
  const filters = [
    { filterType: 'PRICE_FILTER', minPrice: String(tick), maxPrice: '1000000', tickSize: String(tick) },
    { filterType: 'LOT_SIZE', minQty: String(minQty), maxQty: '100000', stepSize: String(step) },
  ];
  const common = { symbol: id, baseAsset: base, quoteAsset: quote, status: 'TRADING' };
  if (type === 'spot')
    return {
      ...common,
      baseAssetPrecision: 8,
      quotePrecision: 8,
      quoteAssetPrecision: 8,
      orderTypes: [
        'LIMIT',
        'LIMIT_MAKER',
        'MARKET',
        'STOP_LOSS',
        'STOP_LOSS_LIMIT',
        'TAKE_PROFIT',
        'TAKE_PROFIT_LIMIT',
      ],
      isSpotTradingAllowed: true,
      isMarginTradingAllowed: true,
      permissions: ['SPOT', 'MARGIN'],
      filters: [
        ...filters,
        { filterType: 'NOTIONAL', minNotional: String(minNotional), applyMinToMarket: true },
      ],
    };
  return {
    ...common,
    pair: `${base}${quote}`,
    contractType: 'PERPETUAL',
    deliveryDate: 4133404800000,
    contractStatus: 'TRADING',
    marginAsset: settle,
    contractSize,
    quantityPrecision: digits(step),
    pricePrecision: digits(tick),
    baseAssetPrecision: 8,
    quotePrecision: 8,
    orderTypes: [
      'LIMIT',
      'MARKET',
      'STOP',
      'STOP_MARKET',
      'TAKE_PROFIT',
      'TAKE_PROFIT_MARKET',
      'TRAILING_STOP_MARKET',
    ],
    timeInForce: ['GTC', 'IOC', 'FOK', 'GTX'],
    filters: [
      ...filters,
      ...(minNotional > 0 ? [{ filterType: 'MIN_NOTIONAL', notional: String(minNotional) }] : []),
    ],
  };
}
