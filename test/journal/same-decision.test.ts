import { describe, expect, it } from 'vitest';
import { OptimizationEngine } from '../../src/index.ts';
import { isSameDecision } from '../../src/journal/same-decision.ts';
import { START, signal, walk } from '../fixtures.ts';

/** Every place in a value that holds no other. */
function leaves(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  return Object.entries(value).flatMap(([key, each]) => leaves(each, [...path, key]));
}

describe('two decisions', () => {
  const engine = new OptimizationEngine({});
  for (const candle of walk(200)) engine.recordCandle('BTC/USDT', '1h', candle);
  engine.recordEquity({ time: START, equity: 1000 });
  const decision = engine.decide(signal({ time: engine.time + 1, stop: 90, target: 120, size: 1 }));

  it('are the same where everything in them is', () => {
    expect(isSameDecision(decision, decision)).toBe(true);
    expect(isSameDecision(decision, structuredClone(decision))).toBe(true);
  });

  it('are two where anything in them differs, or is missing', () => {
    const all = leaves(decision);
    expect(all.length).toBeGreaterThan(50);
    for (const path of all) {
      for (const harm of ['another', undefined, null]) {
        const other = structuredClone(decision);
        const holder = path
          .slice(0, -1)
          .reduce<never>((at, key) => at[key as never] as never, other as never);
        if (holder[path.at(-1) as never] === harm) continue;
        (holder as Record<string, unknown>)[path.at(-1)!] = harm;
        expect(isSameDecision(decision, other), path.join('.')).toBe(false);
      }
    }
    for (const key of ['score', 'edge', 'plan', 'reasons'] as const)
      expect(isSameDecision(decision, { ...decision, [key]: undefined }), key).toBe(false);
  });
});
