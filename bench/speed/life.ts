import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { OptimizationEngine } from '../../src/index.ts';
import { type Overlay, openOverlay } from '../../src/node/index.ts';
import { candlesOf, edgeOf, HOUR, SECOND, START, signalOf, tradeOf, type World, worldOf } from './world.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Candles of each symbol before a life begins. */
const WARM = 600;
/** Signals in an hour of it. */
const SIGNALS = 20;

export interface LifeOptions {
  readonly strategies?: number;
  readonly symbols?: number;
}

/** What a bot lives through: candles, signals, the positions of those that went out, and an update every hour. */
export interface Life {
  readonly world: World;
  /** Lives on until so many more events have happened. */
  live(events: number): void;
  /** Has so many signals decided on, and nothing else happen. */
  signal(decisions: number): void;
  /** Events so far, by type, those that follow from others left out. */
  readonly counts: Readonly<Record<string, number>>;
}

export function lifeOf(engine: OptimizationEngine, { strategies = 20, symbols = 3 }: LifeOptions = {}): Life {
  const counts: Record<string, number> = {};
  let total = 0;
  engine.subscribe(({ type }) => {
    if (type === 'error' || type === 'weight' || type === 'status' || type === 'shadow') return;
    counts[type] = (counts[type] ?? 0) + 1;
    total += 1;
  });
  const world = worldOf({ strategies, symbols, outcomes: 20, engine, candles: WARM });
  const { random } = world;
  /** A market that goes round and round. */
  const market = [...candlesOf(world.symbols, WARM)];
  let hour = START / HOUR + WARM;

  function* events() {
    for (let turn = 0; ; turn += 1) {
      hour += 1;
      for (const [symbol, candles] of market)
        yield engine.recordCandle(symbol, '1h', { ...candles[turn % WARM]!, time: (hour - 1) * HOUR });
      yield engine.updateOptimization(hour * HOUR);
      for (let i = 0; i < SIGNALS; i += 1) {
        const at = turn * SIGNALS + i;
        const strategy = at % strategies;
        const symbol = Math.floor(at / strategies) % symbols;
        const close = market[symbol]![1][turn % WARM]!.close;
        const time = hour * HOUR + i * 60 * SECOND;
        const decision = engine.decide(
          signalOf(world.strategies[strategy]!, world.symbols[symbol]!, time, 0.97 * close),
        );
        yield decision;
        if (decision.action === 'execute')
          yield engine.recordTrade(tradeOf(decision, edgeOf(strategy) + random.normal(), 30 * SECOND));
      }
    }
  }
  let signals = 0;
  function signal(): void {
    signals += 1;
    const [strategy, symbol] = [signals % strategies, signals % symbols];
    const close = engine.detector.lastClose(world.symbols[symbol]!)!;
    engine.decide(
      signalOf(world.strategies[strategy]!, world.symbols[symbol]!, engine.time + 1, 0.97 * close),
    );
  }

  const lived = events();
  return {
    world,
    counts,
    live(more) {
      for (const end = total + more; total < end; ) lived.next();
    },
    signal(decisions) {
      for (let i = 0; i < decisions; i += 1) signal();
    },
  };
}

/** A life that is recorded in a state directory. */
export async function recordedLife(
  stateDir: string,
  options: LifeOptions = {},
): Promise<{ overlay: Overlay; life: Life }> {
  let now = START;
  const clock = { now: () => now, sleep: async () => undefined };
  const overlay = await openOverlay({ stateDir, log: quiet, durability: 'interval', clock });
  // From here on nothing lies ahead of the clock.
  now = START + 1e6 * HOUR;
  return { overlay, life: lifeOf(overlay.engine, options) };
}

/** Bytes of all files below a directory. */
export function bytesIn(directory: string): number {
  let bytes = 0;
  for (const name of readdirSync(directory, { recursive: true })) {
    const stat = statSync(join(directory, String(name)));
    if (stat.isFile()) bytes += stat.size;
  }
  return bytes;
}
