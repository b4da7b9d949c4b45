// The whole adapter of TinyBot: translate its order, ask, translate the answer; tell of its fills.
import { middleware } from 'edgekeeper/middleware';

/**
 * @param {import('./tiny-bot.mjs').TinyBot} bot
 * @param {import('edgekeeper').OptimizationEngine} engine
 * @param {{ lots?: import('edgekeeper/middleware').LotRules, now?: () => number, state?: any }} options the venue's rules;
 *   the bot's clock; what an earlier run left open
 */
export function attachTo(bot, engine, { lots, now, state } = {}) {
  const overlay = middleware(engine, {
    lots: () => lots,
    shorts: true,
    // A bot that sells short must say what it holds: nothing, where no earlier run left anything.
    state: state ?? [],
    ...(now && { now }),
  });

  /** @param {import('./tiny-bot.mjs').TinyOrder} order */
  const before = (order) => {
    const { strategy, symbol, side, size, price, closes } = order;
    const answer = overlay.preOrder({ strategy, symbol, side, amount: size, price, reduceOnly: closes });
    if (answer === null) order.cancelled = true;
    else order.size = answer.amount;
  };
  /** @type {(order: import('./tiny-bot.mjs').TinyOrder, fill: import('./tiny-bot.mjs').TinyFill) => void} */
  const after = ({ strategy, symbol, side }, { id, amount, price, fee }) =>
    overlay.postFill({ id, strategy, symbol, side, amount, price, fee });

  bot.beforeOrder.push(before);
  bot.afterFill.push(after);
  return {
    detach() {
      bot.beforeOrder = bot.beforeOrder.filter((listen) => listen !== before);
      bot.afterFill = bot.afterFill.filter((listen) => listen !== after);
    },
    state: overlay.state,
  };
}
