import { exchangeInfoRow, type Instrument } from './instruments.ts';
import type { LedgerFill, PositionSide } from './ledger.ts';
import {
  isConditional,
  isOpen,
  type Order,
  type OrderType,
  type Venue,
  VenueError,
  type Wanted,
} from './venue.ts';

export type Params = Readonly<Record<string, string>>;

/** A request, as the front reads it: `fapi/v1` and `order`. */
export interface Asked {
  readonly method: string;
  readonly family: 'api' | 'sapi' | 'fapi' | 'dapi' | 'v5';
  readonly path: string;
  readonly params: Params;
  /** What the last moments are that trades are not told of yet, in ms. */
  readonly tradeLag: number;
}

type Handler = (venue: Venue, asked: Asked) => unknown;

const number = (value: string | undefined): number | undefined =>
  value === undefined ? undefined : Number(value);
const yes = (value: string | undefined): boolean => value === 'true' || value === 'TRUE';
const instrumentOf = (venue: Venue, { params }: Asked): Instrument => {
  if (params.symbol === undefined) throw new VenueError(-1102, "Mandatory parameter 'symbol' was not sent.");
  return venue.instrument(params.symbol);
};

function wantedOf(venue: Venue, asked: Asked): Wanted {
  const { params } = asked;
  const quoteQty = number(params.quoteOrderQty);
  const price = number(params.price);
  const trigger = number(params.stopPrice ?? params.triggerPrice);
  const callbackRate = number(params.callbackRate);
  const type = params.type as OrderType;
  const isMarket =
    type.endsWith('MARKET') ||
    type === 'STOP_LOSS' ||
    (type === 'TAKE_PROFIT' && asked.family !== 'fapi' && asked.family !== 'dapi');
  const clientId = params.newClientOrderId ?? params.clientAlgoId ?? `web-${venue.orders.length}`;
  return {
    instrument: instrumentOf(venue, asked),
    side: params.side as Wanted['side'],
    type,
    qty: number(params.quantity) ?? 0,
    ...(quoteQty === undefined ? {} : { quoteQty }),
    ...(price === undefined || isMarket ? {} : { price }),
    ...(trigger === undefined ? {} : { trigger }),
    ...(callbackRate === undefined ? {} : { callbackRate }),
    reduceOnly: yes(params.reduceOnly),
    closePosition: yes(params.closePosition),
    ...(params.positionSide === undefined ? {} : { positionSide: params.positionSide as PositionSide }),
    clientId,
    by: 'bot',
  };
}

const text = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(Number(value.toFixed(10)));
const averageOf = ({ filled, fills }: Order): number =>
  filled === 0 ? 0 : fills.reduce((sum, { price, qty }) => sum + price * qty, 0) / filled;

/** An order of spot or margin, as the venue shows it. */
function spotRow(order: Order): Record<string, unknown> {
  const { instrument, id, clientId, qty, filled, cost, status, type, side, price, trigger, time, updated } =
    order;
  return {
    symbol: instrument.id,
    orderId: id,
    orderListId: order.pair ? Math.min(id, order.pair.id) : -1,
    clientOrderId: clientId,
    price: text(price ?? 0),
    origQty: text(qty),
    executedQty: text(filled),
    cummulativeQuoteQty: text(cost),
    status,
    timeInForce: 'GTC',
    type,
    side,
    stopPrice: text(trigger ?? 0),
    time,
    updateTime: updated,
    isWorking: order.triggered,
  };
}

/** An order of a contract, as the venue shows it. */
function contractRow(order: Order): Record<string, unknown> {
  const {
    instrument,
    id,
    clientId,
    qty,
    filled,
    cost,
    status,
    type,
    side,
    price,
    positionSide,
    time,
    updated,
  } = order;
  return {
    orderId: id,
    symbol: instrument.id,
    status,
    clientOrderId: clientId,
    price: text(price ?? 0),
    avgPrice: text(Number(averageOf(order).toFixed(8))),
    origQty: text(qty),
    executedQty: text(filled),
    ...(instrument.type === 'inverse'
      ? { cumBase: text(Number(cost.toFixed(8))) }
      : { cumQuote: text(cost) }),
    timeInForce: 'GTC',
    type,
    reduceOnly: order.reduceOnly ?? false,
    closePosition: order.closePosition ?? false,
    side,
    positionSide,
    stopPrice: '0',
    workingType: 'CONTRACT_PRICE',
    origType: type,
    time,
    updateTime: updated,
  };
}

const ALGO_STATUS = {
  NEW: 'NEW',
  PARTIALLY_FILLED: 'NEW',
  FILLED: 'FINISHED',
  CANCELED: 'CANCELED',
  EXPIRED: 'EXPIRED',
};

function algoRow(order: Order): Record<string, unknown> {
  const {
    instrument,
    id,
    clientId,
    type,
    side,
    positionSide,
    qty,
    status,
    trigger,
    callbackRate,
    time,
    updated,
  } = order;
  return {
    algoId: id,
    clientAlgoId: clientId,
    algoType: 'CONDITIONAL',
    orderType: type,
    symbol: instrument.id,
    side,
    positionSide,
    timeInForce: 'GTC',
    quantity: text(qty),
    algoStatus: ALGO_STATUS[status],
    actualOrderId: order.actual ? String(order.actual.id) : '',
    triggerPrice: text(trigger ?? 0),
    price: text(order.price ?? 0),
    ...(callbackRate === undefined ? {} : { callbackRate: text(callbackRate) }),
    closePosition: order.closePosition ?? false,
    reduceOnly: order.reduceOnly ?? false,
    createTime: time,
    updateTime: updated,
    triggerTime: order.actual ? updated : 0,
  };
}

const rowOf = (order: Order): Record<string, unknown> =>
  order.algo ? algoRow(order) : order.instrument.type === 'spot' ? spotRow(order) : contractRow(order);

/** What the placing of an order is answered with. */
function answerOf(order: Order, answers: 'full' | 'new' | 'id'): unknown {
  const { instrument, id, clientId, time, fills } = order;
  if (order.algo) return algoRow(order);
  if (instrument.type === 'spot') {
    if (answers !== 'full')
      return {
        symbol: instrument.id,
        orderId: id,
        orderListId: -1,
        clientOrderId: clientId,
        transactTime: time,
      };
    const { time: _, updateTime, isWorking, ...row } = spotRow(order);
    return {
      ...row,
      transactTime: time,
      fills: fills.map((fill) => ({
        price: text(fill.price),
        qty: text(fill.qty),
        commission: text(fill.fee),
        commissionAsset: fill.feeCurrency,
        tradeId: fill.id,
      })),
    };
  }
  if (answers === 'full') return contractRow(order);
  if (answers === 'id') return { orderId: id, symbol: instrument.id, clientOrderId: clientId };
  return {
    ...contractRow(order),
    status: 'NEW',
    avgPrice: '0',
    executedQty: '0',
    ...(instrument.type === 'inverse' ? { cumBase: '0' } : { cumQuote: '0' }),
  };
}

function tradeRow(fill: LedgerFill): Record<string, unknown> {
  const { instrument, id, orderId, price, qty, fee, feeCurrency, time, side, maker, positionSide } = fill;
  const common = {
    symbol: instrument.id,
    id,
    orderId,
    price: text(price),
    qty: text(qty),
    commission: text(fee),
    commissionAsset: feeCurrency,
    time,
  };
  if (instrument.type === 'spot')
    return {
      ...common,
      orderListId: -1,
      quoteQty: text(price * qty),
      isBuyer: side === 'buy',
      isMaker: maker,
      isBestMatch: true,
    };
  const value =
    instrument.type === 'inverse'
      ? { baseQty: text(Number(((qty * instrument.contractSize) / price).toFixed(8))) }
      : { quoteQty: text(price * qty) };
  return {
    ...common,
    ...value,
    side: side.toUpperCase(),
    buyer: side === 'buy',
    maker,
    positionSide,
    marginAsset: instrument.settle,
  };
}

const known = (venue: Venue, asked: Asked, algo: boolean): Order => {
  const { params } = asked;
  const clientId = params.origClientOrderId ?? params.clientAlgoId;
  const order = venue.find(instrumentOf(venue, asked), {
    ...(clientId === undefined ? { id: Number(params.algoId ?? params.orderId) } : { clientId }),
    algo,
  });
  if (!order)
    throw new VenueError(
      asked.method === 'DELETE' ? -2011 : -2013,
      asked.method === 'DELETE' ? 'Unknown order sent.' : 'Order does not exist.',
    );
  return order;
};

const openOrders = (venue: Venue, asked: Asked, algo: boolean): Order[] =>
  venue.orders.filter(
    (order) =>
      isOpen(order) &&
      order.algo === algo &&
      (asked.params.symbol === undefined || order.instrument.id === asked.params.symbol),
  );

function place(venue: Venue, asked: Asked): unknown {
  const wanted = wantedOf(venue, asked);
  const contract = wanted.instrument.type !== 'spot';
  if (contract && isConditional(wanted) !== asked.path.startsWith('algo'))
    throw new VenueError(
      -4120,
      'Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.',
    );
  const order = venue.place(wanted);
  return answerOf(order, venue.settings.answers);
}

/** Several orders at once; one that is refused does not stop the others. */
function placeBatch(venue: Venue, asked: Asked): unknown {
  const batch = JSON.parse(asked.params.batchOrders!) as Params[];
  return batch.map((params) => {
    try {
      return place(venue, { ...asked, path: 'order', params });
    } catch (error) {
      if (error instanceof VenueError) return { code: error.code, msg: error.message };
      throw error;
    }
  });
}

function placePair(venue: Venue, asked: Asked): unknown {
  const { params } = asked;
  const leg = (type: string, clientId: string, price: string | undefined, stopPrice: string | undefined) =>
    wantedOf(venue, {
      ...asked,
      params: {
        symbol: params.symbol!,
        side: params.side!,
        quantity: params.quantity!,
        type,
        newClientOrderId: clientId,
        ...(price ? { price } : {}),
        ...(stopPrice ? { stopPrice } : {}),
      },
    });
  const {
    aboveType,
    aboveClientOrderId,
    abovePrice,
    aboveStopPrice,
    belowType,
    belowClientOrderId,
    belowPrice,
    belowStopPrice,
  } = params;
  const pair = venue.placePair(
    leg(aboveType!, aboveClientOrderId ?? `above-${venue.orders.length}`, abovePrice, aboveStopPrice),
    leg(belowType!, belowClientOrderId ?? `below-${venue.orders.length}`, belowPrice, belowStopPrice),
  );
  return {
    orderListId: pair[0].id,
    contingencyType: 'OCO',
    listStatusType: 'EXEC_STARTED',
    symbol: params.symbol,
    orders: pair.map(({ id, clientId }) => ({ symbol: params.symbol, orderId: id, clientOrderId: clientId })),
    orderReports: pair.map(spotRow),
  };
}

function cancel(venue: Venue, asked: Asked): unknown {
  const order = known(venue, asked, asked.path.startsWith('algo'));
  venue.cancel(order);
  if (order.pair && isOpen(order.pair)) venue.cancel(order.pair);
  return order.algo
    ? { algoId: order.id, clientAlgoId: order.clientId, code: '200', msg: 'success' }
    : rowOf(order);
}

function cancelAll(venue: Venue, asked: Asked): unknown {
  const orders = openOrders(venue, asked, asked.path.startsWith('algo'));
  const spot = asked.family === 'api' || asked.family === 'sapi';
  if (spot && orders.length === 0) throw new VenueError(-2011, 'Unknown order sent.');
  for (const order of orders) if (isOpen(order)) venue.cancel(order);
  if (spot) return orders.map(rowOf);
  return { code: 200, msg: 'The operation of cancel all open order is done.' };
}

/** Spot replaces an order by another; contracts change the one that is there. */
function cancelReplace(venue: Venue, asked: Asked): unknown {
  const old = venue.find(instrumentOf(venue, asked), { id: Number(asked.params.cancelOrderId), algo: false });
  if (!old || !isOpen(old)) throw new VenueError(-2022, 'Order cancel-replace failed.');
  venue.cancel(old);
  const order = venue.place(wantedOf(venue, asked));
  return {
    cancelResult: 'SUCCESS',
    newOrderResult: 'SUCCESS',
    cancelResponse: rowOf(old),
    newOrderResponse: answerOf(order, venue.settings.answers === 'id' ? 'id' : 'full'),
  };
}

function amend(venue: Venue, asked: Asked): unknown {
  const order = known(venue, asked, false);
  const { quantity, price } = asked.params;
  if (!isOpen(order) || order.price === undefined) throw new VenueError(-2013, 'Order does not exist.');
  if (Number(quantity) <= order.filled) throw new VenueError(-1116, 'Invalid quantity.');
  venue.amend(order, Number(quantity), Number(price));
  return contractRow(order);
}

function trades(venue: Venue, asked: Asked): unknown {
  const { startTime, endTime, orderId, limit, fromId } = asked.params;
  const instrument = instrumentOf(venue, asked);
  const rows = venue.ledger.fills.filter(
    (fill) =>
      fill.instrument === instrument &&
      fill.time >= Number(startTime ?? 0) &&
      fill.time <= Number(endTime ?? Number.POSITIVE_INFINITY) &&
      fill.time <= venue.now - asked.tradeLag &&
      fill.id >= Number(fromId ?? 0) &&
      (orderId === undefined || fill.orderId === Number(orderId)),
  );
  const most = Number(limit ?? 500);
  return (startTime === undefined ? rows.slice(-most) : rows.slice(0, most)).map(tradeRow);
}

function positionRows(venue: Venue): object[] {
  const sides: readonly PositionSide[] = venue.hedged ? ['LONG', 'SHORT'] : ['BOTH'];
  return venue.instruments.flatMap((instrument) =>
    sides.flatMap((positionSide) => {
      const held = venue.ledger
        .positions()
        .find((each) => each.instrument === instrument && each.positionSide === positionSide);
      if (!held || held.size === 0) return [];
      const mark = venue.price(instrument);
      const inverse = instrument.type === 'inverse';
      const value = inverse ? (held.size * instrument.contractSize) / mark : held.size * mark;
      return [
        {
          symbol: instrument.id,
          positionSide,
          positionAmt: text(held.size),
          entryPrice: text(Number(held.entry.toFixed(8))),
          markPrice: text(mark),
          unRealizedProfit: '0',
          liquidationPrice: '0',
          isolatedMargin: '0',
          [inverse ? 'notionalValue' : 'notional']: text(Number(value.toFixed(8))),
          ...(inverse
            ? { leverage: '20', marginType: 'cross' }
            : {
                marginAsset: instrument.settle,
                initialMargin: text(Math.abs(value) / 20),
                maintMargin: text(Math.abs(value) / 100),
              }),
          updateTime: venue.time(),
        },
      ];
    }),
  );
}

function account(venue: Venue, { family }: Asked): unknown {
  const { ledger } = venue;
  const rows = ledger
    .currencies()
    .map((asset) => ({ asset, cash: ledger.cash(asset), locked: venue.locked(asset) }));
  if (family === 'api')
    return {
      canTrade: true,
      updateTime: venue.time(),
      balances: rows.map(({ asset, cash, locked }) => ({
        asset,
        free: text(cash - locked),
        locked: text(locked),
      })),
    };
  if (family === 'sapi')
    return {
      tradeEnabled: true,
      userAssets: rows.map(({ asset, cash, locked }) => ({
        asset,
        free: text(Math.max(0, cash - locked)),
        locked: text(Math.min(locked, Math.max(0, cash))),
        borrowed: text(Math.max(0, -cash)),
        interest: '0',
        netAsset: text(cash),
      })),
    };
  return {
    assets: rows.map(({ asset, cash }) => ({
      asset,
      walletBalance: text(cash),
      marginBalance: text(cash),
      availableBalance: text(cash),
      initialMargin: '0',
      crossWalletBalance: text(cash),
      crossUnPnl: '0',
      updateTime: venue.time(),
    })),
    positions: positionRows(venue),
  };
}

const income: Handler = (venue, { params }) =>
  venue.ledger.payments
    .map(({ instrument, amount, time }, i) => ({
      symbol: instrument.id,
      incomeType: 'FUNDING_FEE',
      income: text(amount),
      asset: instrument.settle,
      time,
      tranId: 9000 + i,
      tradeId: '',
    }))
    .filter(
      ({ symbol, time }) =>
        (params.symbol === undefined || symbol === params.symbol) && time >= Number(params.startTime ?? 0),
    );

const ticker: Handler = (venue, asked) => {
  const rows = (asked.params.symbol === undefined ? venue.instruments : [instrumentOf(venue, asked)]).map(
    (instrument) => {
      const price = text(venue.price(instrument));
      return {
        symbol: instrument.id,
        price,
        lastPrice: price,
        bidPrice: price,
        askPrice: price,
        openTime: venue.now,
        closeTime: venue.now,
        count: 1,
      };
    },
  );
  return asked.params.symbol === undefined || asked.family === 'dapi' ? rows : rows[0];
};

const depth: Handler = (venue, asked) => {
  const instrument = instrumentOf(venue, asked);
  const price = venue.price(instrument);
  return { lastUpdateId: 1, bids: [[text(price), '1000']], asks: [[text(price + instrument.tick), '1000']] };
};

/** What the venue answers, by method and path. */
const HANDLERS: Readonly<Record<string, Handler>> = {
  'GET exchangeInfo': (venue) => ({ symbols: venue.instruments.map(exchangeInfoRow) }),
  'GET time': (venue) => ({ serverTime: venue.now }),
  'GET ticker/price': ticker,
  'GET ticker/24hr': ticker,
  'GET ticker/bookTicker': ticker,
  'GET depth': depth,
  'GET leverageBracket': () => [],
  'GET positionSide/dual': (venue) => ({ dualSidePosition: venue.hedged }),
  'GET account': account,
  'GET positionRisk': positionRows,
  'GET income': income,
  'GET myTrades': trades,
  'GET userTrades': trades,
  'GET openOrders': (venue, asked) => openOrders(venue, asked, false).map(rowOf),
  'GET openAlgoOrders': (venue, asked) => openOrders(venue, asked, true).map(rowOf),
  'GET allOrders': (venue, asked) =>
    venue.orders.filter((order) => order.instrument === instrumentOf(venue, asked) && !order.algo).map(rowOf),
  'GET allAlgoOrders': (venue, asked) =>
    venue.orders.filter((order) => order.instrument === instrumentOf(venue, asked) && order.algo).map(rowOf),
  'GET order': (venue, asked) => rowOf(known(venue, asked, false)),
  'GET openOrder': (venue, asked) => rowOf(known(venue, asked, false)),
  'GET algoOrder': (venue, asked) => rowOf(known(venue, asked, true)),
  'POST order': place,
  'POST algoOrder': place,
  'POST batchOrders': placeBatch,
  'POST orderList/oco': placePair,
  'POST order/cancelReplace': cancelReplace,
  'PUT order': amend,
  'DELETE order': cancel,
  'DELETE algoOrder': cancel,
  'DELETE openOrders': cancelAll,
  'DELETE allOpenOrders': cancelAll,
  'DELETE algoOpenOrders': cancelAll,
};

const FAMILIES = {
  spot: 'api',
  margin: 'sapi',
  usdm: 'fapi',
  hedge: 'fapi',
  coinm: 'dapi',
  bybit: 'v5',
} as const;

/** What the owner's other accounts answer, in which there is nothing. */
const ELSEWHERE: Readonly<Record<string, Handler>> = {
  'GET account': () => ({ balances: [], userAssets: [], assets: [], positions: [] }),
  'GET positionRisk': () => [],
  'GET income': () => [],
  'GET myTrades': () => [],
  'GET userTrades': () => [],
  'GET openOrders': () => [],
  'GET openAlgoOrders': () => [],
  'GET allOrders': () => [],
  'GET allAlgoOrders': () => [],
  'GET order': (venue, asked) => known(venue, { ...asked, params: { ...asked.params, orderId: '0' } }, false),
};

/** Answers a request, or throws the venue's refusal. */
export function answer(venue: Venue, asked: Asked): unknown {
  const name = `${asked.method} ${asked.path}`;
  const isElsewhere = asked.family !== FAMILIES[venue.settings.kind];
  if (isElsewhere && asked.method !== 'GET')
    throw new VenueError(-2010, 'Account has insufficient balance for requested action.');
  const handler = (isElsewhere ? ELSEWHERE[name] : undefined) ?? HANDLERS[name];
  if (!handler) throw new VenueError(-1, `unknown ${asked.method} ${asked.family} ${asked.path}`);
  return handler(venue, asked);
}
