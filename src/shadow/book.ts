import type { Candle } from '../model/candle.ts';
import type { Decision } from '../model/decision.ts';
import { decisionSchema } from '../model/decision-schema.ts';
import type { ShadowOutcome } from '../model/shadow-outcome.ts';
import { R_SOURCES } from '../model/trade.ts';
import { z } from '../model/z.ts';
import { openShadow, type Shadow, shadowSchema, stepShadow } from './shadow.ts';

const outcomeSchema = z.object({
  decision: decisionSchema,
  entryTime: z.number(),
  exitTime: z.number(),
  entryPrice: z.number(),
  exitPrice: z.number(),
  risk: z.number(),
  rSource: z.enum(R_SOURCES),
  r: z.number(),
  rule: z.enum(['host', 'barrier']),
  weight: z.number(),
  exit: z.enum(['stop', 'target', 'signal', 'time']),
  pnl: z.number().nullable(),
});

export const shadowBookSchema = z.object({
  open: z.array(shadowSchema),
  /** Outcomes of the latest bar, which other symbols may still add to. */
  resolved: z.array(outcomeSchema),
  barTime: z.number(),
  /** Signals that were not followed because too many were. */
  skipped: z.number().int().min(0),
  /** By strategy that could ever be followed: signals in a row since then that could not. */
  missed: z.array(z.tuple([z.string(), z.number().int().min(0)])),
});
export type ShadowBookState = z.infer<typeof shadowBookSchema>;

/** Signals in a row that cannot be followed after which a strategy counts as not followed at all. */
const MISSES = 15;

/** Positions that are followed at a time; what comes beyond is counted. */
const CAPACITY = 2000;

/**
 * The positions that were not taken: one for each strategy and symbol, as a host holds one, or one for each signal.
 * Outcomes are handed over bar by bar, in an order that does
 * not depend on which symbol's candle came first.
 */
export class ShadowBook {
  readonly #bySymbol = new Map<string, Set<Shadow>>();
  #size = 0;
  #skipped = 0;
  #resolved: ShadowOutcome[] = [];
  #barTime = -1;
  readonly #missed = new Map<string, number>();

  /** Notes whether the outcome of a strategy's latest signal can be followed. */
  note(strategy: string, followed: boolean): void {
    if (followed) this.#missed.set(strategy, 0);
    else if (this.#missed.has(strategy)) this.#missed.set(strategy, this.#missed.get(strategy)! + 1);
  }

  /**
   * Whether outcomes of a strategy's signals are known even when they are not sent. A gap in the candles or one
   * odd signal does not end it; a feed that is gone for good does.
   */
  follows(strategy: string): boolean {
    return (this.#missed.get(strategy) ?? MISSES) < MISSES;
  }

  /** Follows a signal that was not sent, unless one of its strategy on its symbol is followed already. */
  open(decision: Decision): void {
    for (const shadow of this.#bySymbol.get(decision.symbol) ?? [])
      if (shadow.decision.strategy === decision.strategy) return;
    this.openEach(decision);
  }

  /** Follows a signal that was not sent, whatever else is followed. */
  openEach(decision: Decision): void {
    if (this.#size >= CAPACITY) this.#skipped += 1;
    else this.#add(openShadow(decision));
  }

  /** Signals that were not followed because too many were. */
  get skipped(): number {
    return this.#skipped;
  }

  /** The host's strategy would leave now: a shadow that follows the host's rule leaves at the next open. */
  askExit(strategy: string, symbol: string, time: number): void {
    for (const shadow of this.#bySymbol.get(symbol) ?? [])
      if (shadow.decision.strategy === strategy && shadow.decision.plan?.rule === 'host')
        shadow.exitAskedAt ??= time;
  }

  /** Takes one closed candle of the timeframe that shadows live on. */
  onCandle(symbol: string, candle: Candle, interval: number): void {
    const open = this.#bySymbol.get(symbol);
    if (!open) return;
    for (const shadow of open) {
      const outcome = stepShadow(shadow, candle, interval);
      if (outcome === null) continue;
      open.delete(shadow);
      this.#size -= 1;
      if (outcome === 'void') continue;
      this.#resolved.push(outcome);
      this.#barTime = candle.time;
    }
    if (open.size === 0) this.#bySymbol.delete(symbol);
  }

  /** Whether outcomes wait that a candle of this open time cannot add to. */
  isDue(candleTime: number): boolean {
    return this.#resolved.length > 0 && candleTime !== this.#barTime;
  }

  /** Hands over what was resolved, by time, strategy and symbol. */
  settle(): ShadowOutcome[] {
    if (this.#resolved.length === 0) return this.#resolved;
    const settled = this.#resolved.sort(inOrder);
    this.#resolved = [];
    return settled;
  }

  /** Shadows open now, in order of their decisions. */
  getOpen(): Readonly<Shadow>[] {
    return [...this.#bySymbol.values()].flatMap((open) => [...open]).sort(byDecision);
  }

  reset(): void {
    this.begin({ resolved: [], barTime: -1, skipped: 0, missed: [] });
  }

  /** The state but for what is open. Of this and of what follows: it is live, write it down at once. */
  head(): ShadowBookState {
    return {
      open: [],
      resolved: this.#resolved.toSorted(inOrder) as ShadowBookState['resolved'],
      barTime: this.#barTime,
      skipped: this.#skipped,
      missed: [...this.#missed],
    };
  }

  /** Symbols on which something is open. */
  symbols(): string[] {
    return [...this.#bySymbol.keys()].sort();
  }

  openOn(symbol: string): ShadowBookState['open'] {
    return [...(this.#bySymbol.get(symbol) ?? [])].sort(byDecision) as ShadowBookState['open'];
  }

  /** Goes on from a state, of which what is open follows. It is handed over: do not keep it. */
  begin({ resolved, barTime, skipped, missed }: Omit<ShadowBookState, 'open'>): void {
    this.#bySymbol.clear();
    this.#missed.clear();
    for (const [strategy, count] of missed) this.#missed.set(strategy, count);
    this.#size = 0;
    this.#skipped = skipped;
    this.#resolved = resolved as ShadowOutcome[];
    this.#barTime = barTime;
  }

  take(open: ShadowBookState['open']): void {
    for (const shadow of open) this.#add(shadow as Shadow);
  }

  #add(shadow: Shadow): void {
    const { symbol } = shadow.decision;
    const open = this.#bySymbol.get(symbol) ?? new Set<Shadow>();
    open.add(shadow);
    this.#bySymbol.set(symbol, open);
    this.#size += 1;
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byName = (a: Decision, b: Decision): number =>
  compare(a.strategy, b.strategy) || compare(a.symbol, b.symbol) || compare(a.id, b.id);
const byDecision = (a: Readonly<Shadow>, b: Readonly<Shadow>): number =>
  a.decision.time - b.decision.time || byName(a.decision, b.decision);
const inOrder = (a: ShadowOutcome, b: ShadowOutcome): number =>
  a.exitTime - b.exitTime || byName(a.decision, b.decision);
