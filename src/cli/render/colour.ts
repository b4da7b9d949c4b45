import { styleText } from 'node:util';

type Style = 'green' | 'yellow' | 'red' | 'dim';

/** Words that say how things are. Each says it by itself: a colour only has it seen sooner. */
const STYLES: Readonly<Record<string, Style>> = {
  ACTIVE: 'green',
  IMPROVES: 'green',
  DEGRADED: 'yellow',
  INCONCLUSIVE: 'yellow',
  warning: 'yellow',
  SUSPENDED: 'red',
  RETIRED: 'red',
  HARMS: 'red',
  critical: 'red',
};
const WORDS = new RegExp(`\\b(${Object.keys(STYLES).join('|')})\\b|^[A-Z]+(_[A-Z]+)+$|[┌─┬┐├┼┤└┴┘│]+`, 'gm');

/** A text with its words of state, the code of an error and the lines of tables in colours, for a terminal that has them. */
export const coloured = (text: string): string =>
  text.replace(WORDS, (found) =>
    styleText(STYLES[found] ?? (/[A-Z]/.test(found) ? 'red' : 'dim'), found, { validateStream: false }),
  );
