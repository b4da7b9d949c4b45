import { flooredTarget, levelsOf } from '../decision/by-edge.ts';
import { cellOfSignal } from '../decision/cell.ts';
import { capOf, guardOf } from '../decision/limits.ts';
import { qualityFactor } from '../decision/sizing.ts';
import { wholeOrNone } from '../edge/size.ts';
import { asCell, type Cell, type RegimeLabel } from '../model/regime.ts';
import type { Signal } from '../model/signal.ts';
import { HEALTH } from '../model/strategy.ts';
import { rateOrNull } from '../quality/score.ts';
import type { EngineState } from './state.ts';

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
  scoreSignal(signal: Signal): { readonly quality: number; readonly shouldExecute: boolean } {
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
    if (!this.#isOn()) return 1;
    const weight = this.#state.flags.adaptiveWeighting
      ? this.#state.parts.optimizer.getWeightForRegime(strategy, regime === null ? null : asCell(regime))
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
  getPositionSizeMultiplier(options: {
    readonly strategy: string;
    readonly signalQuality?: number;
    readonly regime?: RegimeLabel | Cell;
  }): number {
    const { strategy, regime = null } = options;
    if (!this.#isOn()) return 1;
    if (this.#state.byEdge) return this.#multiplierByEdge(strategy, regime === null ? null : asCell(regime));
    const score = rateOrNull(options.signalQuality);
    const acts = score !== null && this.#enforces(strategy, asCell(regime ?? 'UNKNOWN'));
    const quality = acts ? qualityFactor(score, this.#state.parts.scorer.minQualityThreshold) : 1;
    const guard = guardOf(this.#state.config, this.#state.portfolio);
    const multiplier = this.getStrategyWeight(strategy, regime) * quality * guard;
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
      this.#state.parts.optimizer.getBaseWeight(strategy) * size * guardOf(config, this.#state.portfolio);
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
