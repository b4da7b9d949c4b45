import type { TrackRecords } from '../performance/track-record.ts';
import type { Components } from './components.ts';

/** The names that an engine has heard of: so many, and no more. */
export class Names {
  readonly #names = new Set<string>();
  /** How many there may be. A smaller one than there are forgets none. */
  limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  get size(): number {
    return this.#names.size;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** Whether there is room for a name; what is known has it. */
  hasRoom(name: string): boolean {
    return this.#names.has(name) || this.#names.size < this.limit;
  }

  /** Takes a name in. Returns false, and forgets it at once, where there is no room for it. */
  admit(name: string): boolean {
    if (!this.hasRoom(name)) return false;
    this.#names.add(name);
    return true;
  }

  /** Goes on with the names of a state, however many. */
  replace(names: Iterable<string>): void {
    this.#names.clear();
    for (const name of names) this.#names.add(name);
  }
}

/** What the components of an engine know by name. */
interface Known {
  readonly parts: Components;
  readonly tracks: TrackRecords;
  readonly counts: ReadonlyMap<string, unknown>;
}

/** The names that are known. What stands for all, or for what found no room, is none. */
export function namesIn({ parts, tracks, counts }: Known): {
  readonly strategies: Set<string>;
  readonly symbols: Set<string>;
} {
  const { decomposer, optimizer, scorer, manager, detector, edge } = parts;
  const posterior = edge.now;
  const strategies = new Set([
    ...[...decomposer.strategies(), ...optimizer.strategies(), ...scorer.strategies()],
    ...[...manager.getStrategies(), ...posterior.getStrategies(), ...tracks.strategies(), ...counts.keys()],
  ]);
  const symbols = new Set(detector.getSymbols());
  for (const strategy of posterior.getStrategies())
    for (const symbol of posterior.find(strategy)!.symbols.keys()) symbols.add(symbol);
  for (const symbol of Object.keys(decomposer.getSymbolBreakdown())) symbols.add(symbol);
  strategies.delete('');
  symbols.delete('');
  return { strategies, symbols };
}
