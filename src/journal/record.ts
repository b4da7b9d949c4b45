import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { learnedQuality } from '../decision/by-edge.ts';
import { blockedBy } from '../decision/fallback.ts';
import { EffectLedger, type LedgerEvent, type ShadowEvent, type TradeEvent } from '../effect/ledger.ts';
import type { OptimizationEngine, PastEvent } from '../engine/engine.ts';
import type { InputEvent } from '../engine/events.ts';
import { type DecidedOutcome, outcomeOfShadow } from '../engine/learning.ts';
import type { Decision } from '../model/decision.ts';
import { completeDecision } from '../model/decision-schema.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import type { Trade } from '../model/trade.ts';
import { readWhole } from './audit.ts';
import { jsonOrNull } from './json-or-null.ts';
import { JOURNAL_DIR } from './reader.ts';

/** Outcomes of events that compaction dropped: JSON lines in the state directory. */
const KEPT_FILE = 'outcomes.jsonl';

const keptSchema = z.looseObject({ seq: z.number().int(), type: z.enum(['trade', 'shadow', 'equity']) });

/** Every outcome that the record of a state directory knows, in the order in which it became known. */
export async function readLedger(stateDir: string): Promise<EffectLedger> {
  const ledger = new EffectLedger();
  const kept = await keptOutcomes(stateDir);
  for (const event of kept) ledger.observe(event);
  await eachOutcome(stateDir, kept.at(-1)?.seq ?? 0, (event) => ledger.observe(event));
  return ledger;
}

/** Writes down the outcomes in the events before a sequence number, before those are dropped. */
export async function keepOutcomes(stateDir: string, before: number): Promise<void> {
  const kept = await keptOutcomes(stateDir);
  const lines: string[] = [];
  await eachOutcome(stateDir, kept.at(-1)?.seq ?? 0, (event) => {
    if (event.seq < before) lines.push(`${JSON.stringify(event)}\n`);
  });
  const file = await open(join(stateDir, KEPT_FILE), 'a');
  await file.writeFile(lines.join(''));
  await file.sync();
  await file.close();
}

type Outcome = LedgerEvent & { readonly seq: number };

async function keptOutcomes(stateDir: string): Promise<Outcome[]> {
  const file = join(stateDir, KEPT_FILE);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text
    .split('\n')
    .filter(Boolean)
    .map((line, i) => {
      const parsed = keptSchema.safeParse(jsonOrNull(line));
      if (parsed.success) return parsed.data as unknown as Outcome;
      throw new EdgekeeperError('STATE_CORRUPT', {
        found: `${file}:${i + 1} that is not an outcome`,
        expected: 'the file as Edgekeeper wrote it',
        hint: 'Restore it from a backup; without it the overlay statement starts anew.',
      });
    });
}

async function eachOutcome(stateDir: string, after: number, take: (event: Outcome) => void): Promise<void> {
  await readWhole(join(stateDir, JOURNAL_DIR), ({ seq, event, effects = [] }) => {
    if (seq <= after) return;
    for (const effect of effects)
      if (effect.type === 'shadow') take({ seq, type: 'shadow', outcome: effect.outcome });
    if (event.type === 'equity' && event.report.deposit) take({ seq, type: 'equity', report: event.report });
    if (event.type !== 'trade' || event.outcome === null) return;
    const { trade, outcome, input } = event;
    const decided = input.decision ? { decision: input.decision } : {};
    take({ seq, type: 'trade', trade, input: decided, ...(outcome === undefined ? {} : { outcome }) });
  });
}

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
