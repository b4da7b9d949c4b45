import { flooredTarget, levelsOf } from '../decision/by-edge.ts';
import { cellOfSignal } from '../decision/cell.ts';
import { signalFault } from '../decision/fault.ts';
import { capOf, guardOf } from '../decision/limits.ts';
import { readSignal } from '../decision/signal-input.ts';
import { qualityFactor } from '../decision/sizing.ts';
import { wholeOrNone } from '../edge/size.ts';
import { checkedCell, checkName, reading, refuse } from '../model/doors.ts';
import { show } from '../model/errors.ts';
import type { Cell, RegimeLabel } from '../model/regime.ts';
import type { Signal } from '../model/signal.ts';
import { HEALTH } from '../model/strategy.ts';
import { rateOrNull } from '../quality/score.ts';
import type { EngineState } from './state.ts';

/** What a size is asked for. */
export interface SizeQuestion {
  readonly strategy: string;
  /** In [0,1]. */
  readonly signalQuality?: number | null;
  readonly regime?: RegimeLabel | Cell | null;
}

/** The pieces of a decision, for hosts that put them together themselves. Nothing here changes anything. */
export class Pieces {
  readonly #state: EngineState;
  readonly #isOn: () => boolean;

  constructor(state: EngineState, isOn: () => boolean) {
    this.#state = state;
    this.#isOn = isOn;
  }

  /**
   * Scores a signal without deciding on it: its quality, and whether the enforcement in force lets it through; where
   * the posterior decides, whether it reaches the plain threshold. Changes nothing.
   */
  scoreSignal(given: Signal): { readonly quality: number; readonly shouldExecute: boolean } {
    const signal = readSignal(given);
    const fault = signalFault(signal);
    if (fault !== null)
      refuse(
        typeof given === 'object' ? `a signal whose ${fault}` : show(given),
        'a signal',
        'SIGNAL_INVALID',
        "Pass one object: scoreSignal({ strategy, symbol, side: 'long', time, confidence, confluence }).",
      );
    const cell = cellOfSignal(signal, this.#state.parts.detector.regimeOf(signal.symbol, signal.time));
    const alignment =
      rateOrNull(signal.alignment) ?? this.#state.parts.judgement.alignment(signal.strategy, cell);
    const { quality, passes } = this.#state.parts.scorer.previewSignal({
      ...signal,
      regime: cell,
      alignment,
    });
    const lets = this.#state.byEdge
      ? !this.#state.flags.qualityFiltering
      : !this.#enforces(signal.strategy, cell);
    return { quality, shouldExecute: passes || lets };
  }

  /**
   * Adaptive weight times health: 0 for a suspended strategy, 1 while the overlay is off.
   * @param regime overall when absent; TRENDING without a side counts as with the trend
   */
  getStrategyWeight(strategy: string, regime: RegimeLabel | Cell | null = null): number {
    checkName(strategy);
    const cell = regime === null ? null : checkedCell(regime);
    if (!this.#isOn()) return 1;
    const weight = this.#state.flags.adaptiveWeighting
      ? this.#state.parts.optimizer.getWeightForRegime(strategy, cell)
      : this.#state.parts.optimizer.getBaseWeight(strategy);
    if (!this.#state.flags.retirementManagement) return weight;
    const status = this.#state.parts.manager.statusOf(strategy);
    // What a degraded strategy deserves is in its weight already, unless an operator holds it there.
    const isInWeight =
      this.#state.byEdge &&
      status === 'DEGRADED' &&
      this.#state.parts.manager.pinOf(strategy, this.#state.time) === null;
    return isInWeight ? weight : weight * HEALTH[status];
  }

  /**
   * Factor on a size in [0, cap], for hosts that put the pieces together themselves. Where the posterior decides, it is
   * base weight times what the strategy deserves (in a regime) times the guard, and the quality says nothing more.
   */
  getPositionSizeMultiplier(question: SizeQuestion): number {
    const {
      strategy,
      signalQuality = null,
      regime = null,
    } = reading('a question', 'ARGUMENT_INVALID', () => ({ ...question }));
    checkName(strategy);
    if (signalQuality !== null && !Number.isNaN(signalQuality) && rateOrNull(signalQuality) === null)
      refuse(`signalQuality ${show(signalQuality)}`, 'a quality in [0,1], or none');
    const cell = regime === null ? null : checkedCell(regime);
    const score = rateOrNull(signalQuality);
    if (!this.#isOn()) return 1;
    if (this.#state.byEdge) return this.#multiplierByEdge(strategy, cell);
    const acts = score !== null && this.#enforces(strategy, cell ?? 'UNKNOWN');
    const quality = acts ? qualityFactor(score, this.#state.parts.scorer.minQualityThreshold) : 1;
    const guard = guardOf(this.#state.config, this.#state.portfolio);
    const multiplier =
      this.getStrategyWeight(strategy, cell) * quality * guard * this.#state.fleet.guardAt(this.#state.time);
    return Math.min(capOf(this.#state.config, null), Math.max(0, multiplier));
  }

  #multiplierByEdge(strategy: string, cell: Cell | null): number {
    const { config } = this.#state;
    const edge = this.#state.parts.edge.view;
    const flags = this.#state.flags;
    const pin = flags.retirementManagement
      ? this.#state.parts.manager.pinOf(strategy, this.#state.time)
      : null;
    const cap = capOf(config, null);
    const limit = flags.adaptiveWeighting ? cap : 1;
    const { theta } = edge.expect(strategy, cell === null ? {} : { cell }, levelsOf(flags));
    const target = flooredTarget(edge.target(theta, limit), limit, flags, config);
    const deserved = target * (pin === null ? 1 : HEALTH[pin]);
    const size = flags.adaptiveWeighting ? deserved : wholeOrNone(deserved, null);
    const wanted =
      this.#state.parts.optimizer.getBaseWeight(strategy) *
      size *
      guardOf(config, this.#state.portfolio) *
      this.#state.fleet.guardAt(this.#state.time);
    return this.#state.stopped() ? 0 : Math.min(cap, wanted);
  }

  #enforces(strategy: string, cell: Cell): boolean {
    if (!this.#isOn() || !this.#state.flags.qualityFiltering) return false;
    const { enforcement } = this.#state.parts.scorer;
    return (
      enforcement === 'strict' ||
      (enforcement === 'guarded' && this.#state.parts.scorer.lowSignalsLose(strategy, cell))
    );
  }
}
