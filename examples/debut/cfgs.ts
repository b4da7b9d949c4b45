// The configurations of the bot, by ticker. `sandbox` trades on paper, with live prices and simulated orders.
import type { FollowOptions } from './bot';

export const BTCUSDT: FollowOptions = {
  broker: 'binance',
  ticker: 'BTCUSDT',
  currency: 'USDT',
  interval: '1h',
  amount: 500,
  fee: 0.1,
  sandbox: true,
  fast: 10,
  slow: 60,
  stop: 3,
  edgekeeper: true,
};
