import type { Claim } from '../effect/claim.ts';
import type { StrategyStatus } from '../model/strategy.ts';
import { drawdown } from '../statistics/equity-curve.ts';
import { eachEntry, keysIn } from './buckets.ts';
import { allCheckpoints } from './checkpoints.ts';
import type { FleetConnection } from './connection.ts';
import { partitionsOf } from './found.ts';
import { allOf, claimOf, type Fleet, priorsOf } from './learning/all.ts';
import type { BotState } from './learning/partition.ts';
import type { FleetPrior } from './learning/prior.ts';
import { type Acks, allAcks, type FleetOrder, orderIn } from './orders.ts';
import { publishedGuardSchema } from './publisher.ts';

export interface BotView {
  readonly bot: string;
  /** Whether a process holds its name now. */
  readonly isConnected: boolean;
  /** When the servers had its last event, ms; and the number of that in its journal. */
  readonly heardAt: number;
  readonly last: number;
  readonly enabled: boolean;
  readonly mode: BotState['mode'];
  readonly equity: number | null;
  /** Below the best that it has earned, a rate of its equity then; null without an equity feed. */
  readonly drawdown: number | null;
  readonly profit: number | null;
  readonly sent: number;
  readonly reduced: number;
  readonly blocked: number;
  readonly outcomes: number;
  readonly meanR: number | null;
  /** Keys of orders that it has not carried out yet, and what it refused. */
  readonly pending: readonly string[];
  readonly refused: readonly { readonly key: string; readonly error: string }[];
}

export interface StrategyView {
  readonly strategy: string;
  readonly bots: number;
  readonly outcomes: number;
  readonly statuses: Readonly<Partial<Record<StrategyStatus, number>>>;
  readonly meanR: number | null;
  /** What bots begin with; null while too little is known. */
  readonly prior: FleetPrior | null;
  /** By symbol group and cell: outcomes, and their mean over the standard deviation of R. */
  readonly cells: readonly { readonly cell: string; readonly outcomes: number; readonly theta: number }[];
}

/** The whole fleet as people look at it. Times in ms. */
export interface FleetView {
  readonly fleet: string;
  readonly time: number;
  readonly bots: readonly BotView[];
  readonly connected: number;
  readonly off: number;
  readonly equity: number;
  readonly profit: number;
  readonly drawdown: number | null;
  /** Factor of the fleet's drawdown guard on new exposure, as bots were told. */
  readonly guard: number;
  readonly strategies: readonly StrategyView[];
  /** Bots that lost most of the best they had. */
  readonly movers: readonly { readonly bot: string; readonly drawdown: number }[];
  readonly claim: Claim;
  readonly orders: readonly { readonly key: string; readonly revision: number; readonly order: FleetOrder }[];
  /** Messages of the stream that no replica has learned from yet; null where the stream cannot be asked. */
  readonly behind: number | null;
  /** Messages that could not be read, events that are missing, outcomes of clocks that are ahead. */
  readonly unread: number;
  readonly missing: number;
  readonly ahead: number;
}

/** The worst movers that are listed. */
const MOVERS = 5;

export async function fleetView(connection: FleetConnection, name: string, now: number): Promise<FleetView> {
  const partitions = await partitionsOf(connection, name);
  const states = await allCheckpoints(await connection.bucket('learned'), partitions);
  const fleet = allOf(states);
  const [held, acks, orders] = await Promise.all([
    keysIn(connection, 'bots'),
    allAcks(connection),
    ordersIn(connection),
  ]);
  const published = await connection.bucket('published');
  const guard = await published.get('guard');
  const told = guard?.operation === 'PUT' ? publishedGuardSchema.parse(JSON.parse(guard.string())) : null;
  const first = await published.get('claim');
  const { v0 = null } = first?.operation === 'PUT' ? (JSON.parse(first.string()) as { v0: number }) : {};
  // A bot that is there and has shipped nothing is one as well.
  const names = [...new Set([...fleet.bots.keys(), ...held])].sort();
  const bots = names.map((bot) =>
    botView(bot, fleet.bots.get(bot), held.has(bot), acks.get(bot) ?? {}, orders),
  );
  const fallen = told === null ? null : fallenOf(told.latest.portfolio);
  return {
    fleet: name,
    time: now,
    bots,
    connected: held.size,
    off: bots.filter(({ enabled }) => !enabled).length,
    equity: fleet.equity,
    profit: fleet.equity - fleet.paidIn,
    drawdown: fallen,
    guard: told?.told && now <= told.told.until ? told.told.factor : 1,
    strategies: strategyViews(fleet),
    movers: bots
      .flatMap(({ bot, drawdown: lost }) => (lost === null || lost <= 0 ? [] : [{ bot, drawdown: lost }]))
      .sort((a, b) => b.drawdown - a.drawdown)
      .slice(0, MOVERS),
    claim: claimOf(states, v0).claim,
    orders,
    behind: await behindOf(connection, states),
    unread: fleet.unread,
    missing: fleet.missing,
    ahead: fleet.ahead,
  };
}

function botView(
  bot: string,
  state: BotState | undefined,
  isConnected: boolean,
  acks: Acks,
  orders: FleetView['orders'],
): BotView {
  const outcomes = Object.values(state?.strategies ?? {});
  const n = outcomes.reduce((sum, each) => sum + each.outcomes, 0);
  const profit = state === undefined || state.equity === null ? null : state.equity - state.paidIn;
  const best = state === undefined ? 0 : state.paidIn + state.bestProfit;
  return {
    bot,
    isConnected,
    heardAt: state?.heardAt ?? 0,
    last: state?.last ?? 0,
    enabled: state?.enabled ?? true,
    mode: state?.mode ?? 'act',
    equity: state?.equity ?? null,
    drawdown: state?.equity == null || best <= 0 ? null : drawdown(best, state.equity),
    profit,
    sent: state?.sent ?? 0,
    reduced: state?.reduced ?? 0,
    blocked: state?.blocked ?? 0,
    outcomes: n,
    meanR: n === 0 ? null : outcomes.reduce((sum, each) => sum + each.sumR, 0) / n,
    pending: orders
      .filter(({ key, revision }) => (acks[key]?.revision ?? 0) < revision)
      .map(({ key }) => key),
    refused: orders.flatMap(({ key, revision }) => {
      const ack = acks[key];
      return ack?.revision === revision && !ack.ok ? [{ key, error: ack.error ?? '' }] : [];
    }),
  };
}

function strategyViews(fleet: Fleet): StrategyView[] {
  const priors = new Map(priorsOf(fleet));
  return [...fleet.strategies]
    .map(([strategy, statistics]) => {
      const statuses: Partial<Record<StrategyStatus, number>> = {};
      let [n, sum, bots] = [0, 0, 0];
      for (const { strategies } of fleet.bots.values()) {
        if (!Object.hasOwn(strategies, strategy)) continue;
        const known = strategies[strategy]!;
        statuses[known.status] = (statuses[known.status] ?? 0) + 1;
        n += known.outcomes;
        sum += known.sumR;
        bots += 1;
      }
      return {
        strategy,
        bots,
        outcomes: statistics.outcomes,
        statuses,
        meanR: n === 0 ? null : sum / n,
        prior: priors.get(strategy) ?? null,
        cells: [...statistics.cells()]
          .map(([cell, weight, total]) => ({ cell, outcomes: weight, theta: total / weight }))
          .sort((a, b) => b.outcomes - a.outcomes),
      };
    })
    .sort((a, b) => b.outcomes - a.outcomes);
}

const fallenOf = ({
  equity,
  recentPeak,
}: {
  equity: number | null;
  recentPeak: number | null;
}): number | null => (equity === null || recentPeak === null ? null : drawdown(recentPeak, equity));

async function ordersIn(connection: FleetConnection): Promise<FleetView['orders']> {
  const all: { key: string; revision: number; order: FleetOrder }[] = [];
  await eachEntry(connection, 'orders', ({ key, text, revision }) => {
    const order = orderIn(text);
    if (order !== null) all.push({ key, revision, order });
  });
  return all;
}

/** How many messages are behind what was learned: at least those behind the latest checkpoint. */
async function behindOf(
  { jsm, stream }: FleetConnection,
  states: readonly { readonly at: number }[],
): Promise<number | null> {
  const info = await jsm.streams.info(stream).catch(() => null);
  return info === null ? null : Math.max(0, info.state.last_seq - Math.max(0, ...states.map(({ at }) => at)));
}
