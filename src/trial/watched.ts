import { calibrationReport } from '../effect/calibration.ts';
import { EffectLedger } from '../effect/ledger.ts';
import { effectStatement } from '../effect/statement.ts';
import type { OptimizationEngine } from '../engine/engine.ts';
import { overlayReport, statementOptions } from '../monitor/report.ts';
import { noticing } from '../paper/noticed.ts';
import type { TrialResult } from './trial.ts';

/** Follows an engine through a trial. Returns how to say what the overlay came to. */
export function watched(engine: OptimizationEngine): () => NonNullable<TrialResult['overlay']> {
  const ledger = new EffectLedger();
  const noticed = noticing(engine);
  engine.subscribe((event) => ledger.observe(event));
  return () => ({
    ...overlayReport(engine),
    noticed: noticed(),
    effect: effectStatement(ledger, statementOptions(engine)),
    calibration: calibrationReport(ledger.outcomes),
  });
}
