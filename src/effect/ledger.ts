import type { Decision } from '../model/decision.ts';
import type { PositionOutcome } from '../model/position.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import type { Trade } from '../model/trade.ts';
import { winsorise } from '../statistics/ew-cell.ts';
import { isLook, type OutcomeRecord } from './looks.ts';
import { outcomeOfPosition, outcomeOfShadow, outcomeOfTrade, type SignalOutcome } from './outcome.ts';

/** What is known so far of an outcome that may come in parts: R before winsorising, and the size it is the mean of. */
interface Parts {
  readonly at: number;
  readonly traded: boolean;
  r: number;
  size: number;
}

/**
 * Every signal whose outcome is known, in the order in which it became known. It grows with trades, so it is
 * no part of the state: it is filled from the journal, or by watching an engine.
 */
export class EffectLedger implements OutcomeRecord {
  readonly #outcomes: SignalOutcome[] = [];
  readonly #parts = new Map<string, Parts>();
  readonly #looks = new Map<number, readonly SignalOutcome[]>();

  get outcomes(): readonly SignalOutcome[] {
    return this.#outcomes;
  }

  /** The first n outcomes as they were when a look was due: a part that closes later does not change a look. */
  readonly atLook = (n: number): readonly SignalOutcome[] | undefined => this.#looks.get(n);

  /** Adds what a position came to. A signal that was held as several positions is one outcome. */
  addPosition(position: PositionOutcome): void {
    const outcome = outcomeOfPosition(position);
    if (outcome) this.#add(outcome, position.r, position.baseSize);
  }

  /** Adds a trade of a record that knows no positions: the trades of one decision are one outcome. */
  addTrade(trade: Trade, decision: Decision | undefined): void {
    const outcome = outcomeOfTrade(trade, decision);
    if (outcome) this.#add(outcome, trade.r, trade.baseSize);
  }

  addShadow(outcome: ShadowOutcome): void {
    this.#add(outcomeOfShadow(outcome), outcome.r, outcome.weight);
  }

  /** Takes what it needs of an engine's event. */
  observe(event: LedgerEvent): void {
    if (isShadow(event)) this.addShadow(event.outcome);
    if (!isTrade(event)) return;
    if (event.outcome) this.addPosition(event.outcome);
    else if (event.outcome === undefined) this.addTrade(event.trade, event.input.decision);
  }

  /** @param size of the part; null where it is not known: then the parts' R add up */
  #add(outcome: SignalOutcome, r: number, size: number | null): void {
    const traded = outcome.source === 'trade';
    const known = this.#parts.get(outcome.decisionId);
    if (!known) {
      this.#parts.set(outcome.decisionId, { at: this.#outcomes.length, traded, r, size: size ?? 0 });
      this.#outcomes.push(outcome);
      if (isLook(this.#outcomes.length)) this.#looks.set(this.#outcomes.length, [...this.#outcomes]);
      return;
    }
    // A signal is either traded or followed: what comes first is what it came to.
    if (known.traded !== traded) return;
    known.size += size ?? 0;
    known.r += size === null ? r : (size / known.size) * (r - known.r);
    const before = this.#outcomes[known.at]!;
    this.#outcomes[known.at] = {
      ...before,
      closedAt: Math.max(before.closedAt, outcome.closedAt),
      r: winsorise(known.r),
      pnl: before.pnl === null || outcome.pnl === null ? null : before.pnl + outcome.pnl,
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

/** An event of an engine, of which the ledger reads only those. */
export type LedgerEvent = TradeEvent | ShadowEvent | { readonly type: string };

const isTrade = (event: LedgerEvent): event is TradeEvent => event.type === 'trade';
const isShadow = (event: LedgerEvent): event is ShadowEvent => event.type === 'shadow';
