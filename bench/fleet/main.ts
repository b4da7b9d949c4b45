// A fleet in a harsh world: 200 bots, two replicas and three servers on this machine, any of which is killed at any time. In
// the end every event is in the stream once and in order, and what replicas know is what a recomputation gives.
//
//   npm run fleet:soak -- --minutes 10 --bots 200 --seed 1
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { allCheckpoints, readCheckpoint } from '../../src/fleet/checkpoints.ts';
import { connectFleet, type FleetConnection } from '../../src/fleet/connection.ts';
import { foundFleet } from '../../src/fleet/found.ts';
import { partitionOf } from '../../src/fleet/names.ts';
import { answersTo, giveOrder } from '../../src/fleet/orders.ts';
import { readWhole } from '../../src/journal/reader.ts';
import { JOURNAL_DIR } from '../../src/journal/segment.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { recomputed, type Streamed, streamOf } from '../../test/fleet/fleet-of.ts';
import { prepareCluster, type Server } from '../../test/fleet/servers.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    bots: { type: 'string', default: '200' },
    processes: { type: 'string', default: '8' },
    every: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    quiet: { type: 'boolean', default: false },
  },
});
const [minutes, bots, processes, every] = [values.minutes, values.bots, values.processes, values.every].map(
  Number,
) as [number, number, number, number];
const FLEET = 'soak';
const PARTITIONS = 8;
const random = seededRandom(Number(values.seed));
const began = performance.now();
const say = (text: string) =>
  console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}`);
const pick = <T>(of: readonly T[]): T => of[Math.floor(random.uniform() * of.length)]!;

const dir = await mkdtemp(join(tmpdir(), 'edgekeeper-soak-'));
const servers: Server[] = await prepareCluster(3);
await Promise.all(servers.map((server) => server.start()));
const urls = servers.map(({ url }) => url);

async function connected(): Promise<FleetConnection> {
  for (;;) {
    try {
      return await connectFleet({ servers: urls, name: FLEET, credentials: undefined }, { as: 'soak' });
    } catch {
      await sleep(500);
    }
  }
}

const connection = await connected();
for (;;) {
  try {
    await foundFleet(connection, FLEET, { partitions: PARTITIONS, replicas: 3, keepDays: 0 });
    break;
  } catch (error) {
    // A cluster needs a moment to find its leader.
    if (performance.now() - began > 60_000) throw error;
    await sleep(500);
  }
}
say(`three servers, ${bots} bots in ${processes} processes, two replicas`);

/** A process that is killed and started again. */
class Life {
  readonly #start: () => ChildProcess;
  child: ChildProcess;
  out = '';

  constructor(start: () => ChildProcess) {
    this.#start = start;
    this.child = this.#begin();
  }

  #begin(): ChildProcess {
    const child = this.#start();
    this.out = '';
    child.stdout!.on('data', (chunk) => {
      this.out += chunk;
    });
    child.stderr!.on('data', (chunk) => {
      if (!values.quiet) process.stderr.write(`   ${chunk}`);
    });
    return child;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill(signal);
    await ended;
  }

  async again(): Promise<void> {
    await this.end('SIGKILL');
    this.child = this.#begin();
  }
}

const names = Array.from({ length: bots }, (_, i) => `bot-${String(i).padStart(3, '0')}`);
const botScript = fileURLToPath(new URL('./bots.js', import.meta.url));
const cli = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const node = (args: readonly string[]) =>
  spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
const hosts = Array.from({ length: processes }, (_, i) => {
  const own = names.filter((_name, n) => n % processes === i);
  const told = { dir, servers: urls, fleet: FLEET, names: own, alone: Math.ceil(own.length / 5), every };
  return new Life(() => node([botScript, JSON.stringify(told)]));
});
const replicas = [0, 1].map(
  () => new Life(() => node([cli, 'fleet', 'serve', '--fleet', FLEET, '--server', ...urls])),
);
await sleep(15_000);
say(`ready: ${hosts.filter(({ out }) => out.includes('ready')).length} of ${processes} processes`);

// Panic: how long until every bot has said that it is off.
let offAt = 0;
for (const on of [false, true]) {
  const from = performance.now();
  if (!on) offAt = Date.now();
  const order = await giveOrder(connection, {
    ...{
      type: 'switch',
      flag: 'enabled',
      on,
      actor: 'soak',
      reason: 'to see how long it takes',
      at: Date.now(),
    },
  });
  const put = performance.now() - from;
  // Whoever asks all the time is what is waited for.
  await sleep(1000);
  let answers = await answersTo(connection, order);
  while (answers.done.length < names.length && performance.now() - from < 20_000) {
    await sleep(500);
    answers = await answersTo(connection, order);
  }
  say(
    `${on ? 'on' : 'off'}: carried out and answered by ${answers.done.length} within ${(performance.now() - from).toFixed(0)} ms; the servers had it after ${put.toFixed(0)} ms`,
  );
}

const off = hosts.flatMap(({ out }) =>
  [...out.matchAll(/^off (\d+)$/gm)].map(([, at]) => Number(at) - offAt),
);
say(`${off.length} bots were off, the last after ${Math.max(...off)} ms`);

const killed = { bots: 0, replicas: 0, servers: 0, quorums: 0 };
const timings: { readonly fleet: number[]; readonly alone: number[] } = { fleet: [], alone: [] };
const takeTimes = ({ out }: Life) => {
  const line = out.split('\n').find((each) => each.startsWith('{'));
  if (line === undefined) return;
  const said = JSON.parse(line) as typeof timings;
  for (const kind of ['fleet', 'alone'] as const) timings[kind].push(...said[kind]);
};

for (const end = performance.now() + minutes * 60_000; performance.now() < end; ) {
  await sleep(2000 + 4000 * random.uniform());
  const what = random.uniform();
  if (what < 0.45) {
    killed.bots += 1;
    await pick(hosts).again();
  } else if (what < 0.7) {
    killed.replicas += 1;
    await pick(replicas).again();
  } else {
    // Now and then two of three are gone: nobody can write until one is back.
    const gone =
      random.uniform() < 0.3 ? [...servers].sort(() => random.uniform() - 0.5).slice(0, 2) : [pick(servers)];
    killed.servers += gone.length;
    if (gone.length > 1) killed.quorums += 1;
    for (const server of gone) await server.stop('SIGKILL');
    await sleep(2000 + 6000 * random.uniform());
    for (const server of gone) await server.start();
  }
}
say(`killed: ${JSON.stringify(killed)}`);

// Everybody is back; bots ship what is left, and end in order.
await sleep(15_000);
await Promise.all(hosts.map((host) => host.end('SIGTERM')));
for (const host of hosts) takeTimes(host);
say('bots have ended');
const reader = await connected();

/** Reads the stream until it answers: leaders may still be found. */
async function patient<T>(what: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await what();
    } catch (error) {
      if (tries > 60) throw error;
      await sleep(1000);
    }
  }
}
const streamed = await patient(() => streamOf(reader, FLEET));
const learned = await reader.bucket('learned');
const behind = async () => {
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const last = streamed.findLast(({ bot }) => partitionOf(bot, PARTITIONS) === partition);
    if (last !== undefined && ((await readCheckpoint(learned, partition))?.state.at ?? 0) < last.at)
      return true;
  }
  return false;
};
for (let waited = 0; waited < 120 && (await patient(behind)); waited += 1) await sleep(1000);

const faults: string[] = [];
const byBot = groups(streamed);
let events = 0;
for (const name of names) {
  const journal: number[] = [];
  const marks = new Map<number, unknown>();
  await readWhole(join(dir, name, JOURNAL_DIR), (line) => {
    journal.push(line.seq);
    marks.set(line.seq, line);
  });
  const messages = byBot.get(name) ?? [];
  const lives = new Set(messages.map(({ shipment }) => shipment.life));
  if (lives.size !== 1) faults.push(`${name} has ${lives.size} lives`);
  const shipped = messages.flatMap(({ lines }) => lines);
  events += shipped.length;
  if (
    !isDeepStrictEqual(
      shipped.map(({ seq }) => seq),
      journal,
    )
  )
    faults.push(`${name}: ${shipped.length} events in the stream, ${journal.length} in its journal`);
  else if (!shipped.every((line) => isDeepStrictEqual(line, marks.get(line.seq))))
    faults.push(`${name}: an event of the stream is another one than in its journal`);
}
for (let partition = 0; partition < PARTITIONS; partition += 1) {
  const own = streamed.filter(({ bot }) => partitionOf(bot, PARTITIONS) === partition);
  const known = await readCheckpoint(learned, partition);
  const again = JSON.parse(JSON.stringify(recomputed(own)));
  if (!isDeepStrictEqual(known?.state, again))
    faults.push(`partition ${partition} knows something else than a recomputation`);
}
const known = await allCheckpoints(learned, PARTITIONS);
const missing = known.reduce((sum, each) => sum + each.missing + each.unread, 0);
if (missing > 0) faults.push(`${missing} events are missing or unread`);
say(`${events} events of ${names.length} bots in ${streamed.length} messages`);

const quantile = (of: readonly number[], q: number) =>
  [...of].sort((a, b) => a - b)[Math.min(of.length - 1, Math.floor(q * of.length))] ?? Number.NaN;
for (const kind of ['fleet', 'alone'] as const) {
  const of = timings[kind];
  const us = (q: number) => (1000 * quantile(of, q)).toFixed(0);
  say(
    `decisions ${kind === 'fleet' ? 'in a fleet' : 'alone'}: ${of.length}, median ${us(0.5)} us, p99 ${us(0.99)} us`,
  );
}
for (const fault of faults.slice(0, 20)) console.error(`FAULT ${fault}`);
say(
  faults.length === 0
    ? 'every event once and in order; every checkpoint as recomputed'
    : `${faults.length} faults`,
);
for (const replica of replicas) await replica.end('SIGTERM');
await reader.close();
await connection.close();
for (const server of servers) await server.stop();
await rm(dir, { recursive: true, force: true });
process.exit(faults.length === 0 ? 0 : 1);

function groups(messages: readonly Streamed[]): Map<string, Streamed[]> {
  const all = new Map<string, Streamed[]>();
  for (const message of messages) {
    const known = all.get(message.bot);
    if (known) known.push(message);
    else all.set(message.bot, [message]);
  }
  return all;
}
