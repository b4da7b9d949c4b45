// A small ccxt bot, to see what a bot of yours does on paper, with the overlay and without:
//   npx edgekeeper paper --seed 7 -- node examples/paper-bot.mjs
// It buys above the mean of two days, leaves its stop at the exchange, and sells below the mean.
import ccxt from 'ccxt';

const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'];
const exchange = new ccxt.binance({ apiKey: process.env.API_KEY ?? '', secret: process.env.SECRET ?? '' });
/** What is held of each symbol, and the stop of it. */
const held = new Map();

/** @param {string} symbol */
async function look(symbol) {
  const candles = await exchange.fetchOHLCV(symbol, '1h', undefined, 49);
  const closes = candles.slice(0, -1).map((candle) => Number(candle[4]));
  const mean = closes.reduce((sum, close) => sum + close, 0) / closes.length;
  const last = closes.at(-1) ?? 0;
  const position = held.get(symbol);
  if (position === undefined && last > mean * 1.01) {
    const money = Number((await exchange.fetchBalance()).USDT?.free ?? 0);
    const order = await exchange.createMarketBuyOrder(symbol, (money * 0.2) / last);
    const amount = Number(order.filled);
    const stop = await exchange.createOrder(symbol, 'market', 'sell', amount, undefined, {
      stopLossPrice: last * 0.96,
    });
    held.set(symbol, { amount, stop: stop.id });
  } else if (position !== undefined) {
    const stop = await exchange.fetchOrder(position.stop, symbol);
    if (stop.status === 'open' && last < mean) {
      await exchange.cancelOrder(position.stop, symbol);
      await exchange.createMarketSellOrder(symbol, position.amount);
      held.delete(symbol);
    } else if (stop.status !== 'open') held.delete(symbol);
  }
}

await exchange.loadMarkets();
for (;;) {
  for (const symbol of SYMBOLS) await look(symbol).catch((error) => console.error(symbol, error.message));
  await exchange.sleep(15 * 60_000);
}
