import {
  type AttachmentState,
  type AttachOptions,
  attach,
  type Detach,
} from '../../../../adapters/ccxt/index.ts';
import { scriptedEngine } from '../../../../adapters/conformance/index.ts';
import type { OptimizationEngine, PositionOutcome } from '../../../../src/index.ts';
import { START } from '../../../fixtures.ts';
import { type Client, Clients } from './clients.ts';
import { Clock } from './clock.ts';
import { type Account, type Server, startServer } from './server.ts';
import { PLAIN_VENUE, type VenueSettings } from './venue/order.ts';
import { Venue } from './venue/venue.ts';

export interface SceneOptions extends Partial<VenueSettings>, Partial<AttachOptions> {
  /** Factor that every decision says; 1 where absent. */
  readonly multiplier?: number;
}

/** A real client on an account of the venue, with the overlay between them, and a test in the place of the bot. */
export interface Scene {
  readonly client: Client;
  readonly venue: Venue;
  readonly account: Account;
  readonly engine: OptimizationEngine;
  readonly outcomes: readonly PositionOutcome[];
  detach: Detach;
  /** The price of the first market. */
  move(price: number): void;
  pass(ms: number): Promise<void>;
  /** Time passes, and everything that has to be asked is. */
  settle(ms?: number): Promise<void>;
  /** The overlay is taken off, and put on again with what it kept. */
  restart(change?: (state: AttachmentState) => AttachmentState): void;
  /** Entry and exit price and size of what was recorded. */
  trades(): readonly (readonly [entry: number | null, exit: number | null, size: number | null])[];
  /** Sizes of the open lots on a symbol. */
  lots(symbol: string): readonly number[];
  unknown(): number;
}

/** Opens a server for scenes, which are played one at a time: each takes the place of the machine's clock. */
export async function openStage() {
  const server: Server = await startServer();
  const clients = new Clients(server);

  async function play(options: SceneOptions, act: (scene: Scene) => Promise<void>): Promise<void> {
    const { multiplier = 1, kind = 'spot', fees, parts, answers, coarse, keepsClientId, ...rest } = options;
    const said = Object.fromEntries(
      Object.entries({ fees, parts, answers, coarse, keepsClientId }).filter(
        ([, value]) => value !== undefined,
      ),
    );
    const clock = new Clock(START);
    const venue = new Venue({ ...PLAIN_VENUE, kind, ...said }, clock);
    const account = server.open(venue);
    const engine = rest.engine ?? scriptedEngine(() => multiplier);
    const outcomes: PositionOutcome[] = [];
    engine.subscribe((event) => {
      if (event.type === 'trade' && event.outcome) outcomes.push(event.outcome);
    });
    const uninstall = clock.install();
    const client = await clients.take(kind, account);
    const attached = (state?: AttachmentState) =>
      attach(client, { strategy: 's', ...rest, engine, ...(state ? { state } : {}) });
    const scene: Scene = {
      client,
      venue,
      account,
      engine,
      outcomes,
      detach: attached(),
      move: (price) => venue.move(venue.instruments[0]!, price),
      pass: (ms) => clock.pass(ms),
      async settle(ms = 1000) {
        await clock.pass(ms);
        await scene.detach.settled();
      },
      restart(change = (state) => state) {
        const state = change(JSON.parse(JSON.stringify(scene.detach.state())) as AttachmentState);
        scene.detach();
        scene.detach = attached(state);
      },
      trades: () =>
        engine.decomposer
          .getTradeHistory()
          .map(({ entryPrice, exitPrice, size }) => [entryPrice, exitPrice, size]),
      lots: (symbol) =>
        scene.detach
          .state()
          .accounts.flatMap((each) => (each.symbol === symbol ? each.book.lots.map(({ size }) => size) : [])),
      unknown: () => engine.getCoverage().unknownExits,
    };
    try {
      await act(scene);
    } finally {
      server.close(account);
      scene.detach();
      uninstall();
      clients.give(kind, client);
    }
  }
  return { play, clients, close: () => server.stop() };
}
