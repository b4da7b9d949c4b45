import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { OptimizationEngine, Options } from '../../src/index.ts';
import { auditEntries } from '../../src/journal/audit.ts';
import { segmentsIn } from '../../src/journal/segment.ts';
import { acknowledgementOf, postCommand } from '../../src/node/inbox.ts';
import { type Overlay, type OverlayOptions, openOverlay, wallClock } from '../../src/node/index.ts';
import { allowOn, panicOff } from '../../src/node/panic.ts';
import { AUTHOR, HOUR, START, signal, trade, walk } from '../fixtures.ts';
import { layGhost } from '../ghost.ts';
import { eventually } from './eventually.ts';

const directory = () => mkdtemp(join(tmpdir(), 'edgekeeper-'));
const lines: string[] = [];
const note = (message: string) => void lines.push(message);
const log = { info: note, warn: note, error: note };
const clock = { time: START, now: () => clock.time, sleep: wallClock.sleep };

const opened: Overlay[] = [];
async function open(stateDir: string, options: Partial<OverlayOptions> = {}): Promise<Overlay> {
  const overlay = await openOverlay({ stateDir, log, clock, durability: 'everyEvent', ...options });
  opened.push(overlay);
  return overlay;
}

/** Gives the directory up as a process that is killed does: nothing is saved. */
function crash(overlay: Overlay, stateDir: string): void {
  layGhost(stateDir);
  opened.splice(opened.indexOf(overlay), 1);
}

afterEach(async () => {
  vi.restoreAllMocks();
  delete process.env.EDGEKEEPER_DISABLED;
  for (const overlay of opened.splice(0)) await overlay.close().catch(() => undefined);
  lines.length = 0;
  clock.time = START;
});

/** A day in the life of a bot, in steps that are the same each time. */
function live(engine: OptimizationEngine, from: number, to: number): void {
  const candles = walk(to, 5);
  for (let i = from; i < to; i += 1) {
    const time = START + (i + 1) * HOUR;
    clock.time = time;
    engine.recordCandle('BTC/USDT', '1h', candles[i]!);
    engine.recordEquity({ time, equity: 10_000 + 10 * (i % 7) });
    const decision = engine.decide(signal({ id: `s${i}`, time, confidence: (i % 10) / 10 }));
    if (i % 3 === 0 && decision.multiplier > 0)
      engine.recordTrade(trade((i % 5) - 2, { id: `t${i}`, exitTime: time, decision }));
    if (i % 4 === 0) engine.updateOptimization(time);
    if (i === 50) engine.setFlags({ adaptiveWeighting: false }, { ...AUTHOR, time });
    if (i === 60) engine.forceStatus('EMA_Trend', 'ACTIVE', { ...AUTHOR, time, pinForHours: 24 });
  }
}

const state = (engine: OptimizationEngine) => JSON.stringify(engine.snapshot());

describe('recovery', () => {
  it('gives the state that was, bit for bit, from any mix of snapshot and journal', async () => {
    for (const saves of [[], [10], [80], [30, 90]]) {
      const dir = await directory();
      const overlay = await open(dir);
      let at = 0;
      for (const next of [...saves, 120]) {
        live(overlay.engine, at, next);
        if (next < 120) await overlay.save();
        at = next;
      }
      const expected = state(overlay.engine);
      crash(overlay, dir);
      const again = await open(dir);
      expect(state(again.engine)).toBe(expected);
      live(again.engine, 120, 130);
      const later = state(again.engine);
      await again.close();
      expect(state((await open(dir)).engine)).toBe(later);
    }
  });

  it('counts nothing twice that is delivered again', async () => {
    const dir = await directory();
    const first = await open(dir);
    live(first.engine, 0, 40);
    const before = state(first.engine);
    crash(first, dir);
    const { engine } = await open(dir);
    const candles = walk(40, 5);
    for (const candle of candles.slice(-5)) engine.recordCandle('BTC/USDT', '1h', candle);
    expect(engine.recordTrade(trade(1, { id: 't39', exitTime: START + 40 * HOUR }))).toBeNull();
    engine.decide(signal({ id: 's39', time: START + 40 * HOUR }));
    expect(state(engine)).toBe(before);
  });

  it('gives the same for signals, trades and candles that hosts made badly or stuffed with their own things', async () => {
    const dir = await directory();
    const overlay = await open(dir);
    const { engine } = overlay;
    live(engine, 0, 10);
    for (const bad of [{ side: 'up' }, { time: Number.NaN }, { id: 7 }, { strategy: '' }])
      engine.decide(signal({ time: clock.time, ...(bad as object) }));
    const stuffed = { info: { raw: 10n }, self: engine };
    engine.decide({ ...signal({ id: 'stuffed', time: clock.time }), ...stuffed });
    engine.recordTrade({ ...trade(1, { exitTime: clock.time }), ...stuffed });
    engine.recordCandle('BTC/USDT', '1h', {
      time: clock.time,
      open: -1,
      high: 1,
      low: 1,
      close: Number.NaN,
      volume: 0,
    });
    engine.recordCandle('ODD/USDT', '1h', null as never);
    const expected = state(engine);
    crash(overlay, dir);
    expect(state((await open(dir)).engine)).toBe(expected);
  });

  it('cuts off half a line, and says so', async () => {
    const dir = await directory();
    const overlay = await open(dir);
    live(overlay.engine, 0, 20);
    crash(overlay, dir);
    const [segment] = await segmentsIn(join(dir, 'journal'));
    await fs.promises.appendFile(segment!.path, '{"seq":9999,"time":17');
    const again = await open(dir);
    expect(lines.some((line) => line.includes('cut off'))).toBe(true);
    expect(state(again.engine)).toBe(state(overlay.engine));
  });

  it('stops at a corrupt middle, and goes on from the snapshot when told to', async () => {
    const dir = await directory();
    const overlay = await open(dir);
    live(overlay.engine, 0, 20);
    await overlay.save();
    const saved = state(overlay.engine);
    live(overlay.engine, 20, 40);
    crash(overlay, dir);
    const [segment] = await segmentsIn(join(dir, 'journal'));
    const text = await readFile(segment!.path, 'utf8');
    await writeFile(segment!.path, text.replace(/^(\["e",\d+),10060\]/gm, '$1,99999]'));
    await expect(open(dir)).rejects.toThrow(/JOURNAL_CORRUPT.*--recover-from-snapshot/);
    const again = await open(dir, { recoverFromSnapshot: true });
    expect(state(again.engine)).toBe(saved);
    expect((await readdir(dir)).some((name) => name.startsWith('journal-broken'))).toBe(true);
    live(again.engine, 20, 25);
    const later = state(again.engine);
    crash(again, dir);
    expect(state((await open(dir)).engine)).toBe(later);
  });

  it('refuses a snapshot of a newer version', async () => {
    const dir = await directory();
    const overlay = await open(dir);
    await overlay.close();
    const file = join(dir, 'state.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace(/"version":\d+/, '"version":99'));
    await expect(open(dir)).rejects.toThrow(/STATE_CORRUPT.*version 99/);
  });

  it('survives clocks that jump a day back and forward', async () => {
    const dir = await directory();
    const overlay = await open(dir);
    live(overlay.engine, 0, 30);
    for (const jump of [-24, 24, -24]) {
      clock.time += jump * HOUR;
      overlay.engine.updateOptimization(clock.time);
      overlay.engine.decide(signal({ time: clock.time }));
    }
    const expected = state(overlay.engine);
    crash(overlay, dir);
    expect(state((await open(dir)).engine)).toBe(expected);
  });
});

describe('a time ahead of the clock', () => {
  it('is refused of the host, and read from the journal all the same when the clock was set back', async () => {
    const dir = await directory();
    const first = await open(dir);
    live(first.engine, 0, 30);
    expect(() => first.engine.updateOptimization(clock.time + HOUR)).toThrow(/TIME_AHEAD/);
    const expected = state(first.engine);
    crash(first, dir);
    clock.time = START - 365 * 24 * HOUR;
    const second = await open(dir);
    expect(state(second.engine)).toBe(expected);
    // Switching off is never a matter of the clock.
    await panicOff(dir);
    await eventually(() => expect(second.engine.flags.enabled).toBe(false));
  });
});

describe('one writer', () => {
  it('at a time: a second start waits, says so once, and is told in the end who has the directory', async () => {
    const dir = await directory();
    const { engine } = await open(dir);
    await expect(open(dir)).rejects.toThrow(/STATE_LOCKED.*in use since/);
    expect(lines.filter((line) => line.includes('waiting'))).toHaveLength(1);
    expect(engine.getOptimizationStatus().errors).toEqual({});
  });

  it('that lost the directory to another one writes nothing more, goes on as it was, and alerts', async () => {
    const dir = await directory();
    const first = await open(dir, { durability: 'interval' });
    live(first.engine, 0, 30);
    await first.save();
    const { weight } = first.engine.decide(signal({ time: clock.time }));
    await first.durable();
    first.kept('lots').save({ lots: 1 });
    await first.durable();
    layGhost(dir);
    const second = await open(dir);
    const { decisions } = second.engine.getOptimizationStatus();
    live(first.engine, 30, 40);
    first.kept('lots').save({ lots: 2 });
    await eventually(() => expect(first.engine.getOptimizationStatus().errors.LEASE_LOST).toBe(1));
    expect(first.engine.decide(signal({ time: clock.time })).weight).toBe(weight);
    await expect(first.save()).rejects.toThrow(/LEASE_LOST/);
    await expect(first.durable()).rejects.toThrow(/LEASE_LOST/);
    expect(lines.filter((line) => line.startsWith('LEASE_LOST'))).toHaveLength(1);
    await postCommand(dir, { type: 'setMode', mode: 'observe', ...AUTHOR });
    await eventually(() => expect(second.engine.getOptimizationStatus().mode).toBe('observe'));
    expect(first.engine.getOptimizationStatus().mode).toBe('act');
    await panicOff(dir);
    await eventually(() => expect(first.engine.flags.enabled).toBe(false));
    await first.close();
    expect(second.kept('lots').load()).toEqual({ lots: 1 });
    await eventually(() => expect(second.engine.flags.enabled).toBe(false));
    expect(second.engine.getOptimizationStatus().decisions).toBe(decisions);
    const later = state(second.engine);
    crash(second, dir);
    expect(state((await open(dir)).engine)).toBe(later);
  });

  it('goes on with what a restored backup says, which has no lease, in an epoch of its own', async () => {
    const dir = await directory();
    for (let i = 0; i < 3; i += 1) {
      const overlay = await open(dir);
      live(overlay.engine, 10 * i, 10 * i + 10);
      const expected = state(overlay.engine);
      await overlay.close();
      await rm(join(dir, 'lease'), { recursive: true });
      await rm(join(dir, 'state.json'));
      const again = await open(dir);
      expect(state(again.engine)).toBe(expected);
      await again.close();
    }
    const epochs = (await segmentsIn(join(dir, 'journal'))).map(({ epoch }) => epoch);
    expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
  });

  it('that stalls in the middle of a write puts nothing in the place of what its successor has', async () => {
    for (const name of ['state.json', 'kept/lots.json']) {
      const dir = await directory();
      const overlay = await open(dir);
      overlay.kept('lots').save({ lots: 1 });
      await overlay.durable();
      await overlay.save();
      const before = await readFile(join(dir, name), 'utf8');
      live(overlay.engine, 0, 5);
      const { open: openFile } = fs.promises;
      vi.spyOn(fs.promises, 'open').mockImplementation(async (path, ...rest) => {
        const file = await openFile(path, ...rest);
        // Whatever is written now is written, and then somebody else is here.
        if (String(path).includes(name)) layGhost(dir);
        return file;
      });
      overlay.kept('lots').save({ lots: 2 });
      await expect(name === 'state.json' ? overlay.save() : overlay.durable()).rejects.toThrow(/LEASE_LOST/);
      vi.restoreAllMocks();
      expect(await readFile(join(dir, name), 'utf8')).toBe(before);
    }
  });
});

const command = {
  type: 'setFlags',
  flags: { qualityFiltering: false },
  actor: 'alice',
  reason: 'a test',
} as const;

describe('commands', () => {
  it('are carried out by the running bot within a second, acknowledged when durable, and audited', async () => {
    const dir = await directory();
    const { engine } = await open(dir);
    const id = await postCommand(dir, command);
    expect(await acknowledgementOf(dir, id, wallClock, 500_000)).toEqual({ ok: true });
    expect(engine.flags.qualityFiltering).toBe(false);
    const { entries: audit } = await auditEntries(join(dir, 'journal'));
    expect(audit.at(-1)).toMatchObject({ who: 'alice', what: 'command setFlags', why: 'a test' });
  });

  it('given while no bot runs are carried out at the next start, once', async () => {
    const dir = await directory();
    await (await open(dir)).close();
    await postCommand(dir, command);
    const again = await open(dir);
    expect(again.engine.flags.qualityFiltering).toBe(false);
    const before = state(again.engine);
    again.engine.execute({ ...command, time: START, id: again.engine.snapshot().commands[0]! });
    expect(state(again.engine)).toBe(before);
  });

  it('that make no sense are refused with the reason, and change nothing', async () => {
    const dir = await directory();
    const { engine } = await open(dir);
    const before = state(engine);
    const bad = await postCommand(dir, { ...command, flags: { speed: true } } as never);
    expect(await acknowledgementOf(dir, bad, wallClock, 500_000)).toMatchObject({
      ok: false,
      error: { code: 'COMMAND_INVALID' },
    });
    await writeFile(join(dir, 'inbox', '000-torn.json'), '{"type":');
    expect(await acknowledgementOf(dir, '000-torn', wallClock, 500_000)).toMatchObject({ ok: false });
    expect(state(engine)).toBe(before);
  });

  it('off: the panic switch works without a byte of room, within a second, and at every start', async () => {
    const dir = await directory();
    const overlay = await open(dir);
    overlay.engine.forceStatus('EMA_Trend', 'SUSPENDED', AUTHOR);
    vi.spyOn(fs.promises, 'writeFile').mockRejectedValue(
      Object.assign(new Error('full'), { code: 'ENOSPC' }),
    );
    await panicOff(dir);
    vi.restoreAllMocks();
    await eventually(() => expect(overlay.engine.flags.enabled).toBe(false));
    expect(overlay.engine.decide(signal()).action).toBe('pass');
    await overlay.close();
    const again = await open(dir);
    expect(again.engine.flags.enabled).toBe(false);
    allowOn(dir);
    await postCommand(dir, { ...command, flags: { enabled: true } });
    await eventually(() => expect(again.engine.flags.enabled).toBe(true));
    const { entries: audit } = await auditEntries(join(dir, 'journal'));
    expect(audit.find(({ who }) => who === 'panic switch')).toMatchObject({
      what: 'command setFlags',
      after: '{"flags":{"enabled":false}}',
    });
  });

  it('EDGEKEEPER_DISABLED=1 overrides everything', async () => {
    process.env.EDGEKEEPER_DISABLED = '1';
    const { engine } = await open(await directory());
    engine.setFlags({ enabled: true }, AUTHOR);
    expect(engine.decide(signal())).toMatchObject({ action: 'pass', multiplier: 1 });
    delete process.env.EDGEKEEPER_DISABLED;
    await eventually(() => expect(engine.decide(signal()).action).toBe('execute'));
  });
});

describe('the configuration file', () => {
  async function withFile(options: Options) {
    const dir = await directory();
    const file = join(dir, 'bot.json');
    await writeFile(file, JSON.stringify(options));
    const overlay = await open(join(dir, 'state'), { config: file });
    return {
      ...overlay,
      dir: join(dir, 'state'),
      file,
      write: (text: string) => writeFile(`${file}.new`, text).then(() => rename(`${file}.new`, file)),
    };
  }

  it('is applied between two events when it changes, shown as a diff and audited', async () => {
    const { engine, dir, write } = await withFile({ baseWeights: { EMA_Trend: 1 } });
    live(engine, 0, 30);
    const trades = engine.decomposer.getPortfolioPerformance().trades;
    await write(JSON.stringify({ baseWeights: { EMA_Trend: 1 }, maxWeight: 1.2 }));
    await eventually(() => expect(engine.config.maxWeight).toBe(1.2));
    expect(engine.decomposer.getPortfolioPerformance().trades).toBe(trades);
    expect(lines).toContain('configuration reloaded: maxWeight: 2 -> 1.2');
    // With what of it does not act as it may seem.
    expect(lines.join('\n')).toMatch(/maxWeight: acts on reported weights/);
    const { entries: audit } = await auditEntries(join(dir, 'journal'));
    expect(audit.at(-1)).toMatchObject({ who: 'config file', why: 'maxWeight: 2 -> 1.2' });
  });

  it('is refused with its reasons when it is faulty, once, and the old one stays', async () => {
    const { engine, write } = await withFile({});
    await write('{"maxWeigth":1.2}');
    await eventually(() =>
      expect(lines.filter((line) => line.includes('Did you mean maxWeight'))).toHaveLength(1),
    );
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(lines.filter((line) => line.includes('Did you mean maxWeight'))).toHaveLength(1);
    expect(engine.config.maxWeight).toBe(2);
  });

  it.each([
    [
      '5 MB of it',
      (file: string) => writeFile(file, `{"${'x'.repeat(5 << 20)}":1}`),
      /more than 1048576 bytes/,
    ],
    ['a folder', (file: string) => rm(file).then(() => mkdir(file)), null],
    ['a pipe', (file: string) => rm(file).then(() => void execFileSync('mkfifo', [file])), null],
  ])('that becomes %s is refused once and holds up nothing', async (_what, make, said) => {
    const { engine, dir, file, write } = await withFile({});
    await make(file);
    await postCommand(dir, command);
    await eventually(() => expect(engine.flags.qualityFiltering).toBe(false));
    await new Promise((resolve) => setTimeout(resolve, 1200));
    const refusals = lines.filter((line) => line.startsWith('configuration refused'));
    expect(refusals).toEqual(said ? [expect.stringMatching(said)] : []);
    await panicOff(dir);
    await eventually(() => expect(engine.flags.enabled).toBe(false));
    await rm(file, { recursive: true });
    await write('\uFEFF{"maxWeight":1.5}');
    await eventually(() => expect(engine.config.maxWeight).toBe(1.5));
  });

  it('says which options wait for a restart', async () => {
    const { engine, write } = await withFile({});
    await write('{"timeframe":"5m","maxWeight":1.5}');
    await eventually(() => expect(engine.config.maxWeight).toBe(1.5));
    expect(engine.config.timeframe).toBe('1h');
    expect(lines.some((line) => line.startsWith('timeframe cannot change'))).toBe(true);
  });

  it('overrules a switch that an operator set before, if it changes that switch', async () => {
    const { engine, write } = await withFile({});
    engine.setFlags({ adaptiveWeighting: false }, AUTHOR);
    await write('{"maxWeight":1.5}');
    await eventually(() => expect(engine.config.maxWeight).toBe(1.5));
    expect(engine.flags.adaptiveWeighting).toBe(false);
    await write('{"qualityFiltering":false}');
    await eventually(() => expect(engine.flags.qualityFiltering).toBe(false));
  });
});

describe('a failing disk', () => {
  it('changes no order, raises one alert, and the record catches up', async () => {
    const dir = await directory();
    const overlay = await open(dir);
    const { engine } = overlay;
    live(engine, 0, 20);
    const full = () => {
      throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    };
    vi.spyOn(fs, 'writeSync').mockImplementation(full);
    vi.spyOn(fs.promises, 'open').mockImplementation(full as never);
    const decision = engine.decide(signal({ time: clock.time }));
    expect(decision).toMatchObject({ action: 'execute', multiplier: decision.weight * decision.edgeFactor });
    live(engine, 20, 40);
    await overlay.save().catch(() => undefined);
    expect(engine.getOptimizationStatus().errors).toEqual({ JOURNAL_FAILED: 1 });
    vi.restoreAllMocks();
    await overlay.durable();
    const expected = state(engine);
    crash(overlay, dir);
    expect(state((await open(dir)).engine)).toBe(expected);
  });

  it('that loses the whole directory is made good by a snapshot', async () => {
    const dir = join(await directory(), 'state');
    const overlay = await open(dir);
    live(overlay.engine, 0, 20);
    await rm(dir, { recursive: true });
    live(overlay.engine, 20, 40);
    expect(overlay.engine.flags.enabled).toBe(true);
    await eventually(async () =>
      expect(await readdir(dir)).toEqual(expect.arrayContaining(['on', 'state.json'])),
    );
    expect(overlay.engine.flags.enabled).toBe(true);
    await overlay.save();
    const expected = state(overlay.engine);
    crash(overlay, dir);
    expect(state((await open(dir)).engine)).toBe(expected);
  });
});
