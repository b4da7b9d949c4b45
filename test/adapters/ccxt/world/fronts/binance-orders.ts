import type { Instrument } from '../venue/instruments.ts';
import type { PositionSide } from '../venue/ledger.ts';
import {
  isConditional,
  isOpen,
  type Order,
  type OrderType,
  VenueError,
  type Wanted,
} from '../venue/order.ts';
import type { Venue } from '../venue/venue.ts';
import type { Asked, Handler, Params } from './asked.ts';
import { answerOf, contractRow, rowOf, spotRow } from './binance-rows.ts';

const number = (value: string | undefined): number | undefined =>
  value === undefined ? undefined : Number(value);
const yes = (value: string | undefined): boolean => value === 'true' || value === 'TRUE';
export const instrumentOf = (venue: Venue, { params }: Asked): Instrument => {
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

export const known = (venue: Venue, asked: Asked, algo: boolean): Order => {
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

export const openOrders = (venue: Venue, asked: Asked, algo: boolean): Order[] =>
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

/** What changes something at the venue. */
export const WRITES: Readonly<Record<string, Handler>> = {
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
