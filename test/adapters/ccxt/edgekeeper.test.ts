import { existsSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ccxt from 'ccxt';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type BotOverlay, type CcxtExchange, edgekeeper } from '../../../adapters/ccxt/index.ts';
import { generateMarket } from '../../../src/paper/generated-market.ts';
import { replayMarket } from '../../../src/paper/market-rules.ts';

const HOUR = 3_600_000;
const SYMBOL = 'BTC/USDT';

/** Lines that a log was told. */
function memoryLog() {
  const lines: string[] = [];
  const say = (text: string) => void lines.push(text);
  return { lines, info: say, warn: say, error: say };
}

/** A venue on ccxt's base class with a market of its own and an account; it notes what it is asked. */
function venue({ loaded = true, price = 100 } = {}) {
  const requests: string[] = [];
  const account: Record<string, number> = { USDT: 10_000 };
  const exchange = new ccxt.Exchange({ id: 'venue', enableRateLimit: false, apiKey: 'a', secret: 'b' });
  const [candles] = generateMarket({
    seed: 3,
    start: Math.floor(Date.now() / HOUR) * HOUR - 1500 * HOUR,
    count: 1600,
    interval: HOUR,
  }).values();
  let ids = 0;
  const state = { price };
  Object.assign(exchange.has, { fetchOHLCV: true, fetchBalance: true });
  Object.assign(exchange, {
    milliseconds: () => Date.now(),
    fetchMarkets: async () => [replayMarket(SYMBOL, 100)],
    async fetchOHLCV(symbol: string, _timeframe: string, since: number, limit: number) {
      requests.push(`fetchOHLCV ${symbol}`);
      return candles!
        .filter(({ time }) => time >= since && time <= Date.now())
        .slice(0, limit)
        .map(({ time, open, high, low, close, volume }) => [time, open, high, low, close, volume]);
    },
    async fetchBalance(params: object = {}) {
      requests.push(`fetchBalance ${JSON.stringify(params)}`);
      return 'type' in params ? { total: { USDT: 5 } } : { total: { ...account } };
    },
    async createOrder(symbol: string, type: string, side: string, amount: number) {
      await exchange.loadMarkets();
      const sign = side === 'buy' ? 1 : -1;
      account.USDT! -= sign * amount * state.price;
      account.BTC = (account.BTC ?? 0) + sign * amount;
      ids += 1;
      const fee = { currency: 'USDT', cost: 0 };
      const fill = { filled: amount, remaining: 0, average: state.price, status: 'closed', fee };
      return { id: `o${ids}`, symbol, type, side, amount, timestamp: Date.now(), ...fill };
    },
  });
  if (loaded) exchange.setMarkets([replayMarket(SYMBOL, 100)] as never);
  return { exchange: exchange as unknown as CcxtExchange, bot: exchange, requests, account, state };
}

const open: BotOverlay[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function put(
  on: ReturnType<typeof venue>,
  options: Parameters<typeof edgekeeper>[1] = {},
): Promise<BotOverlay & { lines: readonly string[]; stateDir: string }> {
  const log = memoryLog();
  const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), 'edgekeeper-')));
  const bot = await edgekeeper(on.exchange, { strategy: 'EMA', log, ...options, stateDir });
  open.push(bot);
  return Object.assign(bot, { lines: log.lines, stateDir });
}

describe('one call', () => {
  it('is the whole recipe: entries judged, trades booked, regimes known, all on record', async () => {
    const on = venue();
    const bot = await put(on);
    for (const price of [100, 110]) {
      on.state.price = price;
      await on.bot.createOrder(SYMBOL, 'market', price === 100 ? 'buy' : 'sell', 1);
    }
    await vi.waitFor(() =>
      expect(bot.engine.detector.regimeOf(SYMBOL, Date.now()).label).not.toBe('UNKNOWN'),
    );
    expect(on.requests).toContain(`fetchOHLCV ${SYMBOL}`);
    expect(bot.engine.decomposer.getStrategyPerformance('EMA')).toMatchObject({ trades: 1, totalPnl: 10 });

    await bot.close();
    expect(Object.hasOwn(on.bot, 'fetchTicker')).toBe(false);
    const again = await put(on, { stateDir: bot.stateDir });
    expect(again.engine.decomposer.getStrategyPerformance('EMA').trades).toBe(1);
  });

  it('logs each veto and each other size with its reasons, to files where no log is given', async () => {
    const on = venue();
    const bot = await put(on);
    bot.engine.forceStatus('EMA', 'SUSPENDED', { time: Date.now(), actor: 'test', reason: 'news' });
    await expect(on.bot.createOrder(SYMBOL, 'market', 'buy', 1)).rejects.toThrow(/STRATEGY_SUSPENDED/);
    expect(bot.lines).toContainEqual(expect.stringMatching(/^EMA BTC\/USDT long vetoed: STRATEGY_SUSPENDED/));
    await bot.close();

    const { stateDir } = bot;
    const quiet = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const filed = await edgekeeper(on.exchange, { strategy: 'EMA', stateDir });
    await expect(on.bot.createOrder(SYMBOL, 'market', 'buy', 1)).rejects.toThrow(/blocked EMA/);
    await filed.close();
    quiet.mockRestore();
    const file = join(stateDir, 'logs/edgekeeper.log');
    await vi.waitFor(() => expect(existsSync(file)).toBe(true));
    await vi.waitFor(async () => expect(await readFile(file, 'utf8')).toMatch(/EMA BTC\/USDT long vetoed/));
  });

  it('touches nothing while it observes, and says what would have become of each entry', async () => {
    const on = venue();
    const config = join(await mkdtemp(join(tmpdir(), 'edgekeeper-')), 'bot.json');
    await writeFile(config, JSON.stringify({ exchange: 'venue', edgekeeper: { mode: 'observe' } }));
    const bot = await put(on, { config });
    bot.engine.forceStatus('EMA', 'SUSPENDED', { time: Date.now(), actor: 'test', reason: 'news' });
    expect(await on.bot.createOrder(SYMBOL, 'market', 'buy', 1)).toMatchObject({ filled: 1 });
    expect(bot.lines).toContainEqual(
      expect.stringMatching(/^EMA BTC\/USDT long would be vetoed: STRATEGY_SUSPENDED$/),
    );
  });

  it('knows the regime of named symbols from the start, and asks nothing before the bot has loaded its markets', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const on = venue({ loaded: false });
    const bot = await put(on, { symbols: [SYMBOL] });
    await vi.advanceTimersByTimeAsync(120_000);
    expect(on.requests).toEqual([]);
    await on.bot.loadMarkets();
    await on.bot.fetchBalance();
    await vi.advanceTimersByTimeAsync(60_000);
    vi.useRealTimers();
    await vi.waitFor(() => expect(bot.engine.detector.lastClose(SYMBOL)).toBeGreaterThan(0));
  });

  it('closes at once while candles are waited for that do not come, and trades on without them', async () => {
    const on = venue();
    Object.assign(on.bot, {
      fetchOHLCV: () => Promise.reject(new ccxt.NetworkError('no route')),
    });
    const bot = await put(on, { symbols: [SYMBOL] });
    expect(await on.bot.createOrder(SYMBOL, 'market', 'buy', 1)).toMatchObject({ filled: 1 });
    await vi.waitFor(() => expect(bot.lines).toContain('market data: trying again'));
    await bot.close();
    expect(Object.hasOwn(on.bot, 'fetchTicker')).toBe(false);
  });

  it('says once what no entry said, and the line that would say it', async () => {
    const on = venue();
    const bot = await put(on);
    for (let i = 0; i < 45; i += 1)
      await on.bot.createOrder(SYMBOL, 'market', i % 2 === 0 ? 'buy' : 'sell', 1);
    const said = bot.lines.filter((line) => line.startsWith('none of 20 entries'));
    expect(said).toEqual([
      expect.stringMatching(/with a confidence.*identify: \(order\) => \(\{ confidence/),
      expect.stringMatching(/with a stop.*stopLoss/),
    ]);
  });
});

describe('equity', () => {
  const trade = async (on: ReturnType<typeof venue>, from: number, to: number, amount = 1) => {
    on.state.price = from;
    await on.bot.createOrder(SYMBOL, 'market', 'buy', amount);
    on.state.price = to;
    await on.bot.createOrder(SYMBOL, 'market', 'sell', amount);
  };

  it('is what the account had when it was first traded, and what was booked since, also over a restart', async () => {
    const on = venue();
    on.account.BTC = 2;
    const first = await put(on);
    expect(first.engine.portfolio.equity).toBeNull();
    await trade(on, 100, 100);
    const had = () => first.engine.portfolio.equity!;
    await vi.waitFor(() =>
      expect(had()).toBeCloseTo(10_000 + 2 * first.engine.detector.lastClose(SYMBOL)!, 6),
    );
    const before = had();
    // A deposit, another wallet, or half of a balance is neither gain nor loss.
    on.account.USDT = 50_000;
    await on.bot.fetchBalance({ type: 'funding' });
    await trade(on, 100, 90);
    await vi.waitFor(() => expect(had()).toBeCloseTo(before - 10, 6));
    await first.close();

    const again = await put(on, { stateDir: first.stateDir });
    await trade(on, 100, 120);
    await vi.waitFor(() => expect(again.engine.portfolio.equity).toBeCloseTo(before + 10, 6));
  });

  it('is that of all accounts of a bot: one more of them is no gain', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const [first, second] = [venue(), venue()];
    Object.assign(second.bot, { apiKey: 'another' });
    const bot = await put(first);
    await trade(first, 100, 100);
    await vi.waitFor(() => expect(bot.engine.portfolio.equity).toBe(10_000));
    second.account.USDT = 500;
    bot.put(second.exchange);
    await trade(second, 100, 100);
    await vi.advanceTimersByTimeAsync(60_000);
    vi.useRealTimers();
    const { portfolio } = bot.engine;
    await vi.waitFor(() => expect([portfolio.equity, portfolio.drawdown]).toEqual([10_500, 0]));
    await trade(first, 100, 90);
    await vi.waitFor(() => expect(portfolio.equity).toBe(10_490));
  });

  it('rests once the bot tells it by itself, and where it is switched off', async () => {
    const on = venue();
    const bot = await put(on);
    bot.engine.recordEquity({ time: Date.now(), equity: 77 });
    await trade(on, 100, 90);
    const off = venue();
    const quiet = await put(off, { equity: false });
    await trade(off, 100, 90);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([bot.engine.portfolio.equity, quiet.engine.portfolio.equity]).toEqual([77, null]);
  });
});
