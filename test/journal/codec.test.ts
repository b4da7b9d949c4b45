import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EffectEvent } from '../../src/engine/events.ts';
import type { Decision, InputEvent, Signal, TradeInput } from '../../src/index.ts';
import { OptimizationEngine, REASONS } from '../../src/index.ts';
import { SEAL } from '../../src/journal/codec/checksum.ts';
import { decodeEffects, encodeEffects } from '../../src/journal/codec/effect-line.ts';
import { decodeEvent, encodeEvent } from '../../src/journal/codec/event-line.ts';
import { linesOf } from '../../src/journal/codec/line.ts';
import { KnownNames, NameTable } from '../../src/journal/codec/names.ts';
import { exactly, exactlyRead, Packer, Unpacker } from '../../src/journal/codec/packed.ts';
import { UNJUDGED_REASONS } from '../../src/model/coverage.ts';
import { ENFORCEMENTS } from '../../src/model/decision.ts';
import { CELLS, REGIMES } from '../../src/model/regime.ts';
import { STRATEGY_STATUSES } from '../../src/model/strategy.ts';
import { R_SOURCES } from '../../src/model/trade.ts';
import { AUTHOR, HOUR, names, START, signal, symbols, trade, walk } from '../fixtures.ts';

/** What a line says once it was written and read, and whether its trade's decision is left to the engine. */
function written(event: InputEvent, remembered = false) {
  const table = new NameTable();
  const text = JSON.stringify(encodeEvent(event, remembered, table));
  const known = new KnownNames();
  known.declare(0, table.from(0));
  return decodeEvent(JSON.parse(text), known);
}

function effectsWritten(effects: readonly EffectEvent[]): EffectEvent[] {
  const table = new NameTable();
  const lines: unknown[][] = [];
  encodeEffects(lines, effects, table);
  const known = new KnownNames();
  known.declare(0, table.from(0));
  return lines.flatMap((values) => decodeEffects(JSON.parse(JSON.stringify(values)), known));
}

const near = (a: number, b: number) => Math.abs(a - b) <= 5.1e-4 * Math.abs(b) + 1e-18;

/** What was sent is as it was; what explains it, to four digits. */
function expectSame(
  read: Decision,
  { score, edge, plan, atrRate, quality, adjustedConfidence, ...was }: Decision,
) {
  expect(read).toMatchObject(was);
  expect(Object.keys(read).length).toBe(Object.keys(was).length + 6);
  const roughly = (a: unknown, b: unknown): void => {
    if (typeof b === 'number') expect(near(a as number, b), `${a} for ${b}`).toBe(true);
    else if (typeof b === 'object' && b !== null) {
      expect(Object.keys(a as object).sort()).toEqual(Object.keys(b).sort());
      for (const key of Object.keys(b)) roughly((a as never)[key], (b as never)[key]);
    } else expect(a).toBe(b);
  };
  roughly(read.score, score);
  roughly(read.edge, edge);
  roughly(read.plan, plan);
  roughly([read.atrRate, read.quality, read.adjustedConfidence], [atrRate, quality, adjustedConfidence]);
}

const rates = fc.double({ min: 0, max: 1, noNaN: true });
const prices = fc.oneof(
  fc.integer({ min: 1, max: 1e6 }).map((n) => n / 100),
  fc.double({ min: 1e-8, max: 1e7, noNaN: true }),
);
const signals: fc.Arbitrary<Signal> = fc.record(
  {
    id: fc.string({ minLength: 1, maxLength: 36, unit: 'grapheme' }),
    strategy: names,
    symbol: symbols,
    side: fc.constantFrom('long' as const, 'short' as const),
    time: fc.integer({ min: START, max: START + 400 * HOUR }),
    intent: fc.constantFrom('open' as const),
    confidence: rates,
    confluence: fc.oneof(fc.integer({ min: 1, max: 9 }), rates),
    alignment: rates,
    regime: fc.constantFrom(...REGIMES),
    size: prices,
    stop: prices,
    target: prices,
    exitRule: fc.constant('host' as const),
    feeRate: rates,
    slippageRate: rates,
    reduceOnly: fc.boolean(),
    scalable: fc.boolean(),
  },
  { requiredKeys: ['strategy', 'symbol', 'side', 'time'] },
);

/** An engine that has seen enough to have something to say of a signal. */
function experienced(): OptimizationEngine {
  const engine = new OptimizationEngine({ controlArm: 0.2, minQualityThreshold: 0.6 });
  for (const [i, candle] of walk(200).entries()) {
    engine.recordCandle('BTC/USDT', '1h', candle);
    const r = (i % 5) - 1.7;
    if (i > 100)
      engine.recordTrade(trade(r, { id: `x${i}`, exitTime: candle.time + HOUR, regime: 'RANGING' }));
  }
  engine.recordEquity({ time: START + 200 * HOUR, equity: 10_000 / 3 });
  return engine;
}

describe('a line of the journal', () => {
  it('says of a decision all that its signal said, what was sent, and what explains it', () => {
    const engine = experienced();
    fc.assert(
      fc.property(signals, (given) => {
        const decision = engine.decide(given);
        const event: InputEvent = { type: 'decision', time: decision.time, signal: given, decision };
        const { event: read } = written(event);
        if (read.type !== 'decision') throw new Error(read.type);
        expect(read.signal).toEqual(given);
        expectSame(read.decision, decision);
        // What was read is written as it is: nothing drifts.
        expect(written({ ...event, ...read } as InputEvent).event).toEqual(read);
      }),
    );
  });

  it('says of a trade what the host said, R, and what its position came to', () => {
    const engine = experienced();
    const optional = fc.record(
      {
        positionId: fc.constantFrom('p', 'q'),
        openSize: fc.constantFrom(0, 0.5, 1 / 3),
        size: prices,
        fees: rates,
        funding: fc.double({ min: -1, max: 1, noNaN: true }),
        equityAtEntry: prices,
        regime: fc.constantFrom(...REGIMES, ...CELLS),
        lowestPrice: fc.constant(50),
        highestPrice: fc.constant(200 / 3),
        entryPrice: fc.constant(60),
        stop: fc.constantFrom(55, 100 / 3),
      },
      { requiredKeys: [] },
    );
    let count = 0;
    fc.assert(
      fc.property(
        optional,
        fc.double({ min: -50, max: 50, noNaN: true }),
        fc.boolean(),
        fc.boolean(),
        (more, pnl, isDecided, isNamed) => {
          count += 1;
          const time = START + 300 * HOUR + count;
          const decision = isDecided ? engine.decide(signal({ time })) : undefined;
          const given: TradeInput = {
            ...(isNamed ? { id: `c${count}` } : {}),
            strategy: 'EMA_Trend',
            symbol: 'BTC/USDT',
            entryTime: time,
            exitTime: time,
            pnl,
            ...more,
            ...(decision && decision.multiplier > 0 ? { decision } : {}),
          };
          const told: InputEvent[] = [];
          const stop = engine.subscribe((event) => void (event.type === 'trade' && told.push(event)));
          engine.recordTrade(given);
          stop();
          const [event] = told as [Extract<InputEvent, { type: 'trade' }>];
          for (const remembered of [true, false]) {
            const { event: read, remembered: left } = written(event, remembered);
            if (read.type !== 'trade') throw new Error(read.type);
            const { decision: was, ...input } = event.input;
            const { decision: is, ...readInput } = read.input;
            expect(readInput).toEqual(input);
            if (was === undefined) expect(is).toBeUndefined();
            else if (remembered) expectSame(is!, was);
            else expect(is).toEqual(was);
            expect(left).toBe(remembered && was !== undefined);
            const { returnRate, mae, mfe, ...facts } = event.trade;
            expect(read.trade).toMatchObject(facts);
            expect(near(read.trade.returnRate, returnRate)).toBe(true);
            for (const [a, b] of [
              [read.trade.mae, mae],
              [read.trade.mfe, mfe],
            ] as const)
              expect(b === null ? a === null : near(a!, b)).toBe(true);
            if (event.outcome == null) {
              expect(read.outcome).toBe(event.outcome);
              continue;
            }
            const { decision: first, returnRate: rate, ...came } = event.outcome;
            expect(read.outcome).toMatchObject(came);
            expect(near(read.outcome!.returnRate, rate)).toBe(true);
            if (first === null) expect(read.outcome!.decision).toBeNull();
            else expectSame(read.outcome!.decision!, first);
          }
        },
      ),
    );
  });

  it('says of everything else just what it was', () => {
    const place = { strategy: 'EMA_Trend', symbol: 'BTC/USDT', time: START };
    const events: InputEvent[] = [
      {
        type: 'candle',
        time: START,
        symbol: 'X',
        timeframe: '5m',
        candle: { time: START, open: 1 / 3, high: 2, low: 1e-9, close: 1e15, volume: 0 },
      },
      { type: 'equity', time: START, report: { time: START, equity: 1e4 / 7 } },
      { type: 'equity', time: START, report: { time: START, equity: 1, deposit: -0.1 } },
      { type: 'exit', ...place },
      { type: 'unjudged', time: START, entry: { ...place, reason: 'ORDER_UNREADABLE' } },
      { type: 'unknownExit', time: START, exit: { ...place, size: 1 / 3 } },
      { type: 'unknownExit', time: START, exit: { ...place, size: 2, positionId: 'p' } },
      {
        type: 'command',
        time: START,
        command: { ...AUTHOR, type: 'setMode', mode: 'observe' },
        before: { mode: 'act' },
      },
      { type: 'config', time: START, authorship: AUTHOR, options: { baseWeights: { a: 1 / 3 } }, before: {} },
    ];
    for (const event of events) expect(written(event).event).toEqual(event);
    const { state: _state, ...update } = { type: 'update' as const, time: START, state: {} as never };
    expect(written({ ...update, state: {} as never }).event).toEqual(update);
  });

  it('says of what followed what was changed, in full', () => {
    const change = {
      time: START,
      strategy: 's',
      oldStatus: 'ACTIVE',
      newStatus: 'RETIRED',
      actor: 'a',
      reason: 'r "x"\n',
    } as const;
    const update = {
      time: START,
      strategy: 's',
      previousWeight: 1 / 3,
      newWeight: 0.7,
      target: 1.5,
      components: null,
    } as const;
    const effects: EffectEvent[] = [
      { type: 'status', time: START, change },
      {
        type: 'weight',
        time: START,
        update: { ...update, cell: null, symbol: null, reason: 'stale-reversion' },
      },
      { type: 'weight', time: START, update: { ...update, cell: 'VOLATILE', symbol: null, reason: 'set' } },
      {
        type: 'weight',
        time: START,
        update: { ...update, cell: null, symbol: 'BTC/USDT', reason: 'new-outcomes' },
      },
    ];
    for (const effect of effects) expect(effectsWritten([effect])).toEqual([effect]);
    // Those that come together are read apart, however many they are.
    const many = Array.from({ length: 250 }, (_, i) =>
      effects.map((each) => ({ ...each, time: START + (i % 3) })),
    )
      .flat()
      .map((each) =>
        each.type === 'weight'
          ? {
              ...each,
              update: {
                ...each.update,
                time: each.time,
                strategy: `s${each.update.newWeight}${each.time % 5}`,
              },
            }
          : each.type === 'status'
            ? { ...each, change: { ...each.change, time: each.time } }
            : each,
      ) as EffectEvent[];
    const weights = many.filter(({ type, time }) => type === 'weight' && time === START);
    expect(effectsWritten(many)).toEqual(many);
    expect(effectsWritten(weights)).toEqual(weights);
  });

  it('says of what a signal would have come to R and money in full', () => {
    const engine = experienced();
    fc.assert(
      fc.property(
        signals,
        rates,
        fc.constantFrom(1, 0.5, 0.25),
        fc.constantFrom(null, 1 / 3),
        (given, r, weight, pnl) => {
          const decision = engine.decide(given);
          const outcome = {
            entryTime: START,
            exitTime: START + 5,
            entryPrice: 1 / 3,
            exitPrice: 2,
            risk: r + 1,
            rSource: 'atr',
            r: -r,
            rule: 'host',
            weight,
            exit: 'signal',
            pnl,
          } as const;
          const [read] = effectsWritten([
            { type: 'shadow', time: START + 5, outcome: { ...outcome, decision } },
          ]);
          if (read?.type !== 'shadow') throw new Error(read?.type);
          expect(read.outcome).toMatchObject(outcome);
          expectSame(read.outcome.decision, decision);
        },
      ),
    );
  });

  it('takes a decision, a signal or a name that no engine made as it is', () => {
    const decision = experienced().decide(signal({ time: START + 300 * HOUR }));
    for (const change of [
      { action: 'dance' },
      { reasons: ['BECAUSE'] },
      { cap: Number.NaN },
      { plan: undefined },
      { id: 7 },
    ] as const) {
      const odd = { ...decision, ...change } as unknown as Decision;
      const { event } = written({
        type: 'decision',
        time: odd.time,
        signal: signal({ time: odd.time }),
        decision: odd,
      });
      expect(event).toMatchObject({ decision: JSON.parse(JSON.stringify(odd)) });
    }
    for (const change of [
      { confidence: 'high' },
      { regime: 'SIDEWAYS' },
      { side: 'short' },
      { scalable: 1 },
    ] as const) {
      const odd = { ...signal({ time: decision.time }), ...change } as unknown as Signal;
      const { event } = written({ type: 'decision', time: decision.time, signal: odd, decision });
      expect(event).toMatchObject({ signal: odd });
    }
    const table = new NameTable();
    for (let i = 0; i < 5000; i += 1) table.slotOf(`name ${i}`);
    expect(table.size).toBe(4096);
    expect(table.slotOf('name 4999')).toBe('name 4999');
    expect(new KnownNames().at('name 4999')).toBe('name 4999');
  });

  it('is shorter than 200 bytes for a usual decision by evidence', () => {
    const engine = experienced();
    const names = new NameTable();
    const sizes: number[] = [];
    engine.subscribe((event) => {
      if (event.type === 'decision')
        sizes.push(Buffer.byteLength(linesOf(event, [], false, names)[0]!) + SEAL);
    });
    for (let i = 0; i < 200; i += 1) {
      const time = START + (201 + i) * HOUR;
      const decision = engine.decide(
        signal({
          id: `signal-${i}`,
          time,
          size: 1.25,
          stop: 97.31,
          target: 104.55,
          confidence: (i % 97) / 100,
        }),
      );
      expect(decision.edge).not.toBeNull();
      expect(decision.score).not.toBeNull();
    }
    expect(Math.max(...sizes)).toBeLessThan(200);
  });
});

describe('a packed number', () => {
  it('is read to four digits, and a decimal of so many as it was written', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e19, max: 1e19, noNaN: true }), (value) => {
        const packer = new Packer();
        packer.start();
        packer.number(value);
        const read = new Unpacker(packer.text()).number();
        expect(packer.fits && near(read, value), `${read} for ${value}`).toBe(true);
        packer.start();
        packer.number(read);
        expect(new Unpacker(packer.text()).number()).toBe(read);
      }),
    );
    for (const value of [0.35, 0.0015, 1.05, 0.6, 9999, 1234, 1e-5, 0.9999, 10, 0.1]) {
      const packer = new Packer();
      packer.start();
      packer.number(value);
      expect(new Unpacker(packer.text()).number()).toBe(value);
    }
    const packer = new Packer();
    packer.start();
    packer.number(null);
    expect(new Unpacker(packer.text()).numberOrNull()).toBeNull();
    packer.number(1e21);
    expect(packer.fits).toBe(false);
  });

  it('that must be exact is read bit for bit', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(exactlyRead(JSON.parse(JSON.stringify(exactly(value))))).toBe(value);
      }),
    );
  });
});

describe('the words that lines are written by', () => {
  it('are only ever added to: a journal has their places, not their names', () => {
    const places: Readonly<Record<string, readonly string[]>> = {
      reasons: REASONS,
      cells: CELLS,
      regimes: REGIMES,
      statuses: STRATEGY_STATUSES,
      sources: R_SOURCES,
      enforcements: ENFORCEMENTS,
      unjudged: UNJUDGED_REASONS,
    };
    const first: typeof places = {
      reasons:
        'OVERLAY_DISABLED EXIT_PASSES SIGNAL_INVALID TIME_AHEAD INTERNAL_ERROR OBSERVED CONTROL_ARM HARD_STOP EDGE_BLOCKED EDGE_REDUCED EDGE_RAISED EDGE_EXPLORED STRATEGY_SUSPENDED STRATEGY_RETIRED STRATEGY_DEGRADED QUALITY_BLOCKED QUALITY_ADVISORY QUALITY_EXPLORED BASE_WEIGHT WEIGHT_RAISED WEIGHT_LOWERED DRAWDOWN_GUARD CAPPED SIZE_FIXED BELOW_MIN AT_MIN NOT_SENT'.split(
          ' ',
        ),
      cells: ['TREND_WITH', 'TREND_AGAINST', 'RANGING', 'VOLATILE', 'UNKNOWN'],
      regimes: ['TRENDING', 'RANGING', 'VOLATILE', 'UNKNOWN'],
      statuses: ['ACTIVE', 'DEGRADED', 'SUSPENDED', 'RETIRED'],
      sources: ['stop', 'stopRate', 'floor', 'atr', 'averageLoss'],
      enforcements: ['off', 'advisory', 'guarded', 'strict'],
      unjudged:
        'POSITION_UNKNOWN FILL_UNKNOWN ACCOUNT_UNCLEAR PARAMETER_UNKNOWN MARKET_UNKNOWN ORDER_UNREADABLE'.split(
          ' ',
        ),
    };
    for (const [what, words] of Object.entries(first))
      expect(places[what]!.slice(0, words.length), what).toEqual(words);
  });

  it('fit where they are written', () => {
    expect(REASONS.length).toBeLessThan(92);
    expect(CELLS.length).toBeLessThanOrEqual(7);
    expect(REGIMES.length).toBeLessThanOrEqual(4);
    expect(STRATEGY_STATUSES.length).toBeLessThanOrEqual(4);
    expect(ENFORCEMENTS.length).toBeLessThanOrEqual(4);
    expect(R_SOURCES.length).toBeLessThanOrEqual(8);
  });
});
