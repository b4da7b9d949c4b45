import type { Candle } from '../model/candle.ts';
import type { Regime } from '../model/regime.ts';
import { SymbolRegime, type SymbolRegimeState } from './symbol-regime.ts';

/** What the regime was after one candle, and where the next candle led. */
interface Step {
  readonly candle: Candle | null;
  readonly regime: Regime;
  readonly base: Base;
  next: Step | null;
}

/** A state from which the steps after it can be done again. */
interface Base {
  readonly state: SymbolRegimeState;
  first: Step;
}

/** Steps after which there is a new base; those before it are forgotten by whoever went past them. */
const STEPS_PER_BASE = 256;
/** Steps after which a detector that begins has missed the beginning. */
const OPEN_FOR = 1024;

/**
 * Regimes that many detectors compute once, such as those of a thousand bots that are tried on the same candles. A regime
 * is a fold over its candles: whoever has seen the same ones from the first has the same regime, and whoever sees
 * another one goes on alone.
 */
export class SharedRegimes {
  readonly #tracks = new Map<string, { readonly track: Track; readonly start: Step }>();

  /** The regime of a symbol before its first candle. @param interval length of a candle in ms */
  begin(symbol: string, interval: number): FollowedRegime {
    const key = `${interval}\n${symbol}`;
    let known = this.#tracks.get(key);
    if (!known || known.track.length > OPEN_FOR) {
      const track = new Track(interval);
      known = { track, start: track.latest };
      this.#tracks.set(key, known);
    }
    return new FollowedRegime(known.track, known.start, interval);
  }
}

/** The candles of one symbol as the first of its followers saw them. */
class Track {
  readonly #head: SymbolRegime;
  latest: Step;
  length = 0;

  constructor(interval: number) {
    this.#head = new SymbolRegime(interval);
    this.latest = this.#begin(null);
  }

  append(candle: Candle): Step {
    this.#head.update(candle);
    this.length += 1;
    const before = this.latest;
    this.latest =
      this.length % STEPS_PER_BASE === 0
        ? this.#begin(candle)
        : { candle, regime: this.#head.regime, base: before.base, next: null };
    before.next = this.latest;
    return this.latest;
  }

  #begin(candle: Candle | null): Step {
    const base = { state: this.#head.snapshot(), first: null as never as Step };
    base.first = { candle, regime: this.#head.regime, base, next: null };
    return base.first;
  }
}

/** The regime of one symbol for one of its followers: a `SymbolRegime` of its own in everything but cost. */
export class FollowedRegime {
  readonly #track: Track;
  readonly #interval: number;
  #step: Step;
  #alone: SymbolRegime | null = null;
  skipped = 0;

  constructor(track: Track, start: Step, interval: number) {
    this.#track = track;
    this.#step = start;
    this.#interval = interval;
  }

  update(candle: Candle): void {
    if (this.#alone === null && candle.time > this.lastTime) {
      const next = this.#step.next ?? this.#track.append(candle);
      if (isSame(next.candle!, candle)) this.#step = next;
      else this.#alone = this.#ownRegime();
    }
    this.#alone?.update(candle);
  }

  get regime(): Regime {
    return this.#alone?.regime ?? this.#step.regime;
  }

  get lastTime(): number {
    return this.#alone?.lastTime ?? this.#step.candle?.time ?? -1;
  }

  get closedAt(): number | null {
    return this.lastTime < 0 ? null : this.lastTime + this.#interval;
  }

  get lastClose(): number | null {
    return this.#alone ? this.#alone.lastClose : (this.#step.candle?.close ?? null);
  }

  skip(): void {
    this.skipped += 1;
  }

  snapshot(): SymbolRegimeState {
    return { ...(this.#alone ?? this.#ownRegime()).snapshot(), skipped: this.skipped };
  }

  /** The regime after the same candles, which nobody shares. */
  #ownRegime(): SymbolRegime {
    const { base } = this.#step;
    const own = new SymbolRegime(this.#interval, base.state);
    for (let step = base.first; step !== this.#step; ) {
      step = step.next!;
      own.update(step.candle!);
    }
    return own;
  }
}

/** Whether two candles say the same of a regime. */
const isSame = (a: Candle, b: Candle): boolean =>
  a === b || (a.time === b.time && a.high === b.high && a.low === b.low && a.close === b.close);
