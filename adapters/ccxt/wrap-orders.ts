import type { OptimizationEngine } from '../../src/index.ts';
import { isRecord, rowsOf } from './answers.ts';
import type { AttachOptions } from './attach.ts';
import { callOf, isPlainBuy, type OrderCall, readCall, rowCallOf } from './calls.ts';
import { intentOf } from './intent.ts';
import type { Judge, Judgement } from './judge.ts';
import type { CcxtExchange } from './market.ts';
import type { CcxtOrder } from './orders.ts';
import type { OnItsWay, OrdersOut } from './orders-out.ts';
import type { Patches } from './patches.ts';
import type { Reconciler } from './reconcile.ts';
import { type Found, foundIn } from './sent-orders.ts';
import { rejected, vetoError } from './veto.ts';

/** What a wrapped method works with. */
export interface Host {
  readonly exchange: CcxtExchange;
  readonly aside: <T>(work: () => T) => T | undefined;
  readonly isNotOurs: () => boolean;
  readonly within: <T>(work: () => T) => T;
}

interface Parts extends Host, Pick<AttachOptions, 'identify' | 'ignore' | 'strategy' | 'veto'> {
  readonly engine: OptimizationEngine;
  readonly judge: Judge;
  readonly out: OrdersOut;
  readonly reconciler: Reconciler;
}

/** A call with what is to be done with it. */
interface Considered {
  readonly call: OrderCall;
  /** Absent where judging failed: then the call goes out as it is, and nothing is known of it. */
  readonly judgement?: Judgement | undefined;
  /** What an order by hand does to the position. */
  readonly byHand?: Found;
}

/** Methods that only ever close; they pass untouched, and what they send is an exit. */
const CLOSERS = ['closePosition', 'closeAllPositions'];
const CANCELLERS = ['cancelAllOrders', 'cancelAllOrdersWs'];

/** Wraps every method of an exchange by which an order is made, or taken back. */
export function wrapOrders(patches: Patches, parts: Parts): void {
  const { exchange, engine, judge, out, reconciler, aside, isNotOurs, within } = parts;

  const intent = (call: OrderCall) =>
    parts.ignore?.includes(call.symbol)
      ? null
      : intentOf(call, {
          identify: parts.identify,
          strategy: parts.strategy,
          strategies: engine.manager.getStrategies(),
          failed: (error) => engine.countError('ADAPTER_FAILED', error),
        });

  function consider(call: OrderCall): Considered {
    return (
      aside(() => {
        const whose = intent(call);
        if (whose !== null) return { call, judgement: judge.judge(call, whose) };
        const rest = {
          strategy: '',
          unclear: false,
          reduces: false,
          conditional: false,
          attached: false,
          time: exchange.milliseconds(),
        };
        return { call, byHand: foundIn(call, readCall(call, exchange), rest) };
      }) ?? { call }
    );
  }

  /** Notes that a call goes out; undefined for one of which nothing is known. */
  const goes = ({ judgement, byHand }: Considered): OnItsWay | undefined =>
    aside(() => {
      if (judgement?.action === 'send') return out.goes(judgement.found, judgement.asked);
      return byHand && out.goes(byHand, null, false);
    });

  /** Amount and parameters that are sent, where they are not the bot's own. */
  function changes({ call, judgement }: Considered): { amount: unknown; params: OrderCall['params'] } | null {
    if (judgement?.action !== 'send') return null;
    const { amount, params } = judgement;
    return Object.is(amount, call.given) && params === call.params ? null : { amount, params };
  }

  /** A row with what is changed of it; what is said of the whole list stays there. */
  function changedRow(
    row: Readonly<Record<string, unknown>>,
    call: OrderCall,
    { amount, params }: NonNullable<ReturnType<typeof changes>>,
  ): Record<string, unknown> {
    const changed = Object.entries(params).filter(([key, value]) => !Object.is(call.params[key], value));
    const own = isRecord(row.params) ? row.params : {};
    return {
      ...row,
      amount,
      ...(changed.length > 0 ? { params: { ...own, ...Object.fromEntries(changed) } } : {}),
    };
  }

  function refuse(veto: Extract<Judgement, { action: 'veto' }>): CcxtOrder {
    if (parts.veto === 'return') return rejected(veto);
    throw vetoError(exchange, veto);
  }

  /** Sends one call, changed or as it is. */
  async function order(call: OrderCall, send: (change: ReturnType<typeof changes>) => Promise<unknown>) {
    // Markets are loaded by the exchange's own method, too, before it sends; an exit waits for nothing of ours.
    if (exchange.markets === undefined && isPlainBuy(call, exchange)) await exchange.loadMarkets?.();
    const considered = consider(call);
    if (considered.judgement?.action === 'veto') return refuse(considered.judgement);
    const way = goes(considered);
    try {
      const answer = await within(() => send(changes(considered)));
      if (way) aside(() => out.arrived(way, answer as CcxtOrder));
      return answer;
    } catch (error) {
      if (way) aside(() => out.failed(way, error));
      throw error;
    }
  }

  for (const name of ['createOrder', 'createOrderWs'])
    patches.wrap(name, (original) => async (...args) => {
      if (isNotOurs()) return original(...args);
      return order(callOf(args, exchange), (change) => {
        if (change === null) return original(...args);
        const [symbol, type, side, , price] = args;
        return original(symbol, type, side, change.amount, price, change.params);
      });
    });

  patches.wrap('createTwapOrder', (original) => async (...args) => {
    const [symbol, side, amount, duration, params] = args;
    if (isNotOurs()) return original(...args);
    return order(callOf([symbol, 'twap', side, amount, undefined, params], exchange), (change) =>
      change === null ? original(...args) : original(symbol, side, change.amount, duration, change.params),
    );
  });

  for (const name of ['createOrders', 'createOrdersWs'])
    patches.wrap(name, (original) => async (...args) => {
      const rows = args[0] as Record<string, unknown>[];
      if (isNotOurs() || !Array.isArray(rows)) return original(...args);
      const considered = rows.map((row) => consider(rowCallOf(row, args[1], exchange)));
      const sent = considered.flatMap((each, i) => {
        if (each.judgement?.action === 'veto') return [];
        const change = changes(each);
        const row = change === null ? rows[i]! : changedRow(rows[i]!, each.call, change);
        return [{ row, way: goes(each) }];
      });
      let answers: CcxtOrder[];
      try {
        const list = sent.map(({ row }) => row);
        answers =
          list.length === 0 ? [] : ((await within(() => original(list, ...args.slice(1)))) as CcxtOrder[]);
      } catch (error) {
        for (const { way } of sent) if (way) aside(() => out.failed(way, error));
        throw error;
      }
      for (const [i, { way }] of sent.entries()) if (way) aside(() => out.arrived(way, answers[i]));
      let next = 0;
      return considered.map(({ judgement }) =>
        judgement?.action === 'veto' ? rejected(judgement) : answers[next++],
      );
    });

  for (const name of CLOSERS)
    patches.wrap(name, (original) => async (...args) => {
      if (isNotOurs()) return original(...args);
      const answer = await within(() => original(...args));
      for (const closing of rowsOf(answer) as CcxtOrder[]) aside(() => closed(closing));
      return answer;
    });

  /** An order by which the exchange closed a position as it was asked to. */
  function closed(order: CcxtOrder): void {
    if (order.id === undefined || order.symbol === undefined) return;
    const params = { reduceOnly: true };
    const call = callOf(
      [order.symbol, 'market', order.side ?? 'sell', order.filled, undefined, params],
      exchange,
    );
    const whose = intent(call);
    if (whose === null) return;
    const time = exchange.milliseconds();
    const rest = {
      strategy: whose.strategy,
      unclear: false,
      reduces: true,
      conditional: false,
      attached: false,
      time,
    };
    out.arrived(out.goes(foundIn(call, readCall(call, exchange), rest), null), order);
  }

  for (const name of CANCELLERS)
    patches.wrap(name, (original) => async (...args) => {
      const answer = await original(...args);
      if (isNotOurs()) return answer;
      aside(() => reconciler.orders.observe(rowsOf(answer)));
      const [symbol] = args;
      aside(() => reconciler.orders.cancelled(typeof symbol === 'string' ? symbol : undefined));
      return answer;
    });
}
