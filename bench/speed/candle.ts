import { ADX as LibraryAdx, ATR as LibraryAtr, EMA as LibraryEma } from 'technicalindicators';
import { ADX, ATR, EMA } from 'trading-signals';
import { type Candle, OptimizationEngine } from '../../src/index.ts';
import { atrOf, emaOf, startIndicators, stepIndicators } from '../../src/regime/indicators.ts';
import { demand, type Measurement } from './row.ts';
import { cpu, inBatches, median } from './timing.ts';
import { candlesOf, HOUR, START, symbolNames } from './world.ts';

const BARS = 1500;
/** Bars after which regimes are known: what comes before is not timed. */
const WARM = 700;

/**
 * Processor time of a candle in us, bar by bar over all symbols, once regimes are known: the mean, for streams that are
 * rebuilt once in many bars must not be hidden. Fails unless regimes change.
 */
function detect(symbols: readonly string[], candles: ReadonlyMap<string, readonly Candle[]>): number {
  const engine = new OptimizationEngine();
  const labels = new Map<string, number>();
  let [changes, began, before] = [0, 0, ''];
  for (let bar = 0; bar < BARS; bar += 1) {
    if (bar === WARM) began = cpu();
    for (const symbol of symbols) engine.recordCandle(symbol, '1h', candles.get(symbol)![bar]!);
    const { label } = engine.detector.regimeOf(symbols[0]!, START + bar * HOUR);
    labels.set(label, (labels.get(label) ?? 0) + 1);
    if (label !== before) changes += 1;
    before = label;
  }
  const took = cpu() - began;
  demand(changes > 5, `candle: the regime changed only ${changes} times`);
  for (const label of ['TRENDING', 'RANGING', 'VOLATILE'])
    demand((labels.get(label) ?? 0) > 10, `candle: hardly ever ${label}`);
  demand(Object.keys(engine.getOptimizationStatus().errors).length === 0, 'candle: some were refused');
  return took / (BARS - WARM) / symbols.length;
}

function indicators(candles: readonly Candle[]): Record<'ours' | 'signals' | 'library' | 'bare', number> {
  const take = <T>(next: (candle: Candle) => T) => {
    let at = 0;
    return () => {
      at += 1;
      return next(candles[at % candles.length]!);
    };
  };
  const state = startIndicators();
  const [adx, atr, ema] = [new ADX(14), new ATR(14), new EMA(20)];
  const empty = { period: 14, high: [], low: [], close: [] };
  const [libraryAdx, libraryAtr] = [new LibraryAdx({ ...empty }), new LibraryAtr({ ...empty })];
  const libraryEma = new LibraryEma({ period: 20, values: [] });
  const bare = bareIndicators();
  const calls = {
    ours: take((candle) => {
      stepIndicators(state, candle);
      return [atrOf(state), emaOf(state)];
    }),
    signals: take((candle) => [
      adx.update(candle, false),
      atr.update(candle, false),
      ema.update(candle.close, false),
    ]),
    library: take((candle) => [
      libraryAdx.nextValue(candle as never),
      libraryAtr.nextValue(candle as never),
      libraryEma.nextValue(candle.close),
    ]),
    bare: take(bare),
  };
  const timed = inBatches(calls, { turns: 60, each: 500, warm: 10 });
  const [ours, theirs] = [calls.ours(), calls.signals()];
  demand(
    ours.every((value) => value !== null),
    'candle: the indicators have no value',
  );
  demand(
    theirs.every((value) => Number.isFinite(value)),
    'candle: trading-signals has no value',
  );
  demand(Math.abs(ours[0]! / (theirs[1] as number) - 1) < 0.05, 'candle: the two disagree about the ATR');
  return timed;
}

/** ATR, ADX and EMA by Wilder's recurrences on plain numbers: what nobody can be faster than. */
function bareIndicators() {
  let [high, low, close, tr, up, down, adx, ema] = [0, 0, 0, 0, 0, 0, 0, 0];
  return (bar: Candle) => {
    const range = Math.max(bar.high - bar.low, Math.abs(bar.high - close), Math.abs(bar.low - close));
    const rise = bar.high - high;
    const fall = low - bar.low;
    tr += (range - tr) / 14;
    up += ((rise > fall && rise > 0 ? rise : 0) - up) / 14;
    down += ((fall > rise && fall > 0 ? fall : 0) - down) / 14;
    adx += ((100 * Math.abs(up - down)) / (up + down || 1) - adx) / 14;
    ema += (bar.close - ema) * (2 / 21);
    ({ high, low, close } = bar);
    return { tr, adx, ema, rising: up >= down };
  };
}

export async function measure(): Promise<Measurement[]> {
  const names = symbolNames(500);
  const candles = candlesOf(names, BARS);
  const streams = indicators(candles.get(names[0]!)!);
  // The compiler sees everything once before anything counts.
  detect(names.slice(0, 20), candles);
  const rows = [1, 50, 500].map((count): Measurement => {
    const runs = Array.from({ length: count === 500 ? 2 : count === 50 ? 5 : 60 }, () =>
      detect(names.slice(0, count), candles),
    );
    const value = median(runs);
    return {
      what: `candle, ${count} ${count === 1 ? 'symbol' : 'symbols'}`,
      unit: 'us',
      median: value,
      floor: { what: 'bare recurrences', value: streams.bare },
      must: [{ of: 'median', below: 3 }],
    };
  });
  return [
    ...rows,
    {
      what: 'candle, 500 symbols over 1',
      unit: 'x',
      median: rows[2]!.median / rows[0]!.median,
      must: [{ of: 'value', below: 1.25 }],
    },
    {
      what: 'the three indicators',
      unit: 'us',
      median: streams.ours,
      floor: { what: 'trading-signals', value: streams.signals },
      peers: [
        { what: 'technicalindicators', value: streams.library },
        { what: 'bare recurrences', value: streams.bare },
      ],
      must: [{ of: 'ratio', below: 2 }],
    },
  ];
}
