import type { RunOptions } from './concepts.ts';
import { demand, type Measurement } from './row.ts';
import { keep } from './timing.ts';
import { worldOf } from './world.ts';

/** Bytes in use after everything that can be freed is. */
export function heap(): number {
  demand(globalThis.gc !== undefined, 'memory: node must be run with --expose-gc');
  for (let i = 0; i < 4; i += 1) globalThis.gc();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + Math.max(external, arrayBuffers);
}

/** What is left on the heap of what a function makes. */
function weigh<T>(make: () => T): { readonly bytes: number; readonly made: T } {
  const before = heap();
  const made = make();
  const bytes = heap() - before;
  keep(made);
  return { bytes, made };
}

/** Bytes of an engine that has learned of so many strategies on so many symbols, on the heap and in a snapshot. */
export function engineBytes(strategies: number, symbols: number): { heap: number; snapshot: number } {
  // Every cell must have been learned of, and windows of the latest trades be as full in all sizes.
  const { bytes, made } = weigh(
    () => worldOf({ strategies, symbols, outcomes: Math.ceil(60 / symbols), candles: 0 }).engine,
  );
  const learned = made.edge.getStrategies();
  demand(
    learned.length === strategies,
    `memory: only ${learned.length} of ${strategies} strategies are known`,
  );
  demand(made.edge.symbolsOf(learned[0]!).length === symbols, 'memory: not every symbol is known');
  const snapshot = JSON.stringify(made.snapshot()).length;
  return { heap: bytes, snapshot };
}

/** A name and sixteen numbers in a map. */
function bareCell(): number {
  const { bytes } = weigh(
    () => new Map(Array.from({ length: 10_000 }, (_, i) => [`strategy${i}`, new Float64Array(16).fill(i)])),
  );
  return bytes / 10_000;
}

export async function measure(_: RunOptions): Promise<Measurement[]> {
  engineBytes(10, 2);
  const bare = bareCell();
  const [narrow, wide, few] = [engineBytes(500, 2), engineBytes(500, 20), engineBytes(50, 2)];
  const perCell = (of: 'heap' | 'snapshot') => (wide[of] - narrow[of]) / (500 * 18);
  const perStrategy = (of: 'heap' | 'snapshot') => (narrow[of] - few[of]) / 450 - 2 * perCell(of);
  const floor = { what: 'a name and 16 numbers in a map', value: bare };
  return [
    { what: 'heap, a strategy on one more symbol', unit: 'B', median: perCell('heap'), floor },
    { what: 'heap, a strategy without its symbols', unit: 'B', median: perStrategy('heap'), floor },
    { what: 'snapshot, a strategy on one more symbol', unit: 'B', median: perCell('snapshot') },
    { what: 'snapshot, a strategy without its symbols', unit: 'B', median: perStrategy('snapshot') },
  ];
}
