import { type Options, parseConfig } from './schema.ts';

/** Options that act by the founding rules alone. */
const OF_THE_RULES = [
  'enforcement',
  'weighting',
  'preserveTotal',
  'maxWeight',
  'adjustmentRate',
  'minQualityThreshold',
  'regimeAdjustments',
  'minExpectancy',
  'minProfitFactor',
  'minWinRate',
  'maxDrawdown',
  'maxConsecutiveLosses',
  'minTradesForAssessment',
  'degradedWindowHours',
  'suspendedWindowHours',
  'falseAlarmTrades',
  'probation',
] as const satisfies readonly (keyof Options)[];

/** What a user should know about a configuration that is valid: what of it does not act, or not as it may seem. */
export function configNotes(options: Options): string[] {
  const config = parseConfig(options);
  const notes: string[] = [];
  if (config.evidence === 'posterior') {
    const idle = OF_THE_RULES.filter((name) => options[name] !== undefined);
    if (idle.length > 0)
      notes.push(
        `${idle.join(', ')}: act${idle.length === 1 ? 's' : ''} on reported weights and scores only; sizes follow the posterior. They decide with "evidence": "guarded" or "literal".`,
      );
    if (!config.explore)
      notes.push(
        'explore is off: a strategy that is blocked where nobody follows its signals cannot come back by itself.',
      );
  }
  if (config.mode === 'observe')
    notes.push('mode is observe: nothing is touched; `edgekeeper act` lets the overlay act.');
  if (config.controlArm > 0)
    notes.push(
      `controlArm is ${config.controlArm}: that share of signals goes out whole, whatever the overlay says.`,
    );
  return notes;
}
