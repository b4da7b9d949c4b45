// Many bots in one process: some in a fleet, some alone. Each decides and trades now and then. In the end it says what their
// decisions took.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Overlay, openOverlay } from '../../src/node/index.ts';

interface Told {
  readonly dir: string;
  readonly servers: readonly string[];
  readonly fleet: string;
  /** Bots of the fleet, by name, and how many are alone. */
  readonly names: readonly string[];
  readonly alone: number;
  /** Pause between two signals of a bot, in ms. */
  readonly every: number;
}

const { dir, servers, fleet, names, alone, every } = JSON.parse(process.argv[2]!) as Told;
const log = { info: () => undefined, warn: () => undefined, error: (text: string) => console.error(text) };
const times = { fleet: [] as number[], alone: [] as number[] };
let isOver = false;
process.once('SIGTERM', () => {
  isOver = true;
});

async function open(name: string, isMember: boolean): Promise<Overlay> {
  const config = isMember ? { fleet: { servers: [...servers], name: fleet, bot: name } } : {};
  return openOverlay({ stateDir: join(dir, name), log, config, durability: 'os' });
}

/** Says when the first order to be off was carried out. */
function watchOff({ engine }: Overlay): void {
  const stop = engine.subscribe((event) => {
    if (event.type !== 'command' || event.command.type !== 'setFlags') return;
    if (event.command.flags.enabled !== false) return;
    console.log(`off ${Date.now()}`);
    stop();
  });
}

async function live({ engine }: Overlay, at: number, kind: 'fleet' | 'alone'): Promise<void> {
  let equity = 1000;
  await sleep((at * every) / (names.length + alone));
  for (let n = at; !isOver; n += 1) {
    const strategy = `S${n % 5}`;
    const symbol = n % 2 ? 'BTC/USDT' : 'ETH/USDT';
    const time = Date.now();
    const began = performance.now();
    const decision = engine.decide({ strategy, symbol, side: 'long', stop: 95, time });
    times[kind].push(performance.now() - began);
    const r = ((n * 7919) % 13) / 6 - 1;
    if (decision.multiplier > 0) {
      const size = decision.multiplier;
      const prices = { entryPrice: 100, exitPrice: 100 + 5 * r, stopPrice: 95 };
      const when = { entryTime: time, exitTime: time };
      equity += 5 * r * size;
      engine.recordTrade({
        ...{ strategy, symbol, side: 'long', ...prices, ...when },
        ...{ size, pnl: 5 * r * size, fees: 0, decision },
      });
    }
    engine.recordEquity({ time: time + 1, equity });
    await sleep(every);
  }
}

const opened = await Promise.all([
  ...names.map((name) => open(name, true)),
  ...Array.from({ length: alone }, (_, i) => open(`${names[0]}-alone-${i}`, false)),
]);
for (const overlay of opened.slice(0, names.length)) watchOff(overlay);
console.log('ready');
await Promise.all(opened.map((overlay, i) => live(overlay, i, i < names.length ? 'fleet' : 'alone')));
await Promise.all(opened.map((overlay) => overlay.close()));
console.log(JSON.stringify(times));
process.exit(0);
