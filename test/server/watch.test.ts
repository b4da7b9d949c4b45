import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LATENCY_BUCKETS, writeVitals } from '../../src/journal/vitals.ts';
import { Watch } from '../../src/server/watch.ts';
import { fresh, room, tradingBot } from './served.ts';

const vitals = (writtenAt: number) => ({
  writtenAt,
  startedAt: 0,
  closedAt: null,
  latency: { count: 0, sum: 0, buckets: new Array(LATENCY_BUCKETS.length + 1).fill(0) },
  journalLag: 0,
});

describe('whoever watches a state', () => {
  it('knows a bot that ended from one that fell silent', async () => {
    const stateDir = await fresh();
    const bot = await tradingBot(stateDir, 2);
    await bot.close();
    const watch = new Watch(stateDir);
    await watch.poll();
    expect(watch.bot.state).toBe('stopped');
    // As a process leaves it that was killed a minute ago.
    await writeVitals(stateDir, vitals(Date.now() - 60_000));
    await watch.poll();
    const later = new Watch(stateDir);
    await later.poll();
    expect(later.bot.state).toBe('silent');
    expect(later.overview()).toMatchObject({
      light: 'bad',
      hand: [{ code: 'BOT_SILENT', level: 'critical' }],
    });
    await writeVitals(stateDir, vitals(Date.now()));
    await later.poll();
    expect(later.bot.state).toBe('running');
  });

  it('says what cannot be read, and goes on when it can', async () => {
    const stateDir = await fresh();
    await writeFile(join(stateDir, 'state.json'), 'scribble');
    await mkdir(join(stateDir, 'journal'));
    await writeFile(join(stateDir, 'journal', 'journal-000000000005-1.jsonl'), 'scribble\n');
    const served = await room(stateDir);
    expect(await served.json('api/status')).toMatchObject({
      isMissing: true,
      fault: expect.stringMatching(/STATE_CORRUPT|JOURNAL_CORRUPT/),
    });
    expect((await served.ask('api/weights')).status).toBe(503);
    await served.close();
  });

  it('tells of alerts once over its restarts, and of none that somebody wrote there who only looked', async () => {
    const stateDir = await fresh();
    const bot = await tradingBot(stateDir, 3);
    const told: string[] = [];
    const tell = async () => {
      const watch = new Watch(stateDir, (news) =>
        told.push(...news.map(({ what, alert }) => `${what} ${alert.code}`)),
      );
      await watch.start();
      await watch.close();
    };
    const looker = new Watch(stateDir);
    await looker.start();
    await looker.close();
    await tell();
    expect(told).toContain('raised NO_EQUITY_FEED');
    const { length } = told;
    await expect
      .poll(() => readFile(join(stateDir, 'alerts.json'), 'utf8').catch(() => ''))
      .toMatch(/NO_EQUITY_FEED/);
    await tell();
    expect(told).toHaveLength(length);
    // A file that somebody scribbled in is as good as none.
    await writeFile(join(stateDir, 'alerts.json'), '[{"id":"x"}]');
    await tell();
    expect(told).toHaveLength(2 * length);
    await bot.close();
  });
});
