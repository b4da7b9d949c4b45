import { authored, type By, checkAuthorship } from '../model/authorship.ts';
import type { EvidenceMode } from '../model/choices.ts';
import { checkedState, checkName, checkTime, isMoney, reading, refuse } from '../model/doors.ts';
import { show } from '../model/errors.ts';
import { byName } from '../model/names.ts';
import type { StrategyStatus } from '../model/strategy.ts';
import { z } from '../model/z.ts';
import { type Assessment, type Circumstances, checkAssessment } from './assessment.ts';
import { ALARM, stepCusum, thresholdForFalseAlarms } from './cusum.ts';
import { checkForce, type ForceOptions } from './force.ts';
import { healthOf, type StrategyHealth } from './health.ts';
import { AT_WORK, labelWords, nextLabel } from './label.ts';
import {
  addToProbation,
  type Probation,
  probationScore,
  probationVerdict,
  startProbation,
} from './probation.ts';
import {
  DEVIATION,
  freshRecord,
  HOUR,
  pinAt,
  type StatusChange,
  type StrategyRecord,
  statusChangeSchema,
  strategyRecordSchema,
  UNSURE,
} from './record.ts';
import { type Facts, nextStatus, type Windows } from './transitions.ts';
import { HEALTH_THRESHOLDS, type HealthThresholds, type RecentMetrics, violations } from './violations.ts';

export interface RetirementOptions extends Partial<HealthThresholds>, Partial<Windows> {
  readonly evidence?: EvidenceMode;
  /** Expected time between two assessments; a longer silence counts as twice this, at least an hour. */
  readonly updateIntervalHours?: number;
  /** Trades in which a strategy that just meets `minExpectancy` is falsely called decayed once; sets the alarm. */
  readonly falseAlarmTrades?: number | undefined;
  /** Let a suspended strategy come back when its signals would have earned money; default true. */
  readonly probation?: boolean;
}

/** Who changes a status where no person does. */
const RULES = 'edgekeeper';

export const managerStateSchema = z.object({
  strategies: z.array(z.tuple([z.string(), strategyRecordSchema])),
  audit: z.array(statusChangeSchema),
});
export type ManagerState = z.infer<typeof managerStateSchema>;

const RECOVERY_MARGIN = 0.15;
/** Status changes kept for the audit report. */
const AUDIT = 500;

/** Options that are numbers. */
const NUMBERS: ReadonlySet<string> = new Set([
  ...Object.keys(HEALTH_THRESHOLDS),
  'degradedWindowHours',
  'suspendedWindowHours',
  'updateIntervalHours',
  'falseAlarmTrades',
]);

/** What a label is derived from, and why now. */
export interface LabelCause {
  readonly size: number;
  readonly probability: number;
  /** In ms. */
  readonly time: number;
  readonly cause: 'outcome' | 'signal' | 'time';
}

/** Benches strategies that stopped working, on evidence, and lets people overrule it. */
export class StrategyRetirementManager {
  readonly thresholds: HealthThresholds;
  readonly #windows: Windows;
  readonly #mode: EvidenceMode;
  readonly #maxGap: number;
  readonly #alarm: number;
  readonly #probation: boolean;
  readonly #strategies = new Map<string, StrategyRecord>();
  #audit: StatusChange[] = [];
  /** Until a status changes. */
  #statuses: Readonly<Record<string, StrategyStatus>> | null = null;

  /** @throws EdgekeeperError `CONFIG_INVALID` */
  constructor(given: RetirementOptions = {}) {
    const options = { ...given };
    for (const [name, value] of Object.entries(options))
      if (NUMBERS.has(name) && value !== undefined && !isMoney(value))
        refuse(`${name} = ${show(value)}`, 'a number', 'CONFIG_INVALID');
    this.thresholds = {
      minExpectancy: options.minExpectancy ?? HEALTH_THRESHOLDS.minExpectancy,
      minProfitFactor: options.minProfitFactor ?? HEALTH_THRESHOLDS.minProfitFactor,
      minWinRate: options.minWinRate ?? HEALTH_THRESHOLDS.minWinRate,
      maxDrawdown: options.maxDrawdown ?? HEALTH_THRESHOLDS.maxDrawdown,
      maxConsecutiveLosses: options.maxConsecutiveLosses ?? HEALTH_THRESHOLDS.maxConsecutiveLosses,
      minTradesForAssessment: options.minTradesForAssessment ?? HEALTH_THRESHOLDS.minTradesForAssessment,
    };
    this.#windows = {
      degradedWindowHours: options.degradedWindowHours ?? 24,
      suspendedWindowHours: options.suspendedWindowHours ?? 72,
    };
    this.#alarm =
      options.falseAlarmTrades === undefined
        ? ALARM
        : thresholdForFalseAlarms(options.falseAlarmTrades, this.thresholds.minExpectancy, DEVIATION);
    this.#probation = options.probation ?? true;
    this.#mode = options.evidence ?? 'guarded';
    this.#maxGap = Math.max(1, 2 * (options.updateIntervalHours ?? 1)) * HOUR;
  }

  /**
   * Adds one live outcome to the evidence of decay.
   * @param r R-multiple, winsorised
   * @param deviation standard deviation of R before this outcome
   */
  recordOutcome(strategy: string, r: number, deviation: number): void {
    checkName(strategy, 'strategy', 'TRADE_INVALID');
    if (!isMoney(r) || !isMoney(deviation) || !(deviation > 0 && isMoney(r / deviation)))
      refuse(`outcome ${show(r)} at a deviation of ${show(deviation)}`, 'finite numbers', 'TRADE_INVALID');
    const record = this.#record(strategy);
    record.cusum = stepCusum(record.cusum, r, deviation);
    record.tradesInStatus += 1;
  }

  /**
   * Adds what a signal of a suspended strategy would have earned; of any other status it says nothing new.
   * @param r R-multiple, winsorised
   * @param weight in (0,1]
   * @param decidedAt time of the signal; one from before the suspension says nothing about what came after
   */
  recordShadow(strategy: string, r: number, weight: number, decidedAt: number): void {
    if (!isMoney(r) || !(typeof weight === 'number' && weight > 0 && weight <= 1))
      refuse(
        `outcome ${show(r)} of weight ${show(weight)}`,
        'a finite R, and a weight in (0,1]',
        'TRADE_INVALID',
      );
    const record = this.#strategies.get(strategy);
    if (record?.status !== 'SUSPENDED' || decidedAt < record.since) return;
    addToProbation(record.probation, r, weight);
  }

  /** Judges a strategy on its recent metrics, moves it at most one status, and says how it is. */
  assessStrategy(given: Assessment): StrategyHealth {
    const assessment = reading('an assessment', 'EVIDENCE_INVALID', () => withoutMinus({ ...given }));
    const { strategy, time } = assessment;
    checkCounts(assessment);
    this.assess(strategy, time, assessment, assessment);
    return this.#health(strategy, this.#record(strategy));
  }

  /** The same, and says what it moved; null where the status stays. */
  assess(
    strategy: string,
    time: number,
    { trades, expectancy, profitFactor, winRate, maxDrawdown, consecutiveLosses }: RecentMetrics,
    { edgeProbability = 0.5, frozen = false, labelled = false, followed = false }: Circumstances,
  ): StatusChange | null {
    const metrics = { trades, expectancy, profitFactor, winRate, maxDrawdown, consecutiveLosses };
    checkAssessment(strategy, time, metrics);
    // No rule minds an infinite factor, and JSON cannot say it.
    if (profitFactor === Number.POSITIVE_INFINITY) metrics.profitFactor = null;
    const record = this.#record(strategy);
    if (frozen) record.assessedAt = time;
    else this.#letTimePass(record, time);
    const enough = trades >= this.thresholds.minTradesForAssessment;
    record.metrics = metrics;
    record.violations = enough ? violations(metrics, this.thresholds) : [];
    if (labelled) return null;
    record.label = null;
    record.confidence = enough ? sureness(record.status, edgeProbability) : UNSURE;

    if (record.pinned !== null) {
      if (record.pinned === 'forever' || time < record.pinned) return null;
      record.pinned = null;
    }
    if (frozen) return null;
    const facts: Facts = {
      violated: record.violations.length > 0,
      nearlyViolated: violations(metrics, this.thresholds, RECOVERY_MARGIN).length > 0,
      alarm: record.cusum >= this.#alarm,
      hoursInStatus: record.inStatus / HOUR,
      tradesInStatus: record.tradesInStatus,
      enoughTrades: enough,
      probation: this.#probation && followed ? probationVerdict(record.probation) : null,
    };
    const next = nextStatus(record.status, facts, this.#mode, this.#windows);
    if (next === null) return null;
    const reason = reasonFor(next, record, this.#alarm);
    const change = this.#move(strategy, record, next, { time, actor: RULES, reason });
    if (enough) record.confidence = sureness(next, edgeProbability);
    return change;
  }

  /**
   * Derives a strategy's label from the sizes that its signals get. An operator's pin holds it.
   * @param cause an outcome that was learned, a signal that got a size by itself, or time alone
   * @returns what it moved; null where the status stays
   */
  followLabel(strategy: string, given: LabelCause): StatusChange | null {
    const { size, probability, time, cause } = reading('a label', 'ARGUMENT_INVALID', () => ({ ...given }));
    checkName(strategy);
    checkTime(time);
    if (!isMoney(size) || !isMoney(probability))
      refuse('a label that is no number', 'a size and a probability');
    const record = this.#record(strategy);
    // An outcome may be of before the latest assessment: no time passes by it, nor again after it.
    if (record.assessedAt === null || time > record.assessedAt) this.#letTimePass(record, time);
    record.label = { size, probability };
    record.confidence = sureness(record.status, probability);
    if (cause === 'outcome') record.outcomes += 1;
    if (record.pinned !== null) {
      if (record.pinned === 'forever' || time < record.pinned) return null;
      record.pinned = null;
    }
    record.reason = labelWords(record.label);
    const next = nextLabel(record.status, {
      size,
      probability,
      hoursInStatus: record.inStatus / HOUR,
      outcomesInStatus: record.outcomes,
      atWork: cause === 'signal',
    });
    if (next === null) return null;
    const shown = cause === 'signal' ? Math.max(size, AT_WORK) : size;
    const reason = labelWords({ size: shown, probability });
    const change = this.#move(strategy, record, next, { time, actor: RULES, reason });
    record.confidence = sureness(next, probability);
    return change;
  }

  /** The status that an operator holds a strategy in at a time; null where none does. */
  pinOf(strategy: string, time: number): StrategyStatus | null {
    const record = this.#strategies.get(strategy);
    return record === undefined ? null : pinAt(record, time);
  }

  /** What is known of a strategy; undefined for one never heard of. Do not change it. */
  find(strategy: string): Readonly<StrategyRecord> | undefined {
    return this.#strategies.get(strategy);
  }

  /**
   * Puts a strategy into a status by hand: resets its evidence and timers, pins it when asked to, and goes
   * to the audit log under the name of who did it. Throws `COMMAND_INVALID`.
   * @param by why, or who, when and why; the time is that of the latest assessment where none is given
   */
  forceStatus(strategy: string, status: StrategyStatus, by?: By | Partial<ForceOptions>): StatusChange {
    const options: ForceOptions = authored(by, this.#latest());
    checkForce(strategy, status, options);
    const { time, actor, reason, pinForHours } = options;
    const record = this.#record(strategy);
    record.cusum = 0;
    record.pinned =
      pinForHours === undefined ? null : pinForHours === 'forever' ? 'forever' : time + pinForHours * HOUR;
    return this.#move(strategy, record, status, { time, actor, reason });
  }

  /** Holds what an operator has put on the bench, and no rule has moved since, until it is taken back. */
  holdForced(): void {
    for (const [strategy, record] of this.#strategies) {
      if (record.status === 'ACTIVE' || record.pinned !== null) continue;
      const last = this.#audit.findLast((change) => change.strategy === strategy);
      if (last && last.actor !== RULES) record.pinned = 'forever';
    }
  }

  /** Status of a strategy; ACTIVE for one never heard of. */
  statusOf(strategy: string): StrategyStatus {
    return this.#strategies.get(strategy)?.status ?? 'ACTIVE';
  }

  /** Strategies it has heard of, in the order it heard of them. */
  getStrategies(): string[] {
    return [...this.#strategies.keys()];
  }

  getStatuses(): Record<string, StrategyStatus> {
    return byName(Object.entries(this.statuses()));
  }

  /** The same to look at: one and the same object until a status changes. */
  statuses(): Readonly<Record<string, StrategyStatus>> {
    this.#statuses ??= byName([...this.#strategies].map(([name, { status }]) => [name, status]));
    return this.#statuses;
  }

  /** Health of a strategy, or null for one never heard of. */
  getStrategyHealth(strategy: string): StrategyHealth | null {
    const record = this.#strategies.get(strategy);
    return record ? this.#health(strategy, record) : null;
  }

  getAllHealth(): Record<string, StrategyHealth> {
    return byName([...this.#strategies].map(([name, record]) => [name, this.#health(name, record)]));
  }

  getActiveStrategies(): string[] {
    return this.#inStatus('ACTIVE');
  }

  getDegradedStrategies(): string[] {
    return this.#inStatus('DEGRADED');
  }

  getSuspendedStrategies(): string[] {
    return this.#inStatus('SUSPENDED');
  }

  getRetiredStrategies(): string[] {
    return this.#inStatus('RETIRED');
  }

  /** The latest status changes, oldest first, of one strategy or of all. */
  getAuditLog(strategy?: string): StatusChange[] {
    return this.#audit.filter((change) => strategy === undefined || change.strategy === strategy);
  }

  /** Makes a strategy known, ACTIVE until it is judged. */
  register(strategy: string): void {
    checkName(strategy);
    this.#record(strategy);
  }

  /** Makes every strategy ACTIVE, with no evidence against it. Returns what changed. */
  reset(by?: By): StatusChange[] {
    const options = authored(by, this.#latest());
    checkAuthorship(options);
    return [...this.#strategies].flatMap(([strategy, record]) => {
      record.cusum = 0;
      record.pinned = null;
      return record.status === 'ACTIVE' ? [] : [this.#move(strategy, record, 'ACTIVE', options)];
    });
  }

  snapshot(): ManagerState {
    return structuredClone({ ...this.head(), strategies: [...this.#strategies] });
  }

  /** Throws `SNAPSHOT_INVALID`, and changes nothing then. */
  restore(state: ManagerState): void {
    const { strategies, audit } = structuredClone(checkedState(managerStateSchema, state));
    this.begin({ audit });
    this.take(strategies);
  }

  /** The state but for the strategies. It is live: write it down at once. */
  head(): ManagerState {
    return { strategies: [], audit: this.#audit };
  }

  /** Goes on from a state, of which the strategies follow. It is handed over: do not keep it. */
  begin({ audit }: Pick<ManagerState, 'audit'>): void {
    this.#audit = audit;
  }

  /** Goes on from these records. They are handed over: do not keep them. */
  take(strategies: ManagerState['strategies']): void {
    for (const [name, record] of strategies) this.#strategies.set(name, record);
    this.#statuses = null;
  }

  /** The one way from a status to another. */
  #move(
    strategy: string,
    record: StrategyRecord,
    newStatus: StrategyStatus,
    { time, actor, reason }: { time: number; actor: string; reason: string },
  ): StatusChange {
    const change: StatusChange = { time, strategy, oldStatus: record.status, newStatus, actor, reason };
    Object.assign(record, {
      status: newStatus,
      reason,
      since: time,
      inStatus: 0,
      tradesInStatus: 0,
      assessedAt: time,
      outcomes: 0,
      probation: startProbation(),
    });
    // What comes back from the bench is judged on what it does from now on.
    if (change.oldStatus === 'SUSPENDED' && newStatus === 'DEGRADED') record.cusum = 0;
    this.#statuses = null;
    this.#audit.push(change);
    if (this.#audit.length > AUDIT) this.#audit.shift();
    return change;
  }

  /** Time in a status is observed time: a clock that jumps and a bot that was off age nobody. */
  #letTimePass(record: StrategyRecord, time: number): void {
    const step = record.assessedAt === null ? 0 : time - record.assessedAt;
    const passed = Math.min(this.#maxGap, Math.max(0, step));
    record.inStatus += passed;
    record.observed += passed;
    if (record.status === 'DEGRADED') record.degraded += passed;
    record.assessedAt = time;
  }

  /** Time of the latest assessment or change, in ms; 0 before any. */
  #latest(): number {
    let latest = 0;
    for (const { assessedAt, since } of this.#strategies.values())
      latest = Math.max(latest, since, assessedAt ?? 0);
    return latest;
  }

  #record(strategy: string): StrategyRecord {
    let record = this.#strategies.get(strategy);
    if (!record) {
      record = freshRecord();
      this.#statuses = null;
      this.#strategies.set(strategy, record);
    }
    return record;
  }

  #inStatus(status: StrategyStatus): string[] {
    return [...this.#strategies].flatMap(([name, record]) => (record.status === status ? [name] : [])).sort();
  }

  #health(strategy: string, record: StrategyRecord): StrategyHealth {
    return healthOf(strategy, record, this.#alarm, this.thresholds.minExpectancy);
  }
}

/** A healthy status is as sure as the edge is probable; any other as sure as it is improbable. */
function sureness(status: StrategyStatus, edgeProbability: number): number {
  return status === 'ACTIVE' ? edgeProbability : 1 - edgeProbability;
}

function reasonFor(
  next: StrategyStatus,
  { status, violations: broken, cusum, probation }: StrategyRecord,
  alarm: number,
): string {
  const evidence = `evidence of decay ${cusum.toFixed(1)} of ${Number(alarm.toFixed(1))}`;
  switch (next) {
    case 'ACTIVE':
      return 'all recent metrics are healthy again';
    case 'DEGRADED':
      if (status === 'SUSPENDED') return `probation passed: ${probationWords(probation)}`;
      return broken.length > 0 ? `violates ${broken.join(', ')}; ${evidence}` : evidence;
    case 'SUSPENDED':
      return `degraded too long; ${broken.length > 0 ? `violates ${broken.join(', ')}; ` : ''}${evidence}`;
    case 'RETIRED':
      return probation.outcomes > 0
        ? `suspended too long; ${probationWords(probation)}`
        : 'suspended too long';
  }
}

const probationWords = (probation: Probation): string =>
  `${probation.outcomes} signals that were not sent would have come to z ${probationScore(probation).toFixed(2)}`;

/** The same without negative zeros, which JSON would not keep. */
const withoutMinus = <T extends object>(assessment: T): T =>
  Object.fromEntries(
    Object.entries(assessment).map(([name, value]) => [name, typeof value === 'number' ? value + 0 : value]),
  ) as T;

/** Counts are known, and so is the probability where it is given. */
function checkCounts({ strategy, trades, consecutiveLosses, edgeProbability = 0.5 }: Assessment): void {
  checkName(strategy, 'strategy', 'EVIDENCE_INVALID');
  for (const [name, value] of Object.entries({ trades, consecutiveLosses, edgeProbability }))
    if (!isMoney(value)) refuse(`${name} ${show(value)} of ${strategy}`, 'a number', 'EVIDENCE_INVALID');
}
