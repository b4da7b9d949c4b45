import type { OptimizationEngine } from '../engine/engine.ts';
import type { EffectEvent } from '../engine/events.ts';
import type { Decision } from '../model/decision.ts';
import { isSameDecision } from './same-decision.ts';
import type { Journal } from './writer.ts';

/** Writes every event of an engine to the journal, together with what followed from it. Returns how to stop. */
export function recordEvents(engine: OptimizationEngine, journal: Journal): () => void {
  let effects: EffectEvent[] = [];
  return engine.subscribe((event) => {
    switch (event.type) {
      case 'error':
        return;
      case 'weight':
      case 'status':
      case 'shadow':
        effects.push(event);
        return;
      case 'trade':
        journal.append(event, effects, isRemembered(event.input.decision, engine));
        break;
      default:
        journal.append(event, effects);
    }
    if (effects.length > 0) effects = [];
  });
}

/** Whether the engine has a decision just as the host gave it back: the very one, or one that was kept on disk. */
function isRemembered(decision: Decision | undefined, engine: OptimizationEngine): boolean {
  if (decision === undefined) return false;
  const known = engine.getDecision(decision.id);
  return known !== undefined && isSameDecision(known, decision);
}
