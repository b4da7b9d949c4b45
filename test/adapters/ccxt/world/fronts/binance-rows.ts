import type { LedgerFill, PositionSide } from '../venue/ledger.ts';
import type { Order } from '../venue/order.ts';
import type { Venue } from '../venue/venue.ts';

export const text = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(Number(value.toFixed(10)));
const averageOf = ({ filled, fills }: Order): number =>
  filled === 0 ? 0 : fills.reduce((sum, { price, qty }) => sum + price * qty, 0) / filled;

/** An order of spot or margin, as the venue shows it. */
export function spotRow(order: Order): Record<string, unknown> {
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
export function contractRow(order: Order): Record<string, unknown> {
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

export const rowOf = (order: Order): Record<string, unknown> =>
  order.algo ? algoRow(order) : order.instrument.type === 'spot' ? spotRow(order) : contractRow(order);

/** What the placing of an order is answered with. */
export function answerOf(order: Order, answers: 'full' | 'new' | 'id'): unknown {
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

export function tradeRow(fill: LedgerFill): Record<string, unknown> {
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

export function positionRows(venue: Venue): object[] {
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
