import type { HostRun } from './driver.ts';

/** A check of nothing would pass: it fails where the driver lacks what it checks. */
export class MissingHook extends Error {}

/** Says what a check cannot do without. */
export function refuse(check: number, hook: string): never {
  throw new MissingHook(
    `Check ${check} needs ${hook} of the driver: write it, or say in notApplicable why check ${check} means nothing for this host.`,
  );
}

/** Makes sure that a run has a hook. */
export function needs<K extends keyof HostRun>(
  run: HostRun,
  hook: K,
  check: number,
): asserts run is HostRun & Required<Pick<HostRun, K>> {
  if (run[hook] === undefined) refuse(check, `\`${hook}\``);
}
