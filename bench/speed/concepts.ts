import type { Measurement } from './row.ts';

export interface RunOptions {
  /** Longer runs, on as many trades and events as the targets speak of. */
  readonly long: boolean;
}

interface Concept {
  measure(options: RunOptions): Promise<Measurement[]>;
}

/** What is measured, in the order of the table. Each runs in a process of its own, with a bound on its time in s. */
export const CONCEPTS = {
  decide: { load: (): Promise<Concept> => import('./decide.ts'), seconds: 200 },
  'record-trade': { load: (): Promise<Concept> => import('./record-trade.ts'), seconds: 200 },
  update: { load: (): Promise<Concept> => import('./update.ts'), seconds: 200 },
  blocking: { load: (): Promise<Concept> => import('./blocking.ts'), seconds: 300 },
  candle: { load: (): Promise<Concept> => import('./candle.ts'), seconds: 200 },
  journal: { load: (): Promise<Concept> => import('./journal.ts'), seconds: 200 },
  recovery: { load: (): Promise<Concept> => import('./recovery.ts'), seconds: 200 },
  replay: { load: (): Promise<Concept> => import('./replay.ts'), seconds: 200 },
  adapters: { load: (): Promise<Concept> => import('./adapters.ts'), seconds: 200 },
  import: { load: (): Promise<Concept> => import('./import.ts'), seconds: 200 },
  commands: { load: (): Promise<Concept> => import('./commands.ts'), seconds: 200 },
  server: { load: (): Promise<Concept> => import('./server.ts'), seconds: 200 },
  memory: { load: (): Promise<Concept> => import('./memory.ts'), seconds: 200 },
} as const;
export type ConceptName = keyof typeof CONCEPTS;
export const CONCEPT_NAMES = Object.keys(CONCEPTS) as ConceptName[];
/** With `--long`, everything may take so many times as long. */
export const LONGER = 6;
