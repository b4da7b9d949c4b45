import { SharedRegimes } from '../../src/regime/shared-regimes.ts';

/** The optimiser runs many bots on one transport, which see the same candles. A transport that ends takes its regimes along. */
const byTransport = new WeakMap<object, SharedRegimes>();

/** The regimes that the bots of one transport compute once for all. */
export function getRegimes(transport: object): SharedRegimes {
  let known = byTransport.get(transport);
  if (!known) {
    known = new SharedRegimes();
    byTransport.set(transport, known);
  }
  return known;
}
