import type { PosteriorState } from '../edge/posterior.ts';
import { OptimizationEngine } from '../engine/engine.ts';
import type { EffectEvent } from '../engine/events.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { WeightsByCell } from '../weighting/strategy-weight.ts';
import { EFFECT_LETTERS } from './codec/event-line.ts';
import { Course, legsOf } from './course.ts';
import { readLegs, readWhole } from './reader.ts';
import { inFull } from './recovery.ts';
import { segmentsIn } from './segment.ts';
import { indexOf } from './segment-index.ts';

/**
 * The weights as they were at a time: today's, with every later change in the journal undone.
 * @param now weights of today, by strategy
 */
export async function weightsAt(
  journalDir: string,
  now: Readonly<Record<string, WeightsByCell>>,
  time: number,
): Promise<Record<string, WeightsByCell>> {
  const later: EffectEvent[] = [];
  for (const leg of legsOf(await segmentsIn(journalDir))) {
    if (!leg.isLast && ((await indexOf(leg)).times?.[1] ?? time) <= time) continue;
    const course = new Course(
      leg.segment.first - 1,
      ({ effects = [] }) => later.push(...effects.filter((effect) => effect.time > time)),
      [EFFECT_LETTERS.weight],
    );
    await readLegs([leg], course);
  }
  const weights = structuredClone(now) as Record<string, { weight: number; cells: WeightsByCell['cells'] }>;
  for (const effect of later.reverse()) {
    if (effect.type !== 'weight') continue;
    const { strategy, cell, symbol, previousWeight } = effect.update;
    const known = weights[strategy];
    if (!known || symbol) continue;
    if (cell === null) known.weight = previousWeight;
    else known.cells = { ...known.cells, [cell]: previousWeight };
  }
  return weights;
}

/**
 * The posterior as it was at a time: everything up to then done again. Throws `RECORD_INCOMPLETE`, also for a time that
 * the record does not reach.
 */
export async function posteriorAt(journalDir: string, time: number): Promise<PosteriorState> {
  const engine = new OptimizationEngine({ evidence: 'guarded' });
  let first: number | null = null;
  let [begins, ends] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  await readWhole(journalDir, (line) => {
    const { seq, event } = line;
    first ??= seq;
    // A replay says at time 0 what it is configured by.
    if (event.type !== 'lost' && event.time > 0)
      [begins, ends] = [Math.min(begins, event.time), Math.max(ends, event.time)];
    if (first === 1 && event.type !== 'lost' && event.time <= time) engine.apply(inFull(line, event, engine));
  });
  if (first !== null && first !== 1) {
    throw new EdgekeeperError('RECORD_INCOMPLETE', {
      found: `a journal that starts at event ${first}: the earlier ones were compacted away`,
      expected: 'the whole journal, to learn again what was known then',
      hint: 'Restore the dropped segments from a backup. Nothing was changed.',
    });
  }
  if (time < begins || time > ends) {
    const day = (ms: number) => new Date(ms).toISOString();
    throw new EdgekeeperError('RECORD_INCOMPLETE', {
      found: `the time ${day(time)}`,
      expected:
        first === null
          ? 'a journal with events in it'
          : `a time from ${day(begins)} to ${day(ends)}, which the journal knows`,
      hint: 'Nothing was changed.',
    });
  }
  return engine.snapshot().edge.posterior;
}
