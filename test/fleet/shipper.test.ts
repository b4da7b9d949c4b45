import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetConnection } from '../../src/fleet/connection.ts';
import { linesIn, markOf, messagesOf } from '../../src/fleet/message.ts';
import { subjectOf } from '../../src/fleet/names.ts';
import { Shipper, shipmentIn } from '../../src/fleet/shipper.ts';
import type { JournalLine } from '../../src/journal/codec/line.ts';
import { readWhole } from '../../src/journal/reader.ts';
import { JOURNAL_DIR } from '../../src/journal/segment.ts';
import { openOverlay } from '../../src/node/index.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { feed, HOUR, START, signal } from '../fixtures.ts';
import { streamOf } from './fleet-of.ts';
import { founded, hasServer, type Server, startServer, titled } from './servers.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const fresh = () => mkdtemp(join(tmpdir(), 'edgekeeper-'));

/** A bot lives for a while. Returns the time then. */
async function lives(
  stateDir: string,
  time: number,
  outcomes: readonly number[] = [1, -1, 0.5],
): Promise<number> {
  const clock = { now: () => time + 9000 * HOUR, sleep: async () => undefined };
  const overlay = await openOverlay({ stateDir, log, clock });
  const { engine } = overlay;
  const end = feed(engine, outcomes, { strategy: 'EMA' }, time);
  engine.decide(signal({ time: end + 1, strategy: 'EMA' }));
  engine.recordEquity({ time: end + 2, equity: 1000 });
  engine.updateOptimization(end + 3);
  await overlay.close();
  return end + 10;
}

async function journalOf(stateDir: string): Promise<JournalLine[]> {
  const lines: JournalLine[] = [];
  await readWhole(join(stateDir, JOURNAL_DIR), (line) => lines.push(line));
  return lines;
}

describe('events as messages', () => {
  it('are those of the journal, line for line', async () => {
    const dir = await fresh();
    await lives(
      dir,
      START,
      Array.from({ length: 900 }, (_, i) => ((i * 7) % 5) - 2),
    );
    const lines = await journalOf(dir);
    const messages = messagesOf(lines, 1);
    expect(messages.length).toBeGreaterThan(1);
    expect(
      messages.flatMap(({ shipment, payload, isPacked }) => linesIn(shipment, payload, isPacked)),
    ).toEqual(lines);
    expect(messages.every(({ payload }) => payload.length < 200_000)).toBe(true);
    expect(new Set(lines.map(markOf)).size).toBe(lines.length);
  });

  it('that cannot be read are refused with a code', () => {
    const shipment = { life: 1, first: 1, last: 2, time: 0, mark: '' };
    for (const text of ['', '[]', '["e",1,2]', '["q"]', '{}', '["e",1,{}]\n["e"]', '["n",0,null]'])
      expect(() => linesIn(shipment, Buffer.from(text), false)).toThrow(/FLEET_MESSAGE_INVALID/);
    expect(() => linesIn(shipment, Buffer.from('no gzip'), true)).toThrow(/FLEET_MESSAGE_INVALID/);
  });
});

describe.skipIf(!hasServer)(titled('a journal that is shipped'), () => {
  let server: Server;
  let fleet: FleetConnection;
  beforeAll(async () => {
    server = await startServer();
    fleet = await founded([server.url]);
  });
  afterAll(async () => {
    await fleet.close();
    await server.stop();
  });

  const shipperOf = (bot: string, dir: string) => new Shipper(fleet, subjectOf('test', 0, bot), dir);

  /** What the stream has of a bot. */
  async function shippedOf(bot: string) {
    const lines: (JournalLine & { life: number })[] = [];
    const { js } = fleet;
    const consumer = await js.consumers.get(fleet.stream, { filter_subjects: subjectOf('test', 0, bot) });
    const { num_pending: pending } = await consumer.info();
    if (pending === 0) return lines;
    const messages = await consumer.consume();
    for await (const message of messages) {
      const shipment = shipmentIn(message.headers);
      const isPacked = message.headers?.get('Content-Encoding') === 'gzip';
      for (const line of linesIn(shipment, message.data, isPacked))
        lines.push({ ...line, life: shipment.life });
      if (message.info.pending === 0) break;
    }
    return lines;
  }

  it('is in the stream once and in order, whoever ships it and however often', async () => {
    const dir = await fresh();
    let time = await lives(dir, START);
    await shipperOf('a', dir).ship();
    const going = shipperOf('a', dir);
    await going.ship();
    for (let i = 0; i < 3; i += 1) {
      time = await lives(dir, time);
      // Two that ship the same at the same time, as a process and its successor may: one of them is refused.
      const both = await Promise.allSettled([going.ship(), shipperOf('a', dir).ship()]);
      expect(both.some(({ status }) => status === 'fulfilled')).toBe(true);
      await going.ship();
    }
    const lines = await journalOf(dir);
    expect(await shippedOf('a')).toEqual(lines.map((line) => ({ ...line, life: 1 })));
    expect(going.shipped).toBe(lines.at(-1)!.seq);
  });

  it('of a day without servers follows in pieces that are held one after another', async () => {
    const dir = await fresh();
    const outcomes = Array.from({ length: 1500 }, (_, i) => ((i * 7) % 5) - 2);
    await lives(dir, START, outcomes);
    await shipperOf('b', dir).ship();
    expect((await shippedOf('b')).length).toBe((await journalOf(dir)).length);
  });

  it('that has an event too large for the servers goes on behind it, and says that it is missing', async () => {
    const small = await startServer('max_payload: 8192');
    const tight = await founded([small.url], 'test');
    const dir = await fresh();
    const time = await lives(dir, START);
    const overlay = await openOverlay({
      stateDir: dir,
      log,
      clock: { now: () => time + 9000 * HOUR, sleep: async () => undefined },
    });
    const random = seededRandom(1);
    // Numbers that no packing makes small.
    const priors = Array.from(
      { length: 2000 },
      (_, i) => [`s${i}`, { mean: random.uniform(), deviation: 0.1 }] as const,
    );
    overlay.engine.execute({ time, actor: 'a', reason: 'large', type: 'setFleet', priors });
    await overlay.close();
    await lives(
      dir,
      time + HOUR,
      Array.from({ length: 300 }, (_, i) => random.normal() + i / 1e9),
    );
    const shipper = new Shipper(tight, subjectOf('test', 0, 'large'), dir);
    await shipper.ship();
    const lines = await journalOf(dir);
    // What was said, and what a bot that is alone takes back of it.
    const large = lines.filter(({ event }) => event.type === 'command').map(({ seq }) => seq);
    expect(large.length).toBe(2);
    const shipped = (await streamOf(tight, 'test')).flatMap((each) => each.lines);
    expect(shipped.map(({ seq }) => seq)).toEqual(lines.map(({ seq }) => seq));
    expect(shipped.filter(({ event }) => event.type === 'lost').map(({ seq }) => seq)).toEqual(large);
    // What ends with it is gone on from all the same.
    const again = new Shipper(tight, subjectOf('test', 0, 'large'), dir);
    await again.ship();
    expect(again.shipped).toBe(lines.at(-1)!.seq);
    await tight.close();
    await small.stop();
  });

  it('begins another life where an earlier state was restored, with what is later alone', async () => {
    const [dir, aside] = [await fresh(), await fresh()];
    let time = await lives(dir, START);
    await cp(dir, join(aside, 'copy'), { recursive: true });
    const kept = (await journalOf(dir)).length;
    time = await lives(dir, time);
    const going = shipperOf('c', dir);
    await going.ship();
    const before = await shippedOf('c');
    await rm(dir, { recursive: true });
    await cp(join(aside, 'copy'), dir, { recursive: true });
    await going.ship();
    expect(await shippedOf('c')).toEqual(before);
    await lives(dir, time + HOUR);
    await going.ship();
    await going.ship();
    const after = await shippedOf('c');
    const again = after.filter(({ life }) => life === 2);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(again.map(({ seq }) => seq)).toEqual((await journalOf(dir)).slice(kept).map(({ seq }) => seq));
    expect(new Set(after.map(({ life, seq }) => `${life} ${seq}`)).size).toBe(after.length);
  });
});
