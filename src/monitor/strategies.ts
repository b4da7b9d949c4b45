import type { OptimizationEngine } from '../engine/engine.ts';

/** Every strategy that an engine has heard of: configured, traded, or asked about, as it is before its first close. */
export function knownStrategies(engine: OptimizationEngine): string[] {
  const { decomposer, manager } = engine;
  const asked = Object.keys(engine.getSignalCounts());
  const known = new Set([...manager.getStrategies(), ...decomposer.getStrategies(), ...asked]);
  // Signals that cannot be named are counted together, and are no strategy.
  known.delete('');
  return [...known].sort();
}
