import { writeAtomically } from '../journal/atomic-file.ts';
import type { OptimizationMonitor } from '../monitor/monitor.ts';

/** Writes every report of a monitor as one JSON file, whole or not at all. */
export const exportJson = (monitor: OptimizationMonitor, path: string): Promise<void> =>
  writeAtomically(path, monitor.exportJson());
