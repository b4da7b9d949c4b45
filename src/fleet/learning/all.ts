import { type Claim, ClaimSums } from '../../effect/claim.ts';
import type { BotState, PartitionState } from './partition.ts';
import { type FleetPrior, priorOf } from './prior.ts';
import { StrategyStatistics } from './statistics.ts';

/** What all partitions of a fleet come to. */
export interface Fleet {
  readonly bots: ReadonlyMap<string, BotState>;
  readonly strategies: ReadonlyMap<string, StrategyStatistics>;
  /** Equity of all bots that report one, and all that was paid in; one unit of account is taken for granted. */
  readonly equity: number;
  readonly paidIn: number;
  readonly unread: number;
  readonly missing: number;
  readonly ahead: number;
}

export function allOf(partitions: readonly PartitionState[]): Fleet {
  const bots = new Map<string, BotState>();
  const strategies = new Map<string, StrategyStatistics>();
  let [equity, paidIn, unread, missing, ahead] = [0, 0, 0, 0, 0];
  for (const partition of partitions) {
    for (const [bot, state] of partition.bots) {
      bots.set(bot, state);
      equity += state.equity ?? 0;
      paidIn += state.paidIn;
    }
    for (const [strategy, statistics] of partition.strategies) {
      const of = strategies.get(strategy) ?? new StrategyStatistics();
      of.merge(statistics);
      strategies.set(strategy, of);
    }
    unread += partition.unread;
    missing += partition.missing;
    ahead += partition.ahead;
  }
  return { bots, strategies, equity, paidIn, unread, missing, ahead };
}

/** Priors of the strategies of which enough is known. */
export function priorsOf({ strategies }: Pick<Fleet, 'strategies'>): [string, FleetPrior][] {
  return [...strategies].flatMap(([strategy, statistics]) => {
    const prior = priorOf(statistics);
    return prior === null ? [] : [[strategy, prior] satisfies [string, FleetPrior]];
  });
}

/**
 * Whether the overlays of all bots together help. Blocks of time are those of all bots, so that what they did at one time
 * counts as hanging together.
 * @param v0 the first variance, where it was found before
 */
export function claimOf(
  partitions: readonly Pick<PartitionState, 'claim'>[],
  v0: number | null,
): { readonly claim: Claim; readonly v0: number | null } {
  const sums = new ClaimSums();
  for (const { claim } of partitions) sums.merge(claim);
  const settled = sums.settle(v0);
  return { claim: sums.claim(), v0: settled };
}
