import { join } from 'node:path';
import { blockedBy } from '../decision/fallback.ts';
import type { Decision } from '../model/decision.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import type { Trade } from '../model/trade.ts';
import { EFFECT_LETTERS, LETTERS } from './codec/event-line.ts';
import type { JournalLine } from './codec/line.ts';
import { Course, type Leg, legsOf } from './course.ts';
import { asFarAsReadable, type OnFault, readLegs } from './reader.ts';
import { JOURNAL_DIR, segmentsIn } from './segment.ts';
import { covers, decisionNumber, indexOf, type SegmentIndex } from './segment-index.ts';

/** A decision as the journal has it, and what came of it. */
export interface DecisionRecord {
  readonly decision: Decision;
  readonly trades: readonly Trade[];
  readonly shadow: ShadowOutcome | null;
}

/** A decision that is looked for: by its id, or the latest one, of a strategy or of all. */
export type Wanted = { readonly id: string } | { readonly strategy: string | null };

/**
 * Finds a decision by its id, or the latest one, of a strategy or of all. The journal is read from its end, and segments
 * are passed over that cannot have it. Throws `DECISION_UNKNOWN`.
 * @param onFault told of damage; what can be read of the journal is looked through. Without it `JOURNAL_CORRUPT` is thrown
 */
export async function findDecision(
  stateDir: string,
  wanted: Wanted,
  onFault?: OnFault,
): Promise<DecisionRecord> {
  const legs = legsOf(await segmentsIn(join(stateDir, JOURNAL_DIR)));
  let latest: Decision | null = null;
  for (let i = legs.length - 1; i >= 0; i -= 1) {
    const leg = legs[i]!;
    if (!leg.isLast) {
      // Of damage the segment itself tells, if it may hold what is wanted.
      const index = await asFarAsReadable(indexOf(leg), onFault && (() => undefined));
      if (index !== null && !mayHold(index, wanted)) continue;
    }
    let found: { readonly seq: number; readonly decision: Decision } | null = null;
    const from =
      'id' in wanted || wanted.strategy !== null ? leg.segment.first : await latestIn(leg, onFault);
    const reading = readOnly(leg, from, [LETTERS.decision], ({ seq, event }) => {
      if (event.type !== 'decision') return;
      if (fits(event.decision, wanted)) found = { seq, decision: event.decision };
      if (leg.isLast) latest = event.decision;
    });
    await asFarAsReadable(reading, onFault);
    if (found !== null) return withOutcome(found, legs.slice(i), onFault);
  }
  throw unknownDecision(stateDir, wanted, latest);
}

/** The event that is the latest decision of a segment: none of the lines before it need be read. */
async function latestIn(leg: Leg, onFault?: OnFault): Promise<number> {
  let latest = leg.segment.first;
  // What cannot be passed over, as in a batch that is broken, is told.
  const onLine = ({ seq, event }: JournalLine) => {
    if (event.type === 'decision') latest = seq;
  };
  const course = new Course(leg.segment.first - 1, onLine, []);
  await asFarAsReadable(readLegs([leg], course), onFault && (() => undefined));
  return Math.max(latest, course.latestPassed(LETTERS.decision) ?? 0);
}

const fits = ({ id, strategy }: Decision, wanted: Wanted): boolean =>
  'id' in wanted ? id === wanted.id : wanted.strategy === null || strategy === wanted.strategy;

function mayHold({ decided, strategies }: SegmentIndex, wanted: Wanted): boolean {
  if ('id' in wanted) return covers(decided, decisionNumber(wanted.id));
  return wanted.strategy === null ? decided !== null : strategies.includes(wanted.strategy);
}

/** What came of a decision, from the segment on that it was made in. */
async function withOutcome(
  { seq, decision }: { readonly seq: number; readonly decision: Decision },
  legs: readonly Leg[],
  onFault?: OnFault,
): Promise<DecisionRecord> {
  const { id } = decision;
  const trades: Trade[] = [];
  let [standing, shadow]: [Decision, ShadowOutcome | null] = [decision, null];
  for (const leg of legs) {
    const index = leg.isLast ? null : await asFarAsReadable(indexOf(leg), onFault && (() => undefined));
    if (index !== null && !covers(index.followed, decisionNumber(id))) continue;
    const reading = readOnly(
      leg,
      Math.max(seq, leg.segment.first),
      [LETTERS.trade, LETTERS.withdrawal, EFFECT_LETTERS.shadow],
      ({ event, effects = [] }) => {
        for (const effect of effects)
          if (effect.type === 'shadow' && effect.outcome.decision.id === id) shadow = effect.outcome;
        if (event.type === 'withdrawal' && event.decision.id === id)
          standing = blockedBy(decision, event.reason);
        if (event.type === 'trade' && event.trade.decisionId === id) trades.push(event.trade);
      },
    );
    await asFarAsReadable(reading, onFault);
  }
  return { decision: standing, trades, shadow };
}

/** Reads lines of some letters in a segment, from an event on. */
const readOnly = (
  leg: Leg,
  from: number,
  letters: readonly string[],
  onLine: (line: JournalLine) => void,
): Promise<unknown> => readLegs([leg], new Course(from - 1, onLine, letters));

function unknownDecision(stateDir: string, wanted: Wanted, latest: Decision | null): EdgekeeperError {
  const wish = 'id' in wanted ? `decision ${wanted.id}` : `decision on ${wanted.strategy ?? 'any strategy'}`;
  return new EdgekeeperError('DECISION_UNKNOWN', {
    found: `no ${wish} in ${stateDir}`,
    expected: latest ? `an id such as ${latest.id}, the latest one` : 'a journal with decisions in it',
    hint: '`edgekeeper why --last` explains the latest; `edgekeeper journal export --type decision` lists them.',
  });
}
