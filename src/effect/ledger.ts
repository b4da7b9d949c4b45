import type { Decision } from '../model/decision.ts';
import { completeDecision } from '../model/decision-schema.ts';
import type { PositionOutcome } from '../model/position.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import type { Trade } from '../model/trade.ts';
import { winsorise } from '../statistics/ew-cell.ts';
import { ClaimSums } from './claim.ts';
import { outcomeOfPosition, outcomeOfShadow, outcomeOfTrade, type SignalOutcome } from './outcome.ts';

/** What is known so far of an outcome that may come in parts: R, and the size it is the mean of; null: it is a sum. */
interface Parts {
  readonly at: number;
  readonly traded: boolean;
  r: number;
  size: number | null;
}

/** Money paid in, or (negative) out. */
export interface Deposit {
  readonly time: number;
  readonly amount: number;
}

/**
 * Every signal whose outcome is known, in the order in which it became known. It grows with trades, so it is
 * no part of the state: it is filled from the journal, or by watching an engine.
 */
export class EffectLedger {
  readonly #outcomes: SignalOutcome[] = [];
  readonly #parts = new Map<string, Parts>();
  readonly #claim = new ClaimSums();
  readonly #deposits: Deposit[] = [];
  /** What signals of the control arm were followed to, besides what they really came to. */
  readonly #followed = new Map<string, number>();

  get outcomes(): readonly SignalOutcome[] {
    return this.#outcomes;
  }

  get deposits(): readonly Deposit[] {
    return this.#deposits;
  }

  /** The sums that the claim rests on. */
  get claim(): ClaimSums {
    return this.#claim;
  }

  /** R to which signals of the control arm were followed, by decision. */
  get followed(): ReadonlyMap<string, number> {
    return this.#followed;
  }

  /** Adds what a position came to. A signal that was held as several positions is one outcome. */
  addPosition(position: PositionOutcome): void {
    const outcome = outcomeOfPosition({
      ...position,
      decision: position.decision && completeDecision(position.decision),
    });
    if (outcome) this.#add(outcome, position.baseSize);
  }

  /** Adds a trade of a record that knows no positions: the trades of one decision are one outcome. */
  addTrade(trade: Trade, decision: Decision | undefined): void {
    const outcome = outcomeOfTrade(trade, decision && completeDecision(decision));
    if (outcome) this.#add(outcome, trade.baseSize);
  }

  addShadow(shadow: ShadowOutcome): void {
    const outcome = outcomeOfShadow({ ...shadow, decision: completeDecision(shadow.decision) });
    if (outcome.inArm) this.#followed.set(outcome.decisionId, outcome.r);
    else this.#add(outcome, shadow.weight);
  }

  /** Takes what it needs of an engine's event. */
  observe(event: LedgerEvent): void {
    if (isShadow(event)) this.addShadow(event.outcome);
    if (isEquity(event) && event.report.deposit)
      this.#deposits.push({ time: event.report.time, amount: event.report.deposit });
    if (!isTrade(event)) return;
    if (event.outcome) this.addPosition(event.outcome);
    else if (event.outcome === undefined) this.addTrade(event.trade, event.input.decision);
  }

  /** @param size of the part; null where it is not known: then the parts' R add up */
  #add(outcome: SignalOutcome, size: number | null): void {
    const traded = outcome.source === 'trade';
    const known = this.#parts.get(outcome.decisionId);
    const { r, decidedAt, closedAt, intended: m } = outcome;
    if (!known) {
      this.#claim.add({ decidedAt, closedAt, r: winsorise(r), m });
      this.#parts.set(outcome.decisionId, { at: this.#outcomes.length, traded, r, size });
      this.#outcomes.push(outcome);
      return;
    }
    // A signal is either traded or followed: what comes first is what it came to.
    if (known.traded !== traded) return;
    const first = this.#outcomes[known.at]!;
    const whole = known.size === null || size === null ? null : known.size + size;
    const together = whole === null ? known.r + r : known.r + (size! / whole) * (r - known.r);
    const longer = Math.max(0, closedAt - first.closedAt);
    // The size is that of the decision as it was counted, whatever a later part says of it.
    this.#claim.amend(first.decidedAt, winsorise(together) - winsorise(known.r), first.intended, longer);
    [known.r, known.size] = [together, whole];
    this.#outcomes[known.at] = {
      ...first,
      closedAt: first.closedAt + longer,
      r: together,
      pnl: first.pnl === null || outcome.pnl === null ? null : first.pnl + outcome.pnl,
    };
  }
}

/** What the ledger reads of a trade's event; without `outcome` it is one of an older journal. */
export interface TradeEvent {
  readonly type: 'trade';
  readonly trade: Trade;
  readonly input: { readonly decision?: Decision };
  readonly outcome?: PositionOutcome | null;
}

/** What the ledger reads of a shadow's event. */
export interface ShadowEvent {
  readonly type: 'shadow';
  readonly outcome: ShadowOutcome;
}

/** What the ledger reads of an equity report. */
export interface DepositEvent {
  readonly type: 'equity';
  readonly report: { readonly time: number; readonly deposit?: number };
}

/** An event of an engine, of which the ledger reads only those. */
export type LedgerEvent = TradeEvent | ShadowEvent | DepositEvent | { readonly type: string };

const isTrade = (event: LedgerEvent): event is TradeEvent => event.type === 'trade';
const isShadow = (event: LedgerEvent): event is ShadowEvent => event.type === 'shadow';
const isEquity = (event: LedgerEvent): event is DepositEvent => event.type === 'equity';
