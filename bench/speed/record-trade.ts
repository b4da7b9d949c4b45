import type { Decision, Options } from '../../src/index.ts';
import type { RunOptions } from './concepts.ts';
import { PYTHON_RECORD_TRADE } from './peers.ts';
import { demand, type Measurement } from './row.ts';
import { keep, singly, Times, type Timing } from './timing.ts';
import { edgeOf, signalOf, tradeOf, worldOf } from './world.ts';

/** The ways to weight, of which each keeps something of its own at an outcome. */
export const WEIGHTINGS: Readonly<Record<string, Options>> = {
  posterior: {},
  hedge: { evidence: 'guarded', weighting: 'hedge' },
  riskParity: { evidence: 'guarded', weighting: 'riskParity' },
  preserveTotal: { evidence: 'guarded', preserveTotal: true },
};

const STRIDE = 7919;

/** Decides, and records what came of what was sent; only the recording is timed. */
export function recorder(strategies: number, options: Options = {}) {
  const world = worldOf({ strategies, symbols: 10, outcomes: strategies > 100 ? 5 : 50, options });
  const { engine, symbols, stops, random, next } = world;
  let [at, closed, recorded] = [0, 0, 0];
  engine.subscribe((event) => {
    if (event.type !== 'trade') return;
    recorded += 1;
    if (event.outcome) closed += 1;
  });
  return {
    engine,
    record(times: Times | null): void {
      let decision: Decision;
      let strategy: number;
      do {
        at += 1;
        const cell = (at * STRIDE) % (strategies * symbols.length);
        strategy = cell % strategies;
        const symbol = Math.floor(cell / strategies);
        decision = engine.decide(
          signalOf(world.strategies[strategy]!, symbols[symbol]!, next(), stops[symbol]!),
        );
      } while (decision.action !== 'execute');
      const trade = tradeOf(decision, edgeOf(strategy) + random.normal());
      if (times) times.time(() => engine.recordTrade(trade));
      else engine.recordTrade(trade);
    },
    /** Fails unless every trade was recorded and closed its position. */
    check(name: string, calls: number): void {
      demand(recorded === calls, `${name}: ${recorded} of ${calls} trades were recorded`);
      demand(closed === calls, `${name}: ${closed} of ${calls} positions closed`);
      demand(engine.getOptimizationStatus().errors.DECIDE_FAILED === undefined, `${name}: decisions failed`);
    },
  };
}

/** The same work with nothing around it: three running statistics, eight models on three levels, and the record. */
function bareLoop() {
  const cells = Array.from({ length: 3 }, () => ({ n: 0, mean: 0, m2: 0, m3: 0, m4: 0, wins: 0, pnl: 0 }));
  const levels = Array.from({ length: 3 }, () => new Float64Array(16).fill(0.1));
  let at = 0;
  return () => {
    at += 1;
    const r = (at % 21) / 10 - 1;
    for (const cell of cells) {
      cell.n += 1;
      const delta = r - cell.mean;
      const share = delta / cell.n;
      const term = delta * share * (cell.n - 1);
      cell.m4 += term * share * share * (cell.n * cell.n - 3 * cell.n + 3) + 6 * share * share * cell.m2;
      cell.m3 += term * share * (cell.n - 2) - 3 * share * cell.m2;
      cell.m2 += term;
      cell.mean += share;
      cell.pnl += 10 * r;
      if (r > 0) cell.wins += 1;
    }
    for (const level of levels)
      for (let model = 0; model < 8; model += 1) {
        const variance = level[8 + model]! * 0.999 + 1e-5;
        const gain = variance / (variance + 1);
        level[model] = level[model]! + gain * (r - level[model]!);
        level[8 + model] = variance * (1 - gain);
      }
    return {
      id: `t${at}`,
      strategy: 's',
      symbol: 'c',
      side: 'long',
      entryTime: at,
      exitTime: at,
      r,
      pnl: 10 * r,
      mean: cells[0]!.mean,
    };
  };
}

export async function measure({ long }: RunOptions): Promise<Measurement[]> {
  const calls = long ? 40_000 : 8_000;
  const { bare } = singly({ bare: bareLoop() }, { turns: 5, each: 2000 });
  const rows: Measurement[] = [];
  for (const [name, options] of Object.entries(WEIGHTINGS)) {
    const timings: Timing[] = [];
    for (const strategies of [10, 1000]) {
      const bench = recorder(strategies, options);
      const times = new Times();
      for (let i = 0; i < 2000; i += 1) bench.record(null);
      for (let i = 0; i < calls; i += 1) bench.record(times);
      bench.check(`recordTrade, ${name}`, 2000 + calls);
      keep(bench.engine);
      const timing = times.timing();
      timings.push(timing);
      rows.push({
        what: `recordTrade, ${name}, ${strategies.toLocaleString('en')} strategies`,
        unit: 'us',
        ...timing,
        floor: { what: 'bare loop', value: bare.median },
        ...(name === 'posterior' ? { peers: [PYTHON_RECORD_TRADE] } : {}),
        must: [{ of: 'median', below: 6 }],
      });
    }
    rows.push({
      what: `recordTrade, ${name}, 1,000 strategies over 10`,
      unit: 'x',
      median: timings[1]!.median / timings[0]!.median,
      must: [{ of: 'value', below: 2 }],
    });
  }
  return rows;
}
