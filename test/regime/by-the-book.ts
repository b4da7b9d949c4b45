import { ADX, ATR, EMA } from 'technicalindicators';
import type { Candle, RegimeLabel } from '../../src/index.ts';
import type { RegimeProbabilities } from '../../src/model/regime.ts';

type Bar = Pick<Candle, 'high' | 'low' | 'close'>;

/**
 * The three indicators by technicalindicators, never cut short. Its ADX is NaN for ever where 14 bars of its beginning
 * did not move: that counts as 0, and another one begins with the next bar that moves.
 */
export function indicatorsByTheBook(bars: readonly Bar[]) {
  const newAdx = () => new ADX({ period: 14, high: [], low: [], close: [] });
  const atr = new ATR({ period: 14, high: [], low: [], close: [] });
  const ema = new EMA({ period: 20, values: [] });
  let adx = newAdx();
  let isPoisoned = false;
  return bars.map((bar, i) => {
    const previous = bars[i - 1];
    if (isPoisoned && (bar.high !== previous!.high || bar.low !== previous!.low)) {
      isPoisoned = false;
      adx = newAdx();
      adx.nextValue(previous as never);
    }
    const value = adx.nextValue(bar as never)?.adx ?? null;
    isPoisoned ||= Number.isNaN(value);
    return {
      atr: (atr.nextValue(bar as never) as number | undefined) ?? null,
      ema: ema.nextValue(bar.close) ?? null,
      adx: isPoisoned ? 0 : value,
    };
  });
}

/** Label and probabilities after each candle of a market that moves, formula by formula. */
export function regimesByTheBook(candles: readonly Candle[], interval: number) {
  const clip = (x: number) => Math.min(1, Math.max(0, x));
  const logistic = (x: number) => 1 / (1 + Math.exp(-x));
  const indicators = indicatorsByTheBook(candles);
  let [count, mean, variance] = [0, 0, 0];
  let label: RegimeLabel = 'UNKNOWN';
  let dwell = 0;
  let led: RegimeLabel[] = [];
  return candles.map((candle, i) => {
    const { atr, ema, adx } = indicators[i]!;
    if (i > 0 && candle.time - candles[i - 1]!.time > 4 * interval) led = [];
    let probabilities: RegimeProbabilities | null = null;
    if (atr !== null) {
      const x = Math.log(atr / candle.close);
      const z = (x - mean) / Math.max(Math.sqrt(variance), 0.2);
      count += 1;
      const a = Math.max(2 / 1001, 1 / count);
      const d = x - mean;
      mean += a * d;
      variance = (1 - a) * (variance + a * d * d);
      if (count > 100) {
        const slope = (ema! - indicators[i - 5]!.ema!) / (5 * atr);
        const trend = 0.5 * clip((adx! - 10) / 30) + 0.5 * clip(Math.abs(slope) / 0.35);
        const [volatile, trending] = [logistic((z - 1) / 0.25), logistic((trend - 0.5) / 0.08)];
        const known = {
          TRENDING: (1 - volatile) * trending,
          RANGING: (1 - volatile) * (1 - trending),
          VOLATILE: volatile,
        };
        probabilities = known;
        const [best] = (['TRENDING', 'RANGING', 'VOLATILE'] as const).toSorted((p, q) => known[q] - known[p]);
        dwell += 1;
        if (label === 'UNKNOWN') [label, dwell] = [best!, 0];
        else {
          const leads = best !== label && known[best!] - known[label] >= 0.15;
          led = leads ? [...led.filter((before) => before === best), best!] : [];
          if (led.length >= 3 && dwell >= 8) [label, dwell, led] = [best!, 0, []];
        }
      }
    }
    return { label, probabilities };
  });
}
