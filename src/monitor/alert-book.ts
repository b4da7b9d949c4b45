import { z } from '../model/z.ts';
import { ALERT_CODES, type Alert } from './alerts.ts';

export const knownAlertSchema = z.object({
  level: z.enum(['info', 'warning', 'critical']),
  code: z.enum(ALERT_CODES),
  about: z.string(),
  message: z.string(),
  /** Names it over time: its code, and what it is about. */
  id: z.string(),
  /** When it was raised, and when it last held, in ms. */
  since: z.number(),
  lastSeen: z.number(),
  /** When its level or its being was last told of. */
  toldAt: z.number(),
  acknowledged: z.boolean(),
});
/** An alert with what is known of it over time. */
export type KnownAlert = Alert & Readonly<z.infer<typeof knownAlertSchema>>;

/** Something to tell of an alert. */
export interface AlertNews {
  readonly what: 'raised' | 'worse' | 'reminder' | 'cleared';
  readonly alert: KnownAlert;
}

const DAY = 86_400_000;
/** An alert that comes back within this time never went away: a drawdown that crosses its line ten times is one alert. */
export const QUIET = DAY;
/** What is critical and nobody acknowledged is told again after this time. */
export const REMIND_AFTER = DAY;

const SEVERITY = { info: 0, warning: 1, critical: 2 } as const;

export const isAtLeast = (level: Alert['level'], least: Alert['level']): boolean =>
  SEVERITY[level] >= SEVERITY[least];

/** Remembers alerts, so that each is told of once however often it flickers. */
export class AlertBook {
  readonly #known: Map<string, KnownAlert>;
  #updatedAt = Number.NEGATIVE_INFINITY;

  /** @param known what an earlier one knew */
  constructor(known: readonly KnownAlert[] = []) {
    this.#known = new Map(known.map((alert) => [alert.id, alert]));
  }

  /** Alerts that hold, or held a while ago, most severe first, then the latest. */
  get alerts(): KnownAlert[] {
    return [...this.#known.values()].sort(
      (a, b) => SEVERITY[b.level] - SEVERITY[a.level] || b.since - a.since || (a.id < b.id ? -1 : 1),
    );
  }

  /** Those of them that held at the latest update. */
  get standing(): KnownAlert[] {
    return this.alerts.filter(({ lastSeen }) => lastSeen === this.#updatedAt);
  }

  /** Takes the alerts that hold at `now`, and returns what is news. */
  update(standing: readonly Alert[], now: number): AlertNews[] {
    const news: AlertNews[] = [];
    this.#updatedAt = now;
    const tell = (what: AlertNews['what'], alert: KnownAlert) => {
      this.#known.set(alert.id, alert);
      news.push({ what, alert });
    };
    for (const alert of standing) {
      const id = `${alert.code} ${alert.about}`;
      const known = this.#known.get(id);
      if (known === undefined) {
        tell('raised', { ...alert, id, since: now, lastSeen: now, toldAt: now, acknowledged: false });
        continue;
      }
      const seen = { ...known, ...alert, lastSeen: now };
      if (!isAtLeast(known.level, alert.level)) tell('worse', { ...seen, toldAt: now, acknowledged: false });
      else if (alert.level === 'critical' && !known.acknowledged && now - known.toldAt >= REMIND_AFTER)
        tell('reminder', { ...seen, toldAt: now });
      else this.#known.set(id, seen);
    }
    for (const alert of this.#known.values()) {
      if (now - alert.lastSeen < QUIET) continue;
      this.#known.delete(alert.id);
      news.push({ what: 'cleared', alert });
    }
    return news;
  }

  /** Says that a person has seen it. Returns whether there is such an alert. */
  acknowledge(id: string): boolean {
    const known = this.#known.get(id);
    if (known) this.#known.set(id, { ...known, acknowledged: true });
    return known !== undefined;
  }
}
