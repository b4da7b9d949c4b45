import { ClaimSums } from '../effect/claim.ts';
import { EffectLedger } from '../effect/ledger.ts';
import type { AuditEntry } from '../journal/audit-entry.ts';
import { auditEntriesOf } from '../journal/audit-entry.ts';
import type { JournalLine } from '../journal/codec/line.ts';
import { REGIMES, type RegimeLabel } from '../model/regime.ts';
import type { Trade } from '../model/trade.ts';
import { RegimeDetector } from '../regime/detector.ts';

/** What a strategy was worth at a time: the share of its size that a signal got, and P(mean R > 0). */
type Worth = [time: number, size: number, probability: number | null];
/** How the effect and its interval grew. */
type Claims = [time: number, effect: number | null, low: number | null, high: number | null][];
type Price = [time: number, close: number, regime: number];

/** Latest trades, and entries of the audit, in a report. */
export const TRADES = 2000;
const ENTRIES = 300;
/** Outcomes after which the claim is looked at again, at least. */
const LOOKS = 120;

/** Reads a journal once for everything that a report shows over time. */
export class ReportCollector {
  readonly ledger = new EffectLedger();
  readonly equity: [time: number, equity: number][] = [];
  readonly worths = new Map<string, Worth[]>();
  readonly prices = new Map<string, Price[]>();
  readonly #detector: RegimeDetector;
  #trades: Trade[] = [];
  #audit: AuditEntry[] = [];
  #tradeCount = 0;

  /** @param timeframe that of the engine, for its regimes */
  constructor(timeframe: string) {
    this.#detector = new RegimeDetector({ timeframe });
  }

  /** Latest trades, oldest first, and how many there were. */
  get trades(): { readonly latest: readonly Trade[]; readonly all: number } {
    return { latest: this.#trades.slice(-TRADES), all: this.#tradeCount };
  }

  get audit(): readonly AuditEntry[] {
    return this.#audit.slice(-ENTRIES);
  }

  take(line: JournalLine): void {
    const { event, effects = [] } = line;
    for (const effect of effects) if (effect.type === 'shadow') this.ledger.addShadow(effect.outcome);
    this.#audit.push(...auditEntriesOf(line).filter(({ type }) => type !== 'weight'));
    if (this.#audit.length > 2 * ENTRIES) this.#audit = this.#audit.slice(-ENTRIES);
    switch (event.type) {
      case 'decision': {
        const { strategy, time, intended, edge } = event.decision;
        const own = this.worths.get(strategy) ?? [];
        this.worths.set(strategy, own);
        own.push([time, intended, edge?.probability ?? null]);
        break;
      }
      case 'trade':
        this.ledger.observe(event);
        this.#tradeCount += 1;
        this.#trades.push(event.trade);
        if (this.#trades.length > 2 * TRADES) this.#trades = this.#trades.slice(-TRADES);
        break;
      case 'equity':
        this.ledger.observe(event);
        this.equity.push([event.report.time, event.report.equity]);
        break;
      case 'candle': {
        const { symbol, timeframe, candle } = event;
        this.#detector.update(symbol, timeframe, candle);
        const own = this.prices.get(symbol) ?? [];
        this.prices.set(symbol, own);
        const { label } = this.#detector.regimeOf(symbol, event.time);
        own.push([candle.time, candle.close, REGIMES.indexOf(label as RegimeLabel)]);
        break;
      }
      default:
    }
  }

  /** How the effect and its interval grew, outcome by outcome. */
  claims(): Claims {
    const claims: Claims = [];
    const sums = new ClaimSums();
    const { outcomes } = this.ledger;
    const every = Math.max(1, Math.ceil(outcomes.length / LOOKS));
    for (const [i, { decidedAt, closedAt, r, intended }] of outcomes.entries()) {
      sums.add({ decidedAt, closedAt, r, m: intended });
      if ((i + 1) % every !== 0 && i !== outcomes.length - 1) continue;
      const { effect, interval } = sums.claim();
      claims.push([closedAt, effect, interval?.[0] ?? null, interval?.[1] ?? null]);
    }
    return claims;
  }
}
