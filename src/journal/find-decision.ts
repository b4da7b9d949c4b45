import { join } from 'node:path';
import { blockedBy } from '../decision/fallback.ts';
import type { Decision } from '../model/decision.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import type { Trade } from '../model/trade.ts';
import { readWhole } from './reader.ts';
import { JOURNAL_DIR } from './segment.ts';

/** A decision as the journal has it, and what came of it. */
export interface DecisionRecord {
  readonly decision: Decision;
  readonly trades: readonly Trade[];
  readonly shadow: ShadowOutcome | null;
}

/** Finds a decision by its id, or the latest one, of a strategy or of all. Throws `DECISION_UNKNOWN`. */
export async function findDecision(
  stateDir: string,
  wanted: { readonly id: string } | { readonly strategy: string | null },
): Promise<DecisionRecord> {
  let found: { decision: Decision; trades: Trade[]; shadow: ShadowOutcome | null } | null = null;
  let latest: Decision | null = null;
  const fits = ({ id, strategy }: Decision) =>
    'id' in wanted ? id === wanted.id : wanted.strategy === null || strategy === wanted.strategy;
  await readWhole(join(stateDir, JOURNAL_DIR), ({ event, effects = [] }) => {
    for (const effect of effects) {
      if (effect.type === 'shadow' && effect.outcome.decision.id === found?.decision.id)
        found.shadow = effect.outcome;
    }
    if (event.type === 'decision') {
      latest = event.decision;
      if (fits(event.decision)) found = { decision: event.decision, trades: [], shadow: null };
    }
    if (event.type === 'withdrawal' && event.decision.id === found?.decision.id)
      found.decision = blockedBy(event.decision, event.reason);
    if (event.type === 'trade' && event.trade.decisionId === found?.decision.id)
      found.trades.push(event.trade);
  });
  if (found) return found;
  const known = latest as Decision | null;
  const wish = 'id' in wanted ? `decision ${wanted.id}` : `decision on ${wanted.strategy ?? 'any strategy'}`;
  throw new EdgekeeperError('DECISION_UNKNOWN', {
    found: `no ${wish} in ${stateDir}`,
    expected: known ? `an id such as ${known.id}, the latest one` : 'a journal with decisions in it',
    hint: '`edgekeeper why --last` explains the latest; `edgekeeper journal export --type decision` lists them.',
  });
}
