import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Decision, InputEvent, Options, TradeInput } from '../../src/index.ts';
import { completeDecision } from '../../src/model/decision-schema.ts';
import { engineWith } from '../fixtures.ts';

/** All that happened to an engine, what it decided, and what it knew at its end. A trade names its decision. */
interface Life {
  readonly options: Options;
  readonly events: readonly InputEvent[];
  readonly after: {
    readonly weights: unknown;
    readonly statuses: unknown;
    readonly health: unknown;
    readonly performance: unknown;
    readonly coverage: unknown;
    readonly counts: unknown;
    readonly shadows: number;
  };
}

/**
 * Lives that the version before this one led, at random. Where a formula changes on purpose, they are led anew; where
 * one does not, nothing here may move by a bit.
 */
const LIVES: readonly Life[] = gunzipSync(readFileSync(new URL('./fixtures/lives.jsonl.gz', import.meta.url)))
  .toString()
  .split('\n')
  .map((line) => JSON.parse(line));

/** JSON knows no names without a prototype. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('what an earlier version decided', () => {
  for (const [i, { options, events, after }] of LIVES.entries()) {
    it(`is decided again, to the last bit, by ${options.evidence} evidence (${i + 1})`, () => {
      const engine = engineWith(options);
      const made = new Map<unknown, Decision>();
      for (const event of events) {
        const isSame = engine.apply(
          event.type === 'trade'
            ? { ...event, input: { ...event.input, decision: made.get(event.input.decision) } as TradeInput }
            : event,
        );
        expect(isSame).toBe(true);
        if (event.type !== 'decision') continue;
        const { decision } = event;
        made.set(decision.id, decision);
        expect(plain(engine.getDecision(decision.id))).toEqual(completeDecision(decision));
      }
      expect(plain(engine.optimizer.getWeightsByCell())).toEqual(after.weights);
      expect(plain(engine.manager.getStatuses())).toEqual(after.statuses);
      expect(plain(engine.manager.getAllHealth())).toEqual(after.health);
      expect(plain(engine.decomposer.getPortfolioPerformance())).toEqual(after.performance);
      expect(plain(engine.getCoverage())).toEqual(after.coverage);
      expect(plain(engine.getSignalCounts())).toEqual(after.counts);
      expect(engine.getOpenShadows()).toHaveLength(after.shadows);
    });
  }
});
