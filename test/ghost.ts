import { latestLease, makeLease } from '../src/journal/lease-file.ts';

/**
 * Takes a state directory from its owner and leaves it free: what a start does with the lease of one that was killed,
 * without the wait, which has tests of its own.
 */
export function layGhost(stateDir: string): void {
  const epoch = (latestLease(stateDir)?.epoch ?? 0) + 1;
  const nobody = { owner: 'nobody', renewals: 0, since: '', host: '', released: true };
  makeLease(stateDir, epoch, nobody);
}
