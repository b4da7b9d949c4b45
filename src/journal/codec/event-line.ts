import type { EffectEvent, InputEvent, RecordedEvent } from '../../engine/events.ts';
import { UNJUDGED_REASONS } from '../../model/coverage.ts';
import { REASONS } from '../../model/decision.ts';
import { type DecisionHead, decodeDecision, encodeDecision, packedSide } from './decision-line.ts';
import { Fields } from './fields.ts';
import type { KnownNames, NameSlot, NameTable } from './names.ts';
import { exactly, word } from './packed.ts';
import { decodeSignal, encodeSignal, SIGNAL_HEAD } from './signal-line.ts';
import { decodeTrade, encodeTrade } from './trade-line.ts';

/** The letter that a line of each event begins with. */
export const LETTERS = {
  decision: 'd',
  withdrawal: 'w',
  trade: 't',
  candle: 'c',
  equity: 'e',
  exit: 'x',
  unjudged: 'j',
  unknownExit: 'k',
  update: 'u',
  command: 'o',
  config: 'f',
} as const satisfies Record<InputEvent['type'], string>;

/** The letters of what followed from an event; such a line comes before that of the event. */
export const EFFECT_LETTERS = { weight: 'g', status: 's', shadow: 'z' } as const satisfies Record<
  EffectEvent['type'],
  string
>;

/** The fields of an event's line. @param remembered whether the engine knows the decision of a trade as it is */
export function encodeEvent(event: InputEvent, remembered: boolean, names: NameTable): unknown[] {
  const { time } = event;
  switch (event.type) {
    case 'decision':
      return encodeDecided(event, names);
    case 'trade': {
      const { strategy, symbol } = event.trade;
      const values = ['t', time, names.slotOf(strategy), names.slotOf(symbol)];
      encodeTrade(values, event, remembered, names);
      return values;
    }
    case 'candle': {
      const { open, high, low, close, volume } = event.candle;
      const place = [names.slotOf(event.symbol), names.slotOf(event.timeframe)] as const;
      const prices = [exactly(open), exactly(high), exactly(low), exactly(close)];
      return ['c', time, ...place, ...prices, exactly(volume)];
    }
    case 'withdrawal': {
      const { decision, reason } = event;
      const { strategy, symbol } = decision;
      const values: unknown[] = ['w', time, names.slotOf(strategy), names.slotOf(symbol)];
      values.push(REASONS.indexOf(reason), null);
      values[5] = encodeDecision(values, decision, { time, strategy, symbol }, names);
      return values;
    }
    case 'equity': {
      const { equity, deposit } = event.report;
      return deposit === undefined
        ? ['e', time, exactly(equity)]
        : ['e', time, exactly(equity), exactly(deposit)];
    }
    case 'exit':
      return ['x', time, names.slotOf(event.strategy), names.slotOf(event.symbol)];
    case 'unjudged': {
      const { strategy, symbol, reason } = event.entry;
      return ['j', time, names.slotOf(strategy), names.slotOf(symbol), UNJUDGED_REASONS.indexOf(reason)];
    }
    case 'unknownExit': {
      const { strategy, symbol, size, positionId } = event.exit;
      const values = ['k', time, names.slotOf(strategy), names.slotOf(symbol), exactly(size)];
      if (positionId !== undefined) values.push(positionId);
      return values;
    }
    case 'update':
      return ['u', time];
    case 'command':
      return ['o', time, event.command, event.before ?? null];
    case 'config':
      return ['f', time, event.authorship, event.options, event.before ?? null];
  }
}

function encodeDecided(
  { time, signal, decision }: Extract<InputEvent, { type: 'decision' }>,
  names: NameTable,
): unknown[] {
  const { strategy, symbol, side } = decision;
  const values: unknown[] = ['d', time, names.slotOf(strategy), names.slotOf(symbol), null];
  // A decision is read by what its signal says, so that stands first.
  const said = {
    word: encodeSignal(values, signal, { time, strategy, symbol, side }),
    characters: SIGNAL_HEAD,
  };
  const head = encodeDecision(values, decision, signal, names, said);
  values[4] = typeof head === 'string' ? head : word(said.word, SIGNAL_HEAD);
  if (typeof head !== 'string') values.push(head);
  return values;
}

/** An event as a line has it, and whether the decision of a trade is one that the engine knew then. */
export interface DecodedEvent {
  readonly event: RecordedEvent;
  readonly remembered: boolean;
}

/** The event whose fields `encodeEvent` gave. Throws for what is none. */
export function decodeEvent(values: readonly unknown[], names: KnownNames): DecodedEvent {
  const fields = new Fields(values, 1);
  const time = fields.next<number>();
  const name = () => names.at(fields.next<NameSlot>());
  const plain = (event: RecordedEvent): DecodedEvent => ({ event, remembered: false });
  switch (values[0]) {
    case 'd':
      return plain(decodeDecided(time, fields, names));
    case 't':
      return decodeTrade(fields, time, name(), name(), names);
    case 'c': {
      const [symbol, timeframe] = [name(), name()];
      const [open, high, low] = [fields.number(), fields.number(), fields.number()];
      const [close, volume] = [fields.number(), fields.number()];
      return plain({
        type: 'candle',
        time,
        symbol,
        timeframe,
        candle: { time, open, high, low, close, volume },
      });
    }
    case 'w': {
      const [strategy, symbol] = [name(), name()];
      const reason = REASONS[fields.next<number>()]!;
      const decision = decodeDecision(fields.next<DecisionHead>(), fields, { time, strategy, symbol }, names);
      return plain({ type: 'withdrawal', time, decision, reason });
    }
    case 'e': {
      const equity = fields.number();
      const deposit = fields.isDone ? {} : { deposit: fields.number() };
      return plain({ type: 'equity', time, report: { time, equity, ...deposit } });
    }
    case 'x':
      return plain({ type: 'exit', time, strategy: name(), symbol: name() });
    case 'j': {
      const [strategy, symbol] = [name(), name()];
      const reason = UNJUDGED_REASONS[fields.next<number>()]!;
      return plain({ type: 'unjudged', time, entry: { strategy, symbol, time, reason } });
    }
    case 'k': {
      const [strategy, symbol, size] = [name(), name(), fields.number()];
      const of = fields.isDone ? {} : { positionId: fields.next<string>() };
      return plain({ type: 'unknownExit', time, exit: { strategy, symbol, time, size, ...of } });
    }
    case 'u':
      return plain({ type: 'update', time });
    case 'o':
      return plain({ type: 'command', time, command: fields.next(), before: fields.next() });
    case 'f':
      return plain({
        type: 'config',
        time,
        authorship: fields.next(),
        options: fields.next(),
        before: fields.next(),
      });
    default:
      throw new Error('nobody knows what it says');
  }
}

function decodeDecided(time: number, fields: Fields, names: KnownNames): RecordedEvent {
  const [strategy, symbol] = [names.at(fields.next<NameSlot>()), names.at(fields.next<NameSlot>())];
  const packed = fields.next<string>();
  const said = packed.slice(0, SIGNAL_HEAD);
  const decided = packed.slice(SIGNAL_HEAD);
  const side = decided === '' ? 'long' : packedSide(decided);
  const signal = decodeSignal(said, fields, { time, strategy, symbol, side });
  const head = decided === '' ? fields.next<DecisionHead>() : decided;
  return { type: 'decision', time, signal, decision: decodeDecision(head, fields, signal, names) };
}
