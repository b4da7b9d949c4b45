import { join } from 'node:path';
import { blockedBy } from '../decision/fallback.ts';
import type { Decision, ReasonCode } from '../model/decision.ts';
import { LETTERS } from './codec/event-line.ts';
import { Course, type Leg, legsOf } from './course.ts';
import { asFarAsReadable, type OnFault, readLegs } from './reader.ts';
import { JOURNAL_DIR, segmentsIn } from './segment.ts';
import { indexOf } from './segment-index.ts';

/** Which decisions are wanted. */
export interface DecisionsWanted {
  /** Those before this event only: where the page before ended. */
  readonly before?: number;
  readonly limit: number;
  readonly strategy?: string;
  readonly since?: number;
  readonly fits: (decision: Decision) => boolean;
}

/** A page of decisions. */
export interface DecisionsPage {
  /** Latest first. */
  readonly decisions: readonly Decision[];
  /** Where the next page begins; null where this is the last. */
  readonly next: number | null;
}

interface Found {
  readonly seq: number;
  readonly decision: Decision;
}
/** What a segment has: decisions, oldest first, and what was withdrawn, by the id of its decision. */
interface Content {
  readonly bytes: number;
  readonly decisions: readonly Found[];
  readonly withdrawn: ReadonlyMap<string, ReasonCode>;
}

/** Segments that are kept decoded. */
const KEPT = 4;

/** Finds decisions page by page in the journal of a state directory, from its end. */
export class DecisionPages {
  readonly #journalDir: string;
  readonly #kept = new Map<string, Content>();

  constructor(stateDir: string) {
    this.#journalDir = join(stateDir, JOURNAL_DIR);
  }

  /** @param onFault told of damage, beside which the search goes on */
  async find(
    { before = Number.POSITIVE_INFINITY, limit, strategy, since = 0, fits }: DecisionsWanted,
    onFault: OnFault,
  ): Promise<DecisionsPage> {
    const legs = legsOf(await segmentsIn(this.#journalDir));
    const decisions: Decision[] = [];
    const withdrawn = new Map<string, ReasonCode>();
    for (let i = legs.length - 1; i >= 0; i -= 1) {
      const leg = legs[i]!;
      if (leg.segment.first >= before) continue;
      if (!leg.isLast) {
        const index = await asFarAsReadable(indexOf(leg), onFault);
        if (index !== null && (index.times?.[1] ?? Number.POSITIVE_INFINITY) < since) break;
        const isNone =
          index?.decided === null || (strategy !== undefined && !index?.strategies.includes(strategy));
        if (index !== null && isNone && index.followed === null) continue;
      }
      const content = await this.#contentOf(leg, onFault);
      for (const [id, reason] of content.withdrawn) withdrawn.set(id, reason);
      for (const { seq, decision } of content.decisions.toReversed()) {
        if (seq >= before || decision.time < since || (strategy ?? decision.strategy) !== decision.strategy)
          continue;
        const reason = withdrawn.get(decision.id);
        const standing = reason === undefined ? decision : blockedBy(decision, reason);
        if (!fits(standing)) continue;
        if (decisions.length === limit) return { decisions, next: seq + 1 };
        decisions.push(standing);
      }
    }
    return { decisions, next: null };
  }

  async #contentOf(leg: Leg, onFault: OnFault): Promise<Content> {
    const { path, bytes, first } = leg.segment;
    const known = this.#kept.get(path);
    if (known?.bytes === bytes) return known;
    const decisions: Found[] = [];
    const withdrawn = new Map<string, ReasonCode>();
    const course = new Course(
      first - 1,
      ({ seq, event }) => {
        if (event.type === 'decision') decisions.push({ seq, decision: event.decision });
        if (event.type === 'withdrawal') withdrawn.set(event.decision.id, event.reason);
      },
      [LETTERS.decision, LETTERS.withdrawal],
    );
    await asFarAsReadable(readLegs([leg], course), onFault);
    const content = { bytes, decisions, withdrawn };
    this.#kept.delete(path);
    this.#kept.set(path, content);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT) this.#kept.delete(oldest!);
    return content;
  }
}
