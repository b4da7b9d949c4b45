// An overlay on a bot that trades through ccxt: three lines beside the bot, none in it.
//   import { withEdgekeeper } from './ccxt-bot.mjs';
import ccxt from 'ccxt';
import { attach } from 'edgekeeper/ccxt';
import { ccxtMarketData, createLog, openOverlay, wallClock } from 'edgekeeper/node';

/**
 * @param {import('edgekeeper/ccxt').CcxtExchange & import('edgekeeper/paper').CcxtInstance} exchange your bot's exchange
 * @param {string} stateDir
 */
export async function withEdgekeeper(exchange, stateDir) {
  const log = createLog();
  const data = ccxtMarketData(exchange, { clock: wallClock, log, networkError: ccxt.NetworkError });
  const overlay = await openOverlay({
    config: { baseWeights: { EMA_Trend: 1 } },
    stateDir,
    log,
    market: { data, symbols: ['BTC/USDT'] },
  });
  // Every buy is judged before it is sent; every sell passes. Tell the overlay what your bot knows of an order:
  const detach = attach(exchange, {
    engine: overlay.engine,
    strategy: 'EMA_Trend',
    sizing: 'host-reads-position',
    identify: ({ type }) => ({ confidence: type === 'limit' ? 0.8 : 0.6 }),
    kept: overlay.kept('binance'),
  });
  await overlay.updates.start();
  return { overlay, detach };
}
