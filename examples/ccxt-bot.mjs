// An overlay on a bot that trades through ccxt: one call beside the bot, none in it.
//   import { withEdgekeeper } from './ccxt-bot.mjs';
import { edgekeeper } from 'edgekeeper/ccxt';

/**
 * @param {import('edgekeeper/ccxt').CcxtExchange} exchange your bot's exchange
 * @param {string} stateDir where the overlay keeps what it knows
 */
export function withEdgekeeper(exchange, stateDir) {
  // Every buy is judged before it is sent; every sell passes. Tell the overlay what your bot knows of an order:
  return edgekeeper(exchange, {
    strategy: 'EMA_Trend',
    stateDir,
    symbols: ['BTC/USDT'],
    config: { baseWeights: { EMA_Trend: 1 } },
    sizing: 'host-reads-position',
    identify: ({ type }) => ({ confidence: type === 'limit' ? 0.8 : 0.6 }),
  });
}
