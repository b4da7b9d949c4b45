import type { EffectEvent } from '../../engine/events.ts';
import { CELLS } from '../../model/regime.ts';
import type { ShadowOutcome } from '../../model/shadow-outcome.ts';
import { STRATEGY_STATUSES } from '../../model/strategy.ts';
import { R_SOURCES } from '../../model/trade.ts';
import type { WeightUpdate } from '../../weighting/optimizer.ts';
import { type DecisionHead, decodeDecision, encodeDecision } from './decision-line.ts';
import { Fields } from './fields.ts';
import type { KnownNames, NameSlot, NameTable } from './names.ts';
import { exactly, Packer, Unpacker, word } from './packed.ts';

const WEIGHT_REASONS = [
  'new-outcomes',
  'stale-reversion',
  'reset',
  'set',
] as const satisfies readonly WeightUpdate['reason'][];
const EXITS = ['stop', 'target', 'signal', 'time'] as const satisfies readonly ShadowOutcome['exit'][];

const packer = new Packer();
const SHADOW_HEAD = 2;

/** What followed from an event, as the fields of a line before its own. */
export function encodeEffect(effect: EffectEvent, names: NameTable): unknown[] {
  switch (effect.type) {
    case 'weight':
      return encodeWeight(effect.time, effect.update, names);
    case 'status': {
      const { strategy, oldStatus, newStatus, actor, reason } = effect.change;
      const statuses = STRATEGY_STATUSES.indexOf(oldStatus) | (STRATEGY_STATUSES.indexOf(newStatus) << 2);
      return ['s', effect.time, names.slotOf(strategy), statuses, actor, reason];
    }
    case 'shadow':
      return encodeShadow(effect.time, effect.outcome, names);
  }
}

/** A weight's target is told to four digits, and not what its score was made of: neither was acted on. */
function encodeWeight(time: number, update: WeightUpdate, names: NameTable): unknown[] {
  const { strategy, cell, symbol, previousWeight, newWeight, target, reason } = update;
  packer.start();
  packer.word((cell === null ? 0 : CELLS.indexOf(cell) + 1) + 8 * WEIGHT_REASONS.indexOf(reason), 1);
  packer.number(target);
  const values = ['g', time, names.slotOf(strategy), packer.text()];
  values.push(exactly(previousWeight), exactly(newWeight));
  if (symbol !== null) values.push(names.slotOf(symbol));
  return values;
}

function encodeShadow(time: number, outcome: ShadowOutcome, names: NameTable): unknown[] {
  const { decision, entryTime, entryPrice, exitPrice, risk, r, weight, pnl } = outcome;
  const flags =
    R_SOURCES.indexOf(outcome.rSource) +
    8 * (outcome.rule === 'host' ? 1 : 0) +
    16 * EXITS.indexOf(outcome.exit) +
    64 * (weight === 1 ? 0 : weight === 0.5 ? 1 : 2);
  const { strategy, symbol } = decision;
  const values: unknown[] = ['z', time, names.slotOf(strategy), names.slotOf(symbol), null];
  values.push(entryTime, exactly(entryPrice), exactly(exitPrice), exactly(risk), exactly(r));
  values.push(pnl === null ? null : exactly(pnl));
  if (weight !== 1 && weight !== 0.5) values.push(exactly(weight));
  const before = { word: flags, characters: SHADOW_HEAD };
  const head = encodeDecision(values, decision, { time: entryTime, strategy, symbol }, names, before);
  // A decision that no engine made stands after what is packed of the rest.
  values[4] = typeof head === 'string' ? head : word(flags, SHADOW_HEAD);
  if (typeof head !== 'string') values.push(head);
  return values;
}

/** The effect whose fields `encodeEffect` gave. Throws for what is none. */
export function decodeEffect(values: readonly unknown[], names: KnownNames): EffectEvent {
  const letter = values[0];
  const fields = new Fields(values, 1);
  const time = fields.next<number>();
  const strategy = names.at(fields.next<NameSlot>());
  if (letter === 'g') return decodeWeight(time, strategy, fields, names);
  if (letter === 'z') return decodeShadow(time, strategy, fields, names);
  const statuses = fields.next<number>();
  const oldStatus = STRATEGY_STATUSES[statuses & 3]!;
  const newStatus = STRATEGY_STATUSES[statuses >> 2]!;
  const [actor, reason] = [fields.next<string>(), fields.next<string>()];
  return { type: 'status', time, change: { time, strategy, oldStatus, newStatus, actor, reason } };
}

function decodeWeight(time: number, strategy: string, fields: Fields, names: KnownNames): EffectEvent {
  const packed = new Unpacker(fields.next<string>());
  const where = packed.word(1);
  const [previousWeight, newWeight] = [fields.number(), fields.number()];
  const update: WeightUpdate = {
    time,
    strategy,
    cell: CELLS[(where & 7) - 1] ?? null,
    symbol: fields.isDone ? null : names.at(fields.next<NameSlot>()),
    previousWeight,
    newWeight,
    target: packed.number(),
    reason: WEIGHT_REASONS[where >> 3]!,
    components: null,
  };
  return { type: 'weight', time, update };
}

function decodeShadow(time: number, strategy: string, fields: Fields, names: KnownNames): EffectEvent {
  const symbol = names.at(fields.next<NameSlot>());
  const packed = fields.next<string>();
  const flags = new Unpacker(packed).word(SHADOW_HEAD);
  const entryTime = fields.next<number>();
  const [entryPrice, exitPrice, risk] = [fields.number(), fields.number(), fields.number()];
  const [r, pnl] = [fields.number(), fields.numberOrNull()];
  const weighs = flags >> 6;
  const weight = weighs === 0 ? 1 : weighs === 1 ? 0.5 : fields.number();
  const isPacked = packed.length > SHADOW_HEAD;
  const head: DecisionHead = isPacked ? packed.slice(SHADOW_HEAD) : fields.next<DecisionHead>();
  return {
    type: 'shadow',
    time,
    outcome: {
      decision: decodeDecision(head, fields, { time: entryTime, strategy, symbol }, names),
      entryTime,
      exitTime: time,
      entryPrice,
      exitPrice,
      risk,
      rSource: R_SOURCES[flags & 7]!,
      r,
      rule: (flags >> 3) & 1 ? 'host' : 'barrier',
      weight,
      exit: EXITS[(flags >> 4) & 3]!,
      pnl,
    },
  };
}
