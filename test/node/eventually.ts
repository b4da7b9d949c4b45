import { vi } from 'vitest';

/** Waits until an expectation holds, as long as a test may take: a busy machine is no failure. */
export const eventually = <T>(expectation: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(expectation, { timeout: 500_000, interval: 20 });
