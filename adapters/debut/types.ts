/**
 * The part of Debut that the plugin touches, by structure: it fits `@debut/types` 4.0.8 and 4.1.x without
 * importing either, so a project with neither, or with both, compiles.
 */
export interface DebutCandle {
  readonly o: number;
  readonly h: number;
  readonly l: number;
  readonly c: number;
  readonly v: number;
  /** Open time in ms. */
  readonly time: number;
}

export interface DebutOrder {
  /** A number in some versions and a text in others. */
  readonly cid: number | string;
  readonly type: string;
  readonly author?: string;
  readonly time?: number;
  readonly price?: number | string;
  lots: number;
  readonly learning?: boolean;
  readonly reduce?: number;
  readonly orderId?: number | string;
  readonly executedLots?: number | string;
  readonly commission?: { readonly value?: number | string; readonly currency?: string } | undefined;
}

export interface DebutInstrument {
  readonly id: string;
  /** Base units in one lot. */
  readonly lot?: number;
  readonly lotPrecision?: number;
  /** Least lots of an order; of Tinkoff, least shares. */
  readonly minQuantity?: number;
  /** Least value of an order, in quote currency. */
  readonly minNotional?: number;
}

export interface DebutHost {
  readonly opts: DebutHostOptions;
  readonly instrument?: DebutInstrument;
  readonly transport: { prepareLots(lots: number, instrumentId: string): number };
  readonly orders: readonly DebutOrder[];
  readonly currentCandle?: DebutCandle;
  /** The class of the strategy. */
  getName?(): string;
  registerPlugins(plugins: never[]): void;
}

export interface DebutHostOptions {
  readonly broker?: string;
  readonly ticker: string;
  readonly interval: string;
  /** In percent of an order's value. */
  readonly fee?: number;
  readonly instrumentType?: string;
}

/** What Debut binds a hook to. */
export interface DebutContext {
  readonly debut: DebutHost;
}

/** The first of some values that is a finite number, or a text of one: brokers give both, and nothing. */
export function numberOr(...values: (number | string | undefined)[]): number | undefined {
  for (const value of values) {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number)) return number;
  }
  return undefined;
}
