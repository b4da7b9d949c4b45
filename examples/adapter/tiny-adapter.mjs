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
    ...(now && { now }),
    ...(state && { state }),
  });

  /**
   * TinyBot says of every order whether it closes: so it is known which position it is about.
   * @param {import('./tiny-bot.mjs').TinyOrder} order
   */
  const positionOf = ({ side, closes }) =>
    /** @type {'long' | 'short'} */ ((side === 'buy') !== Boolean(closes) ? 'long' : 'short');
  /** @param {import('./tiny-bot.mjs').TinyOrder} order */
  const before = (order) => {
    const { strategy, symbol, side, size, price } = order;
    const positionSide = positionOf(order);
    const answer = overlay.preOrder({ strategy, symbol, side, amount: size, price, positionSide });
    if (answer === null) order.cancelled = true;
    else order.size = answer.amount;
  };
  /** @type {(order: import('./tiny-bot.mjs').TinyOrder, fill: import('./tiny-bot.mjs').TinyFill) => void} */
  const after = (order, { id, amount, price, fee }) => {
    const { strategy, symbol, side } = order;
    overlay.postFill({ id, strategy, symbol, side, amount, price, fee, positionSide: positionOf(order) });
  };

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
