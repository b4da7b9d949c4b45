import { isDeepStrictEqual } from 'node:util';
import type { OptimizationEngine } from '../engine/engine.ts';
import type { EffectEvent, InputEvent } from '../engine/events.ts';
import type { Candle } from '../model/candle.ts';
import type { UnjudgedEntry, UnknownExit } from '../model/coverage.ts';
import { pickDefined } from '../model/pick.ts';
import type { PositionOutcome } from '../model/position.ts';
import type { Signal } from '../model/signal.ts';
import type { TradeInput } from '../model/trade.ts';
import type { Journal } from './writer.ts';

const SIGNAL: readonly (keyof Signal)[] = [
  'id',
  'strategy',
  'symbol',
  'side',
  'time',
  'intent',
  'confidence',
  'confluence',
  'alignment',
  'regime',
  'size',
  'stop',
  'target',
  'exitRule',
  'feeRate',
  'slippageRate',
  'reduceOnly',
  'scalable',
];
const TRADE: readonly (keyof TradeInput)[] = [
  'id',
  'positionId',
  'openSize',
  'strategy',
  'symbol',
  'side',
  'entryTime',
  'exitTime',
  'pnl',
  'size',
  'entryPrice',
  'exitPrice',
  'fees',
  'funding',
  'stop',
  'returnRate',
  'stopRate',
  'atrRate',
  'equityAtEntry',
  'regime',
  'decision',
  'lowestPrice',
  'highestPrice',
];
const UNJUDGED: readonly (keyof UnjudgedEntry)[] = ['strategy', 'symbol', 'time', 'reason'];
const UNKNOWN_EXIT: readonly (keyof UnknownExit)[] = ['strategy', 'symbol', 'time', 'positionId', 'size'];
const CANDLE: readonly (keyof Candle)[] = ['time', 'open', 'high', 'low', 'close', 'volume'];

/** Writes every event of an engine to the journal, together with what followed from it. Returns how to stop. */
export function recordEvents(engine: OptimizationEngine, journal: Journal): () => void {
  let effects: EffectEvent[] = [];
  return engine.subscribe((event) => {
    if (event.type === 'error') return;
    if (event.type === 'weight' || event.type === 'status' || event.type === 'shadow') {
      effects.push(event);
      return;
    }
    const followed = effects;
    effects = [];
    journal.append(essence(event), followed);
  });
}

/** An event without what else a host had in its objects: their raw orders would fill memory and disk. */
function essence(event: InputEvent): InputEvent {
  switch (event.type) {
    case 'decision':
      return { ...event, signal: pickDefined(event.signal, SIGNAL) as Signal };
    case 'trade':
      return {
        ...event,
        input: pickDefined(event.input, TRADE) as TradeInput,
        ...(event.outcome ? { outcome: withoutEqual(event.outcome, event.input) } : {}),
      };
    case 'candle':
      return { ...event, candle: pickDefined(event.candle, CANDLE) as Candle };
    case 'equity': {
      const { time, equity, deposit } = event.report;
      return { ...event, report: deposit === undefined ? { time, equity } : { time, equity, deposit } };
    }
    case 'unjudged':
      return { ...event, entry: pickDefined(event.entry, UNJUDGED) as UnjudgedEntry };
    case 'unknownExit':
      return { ...event, exit: pickDefined(event.exit, UNKNOWN_EXIT) as UnknownExit };
    default:
      return event;
  }
}

/** What a position came to, without a decision that stands in the line already; `parseLine` puts it back. */
function withoutEqual(outcome: PositionOutcome, { decision }: TradeInput): PositionOutcome {
  if (outcome.decision === null || !isDeepStrictEqual(outcome.decision, decision)) return outcome;
  const { decision: _equal, ...rest } = outcome;
  return rest as PositionOutcome;
}
