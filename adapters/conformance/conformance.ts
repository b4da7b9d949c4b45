import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Check } from './check.ts';
import { ACCOUNT } from './checks/account.ts';
import { EXITS } from './checks/exits.ts';
import { ORDERS } from './checks/orders.ts';
import { RECORDS } from './checks/records.ts';
import type { HostDriver } from './driver.ts';
import { generated } from './program.ts';

/** The checks that every adapter passes, in order. */
export const CHECKS: readonly Check[] = [...ORDERS, ...EXITS, ...RECORDS, ...ACCOUNT].toSorted(
  (a, b) => a.number - b.number,
);

/**
 * Registers the checks as a vitest suite.
 *
 * @example
 * conformance(myDriver);
 */
export function conformance(driver: HostDriver): void {
  describe(`conformance of ${driver.name}`, () => {
    let before = 0;
    beforeAll(() => {
      before = generated();
    });
    for (const check of CHECKS) {
      const reason = driver.notApplicable?.[check.number];
      const title = `${check.number}. ${check.title}`;
      if (reason === undefined) it(title, () => check.run(driver));
      else it.skip(`${title} (not for this host: ${reason})`, () => undefined);
    }
    afterAll(() => {
      console.log(`${driver.name}: ${generated() - before} generated cases`);
    });
  });
}
