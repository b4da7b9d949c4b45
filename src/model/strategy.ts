export const STRATEGY_STATUSES = ['ACTIVE', 'DEGRADED', 'SUSPENDED', 'RETIRED'] as const;
/** Life cycle of a strategy. SUSPENDED and RETIRED open no exposure. */
export type StrategyStatus = (typeof STRATEGY_STATUSES)[number];

/** The statuses by name, for those who prefer `StrategyStatus.SUSPENDED` to a string. */
export const StrategyStatus = {
  ACTIVE: 'ACTIVE',
  DEGRADED: 'DEGRADED',
  SUSPENDED: 'SUSPENDED',
  RETIRED: 'RETIRED',
} as const satisfies Record<StrategyStatus, StrategyStatus>;

/** Share of its size a strategy keeps in each status; applied after adaptive weighting. */
export const HEALTH: Readonly<Record<StrategyStatus, number>> = {
  ACTIVE: 1,
  DEGRADED: 0.5,
  SUSPENDED: 0,
  RETIRED: 0,
};

/** A name from a host, used as a key of the state: short, printable, not empty. */
export function isName(value: unknown): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > 100) return false;
  for (let i = 0; i < value.length; i += 1) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return false;
  }
  // What a report or a snapshot keeps by name would lose one of that name.
  return value !== '__proto__';
}
