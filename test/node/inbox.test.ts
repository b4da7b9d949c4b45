import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { mkdir, mkdtemp, readdir, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { acknowledgementOf, postCommand } from '../../src/node/inbox.ts';
import { type Overlay, openOverlay, wallClock } from '../../src/node/index.ts';
import { panicOff } from '../../src/node/panic.ts';
import { AUTHOR } from '../fixtures.ts';
import { eventually } from './eventually.ts';

const lines: string[] = [];
const note = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)}`);
const log = { info: note, warn: note, error: note };
const COMMAND = { type: 'setFlags', flags: { qualityFiltering: false }, ...AUTHOR } as const;
let dir = '';
let overlay: Overlay;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
  await mkdir(join(dir, 'inbox'));
  lines.length = 0;
});
afterEach(async () => {
  vi.restoreAllMocks();
  await overlay.close();
});
const open = async () => {
  overlay = await openOverlay({ stateDir: dir, log });
};
/** Time for several looks into the inbox. */
const looks = () => new Promise((resolve) => setTimeout(resolve, 1700));

const LONG = `${'x'.repeat(245)}.json`;
/** Entries that sort before every command. */
const BAD: readonly [what: string, name: string, make: (path: string) => unknown][] = [
  ['a folder', '000-folder.json', (path) => fs.mkdirSync(join(path, 'below'), { recursive: true })],
  ['a name of 250 characters', LONG, (path) => fs.writeFileSync(path, JSON.stringify(COMMAND))],
  ['a name with a line break', '0\n\u001b[31m.json', (path) => fs.writeFileSync(path, '{}')],
  ['a pipe that nobody writes to', '000-pipe.json', (path) => execFileSync('mkfifo', [path])],
  ['a link to nowhere', '000-nowhere.json', (path) => fs.symlinkSync('/nowhere', path)],
  ['a link to a device without an end', '000-zero.json', (path) => fs.symlinkSync('/dev/zero', path)],
  ['a file of 50 MB', '000-huge.json', (path) => fs.writeFileSync(path, Buffer.alloc(50 << 20, ' '))],
  ['text that is no JSON', '000-torn.json', (path) => fs.writeFileSync(path, '{"type":')],
  ['null', '000-null.json', (path) => fs.writeFileSync(path, 'null')],
  ['a number', '000-number.json', (path) => fs.writeFileSync(path, '42')],
  ['a list', '000-list.json', (path) => fs.writeFileSync(path, '[1]')],
  ['an unknown command', '000-unknown.json', (path) => fs.writeFileSync(path, '{"type":"sell everything"}')],
  ['nothing', '000-empty.json', (path) => fs.writeFileSync(path, '')],
];

describe('the inbox', () => {
  it.each(BAD)('that holds %s goes on with the next command, and says so once', async (_what, name, make) => {
    make(join(dir, 'inbox', name));
    const id = await postCommand(dir, COMMAND);
    await open();
    expect(await acknowledgementOf(dir, id, wallClock, 500_000)).toEqual({ ok: true });
    expect(overlay.engine.flags.qualityFiltering).toBe(false);
    await looks();
    expect(await readdir(join(dir, 'inbox'))).not.toContain(name);
    expect(lines.filter((line) => line.startsWith('a command was refused'))).toHaveLength(1);
    expect(overlay.engine.getOptimizationStatus().errors).toEqual({});
    await panicOff(dir);
    await eventually(() => expect(overlay.engine.flags.enabled).toBe(false));
  });

  it('answers every bad entry that has a name to answer', async () => {
    for (const [, name, make] of BAD) make(join(dir, 'inbox', name));
    await open();
    for (const [what, name] of BAD) {
      const id = name.slice(0, -'.json'.length);
      if (!/^[\w-]{1,100}$/.test(id)) continue;
      const answer = await acknowledgementOf(dir, id, wallClock, 500_000);
      expect(answer, what).toMatchObject({ ok: false, error: { code: 'COMMAND_INVALID' } });
    }
  });

  it('answers later where there is no room for an answer, and carries out once', async () => {
    await open();
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
    const spy = vi.spyOn(fs.promises, 'writeFile');
    const id = await postCommand(dir, COMMAND);
    const bad = await postCommand(dir, { ...COMMAND, flags: { speed: true } } as never);
    spy.mockRejectedValue(full);
    await eventually(() => expect(overlay.engine.flags.qualityFiltering).toBe(false));
    await looks();
    expect(await readdir(join(dir, 'inbox'))).toEqual([`${id}.json`, `${bad}.json`].sort());
    expect(lines.filter((line) => line.startsWith('a command was refused'))).toHaveLength(1);
    vi.restoreAllMocks();
    expect(await acknowledgementOf(dir, id, wallClock, 500_000)).toEqual({ ok: true });
    expect(await acknowledgementOf(dir, bad, wallClock, 500_000)).toMatchObject({ ok: false });
    expect(lines.filter((line) => line.startsWith('command setFlags'))).toHaveLength(1);
  });

  it('is swept of what nobody waits for, not of what somebody may', async () => {
    const [old, fresh] = ['0-old.tmp', '0-fresh.tmp'];
    const names = [old, '0-old.ack', '0-old.ack.tmp', fresh, '0-fresh.ack', 'a note.txt'];
    const longAgo = new Date(Date.now() - 25 * 3_600_000);
    for (const name of names) {
      const path = join(dir, 'inbox', name);
      await writeFile(path, '{"ok":true}');
      if (!name.includes('fresh')) await utimes(path, longAgo, longAgo);
    }
    await open();
    await eventually(async () =>
      expect(await readdir(join(dir, 'inbox'))).toEqual(['0-fresh.ack', fresh, 'a note.txt']),
    );
  });
});

describe('a start', () => {
  it('removes half a snapshot that a killed process left', async () => {
    await open();
    await overlay.close();
    for (const name of ['state.json.123.tmp', 'state.json.8d7.tmp'])
      await writeFile(join(dir, name), '{"format":');
    await open();
    expect((await readdir(dir)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
