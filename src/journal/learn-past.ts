import { join } from 'node:path';
import { learnedQuality } from '../decision/by-edge.ts';
import type { ShadowEvent, TradeEvent } from '../effect/ledger.ts';
import type { OptimizationEngine, PastEvent } from '../engine/engine.ts';
import type { InputEvent } from '../engine/events.ts';
import { type DecidedOutcome, outcomeOfShadow } from '../engine/learning.ts';
import { completeDecision } from '../model/decision-schema.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import { readWhole } from './reader.ts';
import { keptOutcomes } from './record.ts';
import { JOURNAL_DIR } from './segment.ts';

/**
 * Lets an engine learn the events up to a sequence number, which its snapshot contains but never learned from, just as
 * it would have learned from them then.
 * @param journalDir where the journal is, or was set aside
 */
export async function learnPast(
  engine: OptimizationEngine,
  stateDir: string,
  upTo: number,
  journalDir = join(stateDir, JOURNAL_DIR),
): Promise<void> {
  const seen = new Set<string>();
  /** In a record that knows no positions the first trade of a decision is its outcome. */
  const isFirst = ({ outcome, trade, input }: TradeEvent): boolean => {
    if (outcome === null) return false;
    const id = outcome ? null : (trade.positionId ?? input.decision?.id ?? null);
    if (id !== null && seen.has(id)) return false;
    if (id !== null) seen.add(id);
    return true;
  };
  const kept = await keptOutcomes(stateDir);
  for (const event of kept) {
    if (event.type === 'trade' && isFirst(event as TradeEvent))
      engine.learnPast({ ...ALONE, by: pastTrade(event as TradeEvent) });
    if (event.type === 'shadow')
      engine.learnPast({ ...ALONE, by: pastShadow((event as ShadowEvent).outcome) });
  }
  const after = kept.at(-1)?.seq ?? 0;
  await readWhole(journalDir, ({ seq, time, event, effects = [] }) => {
    if (seq <= after || seq > upTo || event.type === 'lost') return;
    const before = effects.flatMap((effect) =>
      effect.type === 'shadow' ? [pastShadow(effect.outcome)] : [],
    );
    const by = event.type === 'trade' && isFirst(event) ? pastTrade(event) : null;
    const command = event.type === 'command' ? event.command : null;
    engine.learnPast({ time, settles: SETTLES[event.type], before, by, command });
  });
}

const ALONE = { time: 0, settles: 'all', before: [], command: null } as const;

/** What each event lets settle of the outcomes that wait. */
const SETTLES: Readonly<Record<InputEvent['type'], PastEvent['settles']>> = {
  decision: 'all',
  update: 'earlier',
  command: 'all',
  config: 'all',
  trade: 'earlier',
  candle: 'earlier',
  equity: 'earlier',
  exit: 'earlier',
  unjudged: 'earlier',
  unknownExit: 'earlier',
  withdrawal: 'nothing',
};

const pastShadow = (outcome: ShadowOutcome): DecidedOutcome =>
  outcomeOfShadow({ ...outcome, decision: completeDecision(outcome.decision) });

function pastTrade({ trade, outcome, input }: TradeEvent): DecidedOutcome {
  const given = outcome ? outcome.decision : input.decision;
  const decision = given ? completeDecision(given) : null;
  const { strategy, symbol, cell, r, entryTime, exitTime } = outcome ?? trade;
  return {
    id: outcome?.positionId ?? trade.positionId ?? decision?.id ?? trade.id,
    strategy,
    symbol,
    cell: decision?.cell ?? cell,
    r,
    weight: 1,
    quality: decision && learnedQuality(decision),
    closedAt: exitTime,
    held: exitTime - entryTime,
    decidedAt: decision?.time ?? entryTime,
  };
}
