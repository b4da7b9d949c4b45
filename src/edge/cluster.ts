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

export const freshCluster = (): Cluster => ({ start: null, e: 0, n: 0, a: 0, b: 0 });

/** By how many outcomes of a strategy count as one, because they overlap. */
export const crowding = ({ a, b }: Cluster): number =>
  clip((a + CLUSTER_PRIOR) / (b + CLUSTER_PRIOR), 1, CLUSTER_RANGE);

/**
 * Adds one outcome, in place.
 * @param surprise outcome less what was expected, in standard deviations of R
 * @param length of a cluster, in ms
 */
export function addToCluster(cluster: Cluster, surprise: number, closedAt: number, length: number): void {
  const { start, e, n } = cluster;
  if (start === null || closedAt - start > length || closedAt < start) {
    if (n > 0) {
      cluster.a = CLUSTER_MEMORY * cluster.a + Math.min(e * e, CLUSTER_CLIP * n);
      cluster.b = CLUSTER_MEMORY * cluster.b + n;
    }
    cluster.start = closedAt;
    cluster.e = 0;
    cluster.n = 0;
  }
  cluster.e += surprise;
  cluster.n += 1;
}
