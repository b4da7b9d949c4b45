import { type Moments, sampleDeviation } from './moments.ts';

/** Gross profit over gross loss (positive); Infinity without losses, null without either. */
export function profitFactor(grossProfit: number, grossLoss: number): number | null {
  if (grossLoss > 0) return grossProfit / grossLoss;
  return grossProfit > 0 ? Number.POSITIVE_INFINITY : null;
}

/** Mean over sample deviation; null below two values or without spread. */
export function sharpeRatio(returns: Moments): number | null {
  const deviation = sampleDeviation(returns);
  return deviation === null ? null : returns.mean / deviation;
}
