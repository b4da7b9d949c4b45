import type { Instrument } from '../venue/instruments.ts';
import { ATTACHED, isOpen, type Order, VenueError, type Wanted } from '../venue/order.ts';
import type { Venue } from '../venue/venue.ts';
import type { Asked, Handler, Params } from './asked.ts';
import { idOf, orderRow, text, tradeRow } from './bybit-rows.ts';

/** The other venue's codes for the refusals. */
const CODES: Readonly<Record<number, number>> = {
  [-1013]: 10001,
  [-1102]: 10001,
  [-1111]: 10001,
  [-1116]: 10001,
  [-1121]: 10001,
  [-2011]: 110001,
  [-2013]: 110001,
  [-2019]: 110007,
  [-2021]: 110092,
  [-2022]: 110017,
  [-4003]: 10001,
  [-4014]: 10001,
  [-4116]: 110072,
  [-4164]: 110094,
};

const given = (value: string | undefined): number | undefined =>
  value === undefined || value === '' || Number(value) === 0 ? undefined : Number(value);

function wantedOf(venue: Venue, params: Params): Wanted {
  const trigger = given(params.triggerPrice);
  const price = params.orderType === 'Limit' ? given(params.price) : undefined;
  const stop = given(params.stopLoss);
  const target = given(params.takeProfit);
  const sells = params.side === 'Sell';
  const falls = params.triggerDirection === '2';
  const conditional = sells === falls ? 'STOP' : 'TAKE_PROFIT';
  return {
    instrument: venue.instrument(params.symbol ?? ''),
    side: sells ? 'SELL' : 'BUY',
    type:
      trigger === undefined
        ? price === undefined
          ? 'MARKET'
          : 'LIMIT'
        : price === undefined
          ? `${conditional}_MARKET`
          : conditional,
    qty: Number(params.qty ?? 0),
    ...(price === undefined ? {} : { price }),
    ...(trigger === undefined ? {} : { trigger }),
    reduceOnly: params.reduceOnly === 'true' || params.closeOnTrigger === 'true',
    ...(stop === undefined && target === undefined
      ? {}
      : {
          attached: { ...(stop === undefined ? {} : { stop }), ...(target === undefined ? {} : { target }) },
        }),
    clientId: params.orderLinkId ?? `none-${venue.orders.length}`,
    by: 'bot',
  };
}

const known = (venue: Venue, params: Params): Order => {
  const order = venue.orders.findLast((each) =>
    params.orderId === undefined ? each.clientId === params.orderLinkId : idOf(each) === params.orderId,
  );
  if (!order) throw new VenueError(-2013, 'order not exists or too late to replace');
  return order;
};

function place(venue: Venue, { params }: Asked): unknown {
  const wanted = wantedOf(venue, params);
  const taken =
    params.orderLinkId !== undefined && venue.orders.some(({ clientId }) => clientId === params.orderLinkId);
  if (taken) throw new VenueError(-4116, 'OrderLinkedID is duplicate');
  const order = venue.place(wanted);
  return { orderId: idOf(order), orderLinkId: params.orderLinkId ?? '' };
}

function cancel(venue: Venue, { params }: Asked): unknown {
  const order = known(venue, params);
  venue.cancel(order);
  return { orderId: idOf(order), orderLinkId: params.orderLinkId ?? '' };
}

function cancelAll(venue: Venue, { params }: Asked): unknown {
  const stops = params.orderFilter === 'StopOrder';
  const gone = venue.orders.filter(
    (order) =>
      isOpen(order) &&
      order.instrument.id === params.symbol &&
      !order.clientId.startsWith(ATTACHED) &&
      (!stops || order.trigger !== undefined),
  );
  for (const order of gone) venue.cancel(order);
  return { list: gone.map((order) => ({ orderId: idOf(order), orderLinkId: '' })), success: '1' };
}

function amend(venue: Venue, { params }: Asked): unknown {
  const order = known(venue, params);
  if (!isOpen(order) || order.price === undefined)
    throw new VenueError(-2013, 'order not exists or too late to replace');
  venue.amend(order, Number(params.qty ?? order.qty), Number(params.price ?? order.price));
  return { orderId: idOf(order), orderLinkId: '' };
}

const realtime: Handler = (venue, { params }) => {
  const { symbol, orderId, orderLinkId, orderFilter } = params;
  const rows = venue.orders.filter(
    (order) =>
      (symbol === undefined || order.instrument.id === symbol) &&
      (orderFilter !== 'StopOrder' || order.trigger !== undefined) &&
      (orderId === undefined && orderLinkId === undefined
        ? isOpen(order)
        : orderId === undefined
          ? order.clientId === orderLinkId
          : idOf(order) === orderId),
  );
  return { category: 'linear', list: rows.map(orderRow).reverse(), nextPageCursor: '' };
};

const history: Handler = (venue, { params }) => ({
  category: 'linear',
  list: venue.orders
    .filter(
      (order) =>
        order.instrument.id === params.symbol &&
        !isOpen(order) &&
        (params.orderId === undefined || idOf(order) === params.orderId),
    )
    .map(orderRow)
    .reverse(),
  nextPageCursor: '',
});

const executions: Handler = (venue, { params, tradeLag }) => {
  const { symbol, startTime = '0', endTime, orderId, execType } = params;
  const until = Number(endTime ?? Number.POSITIVE_INFINITY);
  const within = ({ instrument, time }: { instrument: Instrument; time: number }) =>
    (symbol === undefined || instrument.id === symbol) && time >= Number(startTime) && time <= until;
  const rows =
    execType === 'Funding'
      ? venue.ledger.payments
          .map(({ instrument, amount, time }, i) => ({
            instrument,
            time,
            row: {
              symbol: instrument.id,
              execType: 'Funding',
              execFee: text(-amount),
              execTime: String(time),
              execId: `funding-${i}`,
            },
          }))
          .filter(within)
          .map(({ row }) => row)
      : venue.ledger.fills
          .filter(
            (fill) =>
              within(fill) &&
              fill.time <= venue.now - tradeLag &&
              (orderId === undefined || idOf({ ...fill, id: fill.orderId }) === orderId),
          )
          .map(tradeRow)
          .filter((row) => execType === undefined || (row as { execType: string }).execType === execType);
  return {
    category: 'linear',
    list: rows.reverse().slice(0, Number(params.limit ?? 50)),
    nextPageCursor: '',
  };
};

const positions: Handler = (venue, { params }) => {
  const wanted = venue.instruments.filter(({ id }) => params.symbol === undefined || id === params.symbol);
  const rows = wanted.flatMap((instrument) => {
    const held = venue.ledger.positions().find((each) => each.instrument === instrument);
    const size = held?.size ?? 0;
    // Asked for one market, the venue has a row for it in any case.
    if (size === 0 && params.symbol === undefined) return [];
    const mark = venue.price(instrument);
    return [
      {
        symbol: instrument.id,
        side: size > 0 ? 'Buy' : size < 0 ? 'Sell' : '',
        size: text(Math.abs(size)),
        avgPrice: text(held?.entry ?? 0),
        positionValue: text(Math.abs(size) * mark),
        markPrice: text(mark),
        leverage: '20',
        liqPrice: '',
        bustPrice: '',
        unrealisedPnl: '0',
        positionIdx: 0,
        createdTime: String(venue.time()),
        updatedTime: String(venue.time()),
      },
    ];
  });
  return { category: 'linear', list: rows, nextPageCursor: '' };
};

const tickers: Handler = (venue, { params }) => ({
  category: 'linear',
  list: venue.instruments
    .filter(({ id }) => params.symbol === undefined || id === params.symbol)
    .map((instrument) => {
      const price = text(venue.price(instrument));
      return {
        symbol: instrument.id,
        lastPrice: price,
        markPrice: price,
        bid1Price: price,
        ask1Price: price,
      };
    }),
});

const instruments: Handler = (venue, { params }) => ({
  category: 'linear',
  list:
    params.status === 'PreLaunch'
      ? []
      : venue.instruments.map(({ id, base, quote, settle, tick, step, minQty, minNotional }) => ({
          symbol: id,
          contractType: 'LinearPerpetual',
          status: 'Trading',
          baseCoin: base,
          quoteCoin: quote,
          settleCoin: settle,
          launchTime: '1585526400000',
          deliveryTime: '0',
          takerFee: '0.0005',
          makerFee: '0.0002',
          leverageFilter: { minLeverage: '1', maxLeverage: '100', leverageStep: '0.01' },
          priceFilter: { minPrice: text(tick), maxPrice: '1000000', tickSize: text(tick) },
          lotSizeFilter: {
            maxOrderQty: '100000',
            minOrderQty: text(minQty),
            qtyStep: text(step),
            minNotionalValue: text(minNotional),
          },
        })),
});

const HANDLERS: Readonly<Record<string, Handler>> = {
  'GET market/instruments-info': instruments,
  'GET market/tickers': tickers,
  'GET order/realtime': realtime,
  'GET order/history': history,
  'GET execution/list': executions,
  'GET position/list': positions,
  'POST order/create': place,
  'POST order/cancel': cancel,
  'POST order/cancel-all': cancelAll,
  'POST order/amend': amend,
};

/** Answers a request as the other venue does: a refusal is an answer too. */
export function answerBybit(venue: Venue, asked: Asked): unknown {
  const handler = HANDLERS[`${asked.method} ${asked.path}`];
  try {
    if (!handler) throw new VenueError(-1, `unknown ${asked.method} ${asked.path}`);
    return { retCode: 0, retMsg: 'OK', result: handler(venue, asked), retExtInfo: {}, time: venue.now };
  } catch (error) {
    if (!(error instanceof VenueError)) throw error;
    return {
      retCode: CODES[error.code] ?? 10001,
      retMsg: error.message,
      result: {},
      retExtInfo: {},
      time: venue.now,
    };
  }
}
