import type { OptimizationEngine } from '../engine/engine.ts';

/** Every strategy that an engine has heard of: configured, traded, or asked about, as it is before its first close. */
export function knownStrategies(engine: OptimizationEngine): string[] {
  const { decomposer, manager } = engine;
  const asked = Object.keys(engine.getSignalCounts());
  return [...new Set([...manager.getStrategies(), ...decomposer.getStrategies(), ...asked])].sort();
}
