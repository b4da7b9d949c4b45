import type { Decision } from '../../src/index.ts';
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

/** The first version knew what was opened, and not what of it had closed. */
interface FirstState {
  readonly version: 1;
  readonly engine: unknown;
  readonly open: readonly (readonly [
    cid: string,
    position: Omit<PositionsState[number][1], 'strategy' | 'left'>,
  ])[];
}

/** Reads what a snapshot kept, of this version or the first. Throws for any other. */
export function readState(data: unknown, host: DebutHost, strategy: string): OverlayState {
  const { version } = data as { readonly version?: unknown };
  if (version === STATE_VERSION) return structuredClone(data as OverlayState);
  if (version !== 1) throw new Error(`a plugin state of version ${String(version)}`);
  const state = data as FirstState;
  const left = new Map(
    host.orders.map(({ cid, executedLots, lots }) => [String(cid), numberOr(executedLots, lots)]),
  );
  const open = state.open.map(([cid, position]) => {
    const owner = (position.decision as Decision | null)?.strategy ?? strategy;
    return [cid, { ...position, strategy: owner, left: left.get(cid) ?? position.lots }] as const;
  });
  return {
    version: STATE_VERSION,
    enabled: true,
    engine: state.engine,
    time: Math.max(0, ...state.open.map(([, { time }]) => time)),
    trades: 0,
    open,
    pending: [],
  };
}
