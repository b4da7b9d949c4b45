import { type ClaimState, ClaimSums } from '../../effect/claim.ts';
import { outcomeOfPosition, outcomeOfShadow, type SignalOutcome } from '../../effect/outcome.ts';
import type { JournalLine } from '../../journal/codec/line.ts';
import { completeDecision } from '../../model/decision-schema.ts';
import type { Mode } from '../../model/flags.ts';
import type { StrategyStatus } from '../../model/strategy.ts';
import { winsorise } from '../../statistics/ew-cell.ts';
import type { Shipment } from '../message.ts';
import { type FleetOutcome, type StatisticsState, StrategyStatistics } from './statistics.ts';

/** Where a bot of the fleet is, and what was last heard of it. Times in ms; money in the unit of the bot's account. */
export interface BotState {
  /** Its record, and the last event of that. */
  life: number;
  last: number;
  /** Host time of the last event, and when the servers had it. */
  time: number;
  heardAt: number;
  enabled: boolean;
  mode: Mode;
  equity: number | null;
  /** Equity that it began with, and all that was paid in and out since. */
  paidIn: number;
  /** Highest that its equity was, less what was paid in till then. */
  bestProfit: number;
  /** Signals that went out at no less than the host's own size, smaller, and not at all. */
  sent: number;
  reduced: number;
  blocked: number;
  /** Of each strategy: its label, outcomes, and the sum of their R. */
  strategies: Record<string, { status: StrategyStatus; outcomes: number; sumR: number }>;
}

/** What is known of the bots of a partition; plain JSON. */
export interface PartitionState {
  /** The last message of the stream that is in it. */
  readonly at: number;
  readonly bots: readonly (readonly [bot: string, state: BotState])[];
  readonly strategies: readonly (readonly [strategy: string, statistics: StatisticsState])[];
  readonly claim: ClaimState;
  /** Messages that could not be read, events that are missing, and outcomes of a clock that is ahead. */
  readonly unread: number;
  readonly missing: number;
  readonly ahead: number;
}

/** How far the time of an outcome may be ahead of that of the servers, in ms. */
const MOST_AHEAD = 86_400_000;
/** Strategies of a fleet, and of a bot, that are told apart. */
const MOST_STRATEGIES = 2000;
const MOST_OF_BOT = 200;

/**
 * What the events of some bots come to, message by message in the order of the stream: the same messages give the same
 * state. It grows with bots, strategies and days, not with events.
 */
export class Partition {
  #at = 0;
  readonly #bots = new Map<string, BotState>();
  readonly #strategies = new Map<string, StrategyStatistics>();
  readonly #claim = new ClaimSums();
  #unread = 0;
  #missing = 0;
  #ahead = 0;

  static from(state: PartitionState): Partition {
    const partition = new Partition();
    partition.#at = state.at;
    for (const [bot, known] of state.bots) partition.#bots.set(bot, structuredClone(known));
    for (const [strategy, statistics] of state.strategies) {
      const of = new StrategyStatistics();
      of.merge(statistics);
      partition.#strategies.set(strategy, of);
    }
    partition.#claim.restore(structuredClone(state.claim));
    [partition.#unread, partition.#missing, partition.#ahead] = [state.unread, state.missing, state.ahead];
    return partition;
  }

  /** The last message that is in it. */
  get at(): number {
    return this.#at;
  }

  /** Takes a message that cannot be read: whatever it says stays unknown. */
  skip(at: number): void {
    this.#at = at;
    this.#unread += 1;
  }

  /**
   * Takes the next message of the partition.
   * @param at its place in the stream
   * @param stampedAt when the servers took it, in ms
   */
  take(at: number, stampedAt: number, bot: string, shipment: Shipment, lines: readonly JournalLine[]): void {
    this.#at = at;
    const known = this.#bots.get(bot) ?? fresh(shipment);
    this.#bots.set(bot, known);
    const isNewLife = shipment.life !== known.life;
    const after = isNewLife ? shipment.first - 1 : known.last;
    if (!isNewLife && shipment.first > known.last + 1) this.#missing += shipment.first - known.last - 1;
    known.life = shipment.life;
    known.heardAt = Math.max(known.heardAt, stampedAt);
    for (const line of lines) if (line.seq > after) this.#line(bot, known, line, stampedAt);
    known.last = Math.max(isNewLife ? 0 : known.last, shipment.last);
    known.time = Math.max(known.time, shipment.time);
  }

  #line(bot: string, known: BotState, { event, effects = [] }: JournalLine, stampedAt: number): void {
    for (const effect of effects) {
      if (effect.type === 'status')
        strategyOf(known, effect.change.strategy).status = effect.change.newStatus;
      if (effect.type !== 'shadow') continue;
      const { outcome } = effect;
      const decision = completeDecision(outcome.decision);
      const followed = outcomeOfShadow({ ...outcome, decision });
      // Of a signal that chance let through, the real outcome counts.
      if (!followed.inArm)
        this.#outcome(bot, known, { ...followed, weight: outcome.weight }, followed, stampedAt);
    }
    switch (event.type) {
      case 'lost':
        this.#missing += event.to - event.from + 1;
        return;
      case 'decision': {
        const { action, multiplier } = event.decision;
        if (action === 'pass') return;
        if (multiplier === 0) known.blocked += 1;
        else if (multiplier < 1) known.reduced += 1;
        else known.sent += 1;
        return;
      }
      case 'trade': {
        if (!event.outcome) return;
        const { decision, exitTime } = event.outcome;
        const signal = outcomeOfPosition({
          ...event.outcome,
          decision: decision && completeDecision(decision),
        });
        this.#outcome(bot, known, { ...event.outcome, weight: 1, closedAt: exitTime }, signal, stampedAt);
        return;
      }
      case 'equity':
        equityOf(known, event.report.equity, event.report.deposit ?? 0);
        return;
      case 'command':
        if (event.command.type === 'setFlags') known.enabled = event.command.flags.enabled ?? known.enabled;
        if (event.command.type === 'setMode') known.mode = event.command.mode;
        return;
      case 'config':
        known.enabled = event.options.enabled ?? true;
        known.mode = event.options.mode ?? 'act';
        return;
      default:
    }
  }

  /** @param signal what the overlay decided; null where it had no say */
  #outcome(
    bot: string,
    known: BotState,
    { strategy, symbol, cell, r, weight, closedAt }: Omit<FleetOutcome, 'bot'>,
    signal: SignalOutcome | null,
    stampedAt: number,
  ): void {
    if (!(Number.isFinite(r) && closedAt <= stampedAt + MOST_AHEAD)) {
      this.#ahead += 1;
      return;
    }
    const of = strategyOf(known, strategy);
    of.outcomes += 1;
    of.sumR += r;
    if (signal !== null) {
      const { decidedAt, intended: m } = signal;
      this.#claim.add({ decidedAt, closedAt, r: winsorise(r), m });
    }
    let statistics = this.#strategies.get(strategy);
    if (statistics === undefined) {
      if (this.#strategies.size >= MOST_STRATEGIES) return;
      statistics = new StrategyStatistics();
      this.#strategies.set(strategy, statistics);
    }
    statistics.add({ bot, symbol, cell, r, weight, closedAt });
  }

  snapshot(): PartitionState {
    return structuredClone({
      at: this.#at,
      bots: [...this.#bots],
      strategies: Array.from(this.#strategies, ([strategy, of]) => [strategy, of.snapshot()] as const),
      claim: this.#claim.snapshot(),
      unread: this.#unread,
      missing: this.#missing,
      ahead: this.#ahead,
    });
  }
}

const fresh = ({ life, first }: Shipment): BotState => ({
  life,
  last: first - 1,
  time: 0,
  heardAt: 0,
  enabled: true,
  mode: 'act',
  equity: null,
  paidIn: 0,
  bestProfit: 0,
  sent: 0,
  reduced: 0,
  blocked: 0,
  strategies: {},
});

/** What is known of a strategy of a bot; beyond so many names they are one. */
function strategyOf({ strategies }: BotState, given: string): BotState['strategies'][string] {
  const isRoom = Object.hasOwn(strategies, given) || Object.keys(strategies).length < MOST_OF_BOT;
  const name = isRoom ? given : 'others';
  if (!Object.hasOwn(strategies, name))
    Object.defineProperty(strategies, name, {
      value: { status: 'ACTIVE', outcomes: 0, sumR: 0 },
      enumerable: true,
      writable: true,
      configurable: true,
    });
  return strategies[name]!;
}

/** What is paid in or out is no gain and no loss. */
function equityOf(known: BotState, equity: number, deposit: number): void {
  known.paidIn = known.equity === null ? equity : known.paidIn + deposit;
  known.equity = equity;
  known.bestProfit = Math.max(known.bestProfit, equity - known.paidIn);
}
