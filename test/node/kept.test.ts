import fs from 'node:fs';
import fsp, { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Overlay, openOverlay, wallClock } from '../../src/node/index.ts';
import { Keeper } from '../../src/node/kept.ts';
import { START } from '../fixtures.ts';
import { eventually } from './eventually.ts';

const lines: string[] = [];
const note = (message: string) => void lines.push(message);
const log = { info: note, warn: note, error: note };
const opened: Overlay[] = [];
const directory = () => mkdtemp(join(tmpdir(), 'edgekeeper-'));
async function open(stateDir: string): Promise<Overlay> {
  const overlay = await openOverlay({ stateDir, log, clock: { now: () => START, sleep: wallClock.sleep } });
  opened.push(overlay);
  return overlay;
}
const keeperOf = (stateDir: string) =>
  new Keeper({
    stateDir,
    log,
    clock: { now: () => START, sleep: wallClock.sleep },
    onFault: (error) => lines.push(String(error)),
    before: () => undefined,
  });
afterEach(async () => {
  vi.restoreAllMocks();
  for (const overlay of opened.splice(0)) await overlay.close().catch(() => undefined);
  lines.length = 0;
});

describe('what an adapter keeps', () => {
  it('is there again after a restart, by its name', async () => {
    const dir = await directory();
    const first = await open(dir);
    expect(first.kept('lots').load()).toBeNull();
    first.kept('lots').save({ lots: [1, 2] });
    first.kept('other').save('text');
    expect(first.kept('lots').load()).toEqual({ lots: [1, 2] });
    await first.close();
    const second = await open(dir);
    expect(second.kept('lots').load()).toEqual({ lots: [1, 2] });
    expect(second.kept('other').load()).toBe('text');
    expect((await readdir(join(dir, 'kept'))).sort()).toEqual(['lots.json', 'other.json']);
  });

  it('is as it was when it was saved, whatever becomes of the value', async () => {
    const dir = await directory();
    const overlay = await open(dir);
    const value = { lots: [1] };
    overlay.kept('lots').save(value);
    value.lots.push(2);
    await overlay.durable();
    expect(JSON.parse(await readFile(join(dir, 'kept', 'lots.json'), 'utf8'))).toEqual({ lots: [1] });
  });

  it('is written one at a time, and of those that wait only the latest', async () => {
    const dir = await directory();
    const overlay = await open(dir);
    const written = vi.spyOn(fsp, 'rename');
    for (let i = 0; i < 500; i += 1) overlay.kept('lots').save(i);
    await overlay.durable();
    expect(written.mock.calls.filter(([, to]) => String(to).endsWith('lots.json'))).toHaveLength(1);
    expect(JSON.parse(await readFile(join(dir, 'kept', 'lots.json'), 'utf8'))).toBe(499);
  });

  it('outlives the process from the next turn on, before it is durable', async () => {
    const dir = await directory();
    vi.spyOn(fsp, 'open').mockReturnValue(new Promise(() => undefined));
    const lots = keeperOf(dir).kept('lots');
    for (const value of [1, 2]) {
      lots.save(value);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(() => expect(keeperOf(dir).kept('lots').load()).toBe(2));
  });

  it('is the older one where the process died while it wrote', async () => {
    const dir = await directory();
    await fsp.mkdir(join(dir, 'kept'));
    for (const [name, text] of [
      ['lots.json', '1'],
      ['lots.json.7', '2'],
      ['lots.json.8', '{"lots'],
    ] as const)
      await writeFile(join(dir, 'kept', name), text);
    const keeper = keeperOf(dir);
    expect(keeper.kept('lots').load()).toBe(2);
    keeper.kept('lots').save(3);
    await keeper.flush();
    expect(await readdir(join(dir, 'kept'))).toEqual(['lots.json']);
    expect(keeperOf(dir).kept('lots').load()).toBe(3);
  });

  it('is written when the process exits at once', async () => {
    const dir = await directory();
    const keeper = keeperOf(dir);
    keeper.kept('lots').save(1);
    keeper.writeNow();
    expect(keeperOf(dir).kept('lots').load()).toBe(1);
  });

  it('that its adapter cannot read is set aside as well', async () => {
    const dir = await directory();
    const keeper = keeperOf(dir);
    keeper.kept('lots').save({});
    await keeper.flush();
    keeper.kept('lots').setAside('it has no version');
    expect(lines.join('\n')).toMatch(/lots\.json.*set aside: it has no version/);
    expect(keeper.kept('lots').load()).toBeNull();
    expect(keeperOf(dir).kept('lots').load()).toBeNull();
  });

  it('that is corrupt is set aside and said, and is null', async () => {
    const dir = await directory();
    await (await open(dir)).close();
    await fsp.mkdir(join(dir, 'kept'));
    await writeFile(join(dir, 'kept', 'lots.json'), '{"lots": [1, 2');
    const overlay = await open(dir);
    expect(overlay.kept('lots').load()).toBeNull();
    const [aside] = await readdir(join(dir, 'kept'));
    expect(aside).toBe('lots.json.broken-2024-01-01T00-00-00-000Z');
    expect(await readFile(join(dir, 'kept', aside!), 'utf8')).toBe('{"lots": [1, 2');
    expect(lines.join('\n')).toMatch(/lots\.json.*set aside/);
    overlay.kept('lots').save(1);
    await overlay.durable();
    expect(await readdir(join(dir, 'kept'))).toEqual(['lots.json', aside]);
  });

  it('has a name that is safe in a file system', async () => {
    const overlay = await open(await directory());
    for (const name of ['', '..', '../state', 'a/b', 'a\\b', '.hidden', 'x'.repeat(101), 'a\0', 3 as never])
      expect(() => overlay.kept(name)).toThrow(/OPTION_INVALID/);
    expect(overlay.kept('ccxt-lots_2')).toBe(overlay.kept('ccxt-lots_2'));
  });

  it('waits in memory while the disk fails, is counted, and is written when it works again', async () => {
    const dir = await directory();
    const overlay = await open(dir);
    const lots = overlay.kept('lots');
    lots.save(1);
    await overlay.durable();
    const failing = vi.spyOn(fsp, 'rename').mockRejectedValue(new Error('ENOSPC'));
    lots.save(2);
    await expect(overlay.durable()).rejects.toThrow('ENOSPC');
    expect(overlay.engine.getOptimizationStatus().errors.KEPT_FAILED).toBeGreaterThan(0);
    expect(lots.load()).toBe(2);
    expect(JSON.parse(await readFile(join(dir, 'kept', 'lots.json'), 'utf8'))).toBe(1);
    failing.mockRestore();
    await eventually(() =>
      expect(JSON.parse(fs.readFileSync(join(dir, 'kept', 'lots.json'), 'utf8'))).toBe(2),
    );
  });

  it('never throws at a host: what is no JSON, or comes too late, is counted', async () => {
    const overlay = await open(await directory());
    const lots = overlay.kept('lots');
    const circle: { self?: unknown } = {};
    circle.self = circle;
    for (const value of [circle, undefined, 10n]) lots.save(value);
    expect(overlay.engine.getOptimizationStatus().errors).toEqual({ KEPT_FAILED: 3 });
    expect(lots.load()).toBeNull();
    await overlay.close();
    lots.save(1);
    expect(overlay.engine.getOptimizationStatus().errors).toEqual({ KEPT_FAILED: 4 });
  });
});
