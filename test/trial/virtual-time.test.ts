import { setTimeout as waited } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VirtualTime } from '../../src/trial/virtual-time.ts';

const START = Date.UTC(2024, 0, 1);
const turn = globalThis.setImmediate;

describe('virtual time', () => {
  let time: VirtualTime;
  beforeEach(() => {
    time = new VirtualTime(START);
    time.install();
  });
  afterEach(() => time.uninstall());

  /** Lets everything happen until no timer is left that keeps a process alive. */
  async function live(most = 1000): Promise<void> {
    for (let i = 0; i < most; i += 1) {
      await new Promise<void>((resolve) => turn(resolve));
      if (time.nextAt === null) return;
      time.fireNext();
    }
  }

  it('stands still, and is what every Date says', () => {
    expect(Date.now()).toBe(START);
    expect(Date.now()).toBe(START);
    expect(new Date(2020, 1).getFullYear()).toBe(2020);
    expect(new Date('2020-05-01T00:00:00Z')).toBeInstanceOf(Date);
    expect(Date()).toMatch(/2024|2023/);
  });

  it('goes from timer to timer, in order of time and then of age', async () => {
    const seen: string[] = [];
    const note = (name: string) => seen.push(`${name} ${Date.now() - START}`);
    setTimeout(note, 500, 'b');
    setTimeout(note, 500, 'c');
    setTimeout(note, 100, 'a');
    const every = setInterval(() => {
      note('i');
      if (Date.now() - START >= 600) clearInterval(every);
    }, 200);
    const gone = setTimeout(note, 50, 'gone');
    clearTimeout(gone);
    await live();
    expect(seen).toEqual(['a 100', 'i 200', 'i 400', 'b 500', 'c 500', 'i 600']);
  });

  it('is that of promises and of numbers that stand for timers, and leaves those alone that keep nothing alive', async () => {
    const seen: number[] = [];
    const done = (async () => {
      seen.push((await waited(1000, 7)) as number);
      await promisify(setTimeout)(500);
      seen.push(Date.now() - START);
      const controller = new AbortController();
      const aborted = waited(60_000, 0, { signal: controller.signal }).catch((error: Error) => error.name);
      controller.abort();
      expect(await aborted).toBe('AbortError');
    })();
    clearTimeout(Number(setTimeout(() => seen.push(-1), 10)));
    setInterval(() => undefined, 60_000).unref();
    await live();
    await done;
    expect(seen).toEqual([7, 1500]);
    expect(time.nextAt).toBeNull();
  });

  it('gives the process its own time back', () => {
    time.uninstall();
    expect(Math.abs(Date.now() - START)).toBeGreaterThan(86_400_000);
    expect(vi.isFakeTimers()).toBe(false);
  });
});
