import { z } from 'zod';
import type { EvidenceMode } from '../model/choices.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { isName, STRATEGY_STATUSES, type StrategyStatus } from '../model/strategy.ts';
import { isTime } from '../model/time.ts';
import { ALARM, averageRunLength, stepCusum, thresholdForFalseAlarms } from './cusum.ts';
import { AT_WORK, labelWords, nextLabel } from './label.ts';
import {
  addToProbation,
  type Probation,
  probationSchema,
  probationScore,
  probationVerdict,
  startProbation,
} from './probation.ts';
import { type Facts, nextStatus, type Windows } from './transitions.ts';
import {
  HEALTH_THRESHOLDS,
  type HealthThresholds,
  type RecentMetrics,
  VIOLATIONS,
  type Violation,
  violations,
} from './violations.ts';

export interface RetirementOptions extends Partial<HealthThresholds>, Partial<Windows> {
  readonly evidence?: EvidenceMode;
  /** Expected time between two assessments; a longer silence counts as twice this, at least an hour. */
  readonly updateIntervalHours?: number;
  /** Trades in which a strategy that just meets `minExpectancy` is falsely called decayed once; sets the alarm. */
  readonly falseAlarmTrades?: number | undefined;
  /** Let a suspended strategy come back when its signals would have earned money; default true. */
  readonly probation?: boolean;
}

export interface Assessment extends RecentMetrics {
  readonly strategy: string;
  readonly time: number;
  /** Probability that the strategy's mean R is above 0; 0.5 knows nothing. */
  readonly edgeProbability?: number;
  /** While retirement is switched off: what is known is updated, but no status changes and no time counts. */
  readonly frozen?: boolean;
  /** Where a label is derived from what signals get: what is known is updated, and the rules move nothing. */
  readonly labelled?: boolean;
  /** Whether what its blocked signals would have earned is followed. */
  readonly followed?: boolean;
}

/** What is known of a strategy's health, for people to read. */
export interface StrategyHealth {
  readonly strategy: string;
  readonly status: StrategyStatus;
  readonly reason: string;
  /** Time the status was taken, and hours of observed time in it. */
  readonly since: number;
  readonly hoursInStatus: number;
  readonly tradesInStatus: number;
  readonly violations: readonly Violation[];
  /** CUSUM evidence of decay, where it alarms, and trades in which that is a false alarm once. */
  readonly decayEvidence: number;
  readonly decayAlarm: number;
  readonly falseAlarmTrades: number;
  /** While suspended: what its signals would have earned, and how far that is from no edge (0.84 brings it back). */
  readonly probation: { readonly outcomes: number; readonly z: number } | null;
  /** Hours of observed time since it is known, and of those in DEGRADED. */
  readonly hoursObserved: number;
  readonly hoursDegraded: number;
  /** How sure the status is, in [0,1]; 0.3 with too few trades. */
  readonly confidence: number;
  readonly metrics: RecentMetrics | null;
  /** An operator's pin: the status does not change before this time; null without a pin. */
  readonly pinnedUntil: number | 'forever' | null;
  /** P(mean R > 0) and the share of their size that its signals get, where a label is derived from them; else null. */
  readonly probability: number | null;
  readonly share: number | null;
}

/** One status change, by the rules or by a person. */
/** Who changes a status where no person does. */
const RULES = 'edgekeeper';

export interface StatusChange {
  readonly time: number;
  readonly strategy: string;
  readonly oldStatus: StrategyStatus;
  readonly newStatus: StrategyStatus;
  readonly actor: string;
  readonly reason: string;
}

export interface ForceOptions {
  readonly time: number;
  readonly actor: string;
  readonly reason: string;
  /** Keeps the status against the rules: for good, or for so many hours of host time. */
  readonly pinForHours?: number | 'forever';
}

const statusChangeSchema = z.object({
  time: z.number(),
  strategy: z.string(),
  oldStatus: z.enum(STRATEGY_STATUSES),
  newStatus: z.enum(STRATEGY_STATUSES),
  actor: z.string(),
  reason: z.string(),
});

const recentMetricsSchema = z.object({
  trades: z.number(),
  expectancy: z.number().nullable(),
  profitFactor: z.number().nullable(),
  winRate: z.number().nullable(),
  maxDrawdown: z.number().nullable(),
  consecutiveLosses: z.number(),
});

const strategyRecordSchema = z.object({
  status: z.enum(STRATEGY_STATUSES),
  reason: z.string(),
  since: z.number(),
  inStatus: z.number().min(0),
  tradesInStatus: z.number().int().min(0),
  observed: z.number().min(0),
  degraded: z.number().min(0),
  probation: probationSchema,
  assessedAt: z.number().nullable(),
  violations: z.array(z.enum(VIOLATIONS)),
  cusum: z.number().min(0),
  confidence: z.number(),
  metrics: recentMetricsSchema.nullable(),
  pinned: z.union([z.number(), z.literal('forever')]).nullable(),
  /** Outcomes in this status, of signals that were sent and of those that were not. */
  outcomes: z.number().int().min(0),
  /** What the label is derived from; null where it follows the founding rules. */
  label: z.object({ size: z.number(), probability: z.number() }).nullable(),
});

export const managerStateSchema = z.object({
  strategies: z.array(z.tuple([z.string(), strategyRecordSchema])),
  audit: z.array(statusChangeSchema),
});
export type ManagerState = z.infer<typeof managerStateSchema>;

/** What is known of a strategy's health. */
export type StrategyRecord = z.infer<typeof strategyRecordSchema>;

const HOUR = 3_600_000;
const RECOVERY_MARGIN = 0.15;
const UNSURE = 0.3;
/** Standard deviation of R before anything is known. */
const DEVIATION = Math.sqrt(1.2);
/** Status changes kept for the audit report. */
const AUDIT = 500;

const freshRecord = (): StrategyRecord => ({
  status: 'ACTIVE',
  reason: 'not assessed yet',
  since: 0,
  inStatus: 0,
  tradesInStatus: 0,
  observed: 0,
  degraded: 0,
  probation: startProbation(),
  assessedAt: null,
  violations: [],
  cusum: 0,
  confidence: UNSURE,
  metrics: null,
  pinned: null,
  outcomes: 0,
  label: null,
});

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

  constructor(options: RetirementOptions = {}) {
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
    const record = this.#strategies.get(strategy);
    if (record?.status !== 'SUSPENDED' || decidedAt < record.since) return;
    addToProbation(record.probation, r, weight);
  }

  /** Judges a strategy on its recent metrics, moves it at most one status, and says how it is. */
  assessStrategy(assessment: Assessment): StrategyHealth {
    const { strategy, time, trades, expectancy, profitFactor, winRate, maxDrawdown, consecutiveLosses } =
      assessment;
    const record = this.#record(strategy);
    if (!isTime(time)) {
      throw new EdgekeeperError('COMMAND_INVALID', {
        found: `assessment time ${show(time)}`,
        expected: 'a time in ms',
        hint: 'Nothing was changed.',
      });
    }
    checkMetrics(assessment);
    if (assessment.frozen) record.assessedAt = time;
    else this.#letTimePass(record, time);
    const enough = trades >= this.thresholds.minTradesForAssessment;
    // Without losses a profit factor is infinite, which no rule minds and JSON cannot say.
    const finiteFactor = profitFactor === null || Number.isFinite(profitFactor) ? profitFactor : null;
    record.metrics = {
      trades,
      expectancy,
      profitFactor: finiteFactor,
      winRate,
      maxDrawdown,
      consecutiveLosses,
    };
    record.violations = enough ? violations(record.metrics, this.thresholds) : [];
    if (assessment.labelled) return this.#health(strategy, record);
    record.label = null;
    record.confidence = enough ? sureness(record.status, assessment.edgeProbability ?? 0.5) : UNSURE;

    if (record.pinned !== null) {
      if (record.pinned === 'forever' || time < record.pinned) return this.#health(strategy, record);
      record.pinned = null;
    }
    if (assessment.frozen) return this.#health(strategy, record);
    const facts: Facts = {
      violated: record.violations.length > 0,
      nearlyViolated: violations(record.metrics, this.thresholds, RECOVERY_MARGIN).length > 0,
      alarm: record.cusum >= this.#alarm,
      hoursInStatus: record.inStatus / HOUR,
      tradesInStatus: record.tradesInStatus,
      enoughTrades: enough,
      probation: this.#probation && assessment.followed ? probationVerdict(record.probation) : null,
    };
    const next = nextStatus(record.status, facts, this.#mode, this.#windows);
    if (next) {
      this.#move(strategy, record, next, {
        time,
        actor: RULES,
        reason: reasonFor(next, record, this.#alarm),
      });
      if (enough) record.confidence = sureness(next, assessment.edgeProbability ?? 0.5);
    }
    return this.#health(strategy, record);
  }

  /**
   * Derives a strategy's label from the sizes that its signals get. An operator's pin holds it.
   * @param cause an outcome that was learned, a signal that got a size by itself, or time alone
   */
  followLabel(
    strategy: string,
    {
      size,
      probability,
      time,
      cause,
    }: { size: number; probability: number; time: number; cause: 'outcome' | 'signal' | 'time' },
  ): void {
    const record = this.#record(strategy);
    // An outcome may be of before the latest assessment: no time passes by it, nor again after it.
    if (record.assessedAt === null || time > record.assessedAt) this.#letTimePass(record, time);
    record.label = { size, probability };
    record.confidence = sureness(record.status, probability);
    if (cause === 'outcome') record.outcomes += 1;
    if (record.pinned !== null) {
      if (record.pinned === 'forever' || time < record.pinned) return;
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
    if (next === null) return;
    const shown = cause === 'signal' ? Math.max(size, AT_WORK) : size;
    this.#move(strategy, record, next, {
      time,
      actor: RULES,
      reason: labelWords({ size: shown, probability }),
    });
    record.confidence = sureness(next, probability);
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
   */
  forceStatus(strategy: string, status: StrategyStatus, options: ForceOptions): StatusChange {
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
    return Object.fromEntries([...this.#strategies].map(([name, { status }]) => [name, status]));
  }

  /** Health of a strategy, or null for one never heard of. */
  getStrategyHealth(strategy: string): StrategyHealth | null {
    const record = this.#strategies.get(strategy);
    return record ? this.#health(strategy, record) : null;
  }

  getAllHealth(): Record<string, StrategyHealth> {
    return Object.fromEntries(
      [...this.#strategies].map(([name, record]) => [name, this.#health(name, record)]),
    );
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
    this.#record(strategy);
  }

  /** Makes every strategy ACTIVE, with no evidence against it. Returns what changed. */
  reset(options: { readonly time: number; readonly actor: string; readonly reason: string }): StatusChange[] {
    return [...this.#strategies].flatMap(([strategy, record]) => {
      record.cusum = 0;
      record.pinned = null;
      return record.status === 'ACTIVE' ? [] : [this.#move(strategy, record, 'ACTIVE', options)];
    });
  }

  snapshot(): ManagerState {
    return structuredClone({ strategies: [...this.#strategies], audit: [...this.#audit] });
  }

  restore(state: ManagerState): void {
    const { strategies, audit } = structuredClone(state);
    for (const [name, record] of strategies) this.#strategies.set(name, record);
    this.#audit = audit;
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
    this.#audit = [...this.#audit, change].slice(-AUDIT);
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

  #record(strategy: string): StrategyRecord {
    let record = this.#strategies.get(strategy);
    if (!record) {
      record = freshRecord();
      this.#strategies.set(strategy, record);
    }
    return record;
  }

  #inStatus(status: StrategyStatus): string[] {
    return [...this.#strategies].flatMap(([name, record]) => (record.status === status ? [name] : [])).sort();
  }

  #health(strategy: string, record: StrategyRecord): StrategyHealth {
    return {
      strategy,
      status: record.status,
      reason: record.reason,
      since: record.since,
      hoursInStatus: record.inStatus / HOUR,
      tradesInStatus: record.tradesInStatus,
      violations: [...record.violations],
      decayEvidence: record.cusum,
      decayAlarm: this.#alarm,
      falseAlarmTrades: averageRunLength(this.#alarm, this.thresholds.minExpectancy, DEVIATION),
      probation:
        record.status === 'SUSPENDED'
          ? { outcomes: record.probation.outcomes, z: probationScore(record.probation) }
          : null,
      hoursObserved: record.observed / HOUR,
      hoursDegraded: record.degraded / HOUR,
      confidence: record.confidence,
      metrics: record.metrics,
      pinnedUntil: record.pinned,
      probability: record.label?.probability ?? null,
      share: record.label?.size ?? null,
    };
  }
}

/** The status that an operator holds a strategy in at a time; null where none does. */
export function pinAt({ pinned, status }: Readonly<StrategyRecord>, time: number): StrategyStatus | null {
  if (pinned === null) return null;
  return pinned === 'forever' || time < pinned ? status : null;
}

/** Refuses what cannot be forced with `COMMAND_INVALID`. */
export function checkForce(
  strategy: string,
  status: StrategyStatus,
  { time, actor, reason, pinForHours }: ForceOptions,
): void {
  const refuse = (found: string, expected: string): never => {
    throw new EdgekeeperError('COMMAND_INVALID', { found, expected, hint: 'Nothing was changed.' });
  };
  if (!isName(strategy)) refuse(`strategy ${show(strategy)}`, 'the name of a strategy');
  if (!STRATEGY_STATUSES.includes(status))
    refuse(`status ${show(status)}`, `one of ${STRATEGY_STATUSES.join(', ')}`);
  if (!isName(actor)) refuse(`actor ${show(actor)}`, 'the name of who forces the status');
  if (typeof reason !== 'string' || reason.trim() === '')
    refuse(`reason ${show(reason)}`, 'a reason in words');
  if (!isTime(time)) refuse(`time ${show(time)}`, 'a time in ms');
  if (
    pinForHours !== undefined &&
    pinForHours !== 'forever' &&
    !(Number.isFinite(pinForHours) && pinForHours > 0)
  ) {
    refuse(`pinForHours ${show(pinForHours)}`, 'hours above 0, or "forever"');
  }
}

/** A metric that is no number would break no rule, and a sick strategy would look healthy. */
function checkMetrics({
  strategy,
  trades,
  expectancy,
  profitFactor,
  winRate,
  maxDrawdown,
  consecutiveLosses,
}: Assessment): void {
  const numbers = { trades, expectancy, profitFactor, winRate, maxDrawdown, consecutiveLosses };
  for (const [name, value] of Object.entries(numbers)) {
    if (
      value === null ||
      Number.isFinite(value) ||
      (name === 'profitFactor' && value === Number.POSITIVE_INFINITY)
    )
      continue;
    throw new EdgekeeperError('EVIDENCE_INVALID', {
      found: `${name} ${show(value)} of ${strategy}`,
      expected: 'a finite number, or null where there is none',
      hint: 'Nothing was changed.',
    });
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
