import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverSchema } from '../../src/config/rooms.ts';
import type { TradeInput } from '../../src/index.ts';
import { type Overlay, openOverlay } from '../../src/node/index.ts';
import { type Served, serve } from '../../src/server/serve.ts';
import { Watch } from '../../src/server/watch.ts';

export const TOKEN = 'a-token-that-nobody-guesses';
export const quiet = {
  info: () => undefined,
  warn: () => undefined,
  error: (text: string) => console.error(text),
};
export const fresh = () => mkdtemp(join(tmpdir(), 'edgekeeper-'));

/** A bot with the overlay that decides on signals and closes what it opened; some win, some lose. */
export async function tradingBot(stateDir: string, signals = 40): Promise<Overlay> {
  const overlay = await openOverlay({ stateDir, log: quiet });
  trade(overlay, signals);
  await overlay.durable();
  return overlay;
}

export function trade({ engine }: Overlay, signals: number): void {
  const now = Date.now();
  for (let i = 0; i < signals; i += 1) {
    const [strategy, symbol] = [
      i % 2 === 0 ? 'EMA_Trend' : 'FVG_Pattern',
      i % 3 === 0 ? 'BTC/USDT' : 'ETH/USDT',
    ];
    const entryTime = now - (signals - i) * 1000;
    const decision = engine.decide({ strategy, symbol, side: 'long', time: entryTime, confidence: 0.6 });
    const trade: TradeInput = {
      strategy,
      symbol,
      entryTime,
      exitTime: entryTime + 500,
      entryPrice: 100,
      exitPrice: i % 5 === 0 ? 95 : 104,
      stop: 95,
      size: 1,
      pnl: i % 5 === 0 ? -5 : 4,
      decision,
    };
    engine.recordTrade(trade);
  }
}

export interface Room extends Served {
  readonly watch: Watch;
  /** Asks for something, as a program does that has the token. */
  ask(path: string, options?: RequestInit): Promise<Response>;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
  json(path: string): Promise<any>;
}

/** Serves a state directory on a port of its own. */
export async function room(stateDir: string, settings: object = {}): Promise<Room> {
  process.env.EDGEKEEPER_TOKEN = TOKEN;
  const watch = new Watch(stateDir);
  await watch.start();
  const served = await serve({
    watch,
    settings: serverSchema.parse({ port: 0, ...settings }),
    log: quiet,
    version: '0',
  });
  delete process.env.EDGEKEEPER_TOKEN;
  const ask = (path: string, options: RequestInit = {}) => fetch(new URL(path, served.url), options);
  return {
    ...served,
    watch,
    ask,
    json: async (path) => (await ask(path)).json(),
    async close() {
      await served.close();
      await watch.close();
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
export const bodyOf = (answer: Response): Promise<any> => answer.json();

export const write = (body: unknown, token = TOKEN): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
  body: JSON.stringify(body),
});
