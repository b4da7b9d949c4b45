import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { EdgekeeperError, type ErrorCode } from '../model/errors.ts';

/** A request that is not carried out because of whose it is, or how many there are. */
export class Refusal extends EdgekeeperError {
  readonly status: ContentfulStatusCode;

  constructor(status: ContentfulStatusCode, found: string, expected: string, hint: string) {
    super('REQUEST_REFUSED', { found, expected, hint });
    this.status = status;
  }
}

/** Statuses by code; what is not named is a fault of ours. */
const STATUSES: Partial<Readonly<Record<ErrorCode, ContentfulStatusCode>>> = {
  REQUEST_INVALID: 400,
  COMMAND_INVALID: 400,
  CONFIG_INVALID: 400,
  OPTION_INVALID: 400,
  STRATEGY_UNKNOWN: 404,
  DECISION_UNKNOWN: 404,
  COMMAND_NOT_ACKNOWLEDGED: 409,
  STATE_MISSING: 503,
  STATE_UNREADABLE: 503,
  STATE_UNWRITABLE: 503,
  STATE_CORRUPT: 503,
  JOURNAL_CORRUPT: 503,
  PACKAGE_MISSING: 501,
};

export const statusOf = (error: unknown): ContentfulStatusCode =>
  error instanceof Refusal
    ? error.status
    : error instanceof EdgekeeperError
      ? (STATUSES[error.code] ?? 500)
      : 500;
