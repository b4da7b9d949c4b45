import { checkAuthorship } from '../model/authorship.ts';
import { completeDecision, decisionSchema } from '../model/decision-schema.ts';
import { checkName, checkTime, isMoney, reading, refuse } from '../model/doors.ts';
import { show } from '../model/errors.ts';
import { CELLS } from '../model/regime.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import type { DecidedOutcome, PastEvent } from './learning.ts';

/** The outcome of a signal that was not sent, as code gives it, read once. Throws `TRADE_INVALID`. */
export function readShadow(given: ShadowOutcome): ShadowOutcome {
  return reading('an outcome', 'TRADE_INVALID', () => {
    const outcome = { ...given };
    const decision = decisionSchema.safeParse(completeDecision(outcome.decision));
    if (!decision.success)
      refuse('an outcome of no decision', 'a decision as decide() gave it', 'TRADE_INVALID');
    checkName(decision.data.strategy, 'strategy', 'TRADE_INVALID');
    checkName(decision.data.symbol, 'symbol', 'TRADE_INVALID');
    checkTime(decision.data.time, 'time', 'TRADE_INVALID');
    checkTime(outcome.entryTime, 'entryTime', 'TRADE_INVALID');
    checkTime(outcome.exitTime, 'exitTime', 'TRADE_INVALID');
    return { ...outcome, decision: decision.data as ShadowOutcome['decision'] };
  });
}

/** Throws `TRADE_INVALID` for what is no event of before. */
export function checkPast(event: PastEvent): void {
  reading('an event of before', 'TRADE_INVALID', () => {
    checkTime(event.time, 'time', 'TRADE_INVALID');
    if (!['all', 'earlier', 'nothing'].includes(event.settles))
      refuse(`settles ${show(event.settles)}`, 'all, earlier or nothing', 'TRADE_INVALID');
    for (const outcome of event.before) checkOutcome(outcome);
    if (event.by !== null) checkOutcome(event.by);
    if (event.command !== null) checkAuthorship(event.command);
  });
}

function checkOutcome({ id, strategy, symbol, cell, r, weight, quality, ...times }: DecidedOutcome): void {
  checkName(strategy, 'strategy', 'TRADE_INVALID');
  checkName(symbol, 'symbol', 'TRADE_INVALID');
  checkTime(times.closedAt, 'closedAt', 'TRADE_INVALID');
  checkTime(times.decidedAt, 'decidedAt', 'TRADE_INVALID');
  const fits =
    typeof id === 'string' &&
    CELLS.includes(cell) &&
    isMoney(r) &&
    isMoney(weight) &&
    weight > 0 &&
    weight <= 1 &&
    isMoney(1 / weight) &&
    isMoney(times.held) &&
    (quality === null || isMoney(quality));
  if (!fits) refuse(`outcome ${show(r)} of weight ${show(weight)}`, 'finite numbers', 'TRADE_INVALID');
}
