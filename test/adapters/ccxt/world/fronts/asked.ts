import type { Venue } from '../venue/venue.ts';

export type Params = Readonly<Record<string, string>>;

/** A request, as a front reads it: of `fapi/v1/order` the family is `fapi` and the path `order`. */
export interface Asked {
  readonly method: string;
  readonly family: 'api' | 'sapi' | 'fapi' | 'dapi' | 'v5';
  readonly path: string;
  readonly params: Params;
  /** What the last moments are that trades are not told of yet, in ms. */
  readonly tradeLag: number;
}
/** Answers a request, or throws the venue's refusal. */
export type Handler = (venue: Venue, asked: Asked) => unknown;
