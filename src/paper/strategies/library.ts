import { createRequire } from 'node:module';

type Library = typeof import('technicalindicators');

const require = createRequire(import.meta.url);

/** technicalindicators, loaded with the first strategy that is made of it: most that is imported makes none. */
export const library = (): Library => require('technicalindicators') as Library;
