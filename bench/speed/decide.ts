import type { Decision, Signal } from '../../src/index.ts';
import type { RunOptions } from './concepts.ts';
import { PYTHON_DECIDE } from './peers.ts';
import { demand, type Measurement } from './row.ts';
import { inBatches, singly } from './timing.ts';
import { signalOf, type World, worldOf } from './world.ts';

/** Numbers coprime to those of strategies and symbols: every call finds another cell than those before. */
const STRIDE = 7919;

/** Calls `decide` on one cell after the other, in an order that no cache likes. */
function decider(world: World, identified = false) {
  const signal = signaller(world, identified);
  return () => world.engine.decide(signal());
}

/** The signals alone, on one cell after the other. */
function signaller({ strategies, symbols, stops, next }: World, identified = false) {
  const cells = strategies.length * symbols.length;
  // Those with an id are half a round away from those without: neither finds what the other has just looked at.
  let at = identified ? cells / 2 : 0;
  return (): Signal => {
    at += 1;
    const cell = (at * STRIDE) % cells;
    const symbol = Math.floor(cell / strategies.length);
    const strategy = strategies[cell % strategies.length]!;
    const signal: Mutable<Signal> = signalOf(strategy, symbols[symbol]!, next(), stops[symbol]!);
    if (identified) signal.id = `s${at}`;
    return signal;
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Fails unless the evidence decides: most signals go out, some are blocked, and sizes are what they deserve. */
function check(decide: () => Decision): void {
  const decisions = Array.from({ length: 2000 }, decide);
  const share = (fits: (decision: Decision) => boolean) => decisions.filter(fits).length / decisions.length;
  const executed = share(({ action }) => action === 'execute');
  const scaled = share(({ action, multiplier }) => action === 'execute' && multiplier !== 1);
  demand(executed > 0.5 && executed < 0.98, `decide: ${executed} of the signals go out`);
  demand(scaled > 0.3, `decide: ${scaled} of the signals are scaled`);
  demand(share(({ edge }) => edge !== null) === 1, 'decide: not the posterior decides');
  demand(share(({ regime }) => regime !== 'UNKNOWN') > 0.8, 'decide: regimes are unknown');
}

/** The same work with nothing around it: look the cell up, mix eight models, size, and say so in an object. */
function bareLoop(strategies: readonly string[], symbols: readonly string[]) {
  const cells = new Map(
    strategies.map((strategy, i) => [
      strategy,
      new Map(
        symbols.map((symbol, j) => [
          symbol,
          Float64Array.from({ length: 16 }, (_, k) => ((i + j + k) % 9) / 50),
        ]),
      ),
    ]),
  );
  const weights = Float64Array.from({ length: 8 }, () => 1 / 8);
  let at = 0;
  return () => {
    at += 1;
    const cell = (at * STRIDE) % (strategies.length * symbols.length);
    const strategy = strategies[cell % strategies.length]!;
    const symbol = symbols[Math.floor(cell / strategies.length)]!;
    const node = cells.get(strategy)!.get(symbol)!;
    let theta = 0;
    let square = 0;
    let variance = 0;
    for (let model = 0; model < 8; model += 1) {
      const mean = node[model]!;
      theta += weights[model]! * mean;
      square += weights[model]! * mean * mean;
      variance += weights[model]! * node[8 + model]!;
    }
    variance += square - theta * theta;
    const z = theta / Math.sqrt(variance + 1e-9);
    const probability = 1 / (1 + Math.exp(-1.702 * z));
    const multiplier = Math.min(2, Math.max(0, theta * 12.5));
    return {
      id: `d${at}`,
      time: at,
      strategy,
      symbol,
      side: 'long',
      action: multiplier > 0 ? 'execute' : 'block',
      multiplier,
      quality: null,
      regime: 'TRENDING',
      edge: { theta, variance, probability, terms: { pool: theta, strategy: 0, cell: 0, symbol: 0 } },
      plan: { stop: 90, target: null },
      reasons: multiplier < 1 ? ['EDGE_REDUCED'] : [],
    };
  };
}

export async function measure({ long }: RunOptions): Promise<Measurement[]> {
  const many = { strategies: 1000, symbols: 10, outcomes: 20 };
  const world = worldOf(many);
  const decide = decider(world);
  check(decide);
  const bare = bareLoop(world.strategies, world.symbols);
  const cold = singly({ decide, identified: decider(world, true), bare }, { turns: 20, each: 500 });
  check(decide);

  const { engine, strategies, symbols, next } = world;
  const exiting = () => ({ ...signalOf(strategies[0]!, symbols[0]!, next()), intent: 'close' }) as Signal;
  const exit = () => engine.decide(exiting());
  const { floor, exits } = inBatches({ exits: exit, floor: exiting });
  demand(exit().reasons.includes('EXIT_PASSES'), 'decide: exits do not pass');
  const off = worldOf({ strategies: 10, symbols: 3, outcomes: 5, options: { enabled: false } });
  const decideOff = decider(off);
  demand(decideOff().reasons.includes('OVERLAY_DISABLED'), 'decide: the overlay is not off');
  const whenOff = inBatches({ off: decideOff, floor: signaller(off) });

  const few = { strategies: 10, symbols: 3 };
  const trades = long ? 1_000_000 : 200_000;
  const fresh = worldOf({ ...few, outcomes: 0 });
  const young = worldOf({ ...few, outcomes: 30 });
  const old = worldOf({ ...few, outcomes: Math.ceil(trades / 30) });
  for (const learned of [young, old]) check(decider(learned));
  const recorded = old.engine.decomposer.getPortfolioPerformance().trades;
  demand(recorded >= trades, `decide: only ${recorded} trades were recorded`);
  const aged = singly(
    { fresh: decider(fresh), young: decider(young), old: decider(old) },
    { turns: 20, each: 500 },
  );

  return [
    {
      what: 'decide, 10,000 cells, cold',
      unit: 'us',
      ...cold.decide,
      floor: { what: 'bare loop', value: cold.bare.median },
      peers: [PYTHON_DECIDE],
      must: [
        { of: 'median', below: 3 },
        { of: 'p99', below: 15 },
      ],
    },
    {
      what: 'a signal id adds',
      unit: 'us',
      median: cold.identified.median - cold.decide.median,
      must: [{ of: 'value', below: 0.5 }],
    },
    {
      what: 'decide, overlay off',
      unit: 'us',
      median: Math.max(0, whenOff.off - whenOff.floor),
      floor: { what: 'making the signal', value: whenOff.floor },
      must: [{ of: 'median', below: 0.1 }],
    },
    {
      what: 'decide on an exit',
      unit: 'us',
      median: Math.max(0, exits - floor),
      floor: { what: 'making the signal', value: floor },
    },
    { what: 'decide, 30 cells, nothing recorded', unit: 'us', ...aged.fresh },
    { what: 'decide, 30 cells, 900 trades', unit: 'us', ...aged.young },
    { what: `decide, 30 cells, ${trades.toLocaleString('en')} trades`, unit: 'us', ...aged.old },
    {
      what: `decide, ${trades.toLocaleString('en')} trades over none`,
      unit: 'x',
      median: aged.old.median / aged.fresh.median,
      must: [{ of: 'value', below: 1.1 }],
    },
    {
      what: `decide, ${trades.toLocaleString('en')} trades over 900`,
      unit: 'x',
      median: aged.old.median / aged.young.median,
      must: [{ of: 'value', below: 1.1 }],
    },
  ];
}
