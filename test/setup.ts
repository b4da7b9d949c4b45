import fc from 'fast-check';
import { cases } from './cases.ts';

// Every `npm test` tries the same cases, so that what fails for one fails for all. `npm run soak` tries others.
fc.configureGlobal({ seed: Number(process.env.EDGEKEEPER_SEED ?? 1), ...cases(75) });
