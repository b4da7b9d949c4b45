import { printable } from '../../src/model/printable.ts';

/** Says something where there is no log yet. It may quote names and files of others. */
export const say = (text: string): void => console.error(`edgekeeper: ${printable(text)}`);
