import type { Options } from '../../src/index.ts';
import type { RunOptions } from './concepts.ts';
import { PYTHON_UPDATE } from './peers.ts';
import { WEIGHTINGS } from './record-trade.ts';
import { demand, type Measurement } from './row.ts';
import { cpuOf, keep, median } from './timing.ts';
import { edgeOf, HOUR, position, worldOf } from './world.ts';

const SYMBOLS = 10;

/** Updates hour by hour of an engine with so many strategies: where nothing happened since, and where each has closed a position. */
function updater(strategies: number, options: Options) {
  const world = worldOf({ strategies, symbols: SYMBOLS, outcomes: 3, options, candles: 100 });
  const { engine, random } = world;
  let hour = Math.ceil(world.next() / HOUR);
  const update = () => engine.updateOptimization(hour * HOUR);
  const pass = () => {
    hour += 1;
  };
  const trade = () => {
    for (const [i, strategy] of world.strategies.entries())
      engine.recordTrade({
        strategy,
        symbol: world.symbols[(hour + i) % SYMBOLS]!,
        regime: 'RANGING',
        ...position(edgeOf(i) + random.normal(), (hour - 1) * HOUR, hour * HOUR - 1),
      });
  };
  return { update, pass, trade };
}

/** Median processor time of an update, in us, in which every strategy has closed a position since the last. */
function due(strategies: number, options: Options, turns: number): number {
  const { update, pass, trade } = updater(strategies, options);
  const times: number[] = [];
  let changes = 0;
  for (let turn = -5; turn < turns; turn += 1) {
    pass();
    trade();
    const took = cpuOf(() => {
      changes += update().weightChanges;
    });
    if (turn >= 0) times.push(took);
  }
  demand(changes > 0, `update of ${strategies} strategies: no weight ever changed`);
  return median(times);
}

/** Median processor time of an update, in us, in which nothing happened since the last one. */
function idle(strategies: number, turns: number): number {
  const { update, pass, trade } = updater(strategies, {});
  pass();
  trade();
  let settled = 0;
  for (let hours = 0; settled < 3 && hours < 300; hours += 1) {
    pass();
    settled = update().weightChanges === 0 ? settled + 1 : 0;
  }
  demand(settled === 3, `update of ${strategies} strategies: the weights never come to rest`);
  const times: number[] = [];
  let changes = 0;
  for (let turn = -5; turn < turns; turn += 1) {
    pass();
    const took = cpuOf(() => {
      changes += update().weightChanges;
    });
    if (turn >= 0) times.push(took);
  }
  demand(
    changes === 0,
    `update of ${strategies} strategies: ${changes} weights changed where nothing was due`,
  );
  return median(times);
}

/** A loop over so many strategies that looks whether anything is due, and at what each weighs. */
function bareLoop(strategies: number, turns: number): number {
  const dueAt = new Float64Array(strategies).fill(1e15);
  const weights = new Map(Array.from({ length: strategies }, (_, i) => [`strategy${i}`, 1 + i / 1000]));
  const took: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const began = performance.now();
    let count = 0;
    const state: Record<string, number> = {};
    for (let i = 0; i < strategies; i += 1) if (dueAt[i]! < turn) count += 1;
    for (const [strategy, weight] of weights) state[strategy] = weight;
    keep([count, state]);
    took.push((performance.now() - began) * 1000);
  }
  return median(took.slice(turns / 2));
}

export async function measure({ long }: RunOptions): Promise<Measurement[]> {
  const turns = long ? 30 : 7;
  const floor = bareLoop(1000, 200);
  const rows: Measurement[] = [
    {
      what: 'update, nothing due, per strategy of 1,000',
      unit: 'us',
      median: idle(1000, turns) / 1000,
      floor: { what: 'bare loop', value: floor / 1000 },
      must: [{ of: 'median', below: 1 }],
    },
    { what: 'update, 3 strategies due', unit: 'us', median: due(3, {}, 500), peers: [PYTHON_UPDATE] },
  ];
  for (const [name, options] of Object.entries(WEIGHTINGS)) {
    const few = due(100, options, 3 * turns);
    const many = due(1000, options, turns);
    rows.push(
      {
        what: `update, ${name}, 1,000 strategies due`,
        unit: 'ms',
        median: many / 1000,
        floor: { what: 'bare loop', value: floor / 1000 },
        must: [{ of: 'median', below: 15 }],
      },
      {
        what: `update, ${name}, a strategy of 1,000 over one of 100`,
        unit: 'x',
        median: many / 1000 / (few / 100),
        must: [{ of: 'value', below: 1.5 }],
      },
    );
  }
  return rows;
}
