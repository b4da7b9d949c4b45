import {
  type AttachmentState,
  attach,
  type CcxtExchange,
  type Detach,
  type Sizing,
} from '../../../../adapters/ccxt/index.ts';
import { scriptedEngine } from '../../../../adapters/conformance/index.ts';
import { OptimizationEngine } from '../../../../src/index.ts';
import { HOUR, START } from '../../../fixtures.ts';
import type { Program } from './bots/program.ts';
import { BNB_PRICE } from './venue/money.ts';

/**
 * With what between the bot and its client: nothing, an overlay that is off, that passes, vetoes or halves, and one
 * that halves and translates the exits of a bot that counts by itself.
 */
export const MODES = ['bare', 'off', 'neutral', 'veto', 'half', 'translate'] as const;
export type Mode = (typeof MODES)[number];

/** What an engine saw and what it did not. */
export interface Coverage {
  readonly judged: number;
  readonly unjudged: Readonly<Record<string, number>>;
  readonly unknownExits: number;
}

/** How an overlay is put on a client; a test may plant a faulty one. */
export type Attach = (
  client: CcxtExchange,
  options: { engine: OptimizationEngine; strategy: string; sizing: Sizing; state?: AttachmentState },
) => Detach;

export const realAttach: Attach = attach;

export function engineFor(mode: Mode, { vetoes }: Program): OptimizationEngine | null {
  if (mode === 'bare') return null;
  if (mode === 'off') return new OptimizationEngine({ enabled: false });
  let decisions = 0;
  const engine = scriptedEngine(() => {
    const isVetoed = ((vetoes >> (decisions % 8)) & 1) === 1;
    decisions += 1;
    if (mode === 'neutral') return 1;
    if (mode === 'veto') return isVetoed ? 0 : 1;
    return 0.5;
  });
  // The bot's owner keeps BNB for fees, and its price is known.
  const [time, volume] = [START - HOUR, 1];
  const candle = { time, open: BNB_PRICE, high: BNB_PRICE, low: BNB_PRICE, close: BNB_PRICE, volume };
  engine.recordCandle('BNB/USDT', engine.config.timeframe, candle);
  return engine;
}

/** How the bot of a program is attached. */
export function sizingFor(mode: Mode, { style }: Program): Sizing {
  if (mode === 'translate') return 'translate-exits';
  return mode === 'half' && style.sizes === 'venue' ? 'host-reads-position' : 'veto-only';
}

/** Own properties of a client. */
export const ownOf = (client: CcxtExchange): ReadonlyMap<string, unknown> =>
  new Map(
    Object.getOwnPropertyNames(client).map((key) => [
      key,
      (client as unknown as Record<string, unknown>)[key],
    ]),
  );

/** Functions that are on a client and were not, or are others. */
export function changedFunctions(client: CcxtExchange, before: ReadonlyMap<string, unknown>): string[] {
  const now = ownOf(client);
  const changed = [...now].filter(([key, value]) => typeof value === 'function' && before.get(key) !== value);
  const gone = [...before].filter(([key, value]) => typeof value === 'function' && !now.has(key));
  return [...changed, ...gone].map(([key]) => key);
}
