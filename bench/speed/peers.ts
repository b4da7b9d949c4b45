import type { Beside } from './row.ts';

/**
 * The Python original on the same work, measured side by side once on a machine like this one: what this took then, over
 * what share of the original's time that was.
 */
const original = (us: number, share: number): Beside => ({ what: 'Python original', value: us / share });

export const PYTHON_DECIDE = original(10, 0.68);
export const PYTHON_RECORD_TRADE = original(27, 1.05);
/** Of three strategies that each have closed a position since. */
export const PYTHON_UPDATE = original(100, 0.35);
