import type { Decision } from '../../src/index.ts';
import type { OrderCall } from './calls.ts';
import type { CcxtExchange, CcxtOrder } from './orders.ts';

/** A call that is not sent. */
export interface Vetoed {
  readonly call: OrderCall;
  readonly vetoed: Decision | null;
  readonly strategy: string;
}

/** The slot of a batch that was vetoed, as ccxt reports an order that the exchange refused. */
export function rejected({ call, vetoed }: Vetoed): CcxtOrder {
  const { symbol, type, side, amount, price } = call;
  return {
    symbol,
    type,
    side,
    amount,
    price,
    filled: 0,
    remaining: amount,
    status: 'rejected',
    trades: [],
    fees: [],
    info: { edgekeeper: vetoed?.reasons ?? [] },
  };
}

/** A rejection that the host's own error handling takes for an invalid order. */
export function veto(exchange: CcxtExchange, { call, vetoed, strategy }: Vetoed): Error {
  const message = `edgekeeper blocked ${strategy} ${call.symbol}: ${vetoed?.reasons.join(', ') ?? ''}`;
  return Object.assign(new (vetoClass(exchange))(message), { decision: vetoed });
}

const vetoClasses = new WeakMap<ErrorConstructor, new (message: string) => Error>();

function vetoClass(exchange: CcxtExchange): new (message: string) => Error {
  const base = invalidOrderClass(exchange);
  let made = vetoClasses.get(base);
  if (!made) {
    made = class OrderVetoed extends base {
      override name = 'OrderVetoed';
    };
    vetoClasses.set(base, made);
  }
  return made;
}

/**
 * The InvalidOrder of the very ccxt build that the bot uses: its ESM and CommonJS builds have different
 * classes, so it is taken from what the exchange itself throws for an amount of nothing.
 */
function invalidOrderClass(exchange: CcxtExchange): ErrorConstructor {
  const [symbol] = Object.keys(exchange.markets ?? {});
  if (symbol === undefined) return Error;
  try {
    exchange.amountToPrecision(symbol, 0);
  } catch (error) {
    if (error instanceof Error) return error.constructor as ErrorConstructor;
  }
  return Error;
}
