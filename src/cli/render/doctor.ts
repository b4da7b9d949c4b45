import { printableValue } from '../../model/printable.ts';
import type { Finding } from '../../monitor/doctor.ts';

/** What was found, a line each, with what mends it below. */
export function renderFindings(found: readonly Finding[]): string {
  const findings = printableValue(found);
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, ok, found: what, next }) => [
    `${ok ? 'ok  ' : 'LOOK'}  ${check.padEnd(width)}  ${what}`,
    ...(ok ? [] : [`      ${' '.repeat(width)}  -> ${next}`]),
  ]);
  const open = findings.filter(({ ok }) => !ok).length;
  const sum = open === 0 ? 'All is well.' : `${open} of ${findings.length} to look at.`;
  return `${lines.join('\n')}\n\n${sum}`;
}
