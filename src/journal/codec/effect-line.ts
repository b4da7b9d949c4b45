import type { EffectEvent } from '../../engine/events.ts';
import { CELLS } from '../../model/regime.ts';
import type { ShadowOutcome } from '../../model/shadow-outcome.ts';
import { STRATEGY_STATUSES } from '../../model/strategy.ts';
import { R_SOURCES } from '../../model/trade.ts';
import type { StatusChange } from '../../retirement/record.ts';
import type { WeightUpdate } from '../../weighting/weight-update.ts';
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

/** Where a weight is: overall, in a cell by its place from 1 on, or on a symbol; and whether another strategy begins. */
const ON_SYMBOL = 7;
const OTHER = 32;
/** Weights of a line, each of 24 characters. */
const MOST_WEIGHTS = 300;

const packer = new Packer();
const SHADOW_HEAD = 2;

/** Adds what followed from an event to its lines, each as its fields; weights that change together share one. */
export function encodeEffects(lines: unknown[][], effects: readonly EffectEvent[], names: NameTable): void {
  for (let i = 0; i < effects.length; ) {
    const effect = effects[i]!;
    if (effect.type === 'weight') {
      i = encodeWeights(lines, effects, i, names);
      continue;
    }
    i += 1;
    if (effect.type === 'shadow') lines.push(encodeShadow(effect.time, effect.outcome, names));
    else lines.push(encodeStatus(effect.time, effect.change, names));
  }
}

function encodeStatus(time: number, change: StatusChange, names: NameTable): unknown[] {
  const { strategy, oldStatus, newStatus, actor, reason } = change;
  const statuses = STRATEGY_STATUSES.indexOf(oldStatus) | (STRATEGY_STATUSES.indexOf(newStatus) << 2);
  return ['s', time, names.slotOf(strategy), statuses, actor, reason];
}

/**
 * Weights from one on, as many as change at one time and fit into a line. Their targets are told to four digits, and not
 * what their scores were made of: neither was acted on. Returns which effect is next.
 */
function encodeWeights(
  lines: unknown[][],
  effects: readonly EffectEvent[],
  from: number,
  names: NameTable,
): number {
  const { time } = effects[from]!;
  const values: unknown[] = ['g', time, null];
  let strategy: string | null = null;
  let at = from;
  packer.start();
  for (; at < effects.length && at - from < MOST_WEIGHTS; at += 1) {
    const effect = effects[at]!;
    if (effect.type !== 'weight' || effect.time !== time) break;
    const { update } = effect;
    const { cell, symbol } = update;
    const where = symbol !== null ? ON_SYMBOL : cell === null ? 0 : CELLS.indexOf(cell) + 1;
    const isOther = update.strategy !== strategy;
    packer.word(where + 8 * WEIGHT_REASONS.indexOf(update.reason) + (isOther ? OTHER : 0), 1);
    packer.exact(update.previousWeight);
    packer.exact(update.newWeight);
    packer.number(update.target);
    if (isOther) values.push(names.slotOf(update.strategy));
    if (symbol !== null) values.push(names.slotOf(symbol));
    strategy = update.strategy;
  }
  values[2] = packer.text();
  lines.push(values);
  return at;
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

/** The effects of a line whose fields `encodeEffects` gave. Throws for what is none. */
export function decodeEffects(values: readonly unknown[], names: KnownNames): EffectEvent[] {
  const letter = values[0];
  const fields = new Fields(values, 1);
  const time = fields.next<number>();
  if (letter === 'g') return decodeWeights(time, fields, names);
  const strategy = names.at(fields.next<NameSlot>());
  if (letter === 'z') return [decodeShadow(time, strategy, fields, names)];
  const statuses = fields.next<number>();
  const oldStatus = STRATEGY_STATUSES[statuses & 3]!;
  const newStatus = STRATEGY_STATUSES[statuses >> 2]!;
  const [actor, reason] = [fields.next<string>(), fields.next<string>()];
  return [{ type: 'status', time, change: { time, strategy, oldStatus, newStatus, actor, reason } }];
}

function decodeWeights(time: number, fields: Fields, names: KnownNames): EffectEvent[] {
  const packed = new Unpacker(fields.next<string>());
  const effects: EffectEvent[] = [];
  let strategy = '';
  while (!packed.isDone) {
    const head = packed.word(1);
    const where = head & 7;
    const [previousWeight, newWeight] = [packed.exact(), packed.exact()];
    const target = packed.number();
    if (head >= OTHER) strategy = names.at(fields.next<NameSlot>());
    const update: WeightUpdate = {
      time,
      strategy,
      cell: CELLS[where - 1] ?? null,
      symbol: where === ON_SYMBOL ? names.at(fields.next<NameSlot>()) : null,
      previousWeight,
      newWeight,
      target,
      reason: WEIGHT_REASONS[(head % OTHER) >> 3]!,
      components: null,
    };
    effects.push({ type: 'weight', time, update });
  }
  return effects;
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
