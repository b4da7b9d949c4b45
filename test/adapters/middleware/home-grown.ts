import type { HostDriver, HostRun, HostSetup, Wish } from '../../../adapters/conformance/index.ts';
import { type BotOrder, type Middleware, middleware } from '../../../adapters/middleware/index.ts';
import { Venue } from '../core/venue.ts';

/** What a home-grown bot puts around its orders; a faulty one stands in for it to prove the checks. */
export type Hooks = (
  setup: HostSetup,
  venue: Venue,
  kept: ReturnType<Middleware['state']> | undefined,
) => Middleware | null;

const ours: Hooks = ({ engine }, venue, state) =>
  engine &&
  middleware(engine, {
    now: () => venue.time,
    shorts: true,
    lots: () => ({ step: venue.step, minAmount: venue.minAmount, minNotional: venue.minNotional }),
    state: state ?? [],
  });

interface Position {
  readonly side: Wish['side'];
  amount: number;
}

/** A bot of thirty lines, as people write them: it asks before an order and tells after a fill. */
function bot(
  hooks: Hooks,
  setup: HostSetup,
  venue: Venue,
  kept?: ReturnType<Middleware['state']>,
  positions = new Map<string, Position>(),
): HostRun {
  const { fills } = setup;
  let around = hooks(setup, venue, kept);
  let ids = 0;

  async function send(order: BotOrder & { strategy: string; entry: boolean }): Promise<void> {
    const wanted = around ? around.preOrder(order) : order;
    if (!wanted) return;
    const { strategy, side, amount } = wanted;
    try {
      const done = venue.place({ symbol: order.symbol, side, amount }, strategy);
      const told = fills === 'noisy' ? [...done.slice(1), ...done, done[0]!] : done;
      for (const fill of told)
        around?.postFill({
          ...fill,
          symbol: order.symbol,
          side,
          strategy,
          time: venue.time,
          ...(order.positionSide ? { positionSide: order.positionSide } : {}),
          ...(order.id ? { orderId: order.id } : {}),
        });
      const held = positions.get(strategy);
      const left = order.entry ? amount : (held?.amount ?? 0) - amount;
      if (left > 1e-9)
        positions.set(strategy, { side: held?.side ?? (side === 'buy' ? 'long' : 'short'), amount: left });
      else positions.delete(strategy);
    } catch {
      // The venue refused; the bot goes on, and the venue has counted it.
    }
  }

  const run: HostRun = {
    async tick(price) {
      venue.tick(price);
    },
    async enter({ strategy, symbol, side, amount }) {
      if (positions.has(strategy)) return;
      await send({
        entry: true,
        strategy,
        symbol,
        side: side === 'long' ? 'buy' : 'sell',
        amount,
        price: venue.price,
        positionSide: side,
      });
    },
    async exit(kind, { strategy, symbol }, share = 1) {
      const position = positions.get(strategy);
      if (!position) return;
      const part =
        share === 1
          ? position.amount
          : Math.max(0.05, Math.floor((position.amount * share) / venue.step) * venue.step);
      const amount = position.amount - part < 0.05 ? position.amount : Number(part.toFixed(10));
      const side = position.side === 'long' ? 'sell' : 'buy';
      await send({
        entry: false,
        strategy,
        symbol,
        side,
        amount,
        positionSide: position.side,
        ...(kind === 'reduceOnly' ? { reduceOnly: true } : {}),
      });
    },
    sent: venue.sent,
    get refused() {
      return venue.refused;
    },
    held: (strategy) => venue.held(strategy),
    equity: () => venue.equity(),
    async retry(wish, times) {
      ids += 1;
      const order = {
        entry: true,
        id: `o${ids}`,
        strategy: wish.strategy,
        symbol: wish.symbol,
        side: wish.side === 'long' ? ('buy' as const) : ('sell' as const),
        amount: wish.amount,
        positionSide: wish.side,
      };
      for (let i = 1; i < times; i += 1) around?.preOrder(order);
      await send(order);
    },
    async manual({ symbol, side, amount }) {
      venue.place({ symbol, side, amount }, 'by hand');
    },
    async order({ strategy, symbol, side, amount }) {
      await send({ entry: true, strategy, symbol, side, amount });
    },
    async doubtful(_kind, { strategy, symbol, side, amount }) {
      around?.preOrder({ strategy, symbol, side: side === 'buy' ? 'sell' : 'buy', amount, reduceOnly: true });
      await send({ entry: true, strategy, symbol, side, amount });
    },
    hang() {
      // The middleware asks the exchange nothing.
    },
    get requests() {
      return venue.sent.map((order) => JSON.stringify(order));
    },
    async restart() {
      return bot(hooks, setup, venue, around?.state(), positions);
    },
    detach() {
      around = null;
      return [];
    },
  };
  return run;
}

export const homeGrown = (hooks: Hooks = ours, name = 'a home-grown bot (middleware)'): HostDriver => ({
  name,
  start: (setup) => bot(hooks, setup, new Venue({ noisy: setup.fills === 'noisy', shorts: true })),
  symbol: 'BTC/USDT',
  strategies: ['EMA_Trend', 'FVG_Pattern'],
  sides: ['long', 'short'],
  exits: ['market', 'reduceOnly'],
  step: 0.01,
  minAmount: 0.05,
  scales: true,
  doubts: ['while an exit may have filled'],
  notApplicable: { 13: 'it sends one order at a time', 20: 'what the bot does not hear of, it cannot tell' },
});
