// One configuration of the bot. `sandbox` trades on paper with live prices.
import type { CrossOptions } from './bot';

export const BTCUSDT: CrossOptions = {
  broker: 'binance',
  ticker: 'BTCUSDT',
  currency: 'USDT',
  interval: '1h',
  amount: 500,
  fee: 0.1,
  sandbox: true,
  fast: 10,
  slow: 60,
  stop: 2,
  edgekeeper: true,
  edgekeeperLog: true,
};
