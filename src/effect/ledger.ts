import type { Decision } from '../model/decision.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import type { Trade } from '../model/trade.ts';
import { outcomeOfShadow, outcomeOfTrade, type SignalOutcome } from './outcome.ts';

/**
 * Every signal whose outcome is known, in the order in which it became known. It grows with trades, so it is
 * no part of the state: it is filled from the journal, or by watching an engine.
 */
export class EffectLedger {
  readonly #outcomes: SignalOutcome[] = [];
  readonly #parts = new Map<string, { readonly at: number; size: number }>();

  /** All outcomes so far, oldest first. */
  get outcomes(): readonly SignalOutcome[] {
    return this.#outcomes;
  }

  /** Adds a closed trade. The parts in which one position was closed are one outcome. */
  addTrade(trade: Trade, decision: Decision | undefined): void {
    const outcome = outcomeOfTrade(trade, decision);
    if (outcome === null) return;
    const size = trade.baseSize ?? 1;
    const known = this.#parts.get(outcome.decisionId);
    if (!known) {
      this.#parts.set(outcome.decisionId, { at: this.#outcomes.length, size });
      this.#outcomes.push(outcome);
      return;
    }
    const before = this.#outcomes[known.at]!;
    const share = size / (known.size + size);
    known.size += size;
    this.#outcomes[known.at] = {
      ...before,
      closedAt: Math.max(before.closedAt, outcome.closedAt),
      r: before.r + share * (outcome.r - before.r),
      pnl: before.pnl === null || outcome.pnl === null ? null : before.pnl + outcome.pnl,
    };
  }

  addShadow(outcome: ShadowOutcome): void {
    this.#outcomes.push(outcomeOfShadow(outcome));
  }

  /** Takes what it needs of an engine's event. */
  observe(event: LedgerEvent): void {
    if (event.type === 'trade' && event.trade && event.input)
      this.addTrade(event.trade, event.input.decision);
    if (event.type === 'shadow' && event.outcome) this.addShadow(event.outcome);
  }
}

/** The part of an engine's events that the ledger reads. */
export interface LedgerEvent {
  readonly type: string;
  readonly trade?: Trade;
  readonly input?: { readonly decision?: Decision };
  readonly outcome?: ShadowOutcome;
}
