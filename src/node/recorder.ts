import type { OptimizationEngine } from '../engine.ts';
import type { EffectEvent } from '../events.ts';
import type { Journal } from './journal/writer.ts';

/** Writes every event of an engine to the journal, together with what followed from it. Returns how to stop. */
export function recordEvents(engine: OptimizationEngine, journal: Journal): () => void {
  let effects: EffectEvent[] = [];
  return engine.subscribe((event) => {
    if (event.type === 'error') return;
    if (event.type === 'weight' || event.type === 'status') {
      effects.push(event);
      return;
    }
    journal.append(event, effects);
    effects = [];
  });
}
