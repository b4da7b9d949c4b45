import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { openOverlay } from '../../src/node/index.ts';
import { builtPath, runNode, withDirectory } from './child.ts';
import { lifeOf } from './life.ts';
import { demand, type Measurement } from './row.ts';
import { median, Times } from './timing.ts';
import { HOUR, START, signalOf } from './world.ts';

const LISTENERS = 50;
const REQUESTS = 1000;
const SECONDS = 4;
const ROUNDS = 3;
/** Decisions at each turn: 200 a second are more than a bot makes. */
const AT_ONCE = 2;

/** What a room costs the bot that it is opened beside, while many look at it. */
export async function measure(): Promise<Measurement[]> {
  return withDirectory(async (stateDir) => {
    let url = '';
    const log = {
      info(text: string) {
        url = /dashboard at (\S+)/.exec(text)?.[1] ?? url;
      },
      warn: () => undefined,
      error: () => undefined,
    };
    const clock = { now: () => START + 1e6 * HOUR, sleep: async () => undefined };
    const overlay = await openOverlay({ stateDir, log, clock, config: { server: { port: 0 } } });
    const life = lifeOf(overlay.engine);
    life.live(4000);
    await overlay.durable();
    for (let waited = 0; url === '' && waited < 10_000; waited += 50) await sleep(50);
    demand(url !== '', 'server: the room was not opened');

    let decided = 0;
    /** Decides now and then, as a busy bot does; what a decision takes, and how late turns come. */
    async function trading(seconds: number) {
      const times = new Times();
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const end = performance.now() + seconds * 1000;
      while (performance.now() < end) {
        for (let i = 0; i < AT_ONCE; i += 1) {
          const { strategies, symbols } = life.world;
          decided += 1;
          const [strategy, symbol] = [
            strategies[decided % strategies.length]!,
            symbols[decided % symbols.length]!,
          ];
          const signal = signalOf(strategy, symbol, overlay.engine.time + 1);
          const began = performance.now();
          overlay.engine.decide(signal);
          times.add(performance.now() - began);
        }
        await sleep(10);
      }
      delay.disable();
      return { ...times.timing(), late: delay.percentile(99) / 1e6 };
    }

    await trading(2);
    const [alone, beside]: Awaited<ReturnType<typeof trading>>[][] = [[], []];
    let [answered, events, asked] = [0, 0, 0];
    for (let round = 0; round < ROUNDS; round += 1) {
      alone!.push(await trading(SECONDS));
      const load = runNode(
        [builtPath('./load.js'), url, String(LISTENERS), String(REQUESTS), String(SECONDS + 1)],
        60,
      );
      await sleep(500);
      beside!.push(await trading(SECONDS));
      const said = JSON.parse((await load).stdout) as {
        answered: number;
        asked: number;
        failed: number;
        events: number;
      };
      demand(said.failed === 0, `server: ${said.failed} requests failed`);
      answered += said.answered;
      events += said.events;
      asked += said.asked;
    }
    await overlay.close();
    demand(events > LISTENERS, 'server: nobody was told of anything');
    const each = answered / (ROUNDS * (SECONDS + 1));
    demand(
      each > 0.9 * REQUESTS,
      `server: only ${Math.round(each)} requests a second were answered, of ${Math.round(asked / (ROUNDS * (SECONDS + 1)))}`,
    );
    const middle = (of: typeof alone, what: 'median' | 'late') => median(of!.map((run) => run[what]));
    return [
      {
        what: `decide beside ${REQUESTS} requests a second and ${LISTENERS} listeners`,
        unit: 'us',
        median: middle(beside, 'median'),
        floor: { what: 'without', value: middle(alone, 'median') },
        must: [{ of: 'ratio', below: 1.1 }],
      },
      {
        what: 'p99 of how late a turn of the bot comes beside them',
        unit: 'ms',
        median: middle(beside, 'late'),
        floor: { what: 'without', value: middle(alone, 'late') },
        must: [{ of: 'value', below: 20 }],
      },
      { what: 'requests that are answered', unit: 'events/s', median: each },
    ];
  });
}
