import type { Instrument } from '../venue/instruments.ts';
import type { LedgerFill } from '../venue/ledger.ts';
import { ATTACHED, isOpen, type Order } from '../venue/order.ts';

export const text = (value: number): string => String(Number(value.toFixed(10)));
/** Ids are the venue's, not the market's. */
export const idOf = ({ instrument, id }: { readonly instrument: Instrument; readonly id: number }): string =>
  `${instrument.id}-${id}`;
const STATUS = {
  NEW: 'New',
  PARTIALLY_FILLED: 'PartiallyFilled',
  FILLED: 'Filled',
  CANCELED: 'Cancelled',
  EXPIRED: 'Cancelled',
};

export function orderRow(order: Order): object {
  const {
    instrument,
    clientId,
    side,
    qty,
    filled,
    price,
    trigger,
    status,
    fills,
    cost,
    triggered,
    time,
    updated,
  } = order;
  const conditional = trigger !== undefined;
  const isStop = order.type.startsWith('STOP');
  const dead = !isOpen(order) && !triggered;
  return {
    orderId: idOf(order),
    orderLinkId: /^(none|attached|autoclose)-/.test(clientId) ? '' : clientId,
    symbol: instrument.id,
    side: side === 'BUY' ? 'Buy' : 'Sell',
    orderType: price === undefined ? 'Market' : 'Limit',
    price: text(price ?? 0),
    qty: text(qty),
    orderStatus: conditional && !triggered ? (dead ? 'Deactivated' : 'Untriggered') : STATUS[status],
    avgPrice: filled > 0 ? text(cost / filled) : '',
    cumExecQty: text(filled),
    cumExecValue: text(cost),
    cumExecFee: text(fills.reduce((sum, { fee }) => sum + fee, 0)),
    leavesQty: isOpen(order) ? text(qty - filled) : '0',
    triggerPrice: trigger === undefined ? '' : text(trigger),
    triggerDirection: conditional ? (isStop === (side === 'SELL') ? 2 : 1) : 0,
    stopOrderType: clientId.startsWith(ATTACHED)
      ? isStop
        ? 'StopLoss'
        : 'TakeProfit'
      : conditional
        ? 'Stop'
        : '',
    reduceOnly: (order.reduceOnly ?? false) || (order.closePosition ?? false),
    closeOnTrigger: order.closePosition ?? false,
    stopLoss: order.attached?.stop === undefined ? '' : text(order.attached.stop),
    takeProfit: order.attached?.target === undefined ? '' : text(order.attached.target),
    tpslMode: 'Full',
    positionIdx: 0,
    timeInForce: 'GTC',
    createdTime: String(time),
    updatedTime: String(updated),
  };
}

export function tradeRow(fill: LedgerFill): object {
  const { instrument, id, orderId, clientId, side, price, qty, fee, maker, time, by } = fill;
  return {
    symbol: instrument.id,
    orderId: idOf({ instrument, id: orderId }),
    orderLinkId: /^(none|attached|autoclose)-/.test(clientId) ? '' : clientId,
    side: side === 'buy' ? 'Buy' : 'Sell',
    execId: `${instrument.id}-e${id}`,
    execPrice: text(price),
    execQty: text(qty),
    execValue: text(price * qty),
    execFee: text(fee),
    execType: by === 'liquidation' ? 'BustTrade' : 'Trade',
    execTime: String(time),
    isMaker: maker,
    createType: 'CreateByUser',
    feeRate: text(fee / (price * qty)),
  };
}
