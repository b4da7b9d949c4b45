import { conformance, type HostRun, type HostSetup } from '../../adapters/conformance/index.ts';
import { attachTo } from '../../examples/adapter/tiny-adapter.mjs';
import { TinyBot } from '../../examples/adapter/tiny-bot.mjs';
import { Venue } from '../adapters/core/venue.ts';

function run(setup: HostSetup, venue: Venue, bot = new TinyBot(venue), state?: unknown): HostRun {
  const { step, minAmount, minNotional } = venue;
  const attachment = setup.engine
    ? attachTo(bot, setup.engine, { lots: { step, minAmount, minNotional }, now: () => venue.time, state })
    : null;
  return {
    async tick(price) {
      venue.tick(price);
    },
    async enter({ strategy, symbol, side, amount }) {
      bot.open(strategy, symbol, side === 'long' ? 'buy' : 'sell', amount);
    },
    async exit(_kind, { strategy, symbol }, share = 1) {
      if (share === 1) bot.close(strategy, symbol);
    },
    sent: venue.sent,
    get refused() {
      return venue.refused;
    },
    held: (strategy) => venue.held(strategy),
    equity: () => venue.equity(),
    hang() {
      // The adapter asks the exchange nothing.
    },
    get requests() {
      return venue.sent.map((order) => JSON.stringify(order));
    },
    async restart() {
      const kept = attachment?.state();
      attachment?.detach();
      return run(setup, venue, bot, kept);
    },
    detach() {
      attachment?.detach();
      return [...bot.beforeOrder, ...bot.afterFill].map(String);
    },
  };
}

conformance({
  name: 'the worked example (TinyBot)',
  start: (setup) => run(setup, new Venue({ noisy: setup.fills === 'noisy', shorts: true })),
  symbol: 'BTC/USDT',
  strategies: ['EMA_Trend', 'FVG_Pattern'],
  sides: ['long', 'short'],
  exits: ['close'],
  step: 0.01,
  minAmount: 0.05,
  scales: true,
  notApplicable: {
    7: 'it never tries again and never edits',
    13: 'it sends one order at a time',
    16: 'each of its orders says which position it is about',
    18: 'each of its orders says whether it closes',
    20: 'what the bot does not hear of, it cannot tell',
  },
});
