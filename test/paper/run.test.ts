import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { OptimizationEngine, type Options } from '../../src/index.ts';
import type { ShadowOutcome } from '../../src/model/shadow-outcome.ts';
import { type CcxtModule, loadCcxt } from '../../src/node/index.ts';
import { generateMarket } from '../../src/paper/generated-market.ts';
import { type Batch, PaperAccount, type PaperReport, replayFeed, runPaper } from '../../src/paper/index.ts';
import { replayMarket } from '../../src/paper/market-rules.ts';
import { DEMO_STRATEGIES } from '../../src/paper/run.ts';
import { AUTHOR, HOUR, START } from '../fixtures.ts';

let ccxt: CcxtModule;
beforeAll(async () => {
  ccxt = await loadCcxt();
});

const market = generateMarket({ seed: 7, start: START, count: 2500, interval: HOUR });
const markets = [...market].map(([symbol, candles]) => replayMarket(symbol, candles[0]!.open));

async function run(
  config: Options | null,
  bySymbol = market,
  prepare: (engine: OptimizationEngine) => void = () => undefined,
) {
  const engine = config === null ? null : new OptimizationEngine(config);
  if (engine) prepare(engine);
  const accounts = new Set<PaperAccount>();
  const original = PaperAccount.prototype.onCandle;
  PaperAccount.prototype.onCandle = function onCandle(...args) {
    accounts.add(this);
    return original.apply(this, args);
  };
  let updated = 0;
  try {
    const report = await runPaper({
      source: 'a test',
      feed: replayFeed(bySymbol, HOUR),
      symbols: [...bySymbol.keys()],
      timeframe: '1h',
      openExchange: () => ccxt.offline('replay', markets),
      errors: ccxt.errors,
      engine,
      beforeBot: ({ closedAt }: Batch) => {
        if (closedAt > updated) engine?.updateOptimization(closedAt);
        updated = closedAt;
      },
      balance: 10_000,
      slippageBps: 2,
    });
    const [overlaid, baseline] = accounts.size === 2 ? [...accounts] : [null, [...accounts][0]!];
    return { report, engine, overlaid, baseline: baseline! };
  } finally {
    PaperAccount.prototype.onCandle = original;
  }
}

const digest = (report: PaperReport) => createHash('sha256').update(JSON.stringify(report)).digest('hex');

describe('a paper run', () => {
  it('follows every signal that it does not send to the outcome that the bot alone has, R for R', async () => {
    const outcomes: ShadowOutcome[] = [];
    // By the founding rules a strategy is followed as it would trade: one position at a time on a symbol.
    const { report, overlaid } = await run({ evidence: 'guarded' }, market, (engine) => {
      for (const { name } of DEMO_STRATEGIES)
        engine.forceStatus(name, 'SUSPENDED', { ...AUTHOR, pinForHours: 'forever' });
      engine.subscribe((event) => {
        if (event.type === 'shadow') outcomes.push(event.outcome);
      });
    });
    expect(overlaid!.fills).toEqual([]);
    let compared = 0;
    for (const { name } of DEMO_STRATEGIES) {
      const followed = outcomes.filter(({ decision }) => decision.strategy === name);
      const { trades, expectancyR } = report.baseline.byStrategy[name]!;
      expect(followed.every(({ weight }) => weight === 1)).toBe(true);
      expect(Math.abs(followed.length - trades)).toBeLessThanOrEqual(2);
      expect(followed.reduce((sum, { r }) => sum + r, 0) / followed.length).toBeCloseTo(expectancyR!, 2);
      compared += followed.length;
    }
    expect(compared).toBeGreaterThan(100);
  });

  it('is the same byte for byte with one seed', async () => {
    expect(digest((await run({})).report)).toBe(digest((await run({})).report));
  });

  it('sends the same orders without the overlay, with it switched off, and beside one that is on', async () => {
    const [without, off, on] = [await run(null), await run({ enabled: false }), await run({})];
    expect(without.baseline.fills.length).toBeGreaterThan(100);
    expect(off.overlaid!.fills).toEqual(without.baseline.fills);
    expect(on.baseline.fills).toEqual(without.baseline.fills);
    expect(on.overlaid!.fills).not.toEqual(without.baseline.fills);
  });

  it("is recorded by the overlay as the account's own books have it", async () => {
    const { report, engine, overlaid } = await run({});
    const { account, strategies } = report.overlay!;
    for (const { strategy, performance } of strategies) {
      const own = account.byStrategy[strategy]!;
      expect(performance.trades).toBe(own.trades);
      expect(performance.totalPnl).toBeCloseTo(own.totalPnl, 6);
    }
    const open = [...overlaid!.balances].some(([currency, amount]) => currency !== 'USDT' && amount > 0);
    if (!open)
      expect(engine!.decomposer.getPortfolioPerformance().totalPnl).toBeCloseTo(account.equity - 10_000, 4);
  });

  it('decides nothing on what comes later', async () => {
    const cut = START + 1500 * HOUR;
    const changed = new Map(
      [...market].map(([symbol, candles]) => [
        symbol,
        candles.map((c) =>
          c.time < cut ? c : { ...c, open: 2 * c.open, high: 2 * c.high, low: 2 * c.low, close: 2 * c.close },
        ),
      ]),
    );
    const untilCut = (account: PaperAccount) => account.fills.filter(({ timestamp }) => timestamp < cut);
    const [real, other] = [await run({}), await run({}, changed)];
    expect(untilCut(other.overlaid!)).toEqual(untilCut(real.overlaid!));
    expect(untilCut(real.overlaid!).length).toBeGreaterThan(50);
  });

  it('reports every part: strategies, regimes, signals, reasons, changes, both accounts', async () => {
    const { report } = await run({});
    expect(report.run).toMatchObject({
      candles: [...market.values()].flat().length,
      strategies: ['EMA_Trend', 'FVG_Pattern', 'RSI_Reversal'],
    });
    const { overlay, baseline } = report;
    expect(overlay!.strategies).toHaveLength(3);
    expect(overlay!.regimes.length).toBeGreaterThan(5);
    expect(overlay!.reasons.length).toBeGreaterThan(1);
    expect(overlay!.changes.length).toBeGreaterThan(2);
    expect(Object.keys(baseline.byStrategy)).toEqual(['EMA_Trend', 'FVG_Pattern', 'RSI_Reversal']);
    const signals = overlay!.signals.map((s) => s.signals - s.executed - s.reduced - s.increased - s.blocked);
    expect(signals).toEqual([0, 0, 0]);
  });
});

describe('the generated market', () => {
  it('is the same for the same seed, and another for another', () => {
    const again = generateMarket({ seed: 7, start: START, count: 2500, interval: HOUR });
    expect(again).toEqual(market);
    expect(generateMarket({ seed: 8, start: START, count: 10, interval: HOUR })).not.toEqual(
      generateMarket({ seed: 7, start: START, count: 10, interval: HOUR }),
    );
  });

  it('has gaps, storms and a crash that hits every symbol', () => {
    const year = generateMarket({ seed: 7, start: START, count: 8760, interval: HOUR });
    for (const candles of year.values()) {
      expect(candles.some((candle, i) => i > 0 && candle.time - candles[i - 1]!.time > HOUR)).toBe(true);
      const at = candles.findIndex(({ time }) => time >= START + Math.floor(8760 * 0.7) * HOUR);
      expect(candles[at + 6]!.close / candles[at - 1]!.close).toBeLessThan(0.92);
    }
  });
});

describe('the demo', () => {
  it('has a strategy with an edge at all times, one that loses it, and one that never had one', async () => {
    const years = [7, 1, 3].map((seed) =>
      generateMarket({ seed, start: START, count: 8760, interval: HOUR }),
    );
    const lost = START + Math.floor(8760 * 0.55) * HOUR;
    /** Mean R of each strategy in a part of all years. */
    const meansIn = async (keep: (time: number) => boolean) => {
      const sums: Record<string, { trades: number; r: number }> = {};
      for (const year of years) {
        const part = new Map(
          [...year].map(([symbol, candles]) => [symbol, candles.filter(({ time }) => keep(time))]),
        );
        const { byStrategy } = (await run(null, part)).report.baseline;
        for (const [name, { trades, expectancyR }] of Object.entries(byStrategy)) {
          const sum = sums[name] ?? { trades: 0, r: 0 };
          sums[name] = { trades: sum.trades + trades, r: sum.r + trades * expectancyR! };
        }
      }
      return (name: string) => sums[name]!.r / sums[name]!.trades;
    };
    const early = await meansIn((time) => time < lost);
    const late = await meansIn((time) => time >= lost);
    expect([early('FVG_Pattern') > 0.25, late('FVG_Pattern') > 0.25]).toEqual([true, true]);
    expect([early('RSI_Reversal') > 0.25, late('RSI_Reversal') < -0.25]).toEqual([true, true]);
    expect([early('EMA_Trend') < -0.1, late('EMA_Trend') < -0.1]).toEqual([true, true]);
  });

  it('ends with the one that has an edge at work, and those without on the bench', async () => {
    const year = generateMarket({ seed: 2, start: START, count: 8760, interval: HOUR });
    const { strategies } = (await run({}, year)).report.overlay!;
    const by = Object.fromEntries(strategies.map(({ strategy, ...rest }) => [strategy, rest]));
    expect(by.FVG_Pattern!).toMatchObject({ status: 'ACTIVE' });
    expect(by.RSI_Reversal!.share).toBeLessThan(0.25);
    expect(by.EMA_Trend!.share).toBeLessThan(0.25);
  });
});

describe('the replay feed', () => {
  it('brings candles in order of time, symbols of one time together', async () => {
    const [a, b] = [market.get('BTC/USDT')!.slice(0, 3), market.get('ETH/USDT')!.slice(1, 4)];
    const batches: Batch[] = [];
    for await (const batch of replayFeed(
      new Map([
        ['B', b],
        ['A', a],
      ]),
      HOUR,
    ).batches())
      batches.push(batch);
    expect(batches.map(({ candles }) => candles.map(([symbol]) => symbol))).toEqual([
      ['A'],
      ['A', 'B'],
      ['A', 'B'],
      ['B'],
    ]);
    expect(batches.map(({ closedAt }) => closedAt - START)).toEqual([HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR]);
  });
});
