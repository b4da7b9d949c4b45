import type { OptimizationEngine } from '../../src/index.ts';
import type { Log } from '../../src/model/ports.ts';

/** Signals after which it is clear what a bot does not say of them. */
const ENOUGH = 20;

/** What a signal may say, what is known less well without, and the line that says it. */
const SAYINGS = [
  {
    has: 'confidence',
    without: 'which signals do better is learned by strategy, regime and symbol alone',
    line: 'identify: (order) => ({ confidence: 0.8 })',
  },
  {
    has: 'stop',
    without:
      'R is measured by the average loss, and signals that are not sent are followed to a triple barrier',
    line: 'identify: (order) => ({ stop: 61_000 }), or a stopLoss in the order',
  },
] as const;

/** Says once what no signal of a bot has said so far, what that costs, and the line that would say it. */
export function sayWhatIsUnfed(engine: OptimizationEngine, log: Log): () => void {
  const said = new Set<string>();
  let signals = 0;
  const stop = engine.subscribe((event) => {
    if (event.type !== 'decision') return;
    signals += 1;
    for (const { has } of SAYINGS) if (event.signal[has] !== undefined) said.add(has);
    if (signals < ENOUGH) return;
    stop();
    for (const { has, without, line } of SAYINGS)
      if (!said.has(has))
        log.warn(`none of ${signals} entries came with a ${has}: ${without}. Feed it by ${line}`);
  });
  return stop;
}
