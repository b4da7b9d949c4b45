import type { Instrument, Kind } from './instruments.ts';
import type { LedgerFill, PositionSide, Sender } from './ledger.ts';

/** What a venue is like. */
export interface VenueSettings {
  readonly kind: Kind;
  /** Currency of fees: what is received on spot, always quote, or BNB. Contracts: their settling currency, or BNB. */
  readonly fees: 'received' | 'quote' | 'bnb';
  /** Fills that an order needs: a resting one gets them one price at a time. */
  readonly parts: number;
  /** What an order is answered with: everything, an order that is new, or its id alone. */
  readonly answers: 'full' | 'new' | 'id';
  /** Times are rounded down to this, in ms. */
  readonly coarse: number;
  /** Whether a conditional order of a contract keeps its client id when it becomes an order. */
  readonly keepsClientId: boolean;
}

/** A venue that says everything, at once. */
export const PLAIN_VENUE: Omit<VenueSettings, 'kind'> = {
  fees: 'quote',
  parts: 1,
  answers: 'full',
  coarse: 1,
  keepsClientId: true,
};

export type OrderType =
  | 'MARKET'
  | 'LIMIT'
  | 'LIMIT_MAKER'
  | 'STOP_LOSS'
  | 'STOP_LOSS_LIMIT'
  | 'TAKE_PROFIT'
  | 'TAKE_PROFIT_LIMIT'
  | 'STOP'
  | 'STOP_MARKET'
  | 'TAKE_PROFIT_MARKET'
  | 'TRAILING_STOP_MARKET';

/** An order as it is asked for. */
export interface Wanted {
  readonly instrument: Instrument;
  readonly side: 'BUY' | 'SELL';
  readonly type: OrderType;
  readonly qty: number;
  /** Instead of a size: quote units to spend or to get. */
  readonly quoteQty?: number;
  readonly price?: number;
  readonly trigger?: number;
  /** In percent. */
  readonly callbackRate?: number;
  readonly reduceOnly?: boolean;
  readonly closePosition?: boolean;
  readonly positionSide?: PositionSide;
  /** Triggers of a stop and a target that come to be with the position that this opens. */
  readonly attached?: { readonly stop?: number; readonly target?: number };
  readonly clientId: string;
  readonly by: Sender;
}

export interface Order extends Omit<Wanted, 'price' | 'qty'> {
  price?: number;
  readonly id: number;
  readonly positionSide: PositionSide;
  /** Lives in the algo service until it triggers, under an id of its own. */
  readonly algo: boolean;
  readonly time: number;
  qty: number;
  updated: number;
  status: 'NEW' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELED' | 'EXPIRED';
  filled: number;
  /** Quote units; base units of an inverse contract. */
  cost: number;
  readonly fills: LedgerFill[];
  /** Highest or lowest price since a trailing stop was placed. */
  extreme: number;
  triggered: boolean;
  /** The order that an algo order became. */
  actual?: Order;
  /** The other leg of a pair of which one cancels the other. */
  pair?: Order;
}

/** A refusal, with the venue's own code. */
export class VenueError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Client ids of orders that the venue makes for a position begin with this. */
export const ATTACHED = 'attached-';

export const isOpen = ({ status }: Order): boolean => status === 'NEW' || status === 'PARTIALLY_FILLED';

export const isConditional = ({ trigger, callbackRate }: Wanted): boolean =>
  trigger !== undefined || callbackRate !== undefined;

/** Whether a limit is met at a market's price. */
export const crosses = ({ side, price }: Wanted, market: number): boolean =>
  price !== undefined && (side === 'BUY' ? market <= price : market >= price);

/** Whether a trigger is met at a market's price. */
export const triggers = ({ side, type, trigger }: Wanted, market: number): boolean =>
  (side === 'SELL') === type.startsWith('STOP') ? market <= trigger! : market >= trigger!;

/** Whether an order of a hedged account is against its side. */
export const closesSide = ({ side, positionSide }: Pick<Wanted, 'side' | 'positionSide'>): boolean =>
  positionSide === 'LONG' ? side === 'SELL' : positionSide === 'SHORT' && side === 'BUY';
