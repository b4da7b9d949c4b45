import type { Candle } from '../../src/index.ts';
import { openOverlay } from '../../src/node/index.ts';
import { withDirectory } from './child.ts';
import { bytesIn } from './life.ts';
import { demand, type Measurement } from './row.ts';
import { cpu, median, switches } from './timing.ts';
import { candlesOf, HOUR, START, symbolNames, worldOf } from './world.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const WARM_UP = 1200;
const SYMBOLS = 500;
const STRATEGIES = 1000;
const HOURS = 3;

/**
 * Looks at the clock at every turn of the event loop; what lies between two looks is a block. Where another process had
 * the processor meanwhile, only what this one used of it counts.
 */
class Watch {
  #longest = 0;
  #last = now();
  #stopped = false;

  constructor() {
    const look = () => {
      this.#look();
      if (!this.#stopped) setImmediate(look);
    };
    setImmediate(look);
  }

  /** The longest block in ms while something ran. */
  async during(work: () => Promise<unknown>): Promise<number> {
    await new Promise(setImmediate);
    this.#longest = 0;
    this.#last = now();
    await work();
    await new Promise(setImmediate);
    return this.#longest;
  }

  stop(): void {
    this.#stopped = true;
  }

  #look(): void {
    const [before, after] = [this.#last, now()];
    this.#last = after;
    const wall = after.wall - before.wall;
    const own = (after.cpu - before.cpu) / 1000;
    const block = after.switches === before.switches ? wall : Math.min(wall, own);
    this.#longest = Math.max(this.#longest, block);
  }
}

const now = () => ({ wall: performance.now(), cpu: cpu(), switches: switches() });

export async function measure(): Promise<Measurement[]> {
  return withDirectory(async (stateDir) => {
    const symbols = symbolNames(SYMBOLS);
    const candles = candlesOf(symbols, WARM_UP + HOURS + 1, START - WARM_UP * HOUR);
    let time = START;
    const data = {
      // A host that has the candles at hand: nothing but our own manners lets anybody else have a turn.
      candles: async (symbol: string, _timeframe: string, since: number, until: number): Promise<Candle[]> =>
        candles.get(symbol)!.filter((candle) => candle.time >= since && candle.time + HOUR <= until),
    };
    const options = {
      stateDir,
      log: quiet,
      clock: { now: () => time, sleep: async () => undefined },
      market: { data, symbols },
    };
    const watch = new Watch();
    const overlay = await openOverlay(options);
    const { engine } = overlay;
    const warmUp = await watch.during(() => overlay.updates.runIfDue());
    demand(engine.detector.getSymbols().length === SYMBOLS, 'blocking: not every symbol was warmed up');
    const known = symbols.filter(
      (symbol) => engine.detector.regimeOf(symbol, time).label !== 'UNKNOWN',
    ).length;
    demand(known > 0.9 * SYMBOLS, `blocking: only ${known} regimes are known`);

    // 10,000 cells: 1,000 strategies on ten symbols each.
    time += 1e6 * HOUR;
    worldOf({ strategies: STRATEGIES, symbols: 10, outcomes: 2, engine, candles: 0 });
    time -= 1e6 * HOUR;
    await overlay.durable();
    demand(engine.edge.getStrategies().length === STRATEGIES, 'blocking: not every strategy is known');
    const hourly: number[] = [];
    for (let hour = 0; hour < HOURS; hour += 1) {
      time += HOUR;
      hourly.push(await watch.during(() => overlay.updates.runIfDue()));
      demand(engine.getOptimizationStatus().updatedAt === time, 'blocking: no update ran');
    }
    const saves: number[] = [];
    for (let i = 0; i < 3; i += 1) saves.push(await watch.during(() => overlay.save()));
    demand(bytesIn(stateDir) > 1e6, 'blocking: nothing was saved');
    await overlay.close();

    const opened: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      let again: Awaited<ReturnType<typeof openOverlay>> | null = null;
      opened.push(
        await watch.during(async () => {
          again = await openOverlay(options);
        }),
      );
      const { engine: restored, close } = again! as Awaited<ReturnType<typeof openOverlay>>;
      demand(restored.edge.getStrategies().length === STRATEGIES, 'blocking: the restored state is another');
      await close();
    }
    watch.stop();
    const row = (what: string, value: number): Measurement => ({
      what: `longest block, ${what}`,
      unit: 'ms',
      median: value,
      must: [{ of: 'value', below: 20 }],
    });
    return [
      row(`warm-up of ${SYMBOLS} symbols`, warmUp),
      row('the first hour after it', hourly[0]!),
      row('an hour', median(hourly.slice(1))),
      row('save', median(saves)),
      row('restore', median(opened)),
    ];
  });
}
