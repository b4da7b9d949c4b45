// What a fleet costs: events a second that bots ship and replicas learn from, bytes, CPU. Figures of this machine, in one run:
//
//   npm run fleet:throughput
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { readCheckpoint } from '../../src/fleet/checkpoints.ts';
import { connectFleet } from '../../src/fleet/connection.ts';
import { foundFleet } from '../../src/fleet/found.ts';
import { bucketOf, partitionOf, subjectOf } from '../../src/fleet/names.ts';
import { Shipper } from '../../src/fleet/shipper.ts';
import { openOverlay } from '../../src/node/index.ts';
import { prepareCluster } from '../../test/fleet/servers.ts';

const [FLEET, PARTITIONS, BOTS, SIGNALS] = ['bench', 8, 64, 4000];
const log = { info: () => undefined, warn: () => undefined, error: (text: string) => console.error(text) };

const servers = await prepareCluster(3);
await Promise.all(servers.map((server) => server.start()));
const urls = servers.map(({ url }) => url);
const where = { servers: urls, name: FLEET, credentials: undefined };
const connection = await connectFleet(where, { as: 'bench' });
for (let tries = 0; ; tries += 1) {
  try {
    await foundFleet(connection, FLEET, { partitions: PARTITIONS, replicas: 3, keepDays: 0 });
    break;
  } catch (error) {
    if (tries > 60) throw error;
    await sleep(500);
  }
}

// One record of a bot, which many ship as theirs.
const stateDir = await mkdtemp(join(tmpdir(), 'edgekeeper-bench-'));
const now = Date.now();
const overlay = await openOverlay({ stateDir, log, clock: { now: () => now, sleep: async () => undefined } });
const { engine } = overlay;
let equity = 1000;
for (let i = 0; i < SIGNALS; i += 1) {
  const time = now - (SIGNALS - i) * 60_000;
  const [strategy, symbol] = [`S${i % 5}`, i % 2 ? 'BTC/USDT' : 'ETH/USDT'];
  const decision = engine.decide({ strategy, symbol, side: 'long', stop: 95, time });
  const r = ((i * 7919) % 13) / 6 - 1;
  const size = decision.multiplier;
  if (size > 0)
    engine.recordTrade({
      ...{ strategy, symbol, side: 'long', entryPrice: 100, exitPrice: 100 + 5 * r, stopPrice: 95 },
      ...{ entryTime: time, exitTime: time, size, pnl: 5 * r * size, fees: 0, decision },
    });
  equity += 5 * r * size;
  engine.recordEquity({ time: time + 1, equity });
}
await overlay.close();

/** Seconds of CPU that a process has taken. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const shippers = Array.from({ length: BOTS }, (_, i) => {
  const bot = `bot-${i}`;
  return new Shipper(connection, subjectOf(FLEET, partitionOf(bot, PARTITIONS), bot), stateDir);
});
const cpu = process.cpuUsage();
const began = performance.now();
let late = 0;
await Promise.all(
  shippers.map(async (shipper) => {
    for (;;) {
      try {
        await shipper.ship();
        return;
      } catch {
        // A server that is this busy answers late: a bot tries again, and goes on behind what is there.
        late += 1;
      }
    }
  }),
);
const seconds = (performance.now() - began) / 1000;
const used = process.cpuUsage(cpu);
const each = shippers[0]!.shipped!;
const events = each * BOTS;
const { state } = await connection.jsm.streams.info(connection.stream);
const perEvent = state.bytes / events;
console.log(
  `ship: ${BOTS} bots, ${events} events in ${state.messages} messages (${late} answers came late): ${(events / seconds).toFixed(0)} events a second, ${((1e6 * (used.user + used.system)) / 1e6 / events).toFixed(1)} us of CPU an event, ${perEvent.toFixed(1)} bytes an event in the stream (each of 3 copies)`,
);

const learned = await connection.bucket('learned');
const cli = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const last = new Map<number, number>();
for (let i = 0; i < BOTS; i += 1) {
  const bot = `bot-${i}`;
  const partition = partitionOf(bot, PARTITIONS);
  const message = await connection.jsm.streams.getMessage(connection.stream, {
    last_by_subj: subjectOf(FLEET, partition, bot),
  });
  last.set(partition, Math.max(last.get(partition) ?? 0, message!.seq));
}
for (const count of [1, 2]) {
  await connection.jsm.streams.purge(`KV_${bucketOf(FLEET, 'learned')}`);
  await connection.jsm.streams.purge(`KV_${bucketOf(FLEET, 'turns')}`);
  const replicas = Array.from({ length: count }, () =>
    spawn(process.execPath, [cli, 'fleet', 'serve', '--fleet', FLEET, '--server', ...urls], {
      stdio: 'ignore',
    }),
  );
  const isDone = async () => {
    for (const [partition, at] of last)
      if (((await readCheckpoint(learned, partition))?.state.at ?? 0) < at) return false;
    return true;
  };
  const started = performance.now();
  let first = 0;
  while (!(await isDone())) {
    if (
      first === 0 &&
      (await Promise.all([...last.keys()].map((p) => readCheckpoint(learned, p)))).some(Boolean)
    )
      first = performance.now();
    await sleep(50);
  }
  const took = (performance.now() - started) / 1000;
  const busy = replicas.reduce((sum, { pid }) => sum + cpuOf(pid!), 0);
  console.log(
    `learn: ${count} ${count === 1 ? 'replica' : 'replicas'}: all of it in ${took.toFixed(1)} s with their start (${(events / took).toFixed(0)} events a second), ${((1e6 * busy) / events).toFixed(1)} us of CPU an event`,
  );
  for (const replica of replicas) {
    const ended = new Promise((resolve) => replica.once('exit', resolve));
    replica.kill('SIGTERM');
    await ended;
  }
}
let [bytes, bots] = [0, 0];
for (const partition of last.keys()) {
  const { state: known } = (await readCheckpoint(learned, partition))!;
  bytes += gzipSync(JSON.stringify(known)).length;
  bots += known.bots.length;
}
console.log(`checkpoints: ${(bytes / bots).toFixed(0)} bytes a bot, packed`);
await connection.close();
for (const server of servers) await server.stop();
await rm(stateDir, { recursive: true, force: true });
process.exit(0);
