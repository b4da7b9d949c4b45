import type { Side } from '../../src/index.ts';
import { isRecord } from './answers.ts';
import { type CcxtExchange, marketOf } from './market.ts';

/** A ccxt order call, as `identify` sees it. */
export interface OrderCall {
  readonly symbol: string;
  readonly type: string;
  readonly side: string;
  /** Base units on spot, contracts on derivatives; quote currency for an order by cost. */
  readonly amount: number;
  /** The amount as the bot gave it: an order by cost may have none. */
  readonly given?: unknown;
  readonly price: number | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Why an order that may be an entry is not judged. */
export type Doubt =
  | 'POSITION_UNKNOWN'
  | 'FILL_UNKNOWN'
  | 'ACCOUNT_UNCLEAR'
  | 'PARAMETER_UNKNOWN'
  | 'MARKET_UNKNOWN'
  | 'ORDER_UNREADABLE';

/**
 * What a call certainly does: it closes (`exit`), it opens (`entry`), the account's position tells (`account`), or
 * nobody can say (`doubt`).
 */
export type Reading =
  | { readonly kind: 'exit' | 'entry'; readonly side: Side; readonly hedged: boolean }
  | { readonly kind: 'account' }
  | { readonly kind: 'doubt'; readonly why: Doubt };

/** Reads the arguments of `createOrder`; a market by the venue's own id gets its unified name. */
export const callOf = (
  [symbol, type, side, amount, price, params]: readonly unknown[],
  exchange: CcxtExchange,
): OrderCall => ({
  symbol: marketOf(exchange, symbol)?.symbol ?? String(symbol),
  type: String(type).toLowerCase(),
  side: String(side).toLowerCase(),
  amount: Number(amount),
  given: amount,
  price: price === undefined || price === null ? undefined : Number(price),
  params: (params ?? {}) as OrderCall['params'],
});

/** A switch among the parameters: hosts write it as a boolean, a number or a text. */
const isOn = (value: unknown): boolean =>
  Boolean(value) && !['false', '0', 'no'].includes(String(value).toLowerCase());

const CLOSING_SWITCHES = [
  'reduceOnly',
  'reduce_only',
  'closePosition',
  'closeOnTrigger',
  'close_on_trigger',
  'closeOrder',
  'closeFraction',
  'auto_size',
] as const;

const TRAILING = ['trailingAmount', 'trailingPercent', 'trailingTriggerPrice', 'callbackRate'] as const;
const TRIGGERS = ['triggerPrice', 'stopPrice', 'triggerPx', 'stopPx'] as const;
/** Order types that wait for a price, in the words of the venues. */
const PROTECTIVE_TYPE = /stop[-_ ]?loss|take[-_ ]?profit|trailing/;
const TRIGGER_TYPE = /stop|trigger|conditional|touched/;

const has = (params: OrderCall['params'], keys: readonly string[]): boolean =>
  keys.some((key) => params[key] !== undefined && params[key] !== null);

/** Whether an order waits at the venue for a price that takes a loss or a profit. */
const isProtective = ({ params, type }: OrderCall): boolean =>
  has(params, ['stopLossPrice', 'takeProfitPrice', ...TRAILING]) || PROTECTIVE_TYPE.test(type);

const isTrigger = ({ params, type }: OrderCall): boolean => has(params, TRIGGERS) || TRIGGER_TYPE.test(type);

/** Whether an order waits at the venue for a price other than its limit: it may fill long after nobody looks. */
export const isConditional = (call: OrderCall): boolean => isProtective(call) || isTrigger(call);

/** Whether the venue itself will not let an order take a position past nothing. */
export function reducesOnly({ params }: OrderCall): boolean {
  const { close, execInst, tradeSide, offset } = params;
  return (
    CLOSING_SWITCHES.some((key) => isOn(params[key])) ||
    // An object is a stop that some venues attach to an entry.
    (typeof close !== 'object' && isOn(close)) ||
    /close|reduceonly/i.test(String(execInst ?? '')) ||
    String(tradeSide).toLowerCase() === 'close' ||
    String(offset).toLowerCase() === 'close'
  );
}

/** Whether a call says of itself that it only closes, or waits to. */
export const saysExit = (call: OrderCall): boolean => reducesOnly(call) || isProtective(call);

/** Whether what an order fills comes with stops or targets of its own, which fill at the venue under ids that nobody tells. */
export const hasAttached = ({ params }: OrderCall): boolean =>
  has(params, ['stopLoss', 'takeProfit', 'attachAlgoOrds']) || typeof params.close === 'object';

/** Stop and target that a call attaches to its entry. */
export function attachedPrices({ params }: OrderCall): { readonly stop?: number; readonly target?: number } {
  const price = (attached: unknown): number | undefined => {
    const { triggerPrice, stopPrice, price: limit } = (attached ?? {}) as Record<string, unknown>;
    const found = Number(typeof attached === 'object' ? (triggerPrice ?? stopPrice ?? limit) : attached);
    return found > 0 ? found : undefined;
  };
  const [stop, target] = [price(params.stopLoss), price(params.takeProfit)];
  return { ...(stop === undefined ? {} : { stop }), ...(target === undefined ? {} : { target }) };
}

/** Side of the position that hedge-mode parameters name, where they do: by binance, okx and bybit. */
function hedgeSide({ positionSide, posSide, positionIdx }: OrderCall['params']): Side | null {
  const named = String(positionSide ?? posSide ?? '').toUpperCase();
  if (named === 'LONG' || Number(positionIdx) === 1) return 'long';
  if (named === 'SHORT' || Number(positionIdx) === 2) return 'short';
  return null;
}

/** Parameters of which it is known that they do not change what an order does to exposure. */
const HARMLESS = new Set([
  ...['clientOrderId', 'newClientOrderId', 'clOrdId', 'clOrdID', 'orderLinkId', 'clientOid', 'client_oid'],
  ...['origClientOrderId', 'client_order_id', 'userref', 'cl_ord_id', 'text', 'tag', 'label', 'strategyId'],
  ...[
    'timeInForce',
    'postOnly',
    'post_only',
    'exchangeType',
    'oflags',
    'expiretm',
    'expireTime',
    'recvWindow',
  ],
  ...['test', 'validate', 'newOrderRespType', 'selfTradePreventionMode', 'stp', 'icebergQty', 'iceberg'],
  ...['cost', 'quoteOrderQty', 'tgtCcy', 'createMarketBuyOrderRequiresPrice', 'price', 'slippage'],
  ...['stopLoss', 'takeProfit', 'attachAlgoOrds', 'close', ...TRIGGERS, 'triggerBy', 'triggerDirection'],
  ...['workingType', 'priceProtect', 'triggerPriceType', 'timeout', 'goodTillDate', 'strategyType'],
]);
/** Parameters that say on what account an order is made: harmless where they say nothing but spot. */
const SPOT_WORDS = ['spot', 'cash', 'non_leverage', 'trade'];
/** Parameters of derivatives that change how a position is held, not which way an order goes. */
const CONTRACT_PARAMS = new Set([
  ...['leverage', 'marginMode', 'tdMode', 'positionSide', 'posSide', 'positionIdx', 'hedged', 'settle'],
  ...['type', 'subType', 'tradeMode', 'marginCoin', 'productType', 'tpslMode', 'mgnMode', 'isIsolated'],
  ...['reduceOnly', 'reduce_only', 'closePosition', 'closeOnTrigger', 'tradeSide', 'offset', 'holdSide'],
]);
/** Settings of an exchange by which its spot orders are made on margin, for all orders or for createOrder. */
const MARGIN_OPTIONS = [
  'defaultMarginMode',
  'marginMode',
  'portfolioMargin',
  'papi',
  'sideEffectType',
  'tradeMode',
];

const saysNothing = (value: unknown): boolean =>
  value === undefined || value === null || !isOn(value) || SPOT_WORDS.includes(String(value).toLowerCase());

const MARGIN_PARAMS = new Set([
  ...[
    'marginMode',
    'margin',
    'type',
    'leverage',
    'tdMode',
    'tradeMode',
    'isLeverage',
    'account',
    'accountType',
  ],
  ...[
    'portfolioMargin',
    'papi',
    'sideEffectType',
    'autoBorrow',
    'autoRepay',
    'auto_borrow',
    'auto_repay',
    'isIsolated',
  ],
  ...['borrow', 'unifiedAccount', 'hedged', 'loanType'],
]);

/** Why a spot market's order may not be on plain spot, which can only sell what it holds; null where it is. */
function spotDoubt({ params }: OrderCall, { options = {} }: CcxtExchange): Doubt | null {
  const ofCall = options.createOrder;
  const settings = [options, typeof ofCall === 'object' && ofCall !== null ? ofCall : {}] as Record<
    string,
    unknown
  >[];
  for (const each of settings)
    if (MARGIN_OPTIONS.some((key) => !saysNothing(each[key]))) return 'ACCOUNT_UNCLEAR';
  if (String(options.defaultType).toLowerCase() === 'margin') return 'ACCOUNT_UNCLEAR';
  for (const [key, value] of Object.entries(params)) {
    if (MARGIN_PARAMS.has(key)) {
      if (!saysNothing(value)) return 'ACCOUNT_UNCLEAR';
    } else if (!HARMLESS.has(key) && value !== undefined) return 'PARAMETER_UNKNOWN';
  }
  return null;
}

/** Whether an order on a spot market may be made on another account than spot: what becomes of it is not told there. */
export const isUnclear = (call: OrderCall, exchange: CcxtExchange): boolean =>
  (marketOf(exchange, call.symbol)?.spot ?? !call.symbol.includes(':')) &&
  spotDoubt(call, exchange) === 'ACCOUNT_UNCLEAR';

/** Whether an order is by its very words a buy on plain spot: an entry, whatever the market is like. */
export const isPlainBuy = (call: OrderCall, exchange: CcxtExchange): boolean =>
  call.side === 'buy' && !call.symbol.includes(':') && !saysExit(call) && spotDoubt(call, exchange) === null;

/** What goes out as it is, whatever the account holds. */
const isAsIs = ({ kind }: Reading): boolean => kind === 'exit' || kind === 'doubt';

/** Reads one of a list of orders, with the parameters that the whole list has. */
export function rowCallOf(
  row: Readonly<Record<string, unknown>>,
  common: unknown,
  exchange: CcxtExchange,
): OrderCall {
  const { symbol, type, side, amount, price, params } = row;
  const call = (merged: object) => callOf([symbol, type, side, amount, price, merged], exchange);
  const [own, ofAll] = [isRecord(params) ? params : {}, isRecord(common) ? common : {}];
  // Which of the two counts where they differ, each exchange has its own way: none must be taken for an entry that may be none.
  const ways = [call({ ...own, ...ofAll }), call({ ...ofAll, ...own })] as const;
  return ways.find((each) => isAsIs(readCall(each, exchange))) ?? ways[0];
}

/**
 * What a call does, by the first rule that is certain: it says that it closes; hedge mode names the side; plain spot
 * buys open and sales close; else the account's position tells.
 */
export function readCall(call: OrderCall, exchange: CcxtExchange): Reading {
  const { side, params, symbol } = call;
  if (side !== 'buy' && side !== 'sell') return { kind: 'doubt', why: 'ORDER_UNREADABLE' };
  const buys = side === 'buy';
  const hedged = hedgeSide(params);
  const market = marketOf(exchange, symbol);
  const isSpotMarket = market ? market.spot === true : !symbol.includes(':');
  // On spot a buy closes nothing, whatever it waits for; on margin it may cover what was borrowed.
  if (isSpotMarket && buys && saysExit(call))
    return { kind: 'doubt', why: spotDoubt(call, exchange) ?? 'POSITION_UNKNOWN' };
  if (saysExit(call))
    return {
      kind: 'exit',
      side: hedged ?? (buys ? 'short' : 'long'),
      hedged: hedged !== null,
    };
  // Before markets are loaded, the words of a sale on plain spot say enough.
  const isPlainSale = isSpotMarket && !buys && spotDoubt(call, exchange) === null;
  if (market === undefined && !isPlainSale) return { kind: 'doubt', why: 'MARKET_UNKNOWN' };
  if (isSpotMarket) {
    const why = spotDoubt(call, exchange);
    if (why !== null) return { kind: 'doubt', why };
    return { kind: buys ? 'entry' : 'exit', side: 'long', hedged: false };
  }
  const unknown = Object.entries(params).some(
    ([key, value]) => value !== undefined && !HARMLESS.has(key) && !CONTRACT_PARAMS.has(key),
  );
  if (unknown) return { kind: 'doubt', why: 'PARAMETER_UNKNOWN' };
  if (hedged !== null)
    return { kind: buys === (hedged === 'long') ? 'entry' : 'exit', side: hedged, hedged: true };
  // What the position will be when the price comes, nobody knows.
  if (isTrigger(call)) return { kind: 'doubt', why: 'POSITION_UNKNOWN' };
  return { kind: 'account' };
}
