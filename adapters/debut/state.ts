import { type Decision, EdgekeeperError } from '../../src/index.ts';
import { show } from '../../src/model/errors.ts';
import { z } from '../../src/model/z.ts';
import type { PendingState } from './entries.ts';
import type { PositionsState } from './positions.ts';
import { type DebutHost, numberOr } from './types.ts';

export const STATE_VERSION = 2;

/** What a bot keeps over a restart, in Debut's own snapshot. */
export interface OverlayState {
  readonly version: typeof STATE_VERSION;
  /** The switch of this bot; that of an engine of its own is kept there. */
  readonly enabled: boolean;
  /** Null where the engine is shared: its owner keeps it. */
  readonly engine: unknown;
  /** Open time of the latest candle, in ms. */
  readonly time: number;
  readonly trades: number;
  readonly open: PositionsState;
  readonly pending: PendingState;
}

/** As far as it is relied on: an earlier version may have known less of a decision. */
const decisionSchema = z.custom<Decision>(
  (value) =>
    z
      .object({ id: z.string(), time: z.number(), strategy: z.string(), multiplier: z.number() })
      .safeParse(value).success,
);

const openedSchema = z.object({
  decision: decisionSchema.nullable(),
  stop: z.number().optional(),
  side: z.enum(['long', 'short']),
  price: z.number(),
  time: z.number().min(0),
  lots: z.number().positive(),
  fee: z.number(),
});

const stateSchema = z.object({
  version: z.literal(STATE_VERSION),
  enabled: z.boolean(),
  engine: z.unknown(),
  time: z.number().min(0),
  trades: z.number().int().min(0),
  open: z.array(
    z.tuple([z.string(), openedSchema.extend({ strategy: z.string(), left: z.number().min(0) })]),
  ),
  pending: z.array(z.tuple([z.string(), decisionSchema])),
});

/** The first version knew what was opened, and not what of it had closed. */
const firstStateSchema = z.object({
  version: z.literal(1),
  engine: z.unknown(),
  open: z.array(z.tuple([z.string(), openedSchema])),
});

/** Reads what a snapshot kept, of this version or the first. Throws `STATE_CORRUPT` for anything else. */
export function readState(data: unknown, host: DebutHost, strategy: string): OverlayState {
  const read = z.union([stateSchema, firstStateSchema]).safeParse(structuredClone(data));
  if (!read.success) {
    throw new EdgekeeperError('STATE_CORRUPT', {
      found: `a plugin state of version ${show((data as { readonly version?: unknown } | null)?.version)} that cannot be read`,
      expected: `one that this plugin kept, of version ${STATE_VERSION} or 1`,
      hint: 'Nothing of it was used.',
    });
  }
  const state = read.data;
  return (state.version === 1 ? inThisVersion(state, host, strategy) : state) as OverlayState;
}

function inThisVersion(
  { engine, open }: z.infer<typeof firstStateSchema>,
  host: DebutHost,
  strategy: string,
): z.infer<typeof stateSchema> {
  const left = new Map(
    host.orders.map(({ cid, executedLots, lots }) => [String(cid), numberOr(executedLots, lots)]),
  );
  return {
    version: STATE_VERSION,
    enabled: true,
    engine,
    time: Math.max(0, ...open.map(([, { time }]) => time)),
    trades: 0,
    open: open.map(([cid, position]) => {
      const owner = position.decision?.strategy ?? strategy;
      return [cid, { ...position, strategy: owner, left: left.get(cid) ?? position.lots }];
    }),
    pending: [],
  };
}
