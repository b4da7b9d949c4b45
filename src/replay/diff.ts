import type { Options } from '../config/schema.ts';
import { blockedBy } from '../decision/fallback.ts';
import { EffectLedger } from '../effect/ledger.ts';
import { type EffectStatement, effectStatement, type StatementOptions } from '../effect/statement.ts';
import { OptimizationEngine } from '../engine/engine.ts';
import type { EffectEvent, InputEvent, RecordedEvent } from '../engine/events.ts';
import { type Decision, isUnjudgeable } from '../model/decision.ts';
import { EdgekeeperError } from '../model/errors.ts';
import { NEUTRAL_FACTORS } from '../model/factors.ts';
import type { PositionOutcome } from '../model/position.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import type { Trade, TradeInput } from '../model/trade.ts';
import type { StatusChange } from '../retirement/record.ts';
import { addToMoments, emptyMoments, kurtosis, skewness } from '../statistics/moments.ts';
import { sharpeRatio } from '../statistics/ratios.ts';
import type { SharpeRecord } from '../statistics/sharpe-test.ts';

/** One policy over the same record. */
export interface PolicyResult {
  readonly statement: EffectStatement;
  readonly statusChanges: readonly StatusChange[];
  /** Cumulated m R after each outcome, in R of the host's own size. */
  readonly curve: readonly number[];
  /** Sharpe ratio of m R per signal; null below two outcomes or without spread. */
  readonly sharpe: SharpeRecord | null;
}

/** A signal on which two policies differ. */
export interface DecisionChange {
  readonly before: Decision;
  readonly after: Decision;
}

/** What another configuration would have done with the signals that were seen. */
export interface PolicyDiff {
  readonly signals: number;
  /** Sent as it was, not sent under the other; the other way round; sent by both at another size. */
  readonly blocked: readonly DecisionChange[];
  readonly freed: readonly DecisionChange[];
  readonly resized: readonly DecisionChange[];
  /** Of the freed signals, those whose outcome nobody knows: the statement of the other policy lacks them. */
  readonly unknownOutcomes: number;
  /** Commands and trades that cannot be under the other configuration, and why. */
  readonly refused: readonly string[];
  readonly asRun: PolicyResult;
  readonly other: PolicyResult;
}

/**
 * Replays a record under another configuration. The signals come as they came; each has the outcome that the
 * record knows, from its trade or from its shadow, whatever the other policy decides on it. Equity is the
 * recorded one and the difference that the other sizes made by then.
 */
export class PolicyReplay {
  readonly #other: OptimizationEngine;
  readonly #asRunLedger = new EffectLedger();
  readonly #otherLedger = new EffectLedger();
  readonly #asRunStatuses: StatusChange[] = [];
  readonly #otherStatuses: StatusChange[] = [];
  readonly #pairs = new Map<string, { before: Decision; after: Decision }>();
  /** The pair of the first entry of each position that is open: its other entries share its fate. */
  readonly #positions = new Map<string, FirstEntry>();
  readonly #known = new Set<string>();
  readonly #refused: string[] = [];
  #equityGap = 0;

  /** @throws EdgekeeperError `CONFIG_INVALID` */
  constructor(options: Options) {
    this.#other = new OptimizationEngine(options, { shadows: 'given' });
    this.#other.subscribe((event) => {
      this.#otherLedger.observe(event);
      if (event.type === 'status') this.#otherStatuses.push(event.change);
    });
  }

  /** Takes one event of the record with what followed from it, in order. */
  take(event: RecordedEvent, effects: readonly EffectEvent[] = []): void {
    for (const effect of effects) {
      if (effect.type === 'status') this.#asRunStatuses.push(effect.change);
      if (effect.type === 'shadow') {
        this.#asRunLedger.addShadow(effect.outcome);
        this.#shadow(effect.outcome);
      }
    }
    switch (event.type) {
      case 'decision':
        this.#pairs.set(event.decision.id, { before: event.decision, after: this.#decide(event) });
        return;
      case 'withdrawal': {
        const pair = this.#pairs.get(event.decision.id);
        if (!pair) return;
        // What was too small at one size may be large enough at a larger one.
        if (pair.after.multiplier <= pair.before.multiplier)
          pair.after = this.#other.withdraw(pair.after, event.reason);
        pair.before = blockedBy(pair.before, event.reason);
        return;
      }
      case 'trade':
        this.#asRunLedger.observe(event);
        this.#trade(event);
        return;
      case 'candle':
        this.#other.recordCandle(event.symbol, event.timeframe, event.candle);
        return;
      case 'equity':
        this.#other.recordEquity({ ...event.report, equity: event.report.equity + this.#equityGap });
        return;
      case 'exit':
        this.#other.recordExitSignal(event);
        return;
      case 'update':
        this.#other.updateOptimization(event.time);
        return;
      case 'command':
        // One may make no sense under the other configuration, such as a weight out of its bounds.
        this.#trying(event.command.type, () => this.#other.execute(event.command));
        return;
      case 'config':
        // The other configuration holds throughout.
        return;
    }
  }

  /** The difference, once the record has been taken. */
  result(): PolicyDiff {
    const options = { stakes: this.#other.config.stakes };
    const pairs = [...this.#pairs.values()];
    const sent = (decision: Decision) => decision.multiplier > 0;
    const freed = pairs.filter(({ before, after }) => !sent(before) && sent(after));
    return {
      signals: pairs.length,
      blocked: pairs.filter(({ before, after }) => sent(before) && !sent(after)),
      freed,
      resized: pairs.filter(
        ({ before, after }) =>
          sent(before) && sent(after) && Math.abs(before.multiplier - after.multiplier) > 1e-9,
      ),
      unknownOutcomes: freed.filter(({ before }) => !this.#known.has(before.id)).length,
      refused: this.#refused,
      asRun: resultOf(this.#asRunLedger, this.#asRunStatuses, options),
      other: resultOf(this.#otherLedger, this.#otherStatuses, options),
    };
  }

  #decide(event: Extract<InputEvent, { type: 'decision' }>): Decision {
    const { signal, decision } = event;
    if (isUnjudgeable(decision)) {
      this.#other.apply(event);
      return decision;
    }
    const after = this.#other.decide(signal);
    if (after.action !== 'pass') return after;
    // Switched off it is absent: every signal goes out as the host made it.
    return {
      ...decision,
      action: 'execute',
      multiplier: 1,
      intended: 1,
      base: 1,
      ...NEUTRAL_FACTORS,
      cap: Math.max(1, decision.cap),
      reasons: after.reasons,
    };
  }

  /** What the other policy cannot take, such as a size that has become too small to be one, is named and left out. */
  #trying(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof EdgekeeperError)) throw error;
      this.#refused.push(`${what}: ${error.message}`);
    }
  }

  #shadow(outcome: ShadowOutcome): void {
    const pair = this.#pairs.get(outcome.decision.id);
    if (!pair) return;
    this.#known.add(outcome.decision.id);
    if (pair.after.multiplier === 0) {
      this.#other.recordShadow({ ...outcome, decision: pair.after });
      return;
    }
    const traded = tradeOf(outcome, pair.after);
    if (outcome.pnl !== null) this.#equityGap += traded.pnl;
    this.#trying(`trade of ${outcome.decision.id}`, () => this.#other.recordTrade(traded));
  }

  #trade({ input, trade, outcome }: Extract<InputEvent, { type: 'trade' }>): void {
    const first = this.#firstEntry(input, trade, outcome);
    if (first === null || !input.decision) {
      this.#trying('trade', () => this.#other.recordTrade(input));
      return;
    }
    const { pair, multiplier } = first;
    this.#known.add(pair.before.id);
    const factor = pair.after.multiplier / multiplier;
    this.#equityGap += (factor - 1) * input.pnl;
    if (pair.after.multiplier > 0) {
      const own = input.decision.id === pair.before.id ? pair.after : input.decision;
      const scaled = {
        ...input,
        decision: { ...own, multiplier: factor * input.decision.multiplier },
        pnl: factor * input.pnl,
        ...scaledBy(factor, input, ['size', 'openSize', 'fees', 'funding']),
      };
      this.#trying(`trade of ${pair.after.id}`, () => this.#other.recordTrade(scaled));
      return;
    }
    if (outcome === null) return;
    this.#other.recordShadow({
      decision: pair.after,
      entryTime: (outcome ?? trade).entryTime,
      exitTime: (outcome ?? trade).exitTime,
      entryPrice: trade.entryPrice ?? 0,
      exitPrice: trade.exitPrice ?? 0,
      risk: 0,
      rSource: (outcome ?? trade).rSource,
      r: (outcome ?? trade).r,
      rule: 'host',
      weight: outcome ? 1 : shareOf(trade, pair.before),
      exit: 'signal',
      pnl: outcome?.basePnl ?? trade.pnl / multiplier,
    });
  }

  /** What both policies decided on the first entry of a trade's position; null for one that was not decided on. */
  #firstEntry(input: TradeInput, trade: Trade, outcome?: PositionOutcome | null): FirstEntry | null {
    const { positionId, strategy, symbol } = trade;
    const key = positionId == null ? null : JSON.stringify([strategy, symbol, positionId]);
    const known = key === null ? undefined : this.#positions.get(key);
    if (key !== null && outcome) this.#positions.delete(key);
    if (known) return known;
    const pair = input.decision && this.#pairs.get(input.decision.id);
    if (!pair || !(input.decision.multiplier > 0)) return null;
    const first = { pair, multiplier: input.decision.multiplier };
    if (key !== null && outcome === null) this.#positions.set(key, first);
    return first;
  }
}

/** Both decisions on an entry, and the multiplier that its trades carry. */
interface FirstEntry {
  readonly pair: DecisionChange;
  readonly multiplier: number;
}

/** In a record that knows no positions every trade weighs by its share of the whole. */
function shareOf({ baseSize }: Trade, { plan }: Decision): number {
  const whole = plan?.size ?? null;
  return baseSize === null || whole === null ? 1 : Math.min(1, baseSize / whole);
}

/** The named amounts of a trade, as far as it has them, at another size. */
function scaledBy(
  factor: number,
  input: TradeInput,
  keys: readonly Amount[],
): Partial<Record<Amount, number>> {
  return Object.fromEntries(
    keys.flatMap((key) => (input[key] === undefined ? [] : [[key, factor * input[key]]])),
  );
}
type Amount = 'size' | 'openSize' | 'fees' | 'funding';

/** The trade that a signal would have become, at the size that the other policy gives it. */
function tradeOf(outcome: ShadowOutcome, decision: Decision): TradeInput {
  const { entryTime, exitTime, entryPrice, exitPrice, risk, r } = outcome;
  const { strategy, symbol, side, id, multiplier, plan } = decision;
  const stop = side === 'long' ? entryPrice - risk : entryPrice + risk;
  const size = (outcome.decision.plan?.size ?? plan?.size ?? 1) * multiplier;
  return {
    id: `policy-${id}`,
    strategy,
    symbol,
    side,
    entryTime,
    exitTime,
    entryPrice,
    exitPrice,
    ...(stop > 0 ? { stop } : {}),
    size,
    pnl: r * risk * size,
    decision,
  };
}

function resultOf(
  ledger: EffectLedger,
  statusChanges: readonly StatusChange[],
  options: StatementOptions,
): PolicyResult {
  const returns = emptyMoments();
  let sum = 0;
  const curve = ledger.outcomes.map(({ r, intended: multiplier }) => {
    sum += multiplier * r;
    addToMoments(returns, multiplier * r);
    return sum;
  });
  const sharpe = sharpeRatio(returns);
  return {
    statement: effectStatement(ledger, options),
    statusChanges,
    curve,
    sharpe:
      sharpe === null
        ? null
        : { n: returns.n, sharpe, skewness: skewness(returns) ?? 0, kurtosis: kurtosis(returns) ?? 3 },
  };
}
