import type { KV } from '@nats-io/kv';
import type { Options } from '../config/schema.ts';
import { FLAGS } from '../model/flags.ts';
import { STRATEGY_STATUSES } from '../model/strategy.ts';
import { z } from '../model/z.ts';
import { commandId, type Order, type Rollout } from '../node/inbox.ts';
import { eachEntry, keysIn } from './buckets.ts';
import type { FleetConnection } from './connection.ts';
import { keyOf, placeOf, streamOfBucket } from './names.ts';

const by = {
  actor: z.string().min(1).max(100),
  reason: z.string().min(1).max(500),
  at: z.number().int().min(0),
};

/** What is ordered of a whole fleet. The latest of a kind holds, also for whoever was away when it was given. */
export const orderSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('switch'), flag: z.enum(FLAGS), on: z.boolean(), ...by }),
  z.strictObject({
    type: z.literal('force'),
    strategy: z.string().min(1).max(100),
    status: z.enum(STRATEGY_STATUSES),
    pinForHours: z.number().positive().optional(),
    ...by,
  }),
  z.strictObject({
    type: z.literal('rollout'),
    /** Null takes back what was rolled out. */
    options: z.record(z.string(), z.unknown()).nullable(),
    /** Of the bots, in (0,1]. */
    share: z.number().gt(0).max(1),
    ...by,
  }),
]);
export type FleetOrder = z.output<typeof orderSchema>;

/** Under which key an order stands: the latest takes the place of the one before. */
export function keyOfOrder(order: FleetOrder): string {
  if (order.type === 'switch') return `switch.${order.flag}`;
  return order.type === 'force' ? `force.${keyOf(order.strategy)}` : 'rollout';
}

/** Whether an order is the panic switch. */
export const isPanic = (order: FleetOrder): boolean =>
  order.type === 'switch' && order.flag === 'enabled' && !order.on;

/**
 * Gives an order. Returns its key and its revision, which acknowledgements name. Whoever is connected hears it also where
 * the servers cannot keep it, which is thrown: nothing is asked of them before.
 */
export async function giveOrder(
  { js, fleet }: FleetConnection,
  order: FleetOrder,
): Promise<{ readonly key: string; readonly revision: number }> {
  const key = keyOfOrder(order);
  const { seq } = await js.publish(`${streamOfBucket(fleet, 'orders').prefix}${key}`, JSON.stringify(order));
  return { key, revision: seq };
}

/** The order that a text is; null for what is none. */
export function orderIn(text: string): FleetOrder | null {
  try {
    return orderSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Whether a rollout is for a bot. A larger share has all bots of a smaller one. */
export const isFor = (bot: string, share: number): boolean => placeOf(`rollout ${bot}`) < share;

/** What a bot does on an order, under an id by which it is done once; null for one whose time is over. */
export function commandOf(
  order: FleetOrder,
  bot: string,
  revision: number,
  now: number,
): { readonly id: string; readonly command: Order | Rollout } | null {
  const { actor, reason, at } = order;
  const who = { actor: `fleet: ${actor}`, reason };
  const id = commandId(at, `fleet-${revision}`);
  switch (order.type) {
    case 'switch':
      return { id, command: { type: 'setFlags', flags: { [order.flag]: order.on }, ...who } };
    case 'force': {
      const { strategy, status, pinForHours } = order;
      // A bot that was away has what is left of it.
      const left = pinForHours === undefined ? undefined : pinForHours - (now - at) / 3_600_000;
      if (left !== undefined && left <= 0) return null;
      const pin = left === undefined ? {} : { pinForHours: Math.min(left, pinForHours!) };
      return { id, command: { type: 'forceStatus', strategy, status, ...pin, ...who } };
    }
    case 'rollout': {
      const options = isFor(bot, order.share) ? (order.options as Options | null) : null;
      return { id, command: { type: 'rollout', options, ...who } };
    }
  }
}

/** What a bot says of the orders that it has met: by key, the revision and what became of it. */
export const acksSchema = z.record(
  z.string(),
  z.object({ revision: z.number(), ok: z.boolean(), error: z.string().optional(), at: z.number() }),
);
export type Acks = z.output<typeof acksSchema>;

/** What every bot says, by its name. */
export async function allAcks(connection: FleetConnection): Promise<Map<string, Acks>> {
  const all = new Map<string, Acks>();
  await eachEntry(connection, 'acks', ({ key: bot, text }) => {
    const parsed = acksSchema.safeParse(JSON.parse(text));
    if (parsed.success) all.set(bot, parsed.data);
  });
  return all;
}

/** What became of an order: names of bots that are there and have carried it out, refused it, or neither; and those away. */
export async function answersTo(
  connection: FleetConnection,
  { key, revision }: { readonly key: string; readonly revision: number },
): Promise<Record<'done' | 'refused' | 'waiting' | 'away', string[]>> {
  const [held, all] = await Promise.all([keysIn(connection, 'bots'), allAcks(connection)]);
  const answers: Record<'done' | 'refused' | 'waiting' | 'away', string[]> = {
    done: [],
    refused: [],
    waiting: [],
    away: [],
  };
  for (const bot of [...new Set([...held, ...all.keys()])].sort()) {
    const ack = all.get(bot)?.[key];
    const hasMet = ack !== undefined && ack.revision >= revision;
    answers[hasMet ? (ack.ok ? 'done' : 'refused') : held.has(bot) ? 'waiting' : 'away'].push(bot);
  }
  return answers;
}

export async function acksOf(acks: KV, bot: string): Promise<Acks> {
  const entry = await acks.get(bot);
  if (entry === null || entry.operation !== 'PUT') return {};
  const parsed = acksSchema.safeParse(JSON.parse(entry.string()));
  return parsed.success ? parsed.data : {};
}
