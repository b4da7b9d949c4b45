import { z } from '../model/z.ts';
import { clip } from '../statistics/clip.ts';
import { CLUSTER_CLIP, CLUSTER_MEMORY, CLUSTER_PRIOR, CLUSTER_RANGE } from './constants.ts';

/** The outcomes that close within one holding time: when the running one began, its surprises and their number; all before. */
export const clusterSchema = z.object({
  start: z.number().nullable(),
  e: z.number(),
  n: z.number(),
  a: z.number(),
  b: z.number(),
});
export type Cluster = z.infer<typeof clusterSchema>;

/** Numbers of which a cluster is made, in this order: start, which is NaN before any, e, n, a, b. */
export const CLUSTER = 5;

export const clusterAt = (values: number[], at: number): Cluster => ({
  start: Number.isNaN(values[at]!) ? null : values[at]!,
  e: values[at + 1]!,
  n: values[at + 2]!,
  a: values[at + 3]!,
  b: values[at + 4]!,
});

export function writeCluster(values: number[], at: number, { start, e, n, a, b }: Cluster): void {
  values[at] = start ?? Number.NaN;
  values[at + 1] = e;
  values[at + 2] = n;
  values[at + 3] = a;
  values[at + 4] = b;
}

export const startCluster = (values: number[], at: number): void =>
  writeCluster(values, at, { start: null, e: 0, n: 0, a: 0, b: 0 });

/** By how many outcomes of a strategy count as one, because they overlap. */
export const crowding = (values: number[], at: number): number =>
  clip((values[at + 3]! + CLUSTER_PRIOR) / (values[at + 4]! + CLUSTER_PRIOR), 1, CLUSTER_RANGE);

/**
 * Adds one outcome, in place.
 * @param surprise outcome less what was expected, in standard deviations of R
 * @param length of a cluster, in ms
 */
export function addToCluster(
  values: number[],
  at: number,
  surprise: number,
  closedAt: number,
  length: number,
): void {
  const { start, e, n, a, b } = clusterAt(values, at);
  if (start === null || closedAt - start > length || closedAt < start) {
    if (n > 0) {
      values[at + 3] = CLUSTER_MEMORY * a + Math.min(e * e, CLUSTER_CLIP * n);
      values[at + 4] = CLUSTER_MEMORY * b + n;
    }
    values[at] = closedAt;
    values[at + 1] = 0;
    values[at + 2] = 0;
  }
  values[at + 1]! += surprise;
  values[at + 2]! += 1;
}
