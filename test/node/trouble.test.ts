import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { takeLease } from '../../src/journal/lease.ts';
import { openOverlay } from '../../src/node/index.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const directory = () => mkdtemp(join(tmpdir(), 'edgekeeper-'));

/** A disk of 64 KiB; null where this user may mount none. */
function tinyDisk(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
const probe = fs.mkdtempSync(join(tmpdir(), 'edgekeeper-'));
const canMount = process.platform === 'linux' && tinyDisk(probe);
if (canMount) execFileSync('umount', [probe]);
const title = canMount ? '' : ' (skipped: this user may not mount)';

const listeners = () => ['exit', 'SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => process.listenerCount(name));

/** A start that fails with a code, and leaves neither a listener nor a timer in the process. */
async function refused(stateDir: string): Promise<void> {
  const before = listeners();
  const timers = vi.spyOn(globalThis, 'setInterval');
  await expect(openOverlay({ stateDir, log: quiet })).rejects.toThrow(/STATE_UNWRITABLE.*Free space/s);
  expect(listeners()).toEqual(before);
  for (const { value } of timers.mock.results)
    expect((value as unknown as { _destroyed: boolean })._destroyed).toBe(true);
}

afterEach(() => vi.restoreAllMocks());

describe.skipIf(!canMount)(`a start on a full disk${title}`, () => {
  async function onTinyDisk(use: (dir: string, fill: () => void) => Promise<void>): Promise<void> {
    const dir = await directory();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', dir]);
    const fill = () => {
      try {
        for (let i = 0; ; i += 1) fs.appendFileSync(join(dir, 'ballast'), Buffer.alloc(512, i));
      } catch {
        // There is no room any more.
      }
    };
    try {
      await use(dir, fill);
    } finally {
      execFileSync('umount', [dir]);
    }
  }

  it('is refused with a code, leaves nothing, and succeeds when there is room', async () => {
    await onTinyDisk(async (dir, fill) => {
      fill();
      await refused(join(dir, 'state'));
      await rm(join(dir, 'ballast'));
      const overlay = await openOverlay({ stateDir: join(dir, 'state'), log: quiet });
      await overlay.close();
    });
  });

  it('with a state is refused as well, and the state stays what it was', async () => {
    await onTinyDisk(async (dir, fill) => {
      const stateDir = join(dir, 'state');
      const first = await openOverlay({ stateDir, log: quiet });
      first.engine.recordEquity({ time: Date.now(), equity: 1234 });
      await first.close();
      const before = await readFile(join(stateDir, 'state.json'), 'utf8');
      fill();
      await refused(stateDir);
      expect(await readFile(join(stateDir, 'state.json'), 'utf8')).toBe(before);
      await rm(join(dir, 'ballast'));
      const again = await openOverlay({ stateDir, log: quiet });
      expect(again.engine.portfolio.equity).toBe(1234);
      await again.close();
    });
  });

  it('that fills up while the bot runs keeps its lease, and gives it free', async () => {
    await onTinyDisk(async (dir, fill) => {
      const lease = await takeLease(dir);
      fill();
      expect(lease.isHeld()).toBe(true);
      await lease.release();
      const next = latest(dir);
      expect(next.released).toBe(true);
    });
  });
});

const latest = (dir: string) => {
  const names = fs.readdirSync(join(dir, 'lease')).map(Number);
  return JSON.parse(fs.readFileSync(join(dir, 'lease', String(Math.max(...names))), 'utf8'));
};

describe('a start that fails', () => {
  const full = () => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });

  it('at its first snapshot leaves no lease, no timer and no listener', async () => {
    const dir = await directory();
    vi.spyOn(fs.promises, 'open').mockRejectedValue(full());
    await refused(dir);
    vi.restoreAllMocks();
    expect(latest(dir).released).toBe(true);
    const overlay = await openOverlay({ stateDir: dir, log: quiet });
    await overlay.close();
  });

  it('at its lease leaves none', async () => {
    const dir = await directory();
    vi.spyOn(fs, 'fsyncSync').mockImplementation(() => {
      throw full();
    });
    await refused(dir);
    expect(await readdir(join(dir, 'lease'))).toEqual([]);
  });

  it('where a file stands in the way of a folder says so', async () => {
    const dir = await directory();
    await writeFile(join(dir, 'lease'), '');
    await refused(dir);
  });
});
