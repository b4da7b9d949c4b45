import { mkdtempSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { DirectoryLease, isOpen, takeLease } from '../../src/journal/lease.ts';
import { latestLease } from '../../src/journal/lease-file.ts';
import { built, start } from '../built.ts';
import { eventually } from '../node/eventually.ts';

const directory = () => mkdtemp(join(tmpdir(), 'edgekeeper-'));
/** So long that what takes over does, however busy the machine is. */
const LONG = 500_000;

let folder = '';
beforeAll(() => {
  folder = built();
});

/** A process that takes the lease, says so, and lives on. */
const OWNER = `
  import { takeLease } from 'BUILT/src/journal/lease.js';
  const lease = await takeLease(process.argv[2], {
    patience: ${LONG},
    onWait: () => console.log('waits'),
    onLost: (error) => console.log('lost: ' + error.message),
  });
  console.log('has epoch ' + lease.epoch);
  setInterval(() => lease.isHeld(), 100);
`;

/** Leaves what an owner leaves that was killed. */
async function ghost(dir: string): Promise<void> {
  const program = start(folder, OWNER, dir);
  await program.says('has epoch');
  program.child.kill('SIGKILL');
  await program.ended;
}

describe('the lease of a state directory', () => {
  it('is of one owner at a time: another one waits, and is told in the end who has it since when', async () => {
    const dir = await directory();
    const lease = await takeLease(dir);
    const onWait = vi.fn();
    await expect(takeLease(dir, { patience: 300, onWait })).rejects.toThrow(/STATE_LOCKED.*since.*on /);
    expect(onWait).toHaveBeenCalledTimes(1);
    expect(lease.isHeld()).toBe(true);
    await lease.release();
  });

  it('is free at once when it is released, and its epoch grows by one each time', async () => {
    const dir = await directory();
    for (let epoch = 1; epoch <= 5; epoch += 1) {
      const lease = await takeLease(dir, { patience: 0 });
      expect(lease.epoch).toBe(epoch);
      expect(lease.isHeld()).toBe(true);
      await lease.release();
      expect(lease.isHeld()).toBe(false);
      expect(await readdir(join(dir, 'lease'))).toEqual([String(epoch)]);
    }
  });

  it('is taken over from a process that was killed, by whoever waits, and the epoch grows', async () => {
    const dir = await directory();
    await ghost(dir);
    const onWait = vi.fn();
    const lease = await takeLease(dir, { patience: LONG, onWait });
    expect(onWait).toHaveBeenCalledTimes(1);
    expect(lease.epoch).toBe(2);
    await lease.release();
  });

  it('goes to exactly one of many that see the same ghost at the same time', async () => {
    const dir = await directory();
    await ghost(dir);
    const programs = Array.from({ length: 6 }, () => start(folder, OWNER, dir));
    for (const { says } of programs) await says('waits');
    const first = await Promise.race(programs.map((each) => each.says('has epoch 2').then(() => each)));
    first.child.kill('SIGKILL');
    const others = programs.filter((each) => each !== first);
    const second = await Promise.race(others.map((each) => each.says('has epoch 3').then(() => each)));
    for (const { child } of programs) child.kill('SIGKILL');
    const said = await Promise.all(programs.map(async ({ ended }) => (await ended).out));
    const owners = said.filter((out) => out.includes('has epoch'));
    expect(owners).toHaveLength(2);
    expect(said.join('')).not.toContain('lost');
    expect(second).not.toBe(first);
  });

  it('goes to exactly one of many in one process, whatever the order', async () => {
    const dir = await directory();
    for (let round = 0; round < 20; round += 1) {
      const taken = await Promise.allSettled(
        Array.from({ length: 8 }, () => takeLease(dir, { patience: 0 })),
      );
      const held = taken.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      expect(held).toHaveLength(1);
      expect(held[0]!.epoch).toBe(round + 1);
      await held[0]!.release();
    }
  });

  it('is not shared by the threads of a process', async () => {
    const dir = await directory();
    const program = start(
      folder,
      `
        import { Worker, isMainThread } from 'node:worker_threads';
        import { takeLease } from 'BUILT/src/journal/lease.js';
        await takeLease(process.argv[2], { patience: 300 }).then(
          () => console.log('taken'),
          (error) => console.log(error.code),
        );
        if (isMainThread) new Worker(new URL(import.meta.url), { argv: [process.argv[2]] });
      `,
      dir,
    );
    expect((await program.ended).out).toBe('taken\nSTATE_LOCKED\n');
  });

  it('says nothing by numbers of processes, clocks or names: only an owner that renews is alive', async () => {
    const dir = await directory();
    const lease = await takeLease(dir);
    await lease.release();
    const file = join(dir, 'lease', '1');
    const record = JSON.parse(await readFile(file, 'utf8'));
    // As another machine would have left it, whose clock runs ahead.
    const foreign = { ...record, pid: process.pid, released: false, since: '2999-01-01T00:00:00.000Z' };
    await writeFile(file, JSON.stringify(foreign).padEnd(512));
    const next = await takeLease(dir, { patience: LONG });
    expect(next.epoch).toBe(2);
    await next.release();
  });

  it('of an owner that died while it wrote it is taken over as well', async () => {
    const dir = await directory();
    await (await takeLease(dir)).release();
    await writeFile(join(dir, 'lease', '7'), '{"owner":"ha');
    const lease = await takeLease(dir, { patience: LONG });
    expect(lease.epoch).toBe(8);
    await lease.release();
  });

  it('has an epoch above all that is named elsewhere, as in a journal without its lease', async () => {
    const dir = await directory();
    const lease = await takeLease(dir, { namedElsewhere: () => 41 });
    expect(lease.epoch).toBe(42);
    await lease.release();
    const next = await takeLease(dir, { namedElsewhere: () => 7 });
    expect(next.epoch).toBe(43);
    await next.release();
  });

  it('is not held up for ever by what somebody else puts beside it', async () => {
    const dir = await directory();
    await (await takeLease(dir)).release();
    for (const name of ['notes.txt', '2.bak', '-3', '01e9']) await writeFile(join(dir, 'lease', name), '');
    const lease = await takeLease(dir, { patience: 0 });
    expect(lease.epoch).toBe(2);
    await lease.release();
    await symlink('/nowhere', join(dir, 'lease', '3'));
    await expect(takeLease(dir, { patience: 0 })).rejects.toThrow(/STATE_UNWRITABLE/);
    await rm(join(dir, 'lease', '3'));
    await writeFile(join(dir, 'lease', '9'.repeat(15)), '');
    await expect(takeLease(dir, { patience: 6000 })).rejects.toThrow(/STATE_LOCKED/);
  });

  it('that a stalled owner lost is told to it once, at its next look or renewal', async () => {
    const dir = await directory();
    const stalled = start(folder, OWNER, dir);
    await stalled.says('has epoch 1');
    stalled.child.kill('SIGSTOP');
    const lease = await takeLease(dir, { patience: LONG });
    expect(lease.epoch).toBe(2);
    stalled.child.kill('SIGCONT');
    await stalled.says('lost: LEASE_LOST');
    await lease.release();
    stalled.child.kill('SIGKILL');
    expect((await stalled.ended).out.match(/lost/g)).toHaveLength(1);
  });

  it('is lost where the directory is replaced by a copy that somebody else had', async () => {
    const [dir, copied] = [await directory(), await directory()];
    const onLost = vi.fn();
    const lease = await takeLease(dir, { onLost });
    await takeLease(copied);
    await writeFile(join(dir, 'lease', '1'), await readFile(join(copied, 'lease', '1')));
    await eventually(() => expect(onLost).toHaveBeenCalledTimes(1));
    expect(lease.isHeld()).toBe(false);
    const there = await readFile(join(dir, 'lease', '1'), 'utf8');
    await lease.release();
    expect(await readFile(join(dir, 'lease', '1'), 'utf8')).toBe(there);
  });

  it('is taken again with the next epoch where the directory vanished, unless somebody else was first', async () => {
    const dir = await directory();
    const onRemade = vi.fn();
    const lease = await takeLease(dir, { onRemade });
    await rm(dir, { recursive: true });
    expect(lease.isHeld()).toBe(true);
    expect(lease.epoch).toBe(2);
    expect(onRemade).toHaveBeenCalledTimes(1);
    await rm(dir, { recursive: true });
    const other = await takeLease(dir);
    expect(lease.isHeld()).toBe(false);
    expect(other.isHeld()).toBe(true);
    await other.release();
  });
});

describe('of many starters that act on what they saw long ago', () => {
  it('at most one has the lease at any time, and no epoch is given twice', () => {
    const step = fc.record({
      who: fc.nat(3),
      does: fc.constantFrom('look', 'look', 'take', 'take', 'release'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const dir = mkdtempSync(join(tmpdir(), 'edgekeeper-'));
        const plans = [1, 1, 1, 1];
        const leases: (DirectoryLease | null)[] = [null, null, null, null];
        const epochs: number[] = [];
        for (const { who, does } of steps) {
          if (does === 'look') plans[who] = (latestLease(dir)?.epoch ?? 0) + 1;
          if (does === 'release') leases[who]?.releaseNow();
          if (does === 'take') {
            const lease = DirectoryLease.take(dir, plans[who]!, {});
            if (lease === null) continue;
            leases[who] = lease;
            epochs.push(lease.epoch);
          }
          const held = leases.filter((lease) => lease?.isHeld());
          expect(held.length).toBeLessThanOrEqual(1);
          if (does === 'take' && leases[who]?.lost === null) expect(held).toEqual([leases[who]]);
        }
        expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
        for (const lease of leases) lease?.releaseNow();
        rmSync(dir, { recursive: true });
      }),
    );
  });
});

describe('whether a bot runs', () => {
  it('is known at once where none does', async () => {
    const dir = await directory();
    expect(await isOpen(dir)).toBe(false);
    expect(await isOpen(join(dir, 'nowhere'))).toBe(false);
    const lease = await takeLease(dir);
    await lease.release();
    expect(await isOpen(dir)).toBe(false);
  });

  it('is seen by its renewals', async () => {
    const dir = await directory();
    const program = start(folder, OWNER, dir);
    await program.says('has epoch');
    expect(await isOpen(dir)).toBe(true);
    program.child.kill('SIGKILL');
    await program.ended;
    expect(await isOpen(dir)).toBe(false);
  });
});
