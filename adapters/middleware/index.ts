export { type Middleware, type MiddlewareOptions, middleware } from './middleware.ts';
export type { BotFill, BotOrder, LotRules } from './orders.ts';
export { createOverlay } from './overlay.ts';
export type { MiddlewareState } from './state.ts';
