import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Decision,
  EffectLedger,
  type OptimizationEngine,
  type Options,
  type TradeInput,
} from '../../src/index.ts';
import { engineWith, HOUR, START, signal, trade } from '../fixtures.ts';

/** How R is known: by the stop, by rates, by what the strategy usually loses. */
const SOURCES = ['stop', 'floor', 'stopRate', 'rates without sizes', 'atr', 'averageLoss'] as const;
type Source = (typeof SOURCES)[number];

interface Plan {
  readonly source: Source;
  /** Size, entry, gain and fee of the parts. The last one closes the rest. */
  readonly parts: readonly { readonly size: number; readonly entry: number; readonly gain: number }[];
  readonly short: boolean;
  readonly multiplier: number;
}

const amounts = fc.double({ min: 0.01, max: 100, noNaN: true });
const plans: fc.Arbitrary<Plan> = fc.record({
  source: fc.constantFrom(...SOURCES),
  parts: fc.array(
    fc.record({
      size: amounts,
      entry: fc.double({ min: 95, max: 105, noNaN: true }),
      // Without sizes a part that neither gained nor lost cannot say how large it was.
      gain: fc.double({ min: -0.2, max: 0.3, noNaN: true }).filter((gain) => Math.abs(gain) > 1e-6),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  short: fc.boolean(),
  multiplier: fc.constantFrom(1, 0.5),
});

type Closing = Pick<TradeInput, 'pnl'> & Partial<TradeInput>;

/** The trade that closes a part of a position entered at a price, as hosts that know this much tell it. */
function tradeOf(source: Source, part: Plan['parts'][number], short: boolean): Closing {
  const { size, entry, gain } = part;
  const pnl = size * entry * gain;
  const side = short ? 'short' : 'long';
  switch (source) {
    case 'stop':
      return { side, pnl, size, entryPrice: entry, stop: short ? 120 : 80 };
    case 'floor':
      return { side, pnl, size, entryPrice: entry, stop: entry * 1.0001, atrRate: 0.05 };
    case 'stopRate':
      return { side, pnl, size, entryPrice: entry, stopRate: 0.04 };
    case 'rates without sizes':
      return { side, pnl, returnRate: gain, stopRate: 0.04 };
    case 'atr':
      return { side, pnl, size, entryPrice: entry, atrRate: 0.02 };
    case 'averageLoss':
      return { side, pnl, size, entryPrice: entry };
  }
}

/** All parts as one: their money together, at the mean entry. */
function whole({ source, parts, short }: Plan): Closing {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const cost = parts.reduce((sum, part) => sum + part.size * part.entry, 0);
  const pnl = parts.reduce((sum, part) => sum + part.size * part.entry * part.gain, 0);
  return tradeOf(source, { size, entry: cost / size, gain: pnl / cost }, short);
}

function watched(options: Options = {}) {
  const engine = engineWith({ weighting: 'hedge', ...options });
  const ledger = new EffectLedger();
  engine.subscribe((event) => ledger.observe(event));
  return { engine, ledger };
}

/** What was learned, without the money and without which trades were seen. */
function learned({ engine, ledger }: ReturnType<typeof watched>) {
  const { decomposer, optimizer, scorer, manager, counts, coverage } = engine.snapshot();
  return {
    evidence: decomposer.evidence,
    optimizer,
    scorer,
    manager,
    counts,
    coverage,
    outcomes: ledger.outcomes,
  };
}

/** Equal up to 1e-9 of each number. */
function expectEqual(a: unknown, b: unknown): void {
  const near = (value: unknown): unknown => {
    if (typeof value === 'number' && Number.isFinite(value)) {
      const scale = Math.max(1, Math.abs(value));
      return { asymmetricMatch: (other: unknown) => Math.abs((other as number) - value) <= 1e-9 * scale };
    }
    if (Array.isArray(value)) return value.map(near);
    if (value !== null && typeof value === 'object')
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, near(each)]));
    return value;
  };
  expect(a).toEqual(near(b));
}

const EXIT = START + 5 * HOUR;
/** One trade that leaves the strategy with a typical loss and a status to lose. */
const warmUp = (engine: OptimizationEngine) => {
  for (let i = 0; i < 6; i += 1)
    engine.recordTrade(trade(i % 2 ? 1 : -1, { id: `b${i}`, exitTime: START + HOUR + i }));
};
const decided = (engine: OptimizationEngine, multiplier: number): Decision => ({
  ...engine.decide(signal({ time: START + 2 * HOUR })),
  multiplier,
});
const base = { strategy: 'EMA_Trend', symbol: 'BTC/USDT', entryTime: START + 2 * HOUR, exitTime: EXIT };

describe('a position', () => {
  it('closed in any number of parts teaches what it teaches in one', () => {
    fc.assert(
      fc.property(plans, fc.boolean(), fc.boolean(), (plan, named, lastSaysZero) => {
        const [one, many] = [watched(), watched()];
        const id = named ? { positionId: 'p' } : {};
        warmUp(one.engine);
        one.engine.recordTrade({
          ...base,
          ...whole(plan),
          ...id,
          id: 'whole',
          decision: decided(one.engine, plan.multiplier),
        });

        warmUp(many.engine);
        const decision = decided(many.engine, plan.multiplier);
        let left = plan.parts.reduce((sum, { size }) => sum + size, 0);
        for (const [i, part] of plan.parts.entries()) {
          left -= part.size;
          const last = i === plan.parts.length - 1;
          const openSize = last ? (lastSaysZero ? { openSize: Math.max(0, left) } : {}) : { openSize: left };
          many.engine.recordTrade({
            ...base,
            ...tradeOf(plan.source, part, plan.short),
            ...id,
            ...openSize,
            id: `part${i}`,
            exitTime: last ? EXIT : EXIT - HOUR,
            decision,
          });
        }
        expectEqual(learned(many), learned(one));
        expect(one.engine.snapshot().decomposer.evidence[0]![1].outcomes).toBe(7);
        expect(many.engine.decomposer.getPortfolioPerformance()).toMatchObject({
          trades: 6 + plan.parts.length,
        });
      }),
    );
  });

  it('that is lost in 25 parts is one loss', () => {
    const { engine, ledger } = watched();
    const decision = engine.decide(signal());
    for (let i = 24; i >= 0; i -= 1)
      engine.recordTrade(trade(-1, { decision, size: 1, pnl: -10, openSize: i }));
    expect(engine.decomposer.windowOf('EMA_Trend')).toMatchObject({ trades: 1, consecutiveLosses: 1 });
    expect(engine.decomposer.evidenceOf('EMA_Trend')?.averageLoss).toMatchObject({ losses: 1, lossSum: 250 });
    expect(engine.manager.getStrategyHealth('EMA_Trend')).toMatchObject({
      tradesInStatus: 1,
      status: 'ACTIVE',
    });
    expect(engine.getSignalCounts().EMA_Trend).toMatchObject({ outcomes: 1, sentOutcomes: 1, wins: 0 });
    expect(engine.scorer.snapshot().strategies[0]![1].overall.losses).toBe(1);
    expect(ledger.outcomes).toMatchObject([{ r: -1, pnl: -250 }]);
    expect(engine.getCoverage().closed).toBe(1);
    expect(engine.decomposer.getStrategyPerformance('EMA_Trend')).toMatchObject({
      trades: 25,
      totalPnl: -250,
    });
  });

  it('teaches nothing while something of it is open, and is seen in the money at once', () => {
    const { engine, ledger } = watched();
    const fresh = learned(watched());
    const recorded = engine.recordTrade(trade(3, { positionId: 'p', openSize: 0.5, funding: -0.25 }));
    expect(recorded).toMatchObject({ positionId: 'p', r: 3, funding: -0.25 });
    expect(learned({ engine, ledger })).toEqual(fresh);
    expect(engine.decomposer.getStrategies()).toEqual(['EMA_Trend']);
    engine.updateOptimization(START + 2 * HOUR);
    expect(engine.decomposer.getPortfolioPerformance().totalPnl).toBe(30);
  });

  it('counts once, and what comes of it later is money', () => {
    const { engine, ledger } = watched();
    const decision = engine.decide(signal());
    engine.recordTrade(trade(1, { decision }));
    const known = learned({ engine, ledger });
    const late = trade(-5, { decision });
    const events: unknown[] = [];
    engine.subscribe((event) => events.push(event));
    engine.recordTrade(late);
    engine.recordTrade(late);
    expect(learned({ engine, ledger })).toEqual(known);
    expect(events).toMatchObject([{ type: 'trade', outcome: null }]);
    expect(engine.decomposer.getPortfolioPerformance().totalPnl).toBe(-40);
  });

  it('is told from another of its strategy, whatever comes first', () => {
    const parts = [
      trade(1, { positionId: 'a', openSize: 1, pnl: 10, id: 'a1' }),
      trade(1, { positionId: 'a', pnl: -30, exitTime: START + 3 * HOUR, id: 'a2' }),
      trade(1, { positionId: 'b', openSize: 2, pnl: 20, id: 'b1' }),
      trade(1, { positionId: 'b', pnl: 40, exitTime: START + 4 * HOUR, id: 'b2' }),
    ] as const;
    const outcomes = [
      [0, 2, 1, 3],
      [2, 0, 1, 3],
      [0, 1, 2, 3],
    ].map((order) => {
      const { engine } = watched();
      const seen: unknown[] = [];
      engine.subscribe((event) => {
        if (event.type === 'trade' && event.outcome) seen.push(event.outcome);
      });
      for (const i of order) engine.recordTrade(parts[i]!);
      return seen;
    });
    expect(outcomes[0]).toMatchObject([
      { positionId: 'a', parts: 2, pnl: -20, r: -1, size: 2, exitTime: START + 3 * HOUR },
      { positionId: 'b', parts: 2, pnl: 60, r: 3, size: 2, exitTime: START + 4 * HOUR },
    ]);
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[2]).toEqual(outcomes[0]);
  });

  it('has the same id only on the same symbol and for the same strategy', () => {
    const engine = engineWith();
    for (const changes of [{}, { symbol: 'ETH/USDT' }, { strategy: 'B' }])
      engine.recordTrade(trade(1, { positionId: '7', ...changes }));
    expect(engine.getCoverage().closed).toBe(3);
  });

  it('is one outcome with its adds: entries at other prices, risks and sizes', () => {
    const engine = engineWith();
    const seen: unknown[] = [];
    engine.subscribe((event) => {
      if (event.type === 'trade') seen.push(event.outcome);
    });
    const decision = engine.decide(signal());
    const add = { ...decision, id: 'd99', multiplier: 0.5 };
    const position = { positionId: 'p', stop: 90 };
    engine.recordTrade(trade(0, { ...position, decision, entryPrice: 100, size: 1, pnl: 5, openSize: 4 }));
    engine.recordTrade(
      trade(0, { ...position, decision: add, entryPrice: 95, size: 4, pnl: -35, entryTime: START + 5 }),
    );
    expect(seen).toMatchObject([
      null,
      {
        r: -30 / (10 + 20),
        rSource: 'stop',
        basePnl: -65,
        baseSize: 9,
        entryTime: START,
        decision: { id: 'd1' },
      },
    ]);
  });

  it('is closed when what is left is no more than rounding', () => {
    const engine = engineWith();
    engine.recordTrade(trade(1, { positionId: 'p', size: 1000, openSize: 1000 }));
    engine.recordTrade(trade(1, { positionId: 'p', size: 1000, openSize: 2e-6 }));
    expect(engine.getCoverage().closed).toBe(1);
  });

  it.each([{ openSize: -1 }, { openSize: Number.NaN }, { positionId: '' }, { funding: Number.NaN }])(
    'is refused with %o',
    (changes) => {
      const engine = engineWith();
      const fresh = engine.snapshot();
      expect(() => engine.recordTrade(trade(1, changes))).toThrow(/TRADE_INVALID/);
      expect(engine.snapshot()).toEqual(fresh);
    },
  );

  it('of a decision that judged nothing is known by its trade alone', () => {
    const engine = engineWith({ enabled: false });
    const decision = engine.decide(signal());
    for (let i = 0; i < 3; i += 1) engine.recordTrade(trade(1, { decision }));
    expect(engine.getCoverage().closed).toBe(3);
  });

  it('survives a restart in the middle, bit for bit', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ position: fc.constantFrom('a', 'b', 'c'), pnl: fc.integer(), open: fc.nat(2) }),
          { maxLength: 30 },
        ),
        fc.nat(30),
        (rows, cut) => {
          const inputs = rows.map(({ position, pnl, open }, i) =>
            trade(1, { id: `r${i}`, positionId: `${position}${i >> 3}`, pnl, openSize: open }),
          );
          const run = (engine: OptimizationEngine, all: readonly TradeInput[]) => {
            for (const each of all) engine.recordTrade(each);
            return engine;
          };
          const resumed = engineWith();
          resumed.restore(JSON.parse(JSON.stringify(run(engineWith(), inputs.slice(0, cut)).snapshot())));
          expect(JSON.stringify(run(resumed, inputs.slice(cut)).snapshot())).toBe(
            JSON.stringify(run(engineWith(), inputs).snapshot()),
          );
        },
      ),
    );
  });

  it('that was learned by a version that knew no positions is not learned again', () => {
    const engine = engineWith();
    const [learnt, open] = [engine.decide(signal()), engine.decide(signal())];
    const { coverage: _coverage, recent, decomposer, ...rest } = engine.snapshot();
    const { positions: _positions, ...others } = decomposer;
    const old = {
      ...rest,
      version: 3,
      decomposer: others,
      recent: recent.map(([key, decision]) => [key, decision, decision.id === learnt.id]),
    };
    const restored = engineWith();
    restored.restore(JSON.parse(JSON.stringify(old)));
    restored.recordTrade(trade(1, { decision: learnt }));
    expect(restored.getCoverage()).toMatchObject({ judged: 2, closed: 0 });
    restored.recordTrade(trade(1, { decision: open }));
    expect(restored.getCoverage().closed).toBe(1);
  });

  it('is forgotten, and never learned, when too many are open', () => {
    const engine = engineWith();
    for (let i = 0; i <= 4096; i += 1)
      engine.recordTrade(trade(1, { positionId: `p${i}`, openSize: 1, exitTime: START + i + HOUR }));
    expect(engine.getOptimizationStatus().errors).toEqual({ POSITION_DROPPED: 1 });
    engine.restore(JSON.parse(JSON.stringify(engine.snapshot())));
    engine.recordTrade(trade(1, { positionId: 'p0', exitTime: START + 9 * HOUR }));
    expect(engine.getCoverage().closed).toBe(0);
    engine.recordTrade(trade(1, { positionId: 'p1', exitTime: START + 9 * HOUR }));
    expect(engine.getCoverage().closed).toBe(1);
  });

  it('is refused for life once nobody knows how its rest ended', () => {
    const { engine, ledger } = watched();
    const decision = engine.decide(signal());
    engine.recordTrade(trade(-1, { decision, positionId: 'p', openSize: 1 }));
    const end = { strategy: 'EMA_Trend', symbol: 'BTC/USDT', time: START + HOUR, positionId: 'p', size: 1 };
    expect(engine.recordUnknownExit(end)).toBe(true);
    expect(engine.recordUnknownExit(end)).toBe(false);
    engine.recordTrade(trade(-1, { decision, positionId: 'p' }));
    expect(ledger.outcomes).toEqual([]);
    expect(engine.getCoverage()).toMatchObject({ closed: 0, unknownExits: 1 });
  });
});

describe('a strategy whose positions are closed in three parts', () => {
  /** Wins of 1.5 R and losses of 1 R about an edge of +0.20 R, and partial closes that do not all gain or lose alike. */
  function lives(parts: number) {
    const { engine, ledger } = watched({ baseWeights: { EMA_Trend: 1 } });
    let state = 42;
    const random = () => {
      state = (state * 1664525 + 1013904223) % 2 ** 32;
      return state / 2 ** 32;
    };
    for (let i = 1; i <= 300; i += 1) {
      const time = START + i * 6 * HOUR;
      const r = random() < 0.48 ? 1.5 : -1;
      const decision = engine.decide(signal({ time: time - HOUR }));
      for (let part = 1; part <= parts; part += 1) {
        engine.recordTrade(
          trade(0, {
            id: `${i}/${part}`,
            decision,
            entryTime: time - HOUR,
            exitTime: time,
            size: 1 / parts,
            pnl: (10 * r) / parts,
            openSize: 1 - part / parts,
          }),
        );
      }
      engine.updateOptimization(time);
    }
    return { engine, ledger };
  }

  it('has the life of one whose positions are closed whole', () => {
    const [whole, split] = [lives(1), lives(3)];
    expectEqual(learned(split), learned(whole));
    expect(split.engine.decomposer.evidenceOf('EMA_Trend')?.outcomes).toBe(300);
    expect(split.engine.manager.getAuditLog()).toEqual(whole.engine.manager.getAuditLog());
  });
});
