import { EdgekeeperError } from '../model/errors.ts';
import type { OverlayReport } from '../monitor/report.ts';
import type { AccountSummary, PaperReport } from '../paper/report.ts';

/** Environment variable by which a bot's process is told how it is tried. */
export const TRIAL = 'EDGEKEEPER_TRIAL';

/** How a bot of somebody's own is tried on paper, in a process of its own. */
export interface Trial {
  readonly overlay: boolean;
  /** Where the process leaves what it came to. */
  readonly resultFile: string;
  readonly stateDir: string;
  /** Recorded candles, or null for live prices. */
  readonly recorded: {
    readonly symbols?: readonly string[];
    readonly timeframe: string;
    readonly candles?: string;
    readonly from?: number;
    readonly to?: number;
    readonly seed: number;
  } | null;
  readonly balance: number | Readonly<Record<string, number>>;
  readonly quote: string;
  readonly slippageBps: number;
}

/** What a bot's process came to. */
export interface TrialResult {
  readonly run: Omit<PaperReport['run'], 'strategies' | 'planted'>;
  readonly account: AccountSummary;
  /** Null without the overlay. */
  readonly overlay:
    | (OverlayReport & Pick<NonNullable<PaperReport['overlay']>, 'noticed' | 'effect' | 'calibration'>)
    | null;
  /** Why it ended: the candles did, the bot did by itself, it broke down after it had traded, or it was stopped. */
  readonly ended: 'candles' | 'bot' | 'failed' | 'stopped';
}

/** Where a bot's process says how far it is. */
export const progressFile = (resultFile: string): string => `${resultFile}.progress`;

/** Where processes of a bot say that they were put on paper, and what they were kept from sending. */
export const seenFile = (resultFile: string): string => `${resultFile}.seen`;
export const refusedFile = (resultFile: string): string => `${resultFile}.refused`;

/** What this process is told. Throws `OPTION_INVALID` where it was started by something else. */
export function givenTrial(text: string | undefined): Trial {
  if (text !== undefined) return JSON.parse(text) as Trial;
  throw new EdgekeeperError('OPTION_INVALID', {
    found: `no ${TRIAL}`,
    expected: 'a process that `edgekeeper paper -- <command>` has started',
    hint: 'Run `edgekeeper paper -- node bot.mjs`.',
  });
}
