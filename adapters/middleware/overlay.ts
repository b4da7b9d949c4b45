import { OptimizationEngine, type Options } from '../../src/index.ts';
import { type Middleware, type MiddlewareOptions, middleware } from './middleware.ts';

/**
 * An overlay in memory, for a bot that keeps no state. One that does opens `edgekeeper/node`'s `openOverlay`,
 * and gives its engine to `middleware`. Times ahead of the wall clock are refused. Throws `CONFIG_INVALID`.
 *
 * @example
 * const { preOrder, postFill } = createOverlay({ baseWeights: { EMA_Trend: 1 } }).middleware();
 */
export function createOverlay(config: Options = {}): {
  readonly engine: OptimizationEngine;
  middleware(options?: MiddlewareOptions): Middleware;
} {
  const engine = new OptimizationEngine(config, { now: Date.now });
  return { engine, middleware: (options) => middleware(engine, options) };
}
