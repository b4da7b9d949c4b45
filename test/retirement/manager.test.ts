import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  averageRunLength,
  StrategyRetirementManager,
  type StrategyStatus,
  thresholdForFalseAlarms,
} from '../../src/index.ts';
import { stepCusum } from '../../src/retirement/cusum.ts';
import { nextStatus } from '../../src/retirement/transitions.ts';
import { HEALTH_THRESHOLDS, violations } from '../../src/retirement/violations.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { cases } from '../cases.ts';
import { AUTHOR, HOUR, rMultiples, START } from '../fixtures.ts';

const healthy = {
  trades: 50,
  expectancy: 0.5,
  profitFactor: 1.5,
  winRate: 0.5,
  maxDrawdown: 0.05,
  consecutiveLosses: 2,
};
const sick = { ...healthy, expectancy: -0.2, profitFactor: 0.6 };

const assess = (manager: StrategyRetirementManager, hours: number, metrics = sick) =>
  manager.assessStrategy({ strategy: 's', time: START + hours * HOUR, ...metrics });

/** Assesses once an hour, so that observed time passes. */
function watch(manager: StrategyRetirementManager, from: number, to: number, metrics = sick): StrategyStatus {
  let { status } = assess(manager, from, metrics);
  for (let hour = from + 1; hour <= to; hour += 1) ({ status } = assess(manager, hour, metrics));
  return status;
}

const lose = (manager: StrategyRetirementManager, times: number) => {
  for (let i = 0; i < times; i += 1) manager.recordOutcome('s', -1, 1);
};

describe('violations', () => {
  it('are found on every threshold, and only beyond it', () => {
    expect(violations(healthy, HEALTH_THRESHOLDS)).toEqual([]);
    const at = {
      trades: 50,
      expectancy: 0.1,
      profitFactor: 0.8,
      winRate: 0.35,
      maxDrawdown: 0.15,
      consecutiveLosses: 10,
    };
    expect(violations(at, HEALTH_THRESHOLDS)).toEqual([]);
    const beyond = {
      trades: 50,
      expectancy: 0.099,
      profitFactor: 0.79,
      winRate: 0.34,
      maxDrawdown: 0.151,
      consecutiveLosses: 11,
    };
    expect(violations(beyond, HEALTH_THRESHOLDS)).toEqual([
      'expectancy',
      'profitFactor',
      'winRate',
      'maxDrawdown',
      'consecutiveLosses',
    ]);
  });

  it('ask for a margin of 15% to be over, in the right direction for a negative threshold too', () => {
    expect(violations({ ...healthy, expectancy: 0.114 }, HEALTH_THRESHOLDS, 0.15)).toEqual(['expectancy']);
    expect(violations({ ...healthy, expectancy: 0.116 }, HEALTH_THRESHOLDS, 0.15)).toEqual([]);
    expect(
      violations({ ...healthy, expectancy: -0.09 }, { ...HEALTH_THRESHOLDS, minExpectancy: -0.1 }, 0.15),
    ).toEqual(['expectancy']);
  });

  it('skip a metric that does not exist', () => {
    const unknown = {
      trades: 50,
      expectancy: null,
      profitFactor: null,
      winRate: null,
      maxDrawdown: null,
      consecutiveLosses: 0,
    };
    expect(violations(unknown, HEALTH_THRESHOLDS)).toEqual([]);
  });
});

describe('evidence of decay', () => {
  it('never falls on a loss and never rises on a gain', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 50, noNaN: true }), rMultiples, (c, r) => {
        const next = stepCusum(c, r, 1);
        if (r < 0) expect(next).toBeGreaterThanOrEqual(c);
        if (r > 0) expect(next).toBeLessThanOrEqual(c);
        expect(next).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('raises false alarms about as rarely as the formula says', () => {
    const random = seededRandom(11);
    const [threshold, edge] = [4, 0.1];
    let [evidence, alarms] = [0, 0];
    const trades = 400_000;
    for (let i = 0; i < trades; i += 1) {
      evidence = stepCusum(evidence, edge + random.normal(), 1);
      if (evidence < threshold) continue;
      alarms += 1;
      evidence = 0;
    }
    expect(trades / alarms / averageRunLength(threshold, edge, 1)).toBeCloseTo(1, 1);
  });

  it('solves for the threshold of a wanted false-alarm rate', () => {
    for (const edge of [-0.1, 0, 0.05, 0.2]) {
      const threshold = thresholdForFalseAlarms(2000, edge, 1);
      expect(averageRunLength(threshold, edge, 1)).toBeCloseTo(2000, 3);
    }
    expect(averageRunLength(10, 1e-9, 1)).toBeCloseTo(averageRunLength(10, 1e-4, 1), -1);
  });
});

describe('the alarm', () => {
  it('is set by how rarely it may be false', () => {
    const rare = new StrategyRetirementManager({ falseAlarmTrades: 5000 });
    lose(rare, 1);
    expect(averageRunLength(rare.getStrategyHealth('s')!.decayAlarm, 0.1, Math.sqrt(1.2))).toBeCloseTo(
      5000,
      3,
    );
  });
});

describe('life of a strategy', () => {
  it('is degraded at once by a violation, and recovers with a margin', () => {
    const manager = new StrategyRetirementManager();
    expect(assess(manager, 0).status).toBe('DEGRADED');
    expect(assess(manager, 1, { ...healthy, expectancy: 0.11 }).status).toBe('DEGRADED');
    expect(assess(manager, 2, healthy)).toMatchObject({
      status: 'ACTIVE',
      reason: 'all recent metrics are healthy again',
    });
  });

  it('is suspended after a day only with an alarm and ten trades', () => {
    const manager = new StrategyRetirementManager();
    expect(watch(manager, 0, 30)).toBe('DEGRADED');
    lose(manager, 9);
    manager.recordOutcome('s', -10, 1);
    expect(assess(manager, 31)).toMatchObject({ status: 'SUSPENDED', decayEvidence: 19, decayAlarm: 15 });
    expect(watch(manager, 32, 102)).toBe('SUSPENDED');
    expect(assess(manager, 103).status).toBe('RETIRED');
    expect(watch(manager, 104, 300, healthy)).toBe('RETIRED');
  });

  it('is suspended by time alone where evidence is literal', () => {
    const manager = new StrategyRetirementManager({ evidence: 'literal' });
    expect(watch(manager, 0, 23)).toBe('DEGRADED');
    expect(assess(manager, 24).status).toBe('SUSPENDED');
    expect(watch(manager, 25, 95)).toBe('SUSPENDED');
    expect(assess(manager, 96).status).toBe('RETIRED');
  });

  it('never changes on too few trades', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 19 }),
        fc.double({ min: -5, max: 5, noNaN: true }),
        (trades, expectancy) => {
          const manager = new StrategyRetirementManager();
          lose(manager, 40);
          expect(watch(manager, 0, 100, { ...sick, trades, expectancy })).toBe('ACTIVE');
          expect(manager.getStrategyHealth('s')!.confidence).toBe(0.3);
        },
      ),
      cases(20),
    );
  });

  it('does not age while nobody watches, nor by a clock that jumps', () => {
    const manager = new StrategyRetirementManager({ evidence: 'literal' });
    assess(manager, 0);
    assess(manager, 1000);
    expect(manager.getStrategyHealth('s')!.hoursInStatus).toBe(2);
    assess(manager, 0);
    expect(manager.getStrategyHealth('s')!).toMatchObject({ status: 'DEGRADED', hoursInStatus: 2 });
  });

  it('takes only the steps of the table', () => {
    const statuses = ['ACTIVE', 'DEGRADED', 'SUSPENDED', 'RETIRED'] as const;
    const allowed = new Set([
      'ACTIVE>DEGRADED',
      'DEGRADED>ACTIVE',
      'DEGRADED>SUSPENDED',
      'SUSPENDED>DEGRADED',
      'SUSPENDED>RETIRED',
    ]);
    const facts = fc.record({
      violated: fc.boolean(),
      nearlyViolated: fc.boolean(),
      alarm: fc.boolean(),
      hoursInStatus: fc.double({ min: 0, max: 1000, noNaN: true }),
      tradesInStatus: fc.nat(100),
      enoughTrades: fc.boolean(),
      probation: fc.constantFrom('passed' as const, 'failed' as const, 'open' as const, null),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...statuses),
        facts,
        fc.constantFrom('guarded' as const, 'literal' as const),
        (status, given, mode) => {
          const next = nextStatus(status, given, mode, { degradedWindowHours: 24, suspendedWindowHours: 72 });
          if (next) expect(allowed).toContain(`${status}>${next}`);
        },
      ),
    );
  });
});

describe('an operator', () => {
  it('forces a status, which resets the evidence and is audited', () => {
    const manager = new StrategyRetirementManager();
    lose(manager, 20);
    manager.forceStatus('s', 'RETIRED', { ...AUTHOR, reason: 'manual retirement' });
    expect(manager.getStrategyHealth('s')).toMatchObject({
      status: 'RETIRED',
      decayEvidence: 0,
      hoursInStatus: 0,
    });
    expect(manager.getAuditLog('s')).toEqual([
      {
        time: START,
        strategy: 's',
        oldStatus: 'ACTIVE',
        newStatus: 'RETIRED',
        actor: 'tester',
        reason: 'manual retirement',
      },
    ]);
  });

  it('pins a status against the rules, for good or for a time', () => {
    const manager = new StrategyRetirementManager();
    manager.forceStatus('s', 'ACTIVE', { ...AUTHOR, pinForHours: 24 });
    expect(watch(manager, 0, 23)).toBe('ACTIVE');
    expect(manager.getStrategyHealth('s')!.pinnedUntil).toBe(START + 24 * HOUR);
    expect(assess(manager, 24).status).toBe('DEGRADED');
    manager.forceStatus('s', 'ACTIVE', { ...AUTHOR, pinForHours: 'forever' });
    expect(watch(manager, 25, 500)).toBe('ACTIVE');
  });

  it.each([
    ['an unknown status', 's', 'GONE', AUTHOR],
    ['no actor', 's', 'ACTIVE', { ...AUTHOR, actor: '' }],
    ['no reason', 's', 'ACTIVE', { ...AUTHOR, reason: '  ' }],
    ['a pin of no time', 's', 'ACTIVE', { ...AUTHOR, pinForHours: 0 }],
    ['no strategy', '', 'ACTIVE', AUTHOR],
  ])('is refused with %s, and nothing changes', (_name, strategy, status, options) => {
    const manager = new StrategyRetirementManager();
    expect(() => manager.forceStatus(strategy, status as StrategyStatus, options)).toThrow(/COMMAND_INVALID/);
    expect(manager.snapshot()).toEqual(new StrategyRetirementManager().snapshot());
  });

  it('sees who is where', () => {
    const manager = new StrategyRetirementManager();
    manager.register('a');
    for (const status of ['DEGRADED', 'SUSPENDED', 'RETIRED'] as const)
      manager.forceStatus(status, status, AUTHOR);
    expect(manager.getActiveStrategies()).toEqual(['a']);
    expect(manager.getDegradedStrategies()).toEqual(['DEGRADED']);
    expect(manager.getSuspendedStrategies()).toEqual(['SUSPENDED']);
    expect(manager.getRetiredStrategies()).toEqual(['RETIRED']);
    expect(Object.keys(manager.getAllHealth())).toHaveLength(4);
    expect(manager.reset(AUTHOR)).toHaveLength(3);
    expect(manager.getActiveStrategies()).toHaveLength(4);
  });
});

describe('metrics that are no numbers', () => {
  it('are refused, for a sick strategy would look healthy', () => {
    const manager = new StrategyRetirementManager();
    manager.forceStatus('a', 'DEGRADED', { time: START, actor: 'a', reason: 'b' });
    const before = manager.snapshot();
    const assess = (expectancy: number) =>
      manager.assessStrategy({
        strategy: 'a',
        time: START + HOUR,
        trades: 50,
        expectancy,
        profitFactor: Number.POSITIVE_INFINITY,
        winRate: 0.5,
        maxDrawdown: 0,
        consecutiveLosses: 0,
      });
    expect(() => assess(Number.NaN)).toThrow(/EVIDENCE_INVALID.*expectancy NaN/);
    expect(manager.snapshot()).toEqual(before);
    expect(assess(0.5).status).toBe('ACTIVE');
  });
});
