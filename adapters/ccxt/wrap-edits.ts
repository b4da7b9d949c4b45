import type { AccountExposure } from '../core/exposure.ts';
import { rowsOf } from './answers.ts';
import type { Books } from './books.ts';
import { callOf, rowCallOf } from './calls.ts';
import type { Edit, Edits } from './edits.ts';
import type { CcxtOrder } from './orders.ts';
import type { OnItsWay, OrdersOut } from './orders-out.ts';
import type { Patches } from './patches.ts';
import type { Reconciler } from './reconcile.ts';
import type { Host } from './wrap-orders.ts';

interface Parts extends Host {
  readonly edits: Edits;
  readonly books: Books;
  readonly exposure: AccountExposure;
  readonly out: OrdersOut;
  readonly reconciler: Reconciler;
}

/** An edit on its way. */
interface Going {
  readonly id: unknown;
  readonly edit: Edit | null;
  readonly way: OnItsWay | undefined;
}

/** Wraps every method of an exchange by which an order is changed. */
export function wrapEdits(patches: Patches, parts: Parts): void {
  const { exchange, edits, books, exposure, out, reconciler, aside, isNotOurs, within } = parts;

  function goes(id: unknown, look: () => Edit | null): Going {
    const edit = aside(look) ?? null;
    return { id, edit, way: aside(() => edit && out.goes(edit.found, null)) ?? undefined };
  }

  /** The order that stands in for an edited one. */
  function follows({ id, edit, way }: Going, answer: unknown): void {
    const [order] = rowsOf(answer) as CcxtOrder[];
    if (!edit || !way || order?.id === undefined) {
      if (way) exposure.drop(way.key);
      return;
    }
    const before = books.orders.get(id, edit.found.symbol);
    out.arrived(way, order);
    if (before && order.id !== before.id) reconciler.orders.untold(before);
  }

  function failed(going: readonly Going[], error: unknown): void {
    for (const { way } of going) if (way) aside(() => out.failed(way, error));
  }

  for (const name of ['editOrder', 'editOrderWs'])
    patches.wrap(name, (original) => async (...args) => {
      if (isNotOurs()) return original(...args);
      const [id, symbol, type, side, amount, ...rest] = args;
      const going = goes(id, () => edits.of(id, callOf([symbol, type, side, amount, ...rest], exchange)));
      const isSame = going.edit === null || Object.is(going.edit.amount, amount);
      try {
        const answer = await within(() =>
          isSame ? original(...args) : original(id, symbol, type, side, going.edit!.amount, ...rest),
        );
        aside(() => follows(going, answer));
        return answer;
      } catch (error) {
        failed([going], error);
        throw error;
      }
    });

  for (const name of ['editOrders', 'editOrdersWs'])
    patches.wrap(name, (original) => async (...args) => {
      const rows = args[0] as Record<string, unknown>[];
      if (isNotOurs() || !Array.isArray(rows)) return original(...args);
      const going = rows.map((row) =>
        goes(row.id, () => edits.of(row.id, rowCallOf(row, args[1], exchange))),
      );
      const sent = rows.map((row, i) => {
        const { edit } = going[i]!;
        return !edit || Object.is(edit.amount, row.amount) ? row : { ...row, amount: edit.amount };
      });
      try {
        const answers = (await within(() => original(sent, ...args.slice(1)))) as CcxtOrder[];
        for (const [i, each] of going.entries()) aside(() => follows(each, answers[i]));
        return answers;
      } catch (error) {
        failed(going, error);
        throw error;
      }
    });
}
