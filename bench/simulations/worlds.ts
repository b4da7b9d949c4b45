import { EffectLedger, OptimizationEngine, type Options, type SignalOutcome } from '../../src/index.ts';
import { seededRandom } from '../../src/statistics/random.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2024, 0, 1);

export interface SimulatedStrategy {
  readonly name: string;
  /** Mean R of the i-th signal of the world. */
  readonly edge: (i: number) => number;
}

export interface SimulatedRun {
  readonly engine: OptimizationEngine;
  readonly outcomes: readonly SignalOutcome[];
  /** Sum of R at the host's size, and of what was sent, by strategy. */
  readonly host: Readonly<Record<string, number>>;
  readonly sent: Readonly<Record<string, number>>;
}

/**
 * An engine in a world that is known: signals of strategies in turn, a win of 1.5 R or a loss of 1 R about the
 * edge, the confidence unrelated to either, and each outcome known, by its trade or as the host's own exit
 * rule would have given it, before the next signal.
 */
export function simulate(
  options: Options,
  strategies: readonly SimulatedStrategy[],
  signals: number,
  seed: number,
  hoursBetween = 6,
): SimulatedRun {
  const engine = new OptimizationEngine(
    { updateIntervalHours: hoursBetween, ...options },
    { shadows: 'given' },
  );
  const ledger = new EffectLedger();
  engine.subscribe((event) => ledger.observe(event));
  const random = seededRandom(seed);
  const host: Record<string, number> = {};
  const sent: Record<string, number> = {};
  let time = START;
  for (let i = 0; i < signals; i += 1) {
    const { name, edge } = strategies[i % strategies.length]!;
    // Candles keep coming, so that what is not sent can be followed.
    time += hoursBetween * HOUR;
    const price = 100 + (i % 2);
    engine.recordCandle('BTC/USDT', '1h', {
      time: time - HOUR,
      open: price,
      high: price + 1,
      low: price - 1,
      close: price,
      volume: 1,
    });
    engine.updateOptimization(time);
    const decision = engine.decide({
      strategy: name,
      symbol: 'BTC/USDT',
      side: 'long',
      time,
      confidence: random.uniform(),
      confluence: 1 + Math.floor(3 * random.uniform()),
      stop: 90,
      exitRule: 'host',
      size: 1,
    });
    const r = (random.uniform() < 0.4 ? 1.5 : -1) + edge(i);
    host[name] = (host[name] ?? 0) + r;
    sent[name] = (sent[name] ?? 0) + r * decision.multiplier;
    if (decision.multiplier > 0) {
      engine.recordTrade({
        id: `t${i}`,
        strategy: name,
        symbol: 'BTC/USDT',
        entryTime: time,
        exitTime: time,
        entryPrice: 100,
        stop: 90,
        size: decision.multiplier,
        pnl: 10 * r * decision.multiplier,
        decision,
      });
    } else {
      engine.recordShadow({
        decision,
        entryTime: time,
        exitTime: time,
        entryPrice: 100,
        exitPrice: 100 + 10 * r,
        risk: 10,
        rSource: 'stop',
        r,
        rule: 'host',
        weight: 1,
        exit: 'signal',
        pnl: 10 * r,
      });
    }
  }
  return { engine, outcomes: ledger.outcomes, host, sent };
}

export const constantEdge = (name: string, edge: number): SimulatedStrategy => ({ name, edge: () => edge });
