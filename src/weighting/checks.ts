import { checkName, isMoney, refuse } from '../model/doors.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { CELLS } from '../model/regime.ts';
import { isName } from '../model/strategy.ts';
import type { WeightEvidence } from './score.ts';
import type { EdgeTargets, StrategyEvidence } from './targets.ts';

export function checkEvidence(strategy: string, { outcomes, overall, cells = {} }: StrategyEvidence): void {
  checkName(strategy, 'strategy', 'EVIDENCE_INVALID');
  if (Number.isSafeInteger(outcomes) && outcomes >= 0 && isEvidence(overall) && areAll(cells, isEvidence))
    return;
  throw new EdgekeeperError('EVIDENCE_INVALID', {
    found: `evidence of ${strategy} with a number that is none, a sum below 0, or a deviation of 0`,
    expected: 'finite numbers, sums of 0 or more, and a deviation above 0',
    hint: 'Pass what is known; leave a strategy out of which nothing is. Nothing was changed.',
  });
}

export function checkTargets(
  strategy: string,
  { outcomes, overall, cells, symbols, onSymbols }: EdgeTargets,
): void {
  checkName(strategy, 'strategy', 'EVIDENCE_INVALID');
  for (const symbol of symbols) checkName(symbol, 'symbol', 'EVIDENCE_INVALID');
  if (
    Number.isSafeInteger(outcomes) &&
    outcomes >= 0 &&
    isFactor(overall) &&
    CELLS.every((cell) => isFactor(cells[cell])) &&
    onSymbols.length === symbols.length &&
    onSymbols.every(isFactor)
  )
    return;
  refuse(`targets of ${strategy} that are none`, 'a count, and factors of 0 or more', 'EVIDENCE_INVALID');
}

const isFactor = (value: unknown): boolean => isMoney(value) && value >= 0;

/** Whether every value of a record is as it should be. */
function areAll<T>(record: Readonly<Record<string, T>>, isOne: (value: T) => boolean): boolean {
  for (const key in record) if (!isOne(record[key]!)) return false;
  return true;
}

const isEvidence = ({ n, meanR, grossProfit, grossLoss, drawdown, deviation }: WeightEvidence): boolean =>
  isFactor(n) &&
  isMoney(meanR) &&
  isFactor(grossProfit) &&
  isFactor(grossLoss) &&
  isMoney(drawdown) &&
  isMoney(deviation) &&
  deviation > 0;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Checks the shape of weights that are set by hand; the bounds are another question. Throws `COMMAND_INVALID`. */
export function checkWeights(weights: unknown): void {
  const fits =
    isObject(weights) &&
    Object.entries(weights).every(
      ([strategy, of]) =>
        isName(strategy) &&
        isObject(of) &&
        'weight' in of &&
        Number.isFinite(of.weight) &&
        'cells' in of &&
        isObject(of.cells) &&
        Object.entries(of.cells).every(
          ([cell, weight]) => (CELLS as readonly string[]).includes(cell) && Number.isFinite(weight),
        ),
    );
  if (!fits)
    refuse(`weights ${show(weights)}`, 'a weight and weights by cell for each strategy', 'COMMAND_INVALID');
}
