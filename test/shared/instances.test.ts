import { afterEach, describe, expect, it, vi } from 'vitest';
import type * as Library from '../../src/index.ts';
import { trade } from '../fixtures.ts';

const fresh = async (): Promise<typeof Library> => {
  vi.resetModules();
  return import('../../src/index.ts');
};

afterEach(() => vi.resetModules());

describe('shared instances', () => {
  it('say what to call when there is none yet', async () => {
    const library = await fresh();
    for (const name of ['Decomposer', 'Optimizer', 'Scorer', 'Manager', 'Engine', 'Monitor'] as const) {
      expect(library[`get${name}`]).toThrow(new RegExp(`NOT_INITIALIZED.*initialize${name}\\(\\)`));
    }
    expect(() => library.recordTrade(trade(1))).toThrow(/NOT_INITIALIZED/);
  });

  it('are what was initialised last', async () => {
    const {
      initializeEngine,
      getEngine,
      initializeDecomposer,
      recordTrade,
      getDecomposer,
      initializeMonitor,
      getMonitor,
    } = await fresh();
    initializeEngine();
    const second = initializeEngine({ baseWeights: { A: 1 } });
    expect(getEngine()).toBe(second);
    initializeDecomposer();
    recordTrade(trade(1));
    expect(getDecomposer().getPortfolioPerformance().trades).toBe(1);
    expect(initializeMonitor(second)).toBe(getMonitor());
  });

  it('are refused a faulty configuration, and keep the one before', async () => {
    const { initializeEngine, getEngine } = await fresh();
    const first = initializeEngine();
    expect(() => initializeEngine({ minWinRate: 52 })).toThrow(/CONFIG_INVALID/);
    expect(getEngine()).toBe(first);
  });
});
