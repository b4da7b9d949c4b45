import {
  type Decision,
  EdgekeeperError,
  OptimizationEngine,
  type Options,
  roundToLot,
  type Side,
  type Signal,
} from '../../src/index.ts';
import { pickDefined } from '../../src/model/pick.ts';
import { OrderGate } from '../core/gate.ts';
import { LotBook, type LotBookState } from '../core/lots.ts';

/** An order as a home-grown bot is about to send it. Whatever else it has on it is passed on. */
export interface BotOrder {
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  /** Base units. */
  readonly amount: number;
  /** What two calls have in common that are one order tried again. */
  readonly id?: string;
  readonly strategy?: string;
  readonly price?: number;
  /** True for an order that only closes. */
  readonly reduceOnly?: boolean;
  /** Side of the position that the order is about, for bots that hold both at once. */
  readonly positionSide?: Side;
  readonly confidence?: number;
  readonly confluence?: number;
  readonly stop?: number;
  readonly target?: number;
  /** Host time in ms; the time of the call where absent. */
  readonly time?: number;
}

/** One execution of an order. */
export interface BotFill {
  /** Two fills with one id are one fill. */
  readonly id: string;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  /** Base units. */
  readonly amount: number;
  readonly price: number;
  /** In quote currency. */
  readonly fee?: number;
  readonly strategy?: string;
  /** Id of the order that it fills, as the order had it. */
  readonly orderId?: string;
  readonly positionSide?: Side;
  readonly time?: number;
}

/** What a venue takes. */
export interface LotRules {
  readonly step?: number;
  readonly minAmount?: number;
  /** Least value of an order in quote currency. */
  readonly minNotional?: number;
}

export interface MiddlewareOptions {
  /** Strategy of orders that name none; default `default`. */
  readonly strategy?: string;
  /**
   * Whether the bot sells short. Without, which is the default, every sale is an exit and passes, whatever is known
   * of the position. With it a sale is an exit as far as a position is known, by fills, by `state` or by `reduceOnly`.
   */
  readonly shorts?: boolean;
  /** Lot rules of a symbol; nothing is rounded without. */
  readonly lots?: (symbol: string) => LotRules | undefined;
  /** Time of calls that say none; default the wall clock. */
  readonly now?: () => number;
  /** Open positions that an earlier run left, as its `state()` said. */
  readonly state?: LotBookState;
}

export interface Middleware {
  /**
   * Call it before an order is sent, and send what it returns: the same object where nothing changes, a copy
   * with another amount, or null for a veto. Exits come back untouched. Never throws and never waits.
   */
  preOrder<T extends BotOrder>(order: T): T | null;
  /** Call it after an execution. Closed parts become trades. Never throws. */
  postFill(fill: BotFill): void;
  /** Open positions, as plain JSON: keep it to record closes over a restart. */
  state(): LotBookState;
}

/** What an order was decided to be, until it fills. */
interface Known {
  readonly decision: Decision | null;
  readonly stop?: number;
}

/** Orders and fills remembered. */
const REMEMBERED = 4096;
const ROUNDING = 1e-9;

/**
 * Two functions around the orders of a home-grown bot.
 *
 * @example
 * const { preOrder, postFill } = middleware(engine, { strategy: 'EMA_Trend' });
 * const order = preOrder({ symbol: 'BTC/USDT', side: 'buy', amount: 0.1, confidence: 0.8 });
 * if (order) await send(order);
 */
export function middleware(engine: OptimizationEngine, options: MiddlewareOptions = {}): Middleware {
  const { strategy: unnamed = 'default', now = Date.now } = options;
  const gate = new OrderGate(engine);
  const lots = new LotBook();
  const orders = new Map<string, Known>();
  const fills = new Set<string>();
  if (options.state) lots.restore(options.state);

  /** What of an order opens and what closes: a sale of what is held long closes it, the rest is an entry. */
  function split({ strategy = unnamed, symbol, side, amount, reduceOnly, positionSide }: BotOrder) {
    const opposite: Side = side === 'buy' ? 'short' : 'long';
    if (positionSide !== undefined && positionSide !== opposite)
      return { closes: 0, opens: reduceOnly ? 0 : amount, opened: positionSide, closed: opposite };
    const held = lots.openSize({ strategy, symbol, side: opposite });
    const onlyCloses = reduceOnly || positionSide !== undefined || (side === 'sell' && !options.shorts);
    const closes = onlyCloses ? amount : Math.min(amount, held);
    const opens = amount - closes > amount * ROUNDING ? amount - closes : 0;
    return {
      closes,
      opens,
      opened: side === 'buy' ? ('long' as const) : ('short' as const),
      closed: opposite,
    };
  }

  function judge<T extends BotOrder>(order: T): T | null {
    const { strategy = unnamed, symbol, side, amount, price, stop } = order;
    const { closes, opens, opened } = split(order);
    const remember = (decision: Decision | null) => {
      orders.set(keyOf(order.id, strategy, symbol, side), {
        decision,
        ...(stop === undefined ? {} : { stop }),
      });
      if (orders.size > REMEMBERED) orders.delete(orders.keys().next().value!);
    };
    if (opens === 0) return order;
    const signal: Signal = {
      ...(order.id === undefined ? {} : { id: order.id }),
      strategy,
      symbol,
      side: opened,
      time: order.time ?? now(),
      reduceOnly: true,
      size: opens,
      ...pickDefined(order, ['confidence', 'confluence', 'stop', 'target']),
    };
    const verdict = gate.judge(signal, order.id ?? `${amount}\n${price}`, order.id !== undefined);
    if (verdict.multiplier === 1) {
      remember(verdict.decision);
      return order;
    }
    const { step = 0, minAmount = 0, minNotional = 0 } = options.lots?.(symbol) ?? {};
    const wanted = closes + opens * verdict.multiplier;
    const size = verdict.multiplier === 0 ? 0 : roundToLot(wanted, step, minAmount);
    const reference = price ?? engine.detector.lastClose(symbol);
    const tooSmall =
      size <= closes * (1 + ROUNDING) || (reference !== null && size * reference < minNotional);
    if (tooSmall) {
      if (verdict.multiplier > 0) gate.withdraw(signal, verdict, 'BELOW_MIN');
      return closes > 0 ? { ...order, amount: closes } : null;
    }
    remember(verdict.decision);
    return { ...order, amount: size };
  }

  function book(fill: BotFill): void {
    const { id, symbol, side, amount, price, fee = 0, strategy = unnamed } = fill;
    if (fills.has(id)) return;
    if (!(amount > 0) || !(price > 0) || !Number.isFinite(amount + price + fee)) {
      throw new EdgekeeperError('TRADE_INVALID', {
        found: `fill ${id} of ${amount} at ${price} with a fee of ${fee}`,
        expected: 'an amount and a price above 0, and a finite fee',
        hint: 'Nothing was recorded.',
      });
    }
    fills.add(id);
    if (fills.size > REMEMBERED) fills.delete(fills.values().next().value!);
    const time = fill.time ?? now();
    const { closes, opens, opened, closed } = split({ ...fill, strategy });
    const known = orders.get(keyOf(fill.orderId, strategy, symbol, side));
    if (closes > 0) {
      const exit = { id, time, price, amount: closes, fee: (fee * closes) / amount };
      const trades = lots.close({ strategy, symbol, side: closed }, exit);
      if (trades.length === 0)
        engine.countError(
          'POSITION_UNKNOWN',
          new Error(`${strategy} closed ${closes} ${symbol} that it is not known to hold`),
        );
      for (const trade of trades) engine.recordTrade(trade);
    }
    if (opens > 0) {
      const { equity } = engine.portfolio;
      lots.open(
        {
          strategy,
          symbol,
          side: opened,
          ...(known?.stop === undefined ? {} : { stop: known.stop }),
          ...(known?.decision ? { decision: known.decision } : {}),
          ...(equity !== null && equity > 0 ? { equityAtEntry: equity } : {}),
        },
        { id, time, price, amount: opens, fee: (fee * opens) / amount },
      );
    }
  }

  return {
    preOrder(order) {
      try {
        return judge(order);
      } catch (error) {
        engine.countError('ADAPTER_FAILED', error);
        return order;
      }
    },
    postFill(fill) {
      try {
        book(fill);
      } catch (error) {
        engine.countError('ADAPTER_FAILED', error);
      }
    },
    state: () => lots.snapshot(),
  };
}

/**
 * An overlay in memory, for a bot that keeps no state. One that does opens `edgekeeper/node`'s `openOverlay`,
 * and gives its engine to `middleware`. Throws `CONFIG_INVALID`.
 *
 * @example
 * const { preOrder, postFill } = createOverlay({ baseWeights: { EMA_Trend: 1 } }).middleware();
 */
export function createOverlay(config: Options = {}): {
  readonly engine: OptimizationEngine;
  middleware(options?: MiddlewareOptions): Middleware;
} {
  const engine = new OptimizationEngine(config);
  return { engine, middleware: (options) => middleware(engine, options) };
}

const keyOf = (id: string | undefined, strategy: string, symbol: string, side: string): string =>
  JSON.stringify(id === undefined ? [strategy, symbol, side] : [id]);
