import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { savedEngine } from '../../src/cli/saved.ts';
import { OptimizationEngine } from '../../src/index.ts';
import { openOverlay } from '../../src/node/index.ts';
import { edgekeeper as command } from './run-cli.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const fresh = () => mkdtemp(join(tmpdir(), 'edgekeeper-'));

/** Records trades on a state directory, as a bot does. */
async function trade(
  stateDir: string,
  count: number,
  whileOpen: () => Promise<void> = async () => undefined,
) {
  const overlay = await openOverlay({ stateDir, log });
  const known = overlay.engine.decomposer.getPortfolioPerformance().trades;
  for (let i = 0; i < count; i += 1) {
    const exitTime = Date.now() - 60_000 + i;
    const at = { entryTime: exitTime, exitTime, entryPrice: 100, stop: 90, size: 1 };
    const decision = overlay.engine.decide({
      strategy: 'S',
      symbol: 'BTC/USDT',
      side: 'long',
      time: exitTime,
    });
    overlay.engine.recordTrade({
      decision,
      id: `t${known + i}-${stateDir.slice(-6)}-${Date.now()}`,
      strategy: 'S',
      symbol: 'BTC/USDT',
      pnl: i % 3,
      ...at,
    });
  }
  overlay.kept('lots').save({ lots: count });
  await overlay.kept('lots');
  await whileOpen();
  await overlay.close();
}
const tradesIn = async (stateDir: string) =>
  (await savedEngine(stateDir)).decomposer.getPortfolioPerformance().trades;

describe('a backup', () => {
  it('is made of a running bot, and brings all of it back elsewhere', async () => {
    const [stateDir, place] = [await fresh(), await fresh()];
    const file = join(place, 'night.backup');
    await trade(stateDir, 40);
    await trade(stateDir, 20, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1200));
      const { code, out } = await command('backup', file, '--state-dir', stateDir);
      expect([code, out]).toEqual([0, expect.stringMatching(/it was opened once, and is whole/)]);
    });
    await trade(stateDir, 5);

    const target = join(place, 'state');
    expect((await command('restore', file, '--state-dir', target)).code).toBe(0);
    expect(await tradesIn(target)).toBe(60);
    expect(JSON.parse(await readFile(join(target, 'kept/lots.json'), 'utf8'))).toBeTruthy();
    expect(await readdir(target)).toContain('on');
    await trade(target, 3);
    expect(await tradesIn(target)).toBe(63);

    const again = await command('restore', file, '--state-dir', target, '--json');
    expect([again.code, again.err]).toEqual([1, expect.stringMatching(/STATE_OCCUPIED/)]);
    expect(await tradesIn(target)).toBe(63);
  });

  it('that is cut off, changed, hostile or none is refused, and leaves nothing', async () => {
    const [stateDir, place] = [await fresh(), await fresh()];
    const file = join(place, 'b');
    await trade(stateDir, 5);
    await command('backup', file, '--state-dir', stateDir);
    const lines = gunzipSync(await readFile(file))
      .toString()
      .trimEnd()
      .split('\n');
    const sealed = (each: readonly string[]) => gzipSync(`${each.join('\n')}\n`);
    const escaping = JSON.stringify({ file: '../evil', sha256: 'x', content: '' });
    const wrong: Record<string, Uint8Array> = {
      none: Buffer.from('no backup'),
      halved: (await readFile(file)).subarray(0, 200),
      short: sealed(lines.slice(0, -1)),
      fewer: sealed([lines[0]!, ...lines.slice(2)]),
      changed: sealed(lines.map((line, i) => (i === 1 ? line.replace('"content":"', '"content":" ') : line))),
      escaping: sealed([lines[0]!, escaping, '{"end":1}']),
      empty: gzipSync(''),
    };
    for (const [name, content] of Object.entries(wrong)) {
      await writeFile(join(place, name), content);
      const target = join(place, `${name}-state`);
      const { code, err } = await command('restore', join(place, name), '--state-dir', target);
      expect([name, code, err]).toEqual([name, 1, expect.stringMatching(/BACKUP_INVALID/)]);
      expect(await readdir(place)).not.toContain(`${name}-state`);
    }
    expect((await readdir(place)).filter((name) => /restoring|tmp|evil/.test(name))).toEqual([]);
    const nowhere = await command('backup', '/proc/nowhere/b', '--state-dir', stateDir);
    expect([nowhere.code, nowhere.err]).toEqual([1, expect.stringMatching(/STATE_UNWRITABLE/)]);
  });
});

describe('a damaged state', () => {
  let whole = '';
  beforeAll(async () => {
    whole = await fresh();
    await trade(whole, 30);
    // What the snapshot has not: the latest events are in the journal alone.
    const before = await readFile(join(whole, 'state.json'));
    await trade(whole, 30);
    await writeFile(join(whole, 'state.json'), before);
  });
  const damaged = async (damage: (stateDir: string, journal: string) => Promise<unknown>) => {
    const stateDir = await fresh();
    await cp(whole, stateDir, { recursive: true });
    const names = (await readdir(join(stateDir, 'journal'))).filter((name) => name.endsWith('.jsonl'));
    await damage(stateDir, join(stateDir, 'journal', names.sort().at(-1)!));
    return stateDir;
  };
  const scribble = (at: number) => async (_: string, journal: string) => {
    const bytes = await readFile(journal);
    bytes[Math.floor(bytes.length * at)]! ^= 8;
    await writeFile(journal, bytes);
  };

  it('says what can be read of it, changes nothing, and goes on from there when it is told to', async () => {
    const stateDir = await damaged(scribble(0.6));
    const names = await readdir(stateDir);
    const preview = await command('recover', '--state-dir', stateDir);
    expect(preview.code).toBe(0);
    expect(preview.out).toMatch(
      /damaged: .*jsonl.*missing: +events? \d+.*readable: everything else up to event \d+.*--yes/s,
    );
    expect(await readdir(stateDir)).toEqual(names);
    await expect(savedEngine(stateDir)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });

    const mended = await command('recover', '--yes', '--state-dir', stateDir);
    expect(mended.out).toMatch(/mended: .*nothing was deleted/);
    const trades = await tradesIn(stateDir);
    // A line is lost, not what stands behind it.
    expect(trades).toBeGreaterThanOrEqual(59);
    expect((await readdir(stateDir)).some((name) => name.startsWith('journal-broken-'))).toBe(true);
    const audit = await command('audit', '--state-dir', stateDir, '--json');
    expect(audit.out).toMatch(/edgekeeper recover/);
    await trade(stateDir, 4);
    expect(await tradesIn(stateDir)).toBe(trades + 4);
    expect((await command('journal', 'verify', '--state-dir', stateDir)).code).toBe(0);
  });

  it('is shown to those who only look, as far as it goes, with a word of that', async () => {
    const stateDir = await damaged(scribble(0.6));
    for (const look of [['status'], ['doctor'], ['flags']]) {
      const { code, out, err } = await command(...look, '--state-dir', stateDir);
      expect([look, code, out.length > 50, err]).toEqual([
        look,
        0,
        true,
        expect.stringMatching(/JOURNAL_CORRUPT.*ends at event \d+/),
      ]);
    }
    // Beside the damage the record answers, too.
    for (const look of [['audit', '--all'], ['why', '--last'], ['why', 'd3'], ['effect'], ['report']]) {
      const { code, out, err } = await command(...look, '--state-dir', stateDir);
      expect([look, code, out.length > 50]).toEqual([look, 0, true]);
      expect([look, err]).toEqual([look, expect.stringMatching(/JOURNAL_CORRUPT.*edgekeeper recover/)]);
    }
    const changing = await command('disable', 'quality', '--state-dir', stateDir);
    expect([changing.code, changing.err]).toEqual([
      1,
      expect.stringMatching(/JOURNAL_CORRUPT.*edgekeeper recover/s),
    ]);
  });

  it('ends for those who look where an event makes no sense any more', async () => {
    const stateDir = await damaged(scribble(0.6));
    const { apply } = OptimizationEngine.prototype;
    let applied = 0;
    const broken = vi.spyOn(OptimizationEngine.prototype, 'apply').mockImplementation(function applyFew(
      this: OptimizationEngine,
      event,
    ) {
      applied += 1;
      if (applied > 10) throw new Error('no such decision');
      return apply.call(this, event);
    });
    const { code, out } = await command('recover', '--state-dir', stateDir);
    broken.mockRestore();
    expect([code, out]).toEqual([0, expect.stringMatching(/damaged: .*that cannot be applied: no such/)]);
  });

  it('is not called damaged where it cannot be read', async () => {
    const stateDir = await damaged(async (dir) => {
      await rm(join(dir, 'state.json'));
      await mkdir(join(dir, 'state.json'));
    });
    const { code, err } = await command('status', '--state-dir', stateDir);
    expect([code, err]).toEqual([1, expect.stringMatching(/STATE_UNREADABLE/)]);
  });

  it('has the events named that a flipped bit took from a long record, which stops nothing', async () => {
    const stateDir = await fresh();
    await command('paper', '--to', '2024-02-10', '--state-dir', stateDir);
    const [name] = (await readdir(join(stateDir, 'journal'))).filter((each) => each.endsWith('.jsonl'));
    await scribble(0.5)(stateDir, join(stateDir, 'journal', name!));
    const { code, out } = await command('recover', '--state-dir', stateDir);
    expect([code, out]).toEqual([0, expect.stringMatching(/^missing: {2}event \d+ is missing\nAll others/)]);
    expect((await command('status', '--state-dir', stateDir)).code).toBe(0);
  });

  it('is made again from the journal where only the snapshot is damaged', async () => {
    const stateDir = await damaged((dir) => writeFile(join(dir, 'state.json'), 'scribble'));
    const mended = await command('recover', '--yes', '--json', '--state-dir', stateDir);
    expect(JSON.parse(mended.out)).toMatchObject({
      isMended: true,
      damage: [expect.stringMatching(/state\.json/)],
    });
    expect(await tradesIn(stateDir)).toBe(60);
    await trade(stateDir, 1);
    expect(await tradesIn(stateDir)).toBe(61);
  });

  it('has its record set aside where that is damaged before the snapshot', async () => {
    const stateDir = await damaged(async (dir) => {
      await trade(dir, 1);
      const [first] = (await readdir(join(dir, 'journal'))).filter((name) => name.endsWith('.jsonl')).sort();
      await scribble(0.5)(dir, join(dir, 'journal', first!));
    });
    expect(await tradesIn(stateDir)).toBe(61);
    expect((await command('recover', '--yes', '--state-dir', stateDir)).out).toMatch(/mended/);
    expect(await tradesIn(stateDir)).toBe(61);
    expect((await command('journal', 'verify', '--state-dir', stateDir)).code).toBe(0);
  });

  it('is read from the first event to the damage where both are damaged, and is whole where nothing is', async () => {
    const both = await damaged(async (dir, journal) => {
      await scribble(0.6)(dir, journal);
      await rm(join(dir, 'state.json'));
      await writeFile(join(dir, 'state.json'), '{');
    });
    await command('recover', '--yes', '--state-dir', both);
    expect(await tradesIn(both)).toBeGreaterThan(5);
    const sound = await damaged(async () => undefined);
    expect((await command('recover', '--yes', '--state-dir', sound)).out).toMatch(/Nothing is damaged/);
  });

  it('is not mended while a bot has it', async () => {
    const stateDir = await damaged(async () => undefined);
    await trade(stateDir, 1, async () => {
      await writeFile(join(stateDir, 'state.json'), '{');
      const { code, err } = await command('recover', '--yes', '--state-dir', stateDir);
      expect([code, err]).toEqual([1, expect.stringMatching(/STATE_LOCKED/)]);
    });
  }, 30_000);
});
