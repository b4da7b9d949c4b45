import type { SectionId, Snapshot } from './snapshot.ts';
import type { EngineState } from './state.ts';

/**
 * A list of a snapshot that grows with strategies or symbols, or is long: it can be written and read in pieces. What its
 * items are made of is live: write it down at once.
 */
export interface Section {
  readonly id: SectionId;
  /** What an item is about; null for one that never changes. */
  readonly by: 'strategy' | 'symbol' | null;
  /** Of the items, in the order in which they stand. */
  readonly names: readonly string[];
  itemsOf(name: string): readonly unknown[];
  /** Goes on from these items after those that came before. They are handed over. */
  take(items: readonly unknown[]): void;
}

/** The sections of a state, with the items that it has now. */
export function sectionsOf(state: EngineState): Section[] {
  const { decomposer, optimizer, scorer, manager, detector, edge } = state.parts;
  const { tracks, counts, shadows, recent, history } = state;
  const section = <I extends SectionId>(
    id: I,
    by: Section['by'],
    names: readonly string[],
    itemsOf: (name: string) => ItemsOf<I>,
    take: (items: ItemsOf<I>) => void,
  ): Section => ({ id, by, names, itemsOf, take: take as Section['take'] });
  const fixed = <I extends SectionId>(id: I, items: ItemsOf<I>, take: (items: ItemsOf<I>) => void): Section =>
    section(id, null, Object.keys(items), (i) => [items[Number(i)]] as unknown as ItemsOf<I>, take);
  const byStrategy = decomposer.strategies();
  return [
    section(
      'decomposer.cells',
      'strategy',
      byStrategy,
      (name) => decomposer.cellsOf(name),
      (items) => decomposer.takeCells(items),
    ),
    section(
      'decomposer.evidence',
      'strategy',
      byStrategy,
      (name) => decomposer.evidenceIn(name),
      (items) => decomposer.takeEvidence(items),
    ),
    section(
      'optimizer.strategies',
      'strategy',
      optimizer.strategies(),
      (name) => [[name, optimizer.find(name)!]],
      (items) => optimizer.take(items),
    ),
    section(
      'scorer.strategies',
      'strategy',
      scorer.strategies(),
      (name) => scorer.qualityOf(name),
      (items) => scorer.take(items),
    ),
    section(
      'manager.strategies',
      'strategy',
      manager.getStrategies(),
      (name) => [[name, manager.find(name)!]],
      (items) => manager.take(items),
    ),
    section(
      'edge.posterior.strategies',
      'strategy',
      edge.now.getStrategies(),
      (name) => edge.now.edgeOf(name),
      (items) => edge.now.take(items),
    ),
    section(
      'tracks',
      'strategy',
      tracks.strategies(),
      (name) => tracks.trackOf(name),
      (items) => tracks.take(items),
    ),
    section(
      'counts',
      'strategy',
      [...counts.keys()],
      (name) => [[name, counts.get(name)!]],
      (items) => {
        for (const [name, known] of items) counts.set(name, known);
      },
    ),
    section(
      'detector.symbols',
      'symbol',
      detector.getSymbols(),
      (name) => detector.regimeIn(name),
      (items) => detector.take(items),
    ),
    section(
      'shadows.open',
      'symbol',
      shadows.symbols(),
      (name) => shadows.openOn(name),
      (items) => shadows.take(items),
    ),
    fixed('recent', recent.snapshot() as Snapshot['recent'], (items) => recent.take(items)),
    fixed('history', history.snapshot(), (items) => history.take(items)),
  ];
}

type ItemsOf<I extends SectionId> = At<Snapshot, I>;
type At<T, P extends string> = P extends `${infer K}.${infer Rest}`
  ? K extends keyof T
    ? At<T[K], Rest>
    : never
  : P extends keyof T
    ? T[P]
    : never;
