import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrate, calibrationReport, probabilityBins } from '../../src/effect/calibration.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { outcome, outcomes } from './fixtures.ts';

/** Signals whose score is their probability of winning, or means nothing. */
function scored(n: number, honest: boolean) {
  const random = seededRandom(4);
  return Array.from({ length: n }, () => {
    const quality = random.uniform();
    const won = random.uniform() < (honest ? quality : 0.5);
    return outcome(won ? 1 : -1, 1, { quality });
  });
}

describe('calibration', () => {
  it('finds an honest score reliable and powerful', () => {
    const { demonstrated, murphy, skill, auc, bins, summary, spearman } = calibrate(scored(2000, true));
    expect(demonstrated).toBe(true);
    expect(summary).toBe('the score tells good signals from bad ones');
    expect(murphy!.reliability).toBeLessThan(0.005);
    expect(skill).toBeGreaterThan(0.25);
    expect(auc!.auc).toBeCloseTo(5 / 6, 1);
    expect(spearman!.rho).toBeGreaterThan(0.4);
    for (const { winRateInterval, meanScore } of bins) {
      expect(winRateInterval![0] - 0.05).toBeLessThan(meanScore);
      expect(winRateInterval![1] + 0.05).toBeGreaterThan(meanScore);
    }
  });

  it('says that a score without power has none, and that one upside down is upside down', () => {
    expect(calibrate(scored(500, false))).toMatchObject({
      demonstrated: false,
      summary: 'the score has no demonstrated predictive power',
    });
    const flipped = scored(500, true).map((each) => ({ ...each, quality: 1 - each.quality! }));
    expect(calibrate(flipped)).toMatchObject({
      demonstrated: false,
      summary: expect.stringContaining('upside down'),
    });
  });

  it('decomposes the Brier score so that its parts sum to it', () => {
    fc.assert(
      fc.property(outcomes, (record) => {
        const { brier, murphy, n, bins } = calibrate(record);
        expect(n).toBe(record.filter(({ quality }) => quality !== null).length);
        expect(bins.reduce((sum, bin) => sum + bin.n, 0)).toBe(n);
        if (!murphy) return;
        const { reliability, resolution, uncertainty, within } = murphy;
        expect(reliability - resolution + uncertainty + within).toBeCloseTo(brier!, 12);
      }),
    );
  });

  it('proves nothing by a few that happen to be in order', () => {
    const few = Array.from({ length: 8 }, (_, i) => outcome(i < 4 ? -1 : 1, 1, { quality: i / 10 }));
    expect(calibrate(few)).toMatchObject({ auc: null, demonstrated: false });
  });

  it('is told per strategy, and says nothing of nothing', () => {
    const record = [
      outcome(1, 1, { strategy: 'A' }),
      outcome(-1, 1, { strategy: 'B' }),
      outcome(1, 1, { quality: null }),
    ];
    const report = calibrationReport(record);
    expect(report.overall.n).toBe(2);
    expect(report.strategies.A!.n).toBe(1);
    expect(calibrate([])).toMatchObject({
      n: 0,
      brier: null,
      murphy: null,
      auc: null,
      summary: expect.stringContaining('too few'),
    });
  });
});

describe('the probability of an edge, as it was stated', () => {
  it('is set against what came of it, in tenths', () => {
    const told = [0.05, 0.07, 0.95, 1, 0.5].map((probability, i) => outcome(i - 2, 1, { probability }));
    const bins = probabilityBins([...told, outcome(9, 1)]);
    expect(bins.map(({ from, n, meanR }) => [from, n, meanR])).toEqual([
      [0, 2, -1.5],
      [0.5, 1, 2],
      [0.9, 2, 0.5],
    ]);
    expect(bins[0]!.stated).toBeCloseTo(0.06, 12);
    expect(bins.map(({ meanRInterval }) => meanRInterval)).toEqual([null, null, null]);
    expect(calibrationReport(told).probability).toEqual(bins);
  });

  it('has an interval from five outcomes on, of R winsorised at 10', () => {
    const [bin] = probabilityBins([0, 1, 2, 3, 400].map((r) => outcome(r, 1, { probability: 0.31 })));
    expect(bin).toMatchObject({ from: 0.3, n: 5, meanR: 3.2 });
    expect(bin!.meanRInterval![0]).toBeLessThan(3.2);
    expect(bin!.meanRInterval![1]).toBeGreaterThan(3.2);
  });

  it('loses nobody who stated one', () => {
    fc.assert(
      fc.property(outcomes, (record) => {
        const stated = record.filter(({ probability }) => probability !== null).length;
        expect(probabilityBins(record).reduce((sum, { n }) => sum + n, 0)).toBe(stated);
      }),
    );
  });
});
