import { it } from 'vitest';
import type { Options } from '../../src/index.ts';
import { type EnginePolicy, overlay, strategyName } from './engine-policy.ts';
import { figure, meanOf, percent, printTable } from './markdown.ts';
import { type Measures, measure } from './measures.ts';
import { type Cap, sizesOf } from './policy.ts';
import { seeds } from './seeds.ts';
import type { SimulatedSignal } from './signals.ts';
import { WORLDS, type World } from './worlds.ts';

/** What each option does to what is sent, in the worlds of the evidence: the tables of docs/tuning.md. */
const SEEDS = seeds(2);
const WEEK = 7 * 86_400_000;
/** Weights count as at a bound within this of it. */
const NEAR = 1e-9;

interface Run {
  readonly world: World;
  readonly measures: Measures;
  /** Mean change of a strategy's weight in a week, sum of all its steps; and shares of signals decided at a bound. */
  readonly churn: number;
  readonly atLeast: number;
  readonly atMost: number;
  /** Share of signals that were sent. */
  readonly sent: number;
}

interface Variant {
  readonly name: string;
  readonly options: Options;
  readonly cap?: Cap;
  readonly feed?: boolean;
}

/** A policy, and what its weights do meanwhile. */
function watched(policy: EnginePolicy) {
  const { engine } = policy;
  const { minWeight, maxWeight } = engine.config;
  const before = new Map<string, number>();
  const seen = { churn: 0, atLeast: 0, atMost: 0 };
  return {
    seen,
    learn: policy.learn,
    size(signal: SimulatedSignal): number {
      const size = policy.size(signal);
      const strategy = strategyName(signal.strategy);
      const weight = engine.optimizer.getWeightForRegime(strategy, null);
      seen.churn += Math.abs(weight - (before.get(strategy) ?? weight));
      if (weight <= minWeight + NEAR) seen.atLeast += 1;
      if (weight >= maxWeight - NEAR) seen.atMost += 1;
      before.set(strategy, weight);
      return size;
    },
  };
}

function run(world: World, seed: number, { options, cap = 'cap 1', feed = true }: Variant): Run {
  const signals = world.signals(seed);
  const policy = watched(overlay(options, cap, feed));
  const sizes = sizesOf(policy, signals, feed);
  const weeks = (signals.at(-1)!.time - signals[0]!.time) / WEEK;
  const { churn, atLeast, atMost } = policy.seen;
  return {
    world,
    measures: measure(world, signals, sizes),
    churn: churn / weeks / world.strategies,
    atLeast: atLeast / signals.length,
    atMost: atMost / signals.length,
    sent: sizes.filter((size) => size > 0).length / signals.length,
  };
}

function table(title: string, variants: readonly Variant[]): void {
  const rows = variants.map((variant) => {
    const runs = WORLDS.flatMap((world) => SEEDS.map((seed) => run(world, seed, variant)));
    const mean = (of: (run: Run) => number, within: readonly Run[] = runs) => meanOf(within.map(of));
    const good = runs.filter(({ world }) => world.group === 'all good');
    return {
      setting: variant.name,
      'R sent': figure(
        mean(({ measures }) => measures.sent),
        1,
      ),
      Sharpe: figure(
        mean(({ measures }) => measures.sharpe),
        2,
      ),
      'mean size': figure(
        mean(({ measures }) => measures.turnover),
        2,
      ),
      'signals sent': percent(
        mean(({ sent }) => sent),
        0,
      ),
      flips: figure(
        mean(({ measures }) => measures.flips),
        2,
      ),
      kept: percent(
        mean(({ measures }) => measures.sent / measures.host, good),
        0,
      ),
      'weight moved a week': figure(
        mean(({ churn }) => churn),
        2,
      ),
      'at minWeight': percent(
        mean(({ atLeast }) => atLeast),
        1,
      ),
      'at maxWeight': percent(
        mean(({ atMost }) => atMost),
        1,
      ),
    };
  });
  printTable(title, rows);
}

it('what the posterior is told', { timeout: 0 }, () => {
  table('posterior', [
    { name: 'default, cap 1', options: {} },
    { name: 'preset aggressive, cap 1', options: { preset: 'aggressive' } },
    { name: 'default, maxMultiplier 2', options: {}, cap: 'cap 2' },
    { name: 'preset aggressive, maxMultiplier 2', options: { preset: 'aggressive' }, cap: 'cap 2' },
    { name: 'maxMultiplier 1.25', options: { reduceOnly: false, maxMultiplier: 1.25 } },
    { name: 'maxMultiplier 1.5', options: { reduceOnly: false, maxMultiplier: 1.5 } },
    { name: 'maxMultiplier 3', options: { reduceOnly: false, maxMultiplier: 3 } },
    { name: 'maxMultiplier 5', options: { reduceOnly: false, maxMultiplier: 5 } },
    { name: 'all or nothing', options: {}, cap: '0/1' },
    { name: 'adjustmentRate 0.30', options: { adjustmentRate: 0.3 } },
    { name: 'adjustmentRate 0.30, maxMultiplier 2', options: { adjustmentRate: 0.3 }, cap: 'cap 2' },
    {
      name: 'maxWeight 3, minWeight 0.05, maxMultiplier 2',
      options: { maxWeight: 3, minWeight: 0.05 },
      cap: 'cap 2',
    },
    { name: 'minQualityThreshold 0.6', options: { minQualityThreshold: 0.6 } },
    { name: 'qualityFiltering off', options: { qualityFiltering: false } },
    { name: 'adaptiveWeighting off', options: { adaptiveWeighting: false } },
    { name: 'retirementManagement off', options: { retirementManagement: false } },
    { name: 'no feed', options: {}, feed: false },
    { name: 'no feed, explore off', options: { explore: false }, feed: false },
    { name: 'no feed, all or nothing', options: {}, cap: '0/1', feed: false },
    { name: 'no feed, all or nothing, explore off', options: { explore: false }, cap: '0/1', feed: false },
  ]);
});

it('what the guarded rules are told', { timeout: 0 }, () => {
  const guarded = (name: string, options: Options, cap: Cap = 'cap 1'): Variant => ({
    name,
    options: { evidence: 'guarded', ...options },
    cap,
  });
  table('guarded', [
    guarded('default, cap 1', {}),
    guarded('default, maxMultiplier 2', {}, 'cap 2'),
    guarded('adjustmentRate 0.05, maxMultiplier 2', { adjustmentRate: 0.05 }, 'cap 2'),
    guarded('adjustmentRate 0.30, maxMultiplier 2', { adjustmentRate: 0.3 }, 'cap 2'),
    guarded('adjustmentRate 1, maxMultiplier 2', { adjustmentRate: 1 }, 'cap 2'),
    guarded('minWeight 0.05, maxWeight 3, maxMultiplier 2', { minWeight: 0.05, maxWeight: 3 }, 'cap 2'),
    guarded('preset aggressive, cap 1', { preset: 'aggressive' }),
    guarded('preset aggressive, maxMultiplier 2', { preset: 'aggressive' }, 'cap 2'),
    guarded('minQualityThreshold 0.5', { minQualityThreshold: 0.5 }),
    guarded('minQualityThreshold 0.6', { minQualityThreshold: 0.6 }),
    guarded('minQualityThreshold 0.8', { minQualityThreshold: 0.8 }),
    guarded('enforcement off', { enforcement: 'off' }),
    guarded('enforcement strict', { enforcement: 'strict' }),
    guarded('minExpectancy 0', { minExpectancy: 0 }),
    guarded('minExpectancy 0.2', { minExpectancy: 0.2 }),
    guarded('degradedWindowHours 6', { degradedWindowHours: 6 }),
    guarded('degradedWindowHours 72', { degradedWindowHours: 72 }),
    guarded('minTradesForAssessment 50', { minTradesForAssessment: 50 }),
    guarded('falseAlarmTrades 10000', { falseAlarmTrades: 10_000 }),
    guarded('probation off', { probation: false }),
    guarded('weighting kelly, maxMultiplier 2', { weighting: 'kelly' }, 'cap 2'),
    guarded('weighting hedge, maxMultiplier 2', { weighting: 'hedge' }, 'cap 2'),
  ]);
});

it('what the literal rules are told', { timeout: 0 }, () => {
  const literal = (name: string, options: Options): Variant => ({
    name,
    options: { evidence: 'literal', ...options },
  });
  table('literal', [
    literal('default', {}),
    literal('minQualityThreshold 0.6', { minQualityThreshold: 0.6 }),
    literal('minQualityThreshold 0.5', { minQualityThreshold: 0.5 }),
    literal('preset aggressive', { preset: 'aggressive' }),
    literal('retirementManagement off', { retirementManagement: false }),
    literal('qualityFiltering off', { qualityFiltering: false }),
  ]);
});
