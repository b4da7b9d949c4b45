import type { CcxtModule } from './copies.ts';
import type { CcxtExchange } from './market.ts';

/** Shows every exchange that is made from now on, once. Returns how many were made. */
export function onEveryExchange<M extends CcxtModule>(
  modules: readonly M[],
  found: (exchange: CcxtExchange, module: M) => void,
): () => number {
  const seen = new WeakSet<object>();
  let exchanges = 0;
  for (const module of modules) {
    const prototype = module.Exchange!.prototype;
    const original = prototype.afterConstruct!;
    prototype.afterConstruct = function afterConstruct(this: CcxtExchange) {
      original.call(this);
      if (seen.has(this)) return;
      seen.add(this);
      exchanges += 1;
      found(this, module);
    };
  }
  return () => exchanges;
}
