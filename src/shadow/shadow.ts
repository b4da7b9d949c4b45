import type { Candle } from '../model/candle.ts';
import type { Decision } from '../model/decision.ts';
import { decisionSchema } from '../model/decision-schema.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import { ATR_FLOOR, ATR_STOP, credible, R_SOURCES } from '../model/trade.ts';
import { z } from '../model/z.ts';

/** Bars after which a triple barrier gives up. */
export const TIME_OUT_BARS = 48;
/** Bars after which a host's own rule is given up as one that does not end; it counts as a barrier then. */
export const HOST_TIME_OUT_BARS = 480;
/** Distance of the upper barrier, where the host names no target: 3 ATR against a stop of 1.5. */
const REWARD = 2;
/** What an outcome says, against that of a trade: the host's own rule as much, a stand-in for it half. */
const WEIGHTS = { host: 1, barrier: 0.5 } as const;

export const shadowSchema = z.object({
  /** The decision not to send the signal; it has a plan. */
  decision: decisionSchema,
  /** The position, once there was a candle to enter on; `risk` is the price distance of one R. */
  entry: z
    .object({
      time: z.number(),
      price: z.number().positive(),
      risk: z.number().positive(),
      rSource: z.enum(R_SOURCES),
      stop: z.number().nullable(),
      target: z.number().nullable(),
    })
    .nullable(),
  /** When the host's strategy said to leave; null before. */
  exitAskedAt: z.number().nullable(),
  /** Open time of the latest candle that was seen; -1 before the first. */
  seen: z.number(),
});
/** A position that was not taken, followed as if it had been. */
export interface Shadow extends Omit<z.infer<typeof shadowSchema>, 'decision'> {
  readonly decision: Decision;
}

/** Whether the outcome of a signal can be followed: one R must be known. */
export function canFollow({ plan, atrRate }: Pick<Decision, 'plan' | 'atrRate'>): boolean {
  return plan !== null && (plan.stop !== null || atrRate !== null);
}

/** Starts to follow a signal that was not sent. Only call it where `canFollow` holds. */
export const openShadow = (decision: Decision): Shadow => ({
  decision,
  entry: null,
  exitAskedAt: null,
  seen: -1,
});

/**
 * Lets a shadow meet one closed candle, in place. It enters at the open of the first candle that opens after
 * the decision; a candle that touches stop and target counts as the stop. Returns the outcome once there is
 * one; `void` when the market is beyond stop or target by then, or when one R cannot be told.
 */
export function stepShadow(shadow: Shadow, candle: Candle, interval: number): ShadowOutcome | 'void' | null {
  if (candle.time < shadow.decision.time || candle.time <= shadow.seen) return null;
  shadow.seen = candle.time;
  shadow.entry ??= enter(shadow.decision, candle);
  if (shadow.entry === null) return 'void';
  const { stop, target, time } = shadow.entry;
  const long = shadow.decision.side === 'long';
  const { open, high, low, close } = candle;

  if (shadow.exitAskedAt !== null && candle.time >= shadow.exitAskedAt)
    return leave(shadow, 'signal', open, candle.time);
  if (stop !== null && (long ? low <= stop : high >= stop))
    return leave(shadow, 'stop', long ? Math.min(open, stop) : Math.max(open, stop), candle.time);
  if (target !== null && (long ? high >= target : low <= target))
    return leave(shadow, 'target', long ? Math.max(open, target) : Math.min(open, target), candle.time);
  const closesAt = candle.time + interval;
  const bars = shadow.decision.plan!.rule === 'barrier' ? TIME_OUT_BARS : HOST_TIME_OUT_BARS;
  if (closesAt >= time + bars * interval) return leave(shadow, 'time', close, closesAt);
  return null;
}

function enter({ side, atrRate, plan }: Decision, { time, open }: Candle): Shadow['entry'] {
  const { stop, target, rule, slippageRate } = plan!;
  const sign = side === 'long' ? 1 : -1;
  const price = open * (1 + sign * slippageRate);
  if (isBeyond(sign, stop, open) || isBeyond(-sign, target, price)) return null;
  const atr = (atrRate ?? 0) * price;
  const distance = stop === null ? ATR_STOP * atr : Math.abs(price - stop);
  const risk = Math.max(distance, ATR_FLOOR * atr);
  if (!(price > 0 && risk > 0 && Number.isFinite(price + risk))) return null;
  const rSource = stop === null ? 'atr' : distance < risk ? 'floor' : 'stop';
  if (rule === 'host') return { time, price, risk, rSource, stop, target };
  return {
    time,
    price,
    risk,
    rSource,
    stop: stop ?? price - sign * risk,
    target: target ?? price + sign * REWARD * (atrRate === null ? risk : ATR_STOP * atrRate * price),
  };
}

/** Whether a price is at a level that a position leaves at, or past it. @param sign 1 where it leaves below */
const isBeyond = (sign: number, level: number | null, price: number): boolean =>
  level !== null && sign * (price - level) <= 0;

function leave(
  { decision, entry }: Shadow,
  exit: ShadowOutcome['exit'],
  touched: number,
  time: number,
): ShadowOutcome | 'void' {
  const { feeRate, slippageRate, size } = decision.plan!;
  const rule = exit === 'time' ? 'barrier' : decision.plan!.rule;
  const { price, risk, rSource, time: entryTime } = entry!;
  const sign = decision.side === 'long' ? 1 : -1;
  const exitPrice = touched * (1 - sign * slippageRate);
  const gain = sign * (exitPrice - price) - feeRate * (price + exitPrice);
  const r = gain / risk;
  if (!credible(r)) return 'void';
  return {
    decision,
    entryTime,
    exitTime: time,
    entryPrice: price,
    exitPrice,
    risk,
    rSource,
    r,
    rule,
    weight: WEIGHTS[rule],
    exit,
    pnl: size === null ? null : gain * size,
  };
}
