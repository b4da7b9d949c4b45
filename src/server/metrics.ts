import type { Registry } from 'prom-client';
import { LATENCY_BUCKETS } from '../journal/vitals.ts';
import { optionalPackage } from '../model/packages.ts';
import { REGIMES } from '../model/regime.ts';
import { STRATEGY_STATUSES } from '../model/strategy.ts';
import { knownStrategies } from '../monitor/strategies.ts';
import type { Watch } from './watch.ts';

/** Strategies and symbols that have series of their own, at most: a name made anew for each order must not fill a database. */
const MOST_NAMES = 200;

/** What a scrape gets, made from the state at the scrape. */
export class Metrics {
  readonly #watch: Watch;
  readonly #registry: Registry;
  readonly #prom: typeof import('prom-client');

  private constructor(watch: Watch, prom: typeof import('prom-client')) {
    this.#watch = watch;
    this.#prom = prom;
    this.#registry = new prom.Registry();
  }

  /** Throws `PACKAGE_MISSING` without prom-client. */
  static async of(watch: Watch): Promise<Metrics> {
    const prom = await optionalPackage('prom-client', '^15.1.0', () => import('prom-client'));
    // One that is loaded as a CommonJS module has what it exports as its default as well.
    return new Metrics(watch, 'default' in prom ? (prom.default as typeof prom) : prom);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    this.#registry.clear();
    this.#bot();
    this.#overlay();
    return (await this.#registry.metrics()) + this.#latency();
  }

  #gauge(name: string, help: string, labelNames: readonly string[] = []) {
    return new this.#prom.Gauge({
      name: `edgekeeper_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
    });
  }

  #bot(): void {
    const { bot, vitals, fault } = this.#watch;
    this.#gauge('up', 'Whether the bot runs and says so').set(bot.state === 'running' ? 1 : 0);
    this.#gauge('heard_timestamp_seconds', 'When the bot was last heard of').set((bot.heardAt ?? 0) / 1000);
    this.#gauge('journal_lag_events', 'Events that are not in the journal yet').set(vitals?.journalLag ?? 0);
    this.#gauge('record_damaged', 'Whether the record is damaged').set(fault === null ? 0 : 1);
  }

  #overlay(): void {
    const { engine } = this.#watch;
    if (engine === null) return;
    const { errors, decisions, drawdown, guard, stopped, time } = engine.getOptimizationStatus();
    const counted = (name: string, help: string, labels: readonly string[] = []) =>
      // A counter that starts from what the record says: prom-client's own only counts up from where it is made.
      this.#gauge(name, help, labels);
    counted('decisions_total', 'Decisions on signals').set(decisions);
    this.#gauge('event_timestamp_seconds', 'Time of the latest event').set(time / 1000);
    const strategies = knownStrategies(engine).slice(0, MOST_NAMES);
    const counts = engine.getSignalCounts();
    const actions = counted('signals_total', 'Signals by what became of them', ['strategy', 'action']);
    const reasons = new Map<string, number>();
    for (const [strategy, each] of Object.entries(counts)) {
      for (const [reason, count] of Object.entries(each.reasons))
        reasons.set(reason, (reasons.get(reason) ?? 0) + count);
      if (!strategies.includes(strategy)) continue;
      const { executed, reduced, increased, blocked } = each;
      for (const [action, count] of Object.entries({ executed, reduced, increased, blocked }))
        actions.set({ strategy, action }, count);
    }
    const byReason = counted('reasons_total', 'Reasons of decisions', ['reason']);
    for (const [reason, count] of reasons) byReason.set({ reason }, count);
    const weight = this.#gauge('strategy_weight', 'Weight that is reported for a strategy', ['strategy']);
    const size = this.#gauge('strategy_size_share', 'Share of its size that a signal gets', ['strategy']);
    const probability = this.#gauge('strategy_edge_probability', 'P(mean R > 0)', ['strategy']);
    const status = this.#gauge('strategy_status', '1 for the status that a strategy is in', [
      'strategy',
      'status',
    ]);
    for (const strategy of strategies) {
      weight.set({ strategy }, engine.optimizer.getWeightForRegime(strategy, null));
      const health = engine.manager.getStrategyHealth(strategy);
      if (health?.share != null) size.set({ strategy }, health.share);
      if (health?.probability != null) probability.set({ strategy }, health.probability);
      const present = engine.manager.statusOf(strategy);
      for (const each of STRATEGY_STATUSES) status.set({ strategy, status: each }, each === present ? 1 : 0);
    }
    const regime = this.#gauge('regime', '1 for the regime that a symbol is in', ['symbol', 'regime']);
    for (const symbol of engine.detector.getSymbols().slice(0, MOST_NAMES)) {
      const { label } = engine.detector.regimeOf(symbol, this.#watch.now);
      for (const each of REGIMES) regime.set({ symbol, regime: each }, each === label ? 1 : 0);
    }
    if (drawdown !== null) this.#gauge('drawdown_ratio', 'Below the highest equity').set(drawdown);
    this.#gauge('drawdown_guard', 'Factor on new exposure').set(guard);
    this.#gauge('hard_stop', 'Whether the hard stop holds').set(stopped ? 1 : 0);
    this.#gauge('observing', 'Whether nothing is touched').set(engine.mode === 'observe' ? 1 : 0);
    const flags = this.#gauge('flag', '1 for a switch that is on', ['flag']);
    for (const [flag, on] of Object.entries(engine.flags)) flags.set({ flag }, on ? 1 : 0);
    const { judged, unjudged, closed, unknownExits } = engine.getCoverage();
    counted('entries_judged_total', 'Entries that were judged').set(judged);
    const missed = counted('entries_unjudged_total', 'Entries that could not be judged', ['reason']);
    for (const [reason, count] of Object.entries(unjudged)) missed.set({ reason }, count);
    counted('positions_closed_total', 'Positions that were booked').set(closed);
    counted('positions_unbooked_total', 'Positions without a known exit').set(unknownExits);
    const failures = counted('errors_total', 'Failures inside, by code', ['code']);
    for (const [code, count] of Object.entries(errors)) failures.set({ code }, count);
    const alerts = this.#gauge('alerts', 'Alerts that hold', ['level']);
    for (const level of ['info', 'warning', 'critical'])
      alerts.set({ level }, this.#watch.alerts.filter((alert) => alert.level === level).length);
  }

  /** The bot itself counts what decisions take: here the buckets are only written down. */
  #latency(): string {
    const { vitals } = this.#watch;
    if (vitals === null) return '';
    const name = 'edgekeeper_decide_duration_seconds';
    const { count, sum, buckets } = vitals.latency;
    const lines = [`# HELP ${name} What a decision takes`, `# TYPE ${name} histogram`];
    let below = 0;
    for (const [i, ms] of LATENCY_BUCKETS.entries()) {
      below += buckets[i]!;
      lines.push(`${name}_bucket{le="${ms / 1000}"} ${below}`);
    }
    lines.push(`${name}_bucket{le="+Inf"} ${count}`, `${name}_sum ${sum / 1000}`, `${name}_count ${count}`);
    return `${lines.join('\n')}\n`;
  }
}
