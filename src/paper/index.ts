export { type AccountOptions, PaperAccount, type PaperFill, type PaperOrder } from './account.ts';
export { type BotIntent, type BotOptions, DemoBot } from './bot.ts';
export { readCandles } from './candle-files.ts';
export { type CcxtInstance, simulateOrders } from './exchange.ts';
export { type Batch, type Feed, replayFeed } from './feed.ts';
export { generateMarket } from './generated-market.ts';
export { liveFeed } from './live.ts';
export type { AccountSummary, PaperReport } from './report.ts';
export { DEMO_STRATEGIES, type PaperRunOptions, runPaper } from './run.ts';
