export { type CcxtModule, loadCcxt, openMarkets } from './ccxt.ts';
export { wallClock } from './clock.ts';
export { loadConfigFile } from './config-file.ts';
export type { Kept } from './kept.ts';
export { type ClosableLog, createLog, logEngine } from './log.ts';
export { ccxtMarketData } from './market-data.ts';
export { feedCandles, type Overlay, type OverlayOptions, openOverlay } from './overlay.ts';
export { LowdbStateStore } from './state-store.ts';
export { Updates } from './updates.ts';
