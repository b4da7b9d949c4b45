import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type EngineEvent, OptimizationEngine } from '../../src/index.ts';
import type { Overlay } from '../../src/node/index.ts';
import { CLI, costOf, withDirectory } from './child.ts';
import type { RunOptions } from './concepts.ts';
import { bytesIn, type Life, lifeOf, recordedLife } from './life.ts';
import { demand, type Measurement } from './row.ts';
import { cpu } from './timing.ts';
import { HOUR, signalOf, tradeOf } from './world.ts';

const JOURNAL = 'journal';
/** Events between two writes. */
const CHUNK = 2000;

/** Processor time in us of each way to have events on disk, summed over all chunks. */
interface Costs {
  unrecorded: number;
  recorded: number;
  bare: number;
  write: number;
  events: number;
}

/** Lives the same life twice, with a journal and without, chunk by chunk. Beside it the same events by the plainest means. */
async function race(
  directory: string,
  overlay: Overlay,
  life: Life,
  go: (life: Life) => void,
  chunks: number,
): Promise<Costs> {
  const plain = new OptimizationEngine();
  const other = lifeOf(plain);
  let events: EngineEvent[] = [];
  plain.subscribe((event) => {
    if (event.type !== 'error') events.push(event);
  });
  const file = openSync(join(directory, 'bare'), 'w');
  const second = openSync(join(directory, 'write'), 'w');
  const costs: Costs = { unrecorded: 0, recorded: 0, bare: 0, write: 0, events: 0 };
  for (let chunk = -3; chunk < chunks; chunk += 1) {
    events = [];
    const times = [cpu()];
    go(other);
    times.push(cpu());
    go(life);
    await overlay.durable();
    times.push(cpu());
    const bytes = Buffer.from(events.map((event) => JSON.stringify(event)).join('\n'));
    writeSync(file, bytes);
    fdatasyncSync(file);
    times.push(cpu());
    writeSync(second, bytes);
    fdatasyncSync(second);
    times.push(cpu());
    if (chunk < 0) continue;
    const [unrecorded, recorded, bare, write] = times.slice(1).map((time, i) => time - times[i]!);
    costs.unrecorded += unrecorded!;
    costs.recorded += recorded!;
    costs.bare += bare!;
    costs.write += write!;
    costs.events += CHUNK;
  }
  for (const each of [file, second]) closeSync(each);
  return costs;
}

/** Bytes that an event of each kind takes. */
async function bytesByKind(stateDir: string, overlay: Overlay, life: Life) {
  const { engine } = overlay;
  const { world } = life;
  const signals = 1000;
  const bytesOf = async (kind: string, happen: () => void): Promise<number> => {
    const before = { bytes: bytesIn(join(stateDir, JOURNAL)), events: life.counts[kind] ?? 0 };
    happen();
    await overlay.durable();
    const count = (life.counts[kind] ?? 0) - before.events;
    demand(count > 0, `journal: no ${kind} was recorded`);
    return (bytesIn(join(stateDir, JOURNAL)) - before.bytes) / count;
  };
  await overlay.durable();
  let time = engine.time;
  const trades: Parameters<typeof engine.recordTrade>[0][] = [];
  const decision = await bytesOf('decision', () => {
    for (let i = 0; i < signals; i += 1) {
      time += 1000;
      const [strategy, symbol] = [i % world.strategies.length, i % world.symbols.length];
      const close = engine.detector.lastClose(world.symbols[symbol]!)!;
      const made = engine.decide(
        signalOf(world.strategies[strategy]!, world.symbols[symbol]!, time, 0.97 * close),
      );
      if (made.action === 'execute') trades.push(tradeOf(made, world.random.normal()));
    }
  });
  const trade = await bytesOf('trade', () => {
    for (const each of trades) engine.recordTrade(each);
  });
  const update = await bytesOf('update', () => {
    for (let i = 0; i < 24; i += 1) {
      time += HOUR;
      engine.updateOptimization(time);
    }
  });
  const candle = await bytesOf('candle', () => {
    for (let i = 0; i < 500; i += 1) {
      time += HOUR;
      // No signal on this symbol is followed: the line says a candle and nothing else.
      engine.recordCandle('UNTRADED/USDT', '1h', {
        time,
        open: 40_123.45,
        high: 40_223.45 + i,
        low: 40_023.45 - i,
        close: 40_111.22,
        volume: 123.456,
      });
    }
  });
  return { decision, trade, update, candle };
}

/** Fails unless every event is in the journal, as somebody else reads it. */
export async function checkJournal(stateDir: string, counts: Life['counts']): Promise<void> {
  const { stdout } = await costOf([CLI, 'journal', 'export', '--state-dir', stateDir]);
  const found: Record<string, number> = {};
  for (const line of stdout.split('\n')) {
    if (line === '') continue;
    const { type } = (JSON.parse(line) as { event: { type: string } }).event;
    found[type] = (found[type] ?? 0) + 1;
  }
  for (const [type, count] of Object.entries(counts))
    demand(
      found[type] === count,
      `journal: ${found[type] ?? 0} of ${count} events of type ${type} are on disk`,
    );
  demand((found.lost ?? 0) === 0, 'journal: events were lost');
}

export async function measure({ long }: RunOptions): Promise<Measurement[]> {
  return withDirectory(async (directory) => {
    const stateDir = join(directory, 'state');
    const { overlay, life } = await recordedLife(stateDir);
    const chunks = long ? 100 : 20;
    const ways = {
      'decisions alone': await race(directory, overlay, life, (of) => of.signal(CHUNK), chunks),
      'all of a life': await race(directory, overlay, life, (of) => of.live(CHUNK), chunks),
    };
    const bytes = await bytesByKind(stateDir, overlay, life);
    await overlay.durable();
    // The first event of a journal is the configuration it starts with.
    await checkJournal(stateDir, life.counts);
    await overlay.close();
    const rates = Object.entries(ways).map(([name, costs]): Measurement => {
      const cost = costs.recorded - costs.unrecorded;
      demand(cost > 0, `journal, ${name}: what is recorded took less than what is not`);
      const rate = (us: number) => (costs.events / us) * 1e6;
      return {
        what: `journal, ${name}, per CPU second`,
        unit: 'events/s',
        median: rate(cost),
        floor: { what: 'JSON.stringify + batched write', value: rate(costs.bare) },
        peers: [{ what: 'a bare write', value: rate(costs.write) }],
        must: [
          { of: 'median', above: 200_000 },
          { of: 'ratio', above: 0.67 },
        ],
      };
    });
    return [
      ...rates,
      { what: 'journal, a decision', unit: 'B', median: bytes.decision, must: [{ of: 'value', below: 200 }] },
      { what: 'journal, a trade', unit: 'B', median: bytes.trade },
      { what: 'journal, an update of 20 strategies', unit: 'B', median: bytes.update },
      { what: 'journal, a candle', unit: 'B', median: bytes.candle },
    ];
  });
}
