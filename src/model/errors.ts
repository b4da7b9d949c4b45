import { printable } from './printable.ts';

/** Every failure a user can meet. A code is stable: scripts and alerts may match on it. */
export type ErrorCode =
  | 'CONFIG_INVALID'
  | 'NOT_INITIALIZED'
  | 'SIGNAL_INVALID'
  | 'TRADE_INVALID'
  | 'TRADE_TOO_OLD'
  | 'ORDER_INVALID'
  | 'EQUITY_INVALID'
  | 'TIME_AHEAD'
  | 'EVIDENCE_INVALID'
  | 'COMMAND_INVALID'
  | 'ARGUMENT_INVALID'
  | 'READ_ONLY'
  | 'STRATEGY_UNKNOWN'
  | 'DECISION_UNKNOWN'
  | 'RECORD_EMPTY'
  | 'RECORD_INCOMPLETE'
  | 'METRIC_UNKNOWN'
  | 'SNAPSHOT_INVALID'
  | 'STATE_CORRUPT'
  | 'STATE_UNWRITABLE'
  | 'STATE_MISSING'
  | 'STATE_UNREADABLE'
  | 'STATE_OCCUPIED'
  | 'BACKUP_INVALID'
  | 'STATE_LOCKED'
  | 'LEASE_LOST'
  | 'JOURNAL_CORRUPT'
  | 'JOURNAL_REPLAY_FAILED'
  | 'COMMAND_NOT_ACKNOWLEDGED'
  | 'CANDLES_INVALID'
  | 'CANDLES_MISSING'
  | 'SYMBOL_UNKNOWN'
  | 'EXCHANGE_UNKNOWN'
  | 'TIMEFRAME_UNKNOWN'
  | 'MARKET_DATA_UNAVAILABLE'
  | 'OPTION_INVALID'
  | 'BOT_FAILED'
  | 'HISTORY_INVALID'
  | 'REQUEST_INVALID'
  | 'REQUEST_REFUSED'
  | 'SERVER_FAILED'
  | 'PACKAGE_MISSING'
  | 'FLEET_UNREACHABLE'
  | 'FLEET_CREDENTIALS_INVALID'
  | 'FLEET_REFUSED'
  | 'FLEET_MISSING'
  | 'FLEET_NAME_TAKEN'
  | 'FLEET_MESSAGE_INVALID'
  | 'FLEET_NOT_ACKNOWLEDGED';

/** What went wrong, in the three parts its reader needs. */
export interface ErrorParts {
  readonly found: string;
  readonly expected: string;
  readonly hint: string;
}

/**
 * An error that says what was found, what was expected and what to do next. It may quote names and files of others, and
 * is printed by hosts that know nothing of that.
 */
export class EdgekeeperError extends Error {
  readonly code: ErrorCode;
  readonly found: string;
  readonly expected: string;
  readonly hint: string;

  constructor(code: ErrorCode, parts: ErrorParts, options?: ErrorOptions) {
    const [found, expected, hint] = [parts.found, parts.expected, parts.hint].map(printable) as [
      string,
      string,
      string,
    ];
    super(`${code}: found ${found}; expected ${expected}. ${hint}`, options);
    this.name = 'EdgekeeperError';
    this.code = code;
    this.found = found;
    this.expected = expected;
    this.hint = hint;
  }
}

/** Whether a value is an array; a proxy that was revoked is nothing. */
function isArray(value: unknown): value is unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** Shows an untrusted value inside a message: short, on one line, never the whole object. */
export function show(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (value === undefined || value === null || typeof value === 'number' || typeof value === 'boolean') {
    return String(value);
  }
  return isArray(value) ? `an array of ${value.length}` : `a value of type ${typeof value}`;
}
