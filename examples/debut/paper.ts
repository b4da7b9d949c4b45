// The bot on paper, or live without `sandbox`: what it learned and holds is kept in snapshot.json over restarts.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { BinanceTransport } from '@debut/community-core';
import { Follow } from './bot';
import { BTCUSDT } from './cfgs';

const SNAPSHOT = 'snapshot.json';
const MINUTE = 60_000;

async function main(): Promise<void> {
  const { binance, binanceSecret } = JSON.parse(readFileSync('.tokens.json', 'utf8'));
  const bot = new Follow(new BinanceTransport(binance, binanceSecret), BTCUSDT);
  // Debut takes no snapshot by itself. Its options are left out: those of cfgs.ts count.
  if (existsSync(SNAPSHOT))
    bot.hydrateSnapshot({ ...JSON.parse(readFileSync(SNAPSHOT, 'utf8')), opts: undefined });
  const keep = () => {
    writeFileSync(`${SNAPSHOT}.new`, JSON.stringify(bot.getSnapshot()));
    renameSync(`${SNAPSHOT}.new`, SNAPSHOT);
  };
  await bot.start();
  setInterval(keep, MINUTE);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      keep();
      const { status, decisions, trades } = bot.plugins.edgekeeper.status();
      console.log(
        `${bot.orders.length} open, ${trades} trades, ${decisions} decisions, ${status}; kept in ${SNAPSHOT}`,
      );
      process.exit(0);
    });
  console.log(`${bot.getName()} trades ${BTCUSDT.ticker} ${BTCUSDT.sandbox ? 'on paper' : 'live'}`);
}

void main();
