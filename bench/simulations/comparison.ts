import { overlay } from './engine-policy.ts';
import { meanOf } from './markdown.ts';
import { type Measures, measure } from './measures.ts';
import { type Cap, gate, kelly, none, oracle, type Policy, sizesOf } from './policy.ts';
import type { SimulatedSignal } from './signals.ts';
import { WORLDS, type World } from './worlds.ts';

export const POLICIES = [
  'none',
  'literal',
  'guarded',
  'EWMA gate, fast',
  'EWMA gate, slow',
  'Kelly',
  'posterior',
  'oracle',
] as const;
export type PolicyName = (typeof POLICIES)[number];

/** What a policy came to in the worlds, by seed. */
export type Results = ReadonlyMap<World, readonly Measures[]>;

/** Half-lives in outcomes between which gates are usually found. */
const FAST = 30;
const SLOW = 200;

const MAKERS: Readonly<Record<PolicyName, (cap: Cap, feed: boolean) => Policy>> = {
  none,
  literal: (cap, feed) => overlay({ evidence: 'literal' }, cap, feed),
  guarded: (cap, feed) => overlay({ evidence: 'guarded' }, cap, feed),
  'EWMA gate, fast': () => gate(FAST),
  'EWMA gate, slow': () => gate(SLOW),
  Kelly: kelly,
  posterior: (cap, feed) => overlay({}, cap, feed),
  oracle,
};

const signalsBySeed = new Map<string, SimulatedSignal[]>();

function signalsOf(world: World, seed: number): SimulatedSignal[] {
  const key = `${world.name} ${seed}`;
  const known = signalsBySeed.get(key) ?? world.signals(seed);
  signalsBySeed.set(key, known);
  return known;
}

/** Lets a policy loose on every world. */
export function resultsOf(name: PolicyName, cap: Cap, feed: boolean, seeds: readonly number[]): Results {
  return new Map(
    WORLDS.map((world) => [
      world,
      seeds.map((seed) => {
        const signals = signalsOf(world, seed);
        return measure(world, signals, sizesOf(MAKERS[name](cap, feed), signals, feed));
      }),
    ]),
  );
}

/** Mean of a figure over worlds and seeds. */
export const meanIn = (
  results: Results,
  figure: (measures: Measures) => number,
  isIn: (world: World) => boolean = () => true,
): number => meanOf([...results].flatMap(([world, each]) => (isIn(world) ? [meanOf(each.map(figure))] : [])));
