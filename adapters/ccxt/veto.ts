import { randomUUID } from 'node:crypto';
import type { Decision } from '../../src/index.ts';
import type { Judgement } from './judge.ts';
import type { CcxtExchange } from './market.ts';
import type { CcxtOrder } from './orders.ts';
import { classNames } from './venue.ts';

type Veto = Extract<Judgement, { action: 'veto' }>;

const VETOED = 'edgekeeper-vetoed-';

/** Whether an id is that of an order which was vetoed, and which no venue knows. */
export const isVetoedId = (id: unknown): id is string => typeof id === 'string' && id.startsWith(VETOED);

/** An order that was vetoed, as ccxt reports one that the exchange refused. */
export function rejected({ call, verdict }: Veto): CcxtOrder {
  const { symbol, type, side, price, params } = call;
  // An order by cost has no amount in base units.
  const cost = params.cost ?? params.quoteOrderQty;
  const amount = cost === undefined ? call.amount : undefined;
  return {
    id: `${VETOED}${verdict.decision?.id ?? randomUUID()}`,
    symbol,
    type,
    side,
    amount,
    price,
    ...(cost === undefined ? {} : { cost: Number(cost) }),
    filled: 0,
    remaining: amount,
    status: 'rejected',
    trades: [],
    fees: [],
    info: { edgekeeper: verdict.reasons },
  };
}

/** A rejection that the host's own error handling takes for an invalid order. */
export function vetoError(
  exchange: CcxtExchange,
  { call, verdict, strategy }: Veto,
): Error & { decision: Decision | null } {
  const message = `edgekeeper blocked ${strategy} ${call.symbol} ${call.side}: ${verdict.reasons.join(', ')}`;
  return Object.assign(new (vetoClass(exchange))(message), { decision: verdict.decision });
}

type ErrorClass = new (message: string) => Error;
const vetoClasses = new WeakMap<ErrorClass, ErrorClass>();

function vetoClass(exchange: CcxtExchange): ErrorClass {
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

const NAME = 'InvalidOrder';

/** A class called InvalidOrder among a class and those that it extends. */
function invalidOrderAbove(error: unknown): ErrorClass | undefined {
  for (let each = error; typeof each === 'function'; each = Object.getPrototypeOf(each))
    if (each.name === NAME) return each as unknown as ErrorClass;
  return undefined;
}

/**
 * The InvalidOrder of the very ccxt build that the bot uses: its ESM and CommonJS builds have different classes. It
 * is taken from the errors that the exchange maps its own to, else from what it throws for an amount of nothing.
 */
function invalidOrderClass(exchange: CcxtExchange): ErrorClass {
  const { exceptions } = exchange as { exceptions?: Record<string, unknown> };
  const nested = [exceptions ?? {}].flatMap((each) => [each, ...Object.values(each)]) as Record<
    string,
    unknown
  >[];
  for (const group of nested)
    for (const value of Object.values(group ?? {})) {
      const found = invalidOrderAbove(value);
      if (found) return found;
    }
  for (const symbol of Object.keys(exchange.markets ?? {}).slice(0, 1))
    try {
      exchange.amountToPrecision(symbol, 0);
    } catch (error) {
      if (classNames(error).includes(NAME)) return invalidOrderAbove((error as Error).constructor) ?? Error;
    }
  return Error;
}
