// What Debut's tester and genetic optimiser read. Numbers and switches of the overlay can be varied like any other.
import type { BaseTransport, DebutCore, DebutMeta, DebutOptions, WorkingEnv } from '@debut/types';
import { Follow, type FollowOptions } from './bot';

/** Fewer closed orders than this prove nothing. */
const ENOUGH = 10;

const meta: DebutMeta = {
  parameters: {
    fast: { min: 5, max: 30, int: true },
    slow: { min: 35, max: 120, int: true },
    stop: { min: 1, max: 8 },
    edgekeeper: { bool: true },
    edgekeeperThreshold: { min: 0.4, max: 0.8 },
    edgekeeperAggressive: { bool: true },
  },
  /** Profit less its deepest fall; without trades there is nothing to prefer. */
  score: (core: DebutCore) => {
    const { profit, drawdown, closed, opts } = core as unknown as Follow;
    return closed < ENOUGH ? -opts.amount : profit - drawdown;
  },
  stats: (core: DebutCore) => {
    const { profit, drawdown, closed, plugins } = core as unknown as Follow;
    const { enabled, status, weight, decisions, trades, errors } = plugins.edgekeeper.status();
    return { profit, drawdown, closed, edgekeeper: { enabled, status, weight, decisions, trades, errors } };
  },
  create: async (transport: BaseTransport, cfg: DebutOptions, _env: WorkingEnv) =>
    new Follow(transport, cfg as FollowOptions),
};

export default meta;
