import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonReady } from '../../src/monitor/json.ts';
import { OptimizationMonitor } from '../../src/monitor/monitor.ts';
import type { Overlay } from '../../src/node/index.ts';
import { bodyOf, fresh, type Room, room, trade, tradingBot, write } from './served.ts';

let bot: Overlay;
let served: Room;
beforeAll(async () => {
  const stateDir = await fresh();
  bot = await tradingBot(stateDir, 60);
  served = await room(stateDir);
});
afterAll(async () => {
  await served.close();
  await bot.close();
});

/** Whatever is written by the bot is seen a little later. */
async function seen() {
  await bot.durable();
  await served.watch.poll();
}

describe('the API of a running bot', () => {
  it('says what the monitor of the bot says, and nothing of its own', async () => {
    const monitor = new OptimizationMonitor(bot.engine);
    expect(await served.json('api/weights')).toEqual(jsonReady(monitor.getAllocationReport()));
    expect(await served.json('api/health')).toEqual(jsonReady(monitor.getHealthReport()));
    expect(await served.json('api/strategies/EMA_Trend')).toEqual(
      jsonReady(monitor.getStrategySummary('EMA_Trend')),
    );
    expect(await served.json('api/coverage')).toEqual(bot.engine.getCoverage());
    expect(await served.json('api/flags')).toEqual(bot.engine.flags);
    const status = await served.json('api/status');
    expect(status).toMatchObject({
      bot: { state: 'running' },
      mode: 'act',
      healthy: { entries: 60, positions: 60 },
    });
    expect(status.helping.n).toBe(60);
    for (const path of [
      'strategies',
      'regimes',
      'equity',
      'effect',
      'calibration',
      'reasons',
      'alerts',
      'audit',
      'commands',
    ])
      expect([path, (await served.ask(`api/${path}`)).status]).toEqual([path, 200]);
  });

  it('lists decisions page by page, each once, by filter', async () => {
    const ids: string[] = [];
    let next: number | null = null;
    do {
      const page: { decisions: { id: string }[]; next: number | null } = await served.json(
        `api/decisions?limit=7${next === null ? '' : `&before=${next}`}`,
      );
      ids.push(...page.decisions.map(({ id }) => id));
      next = page.next;
    } while (next !== null);
    expect(ids).toEqual(
      bot.engine
        .getRecentDecisions()
        .map(({ id }) => id)
        .toReversed(),
    );

    const mine = bot.engine
      .getRecentDecisions()
      .filter((each) => each.strategy === 'EMA_Trend' && each.symbol === 'BTC/USDT');
    const { decisions } = await served.json('api/decisions?strategy=EMA_Trend&symbol=BTC/USDT&limit=500');
    expect(decisions.map(({ id }: { id: string }) => id)).toEqual(mine.map(({ id }) => id).toReversed());
    expect(mine.length).toBeGreaterThan(5);
    expect((await served.json('api/decisions?reason=HARD_STOP')).decisions).toEqual([]);
  });

  it('shows a decision as it stands after it was withdrawn', async () => {
    const decision = bot.engine.decide({
      strategy: 'EMA_Trend',
      symbol: 'BTC/USDT',
      side: 'long',
      time: Date.now(),
    });
    bot.engine.withdraw(decision, 'BELOW_MIN');
    await seen();
    const { decisions } = await served.json('api/decisions?limit=1');
    expect(decisions).toMatchObject([{ id: decision.id, action: 'block', multiplier: 0 }]);
    expect(decisions[0].reasons).toContain('BELOW_MIN');
    expect(await served.json(`api/decisions/${decision.id}`)).toMatchObject({ decision: { multiplier: 0 } });
  });

  it('explains each decision, and what came of it', async () => {
    const why = await served.json('api/decisions/d2');
    expect(why.decision.id).toBe('d2');
    expect(why.waterfall[0].step).toBe('base');
    expect(why.trades).toHaveLength(1);
  });

  it('sees what happens later, and tells those who listen', async () => {
    const stop = new AbortController();
    const stream = await served.ask('api/events', { signal: stop.signal });
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    const first = (await reader.read()).value!;
    expect(first).toMatch(/^event: change\n/);
    trade(bot, 3);
    await seen();
    const second = (await reader.read()).value!;
    const seqOf = (text: string) => Number(/id: (\d+)/.exec(text)![1]);
    expect(seqOf(second)).toBeGreaterThan(seqOf(first));
    stop.abort();
    expect((await served.json('api/status')).healthy.positions).toBe(63);
  });

  it('carries out commands by the bot itself, in its audit', async () => {
    const by = { reason: 'too strict', actor: 'Ann' };
    const answer = await served.ask(
      'api/commands',
      write({ type: 'setFlags', flags: { qualityFiltering: false }, ...by }),
    );
    expect([answer.status, await bodyOf(answer)]).toEqual([200, { id: expect.any(String), isDone: true }]);
    expect(bot.engine.flags.qualityFiltering).toBe(false);
    await seen();
    const { entries } = await served.json('api/audit');
    expect(entries.at(-1)).toMatchObject({ who: 'Ann (dashboard)', why: 'too strict' });

    const forced = await served.ask(
      'api/commands',
      write({ type: 'forceStatus', strategy: 'FVG_Pattern', status: 'SUSPENDED', pinForHours: 2, ...by }),
    );
    expect(forced.status).toBe(200);
    expect(bot.engine.manager.statusOf('FVG_Pattern')).toBe('SUSPENDED');
    const unknown = await served.ask(
      'api/commands',
      write({ type: 'forceStatus', strategy: 'Nobody', status: 'ACTIVE', ...by }),
    );
    expect([unknown.status, (await bodyOf(unknown)).error.code]).toEqual([404, 'STRATEGY_UNKNOWN']);
    const mode = await served.ask('api/commands', write({ type: 'setMode', mode: 'observe', ...by }));
    expect([mode.status, bot.engine.mode]).toEqual([200, 'observe']);
    expect((await served.json('api/status')).observed).toMatchObject({ needed: expect.any(Number) });
  });

  it('switches off at once, and on again', async () => {
    expect((await served.ask('api/off', write({}))).status).toBe(200);
    await expect.poll(() => bot.engine.flags.enabled, { timeout: 5000 }).toBe(false);
    // What is served is what is on disk, which may be a second behind.
    await expect
      .poll(async () => (await served.json('api/status')).flags.enabled, { timeout: 5000 })
      .toBe(false);
    expect(await served.json('api/status')).toMatchObject({ light: 'off' });
    await served.ask('api/commands', write({ type: 'setFlags', flags: { enabled: true }, reason: 'again' }));
    await expect.poll(() => bot.engine.flags.enabled, { timeout: 5000 }).toBe(true);
  });

  it('has an alert acknowledged, which is no hand that is needed any more', async () => {
    await served.watch.poll();
    const [alert] = (await served.json('api/alerts')) as { id: string }[];
    const answer = await served.ask('api/alerts/acknowledge', write({ id: alert!.id }));
    expect(answer.status).toBe(200);
    const after = (await served.json('api/alerts')) as { id: string; acknowledged: boolean }[];
    expect(after.find(({ id }) => id === alert!.id)!.acknowledged).toBe(true);
    expect((await served.ask('api/alerts/acknowledge', write({ id: 'nothing' }))).status).toBe(400);
  });

  it('gives figures to Prometheus, with names that are bounded', async () => {
    await expect.poll(() => served.watch.vitals?.latency.count ?? 0, { timeout: 10_000 }).toBeGreaterThan(60);
    const text = await (await served.ask('metrics')).text();
    for (const line of [
      'edgekeeper_up 1',
      /edgekeeper_decisions_total 6\d/,
      /edgekeeper_signals_total\{strategy="EMA_Trend",action="executed"\} \d+/,
      /edgekeeper_decide_duration_seconds_bucket\{le="\+Inf"\} 6\d/,
      /edgekeeper_strategy_status\{strategy="FVG_Pattern",status="SUSPENDED"\} 1/,
    ])
      expect(text).toMatch(line);
    const inf = Number(/bucket\{le="\+Inf"\} (\d+)/.exec(text)![1]);
    expect(text).toContain(`edgekeeper_decide_duration_seconds_count ${inf}`);
  });

  it('describes itself', async () => {
    const { paths, components } = await served.json('api/openapi.json');
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        '/api/status',
        '/api/decisions/{id}',
        '/api/commands',
        '/api/off',
        '/api/export/{file}',
      ]),
    );
    expect(components.securitySchemes.token.scheme).toBe('bearer');
  });
});

describe('the API without a bot', () => {
  it('says that nothing is known yet, and fills when a bot begins', async () => {
    const stateDir = await fresh();
    const empty = await room(stateDir);
    expect(await empty.json('api/status')).toMatchObject({
      light: 'empty',
      isMissing: true,
      bot: { state: 'stopped' },
    });
    const missing = await empty.ask('api/weights');
    expect([missing.status, (await bodyOf(missing)).error.code]).toEqual([503, 'STATE_MISSING']);
    const begun = await tradingBot(stateDir, 4);
    await empty.watch.poll();
    expect((await empty.json('api/status')).healthy.entries).toBe(4);
    await begun.close();
    await empty.watch.poll();
    expect((await empty.json('api/status')).bot.state).toBe('stopped');

    // Over a restart it goes on; a command waits for one.
    const waits = await empty.ask(
      'api/commands',
      write({ type: 'setMode', mode: 'observe', reason: 'later' }),
    );
    const { id, isDone } = await bodyOf(waits);
    expect(isDone).toBe(false);
    expect(await empty.json('api/commands')).toMatchObject([{ id, type: 'setMode' }]);
    const gone = await empty.ask(`api/commands/${id}`, { ...write(null), method: 'DELETE', body: null });
    expect(gone.status).toBe(200);
    expect(await empty.json('api/commands')).toEqual([]);
    const again = await tradingBot(stateDir, 3);
    await empty.watch.poll();
    expect(await empty.json('api/status')).toMatchObject({
      bot: { state: 'running' },
      mode: 'act',
      healthy: { entries: 7 },
    });
    await again.close();
    await empty.close();
  });
});
