import { emptySignalCounts, signalCountsSchema } from '../decision/counts.ts';
import { coverageSchema, emptyCoverage } from '../decision/coverage.ts';
import { recentDecisionsSchema } from '../decision/recent-decisions.ts';
import { EdgeLearning, edgeSchema } from '../edge/learning.ts';
import { posteriorSchema } from '../edge/posterior.ts';
import type { Decision } from '../model/decision.ts';
import { completeDecision } from '../model/decision-schema.ts';
import { reading } from '../model/doors.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { FLAGS, MODES } from '../model/flags.ts';
import { z } from '../model/z.ts';
import { decomposerStateSchema } from '../performance/decomposer.ts';
import { keyOf } from '../performance/positions.ts';
import { trackRecordsSchema } from '../performance/track-record.ts';
import { scorerStateSchema } from '../quality/scorer.ts';
import { detectorStateSchema } from '../regime/detector.ts';
import { indicatorsOf } from '../regime/indicators.ts';
import type { Bar } from '../regime/true-range.ts';
import { managerStateSchema } from '../retirement/manager.ts';
import { shadowBookSchema } from '../shadow/book.ts';
import { emptyMoments, type Moments } from '../statistics/moments.ts';
import { optimizerStateSchema } from '../weighting/optimizer.ts';
import { fleetStateSchema } from './fleet.ts';
import { portfolioSchema } from './portfolio.ts';
import { updateHistorySchema } from './update-history.ts';

export const SNAPSHOT_VERSION = 7;

/** The whole state of an engine as plain JSON. Its size depends on strategies x symbols x regimes, not on trades. */
export const snapshotSchema = z.object({
  version: z.literal(SNAPSHOT_VERSION),
  /** Host time of the latest event, in ms. */
  time: z.number(),
  /** Decisions made so far. */
  decisions: z.number().int().min(0),
  updatedAt: z.number().nullable(),
  /** Switches that an operator set; the others are as configured. */
  flags: z.partialRecord(z.enum(FLAGS), z.boolean()),
  /** The mode that an operator set; null where it is as configured. */
  mode: z.enum(MODES).nullable(),
  /** Ids of the latest commands. */
  commands: z.array(z.string()),
  portfolio: portfolioSchema,
  fleet: fleetStateSchema,
  tracks: trackRecordsSchema,
  decomposer: decomposerStateSchema,
  optimizer: optimizerStateSchema,
  scorer: scorerStateSchema,
  manager: managerStateSchema,
  detector: detectorStateSchema,
  edge: edgeSchema,
  shadows: shadowBookSchema,
  counts: z.array(z.tuple([z.string(), signalCountsSchema])),
  recent: recentDecisionsSchema,
  coverage: coverageSchema,
  history: updateHistorySchema,
});
export type Snapshot = z.infer<typeof snapshotSchema>;

/** The lists of a snapshot that can be written and read in pieces, by where they stand in it. */
const SECTIONS = {
  'decomposer.cells': decomposerStateSchema.shape.cells,
  'decomposer.evidence': decomposerStateSchema.shape.evidence,
  'optimizer.strategies': optimizerStateSchema.shape.strategies,
  'scorer.strategies': scorerStateSchema.shape.strategies,
  'manager.strategies': managerStateSchema.shape.strategies,
  'edge.posterior.strategies': posteriorSchema.shape.strategies,
  tracks: trackRecordsSchema,
  counts: snapshotSchema.shape.counts,
  'detector.symbols': detectorStateSchema.shape.symbols,
  'shadows.open': shadowBookSchema.shape.open,
  recent: recentDecisionsSchema,
  history: updateHistorySchema,
} as const;
export type SectionId = keyof typeof SECTIONS;

/** Items of a section. */
export interface Piece {
  readonly section: SectionId;
  readonly items: unknown[];
}

/** The list of a section in a snapshot. */
export function listIn(snapshot: unknown, section: string): unknown[] {
  let at = snapshot;
  for (const key of section.split('.')) at = (at as Record<string, unknown>)[key];
  return at as unknown[];
}

/** How a snapshot of each older version becomes one of the next. */
const MIGRATIONS: Readonly<Record<number, (old: Record<string, unknown>) => Record<string, unknown>>> = {
  // Version 1 knew no command ids, kept decisions by signal id alone, and regimes without their timeframe.
  1: (old) => ({
    ...old,
    commands: [],
    recent: [],
    detector: { timeframe: '1h', ...(old.detector as object) },
  }),
  // Version 2 followed no signals that were not sent, and decisions did not carry what explains them.
  2: (old) => {
    const { recent, counts, decomposer, manager } = old as unknown as Version2;
    return {
      ...old,
      counts: counts.map(([name, known]) => [name, { ...emptySignalCounts(), ...known }]),
      shadows: { open: [], resolved: [], barTime: -1, missed: [] },
      recent: recent.map(([key, decision]) => [key, completeDecision(decision), false]),
      decomposer: {
        ...decomposer,
        evidence: decomposer.evidence.map(([name, evidence]) => [
          name,
          { ...evidence, firstAt: null, lastAt: null },
        ]),
      },
      manager: {
        ...manager,
        strategies: manager.strategies.map(([name, record]) => [
          name,
          { ...record, observed: 0, degraded: 0, probation: { outcomes: 0, n: 0, s1: 0, s2: 0 } },
        ]),
      },
    };
  },
  // Version 3 knew no positions: the first trade of a decision was its outcome, and every trade evidence.
  3: (old) => {
    const { recent, decisions, decomposer, shadows } = old as unknown as Version3;
    const counted = recent.filter(([, , wasCounted]) => wasCounted);
    return {
      ...old,
      recent: recent.map(([key, decision]) => [key, decision]),
      coverage: { ...emptyCoverage(), judged: decisions },
      shadows: {
        ...shadows,
        open: shadows.open.map((shadow) => ({
          ...shadow,
          entry: shadow.entry && { ...shadow.entry, rSource: riskSourceOf(shadow) },
        })),
        resolved: shadows.resolved.map((outcome) => ({ ...outcome, rSource: riskSourceOf(outcome) })),
      },
      decomposer: {
        ...decomposer,
        positions: {
          open: [],
          ended: {
            watermark: -1,
            ids: counted.map(([, { id, strategy, symbol, time }]) => [keyOf(strategy, symbol, id), time]),
          },
        },
        evidence: decomposer.evidence.map(([name, evidence]) => {
          const whole = decomposer.cells.find(
            ([[strategy, symbol, cell]]) => strategy === name && symbol === null && cell === null,
          );
          return [name, { ...evidence, returns: whole?.[1].returns ?? emptyMoments() }];
        }),
      },
    };
  },
  // Version 4 knew no posterior and no modes; what its outcomes say is learned from the record once.
  4: (old) => {
    const { portfolio, optimizer, scorer, manager, decomposer, shadows, recent, history } =
      old as unknown as Version4;
    return {
      ...old,
      mode: null,
      edge: new EdgeLearning().snapshot(),
      tracks: [],
      scorer: { ...scorer, adjustments: {} },
      portfolio: { ...portfolio, recentPeak: portfolio.peak, stopped: false },
      optimizer: {
        strategies: optimizer.strategies.map(([name, record]) => [name, { ...record, symbols: [] }]),
        history: optimizer.history.map((update) => ({ ...update, symbol: null })),
      },
      manager: {
        ...manager,
        strategies: manager.strategies.map(([name, record]) => [
          name,
          { ...record, outcomes: 0, label: null },
        ]),
      },
      decomposer: {
        ...decomposer,
        positions: {
          ...decomposer.positions,
          open: decomposer.positions.open.map(withDecision),
        },
      },
      shadows: {
        ...shadows,
        open: shadows.open.map(withDecision),
        resolved: shadows.resolved.map(withDecision),
        skipped: 0,
      },
      recent: recent.map(([key, decision]) => [key, completeDecision(decision)]),
      history: history.map((state) => ({
        ...state,
        mode: 'act',
        weightChangesThisPeriod: {},
      })),
    };
  },
  // Version 5 kept shares of the method `hedge` with each strategy, and bars to compute the indicators from; what they came to is
  // all that is needed. It knew no threshold and no enforcement that an operator set.
  5: (old) => {
    const { optimizer, detector, scorer } = old as unknown as Version5;
    return {
      ...old,
      scorer: { ...scorer, minQualityThreshold: null, enforcement: null },
      optimizer: {
        ...optimizer,
        strategies: optimizer.strategies.map(([name, { share: _share, ...weights }]) => [name, weights]),
        shares: {
          scale: 1,
          offset: 0,
          raw: optimizer.strategies.map(([name, { share }]) => [name, share]),
        },
      },
      detector: {
        ...detector,
        symbols: detector.symbols.map(([symbol, { bars, adxFrom, ...regime }]) => [
          symbol,
          { ...regime, indicators: indicatorsOf(bars, adxFrom) },
        ]),
      },
    };
  },
  // Version 6 knew no fleets.
  6: (old) => {
    const { decomposer, shadows, recent } = old as unknown as Version6;
    return {
      ...old,
      fleet: { guard: null },
      decomposer: {
        ...decomposer,
        positions: { ...decomposer.positions, open: decomposer.positions.open.map(withDecision) },
      },
      shadows: {
        ...shadows,
        open: shadows.open.map(withDecision),
        resolved: shadows.resolved.map(withDecision),
      },
      recent: recent.map(([key, decision]) => [key, completeDecision(decision)]),
    };
  },
};

const withDecision = <T extends { readonly decision: Decision | null }>(of: T): T => ({
  ...of,
  decision: of.decision && completeDecision(of.decision),
});

type Named = readonly (readonly [string, object])[];
interface Version2 {
  readonly counts: Named;
  readonly recent: readonly (readonly [string | null, Decision])[];
  readonly decomposer: { readonly evidence: Named };
  readonly manager: { readonly strategies: Named };
}

/** Version 3 knew no floor: one R was the distance to the stop, or 1.5 ATR. */
const riskSourceOf = ({ decision }: { readonly decision: Decision }) =>
  (decision.plan?.stop ?? null) === null ? 'atr' : 'stop';

type Version6 = Pick<Version4, 'decomposer' | 'recent'> & {
  readonly shadows: {
    readonly open: readonly { readonly decision: Decision }[];
    readonly resolved: readonly { readonly decision: Decision }[];
  };
};

interface Version5 {
  readonly scorer: object;
  readonly optimizer: { readonly strategies: readonly (readonly [string, { readonly share: number }])[] };
  readonly detector: {
    readonly symbols: readonly (readonly [
      string,
      { readonly bars: readonly Bar[]; readonly adxFrom: number },
    ])[];
  };
}

interface Version4 {
  readonly scorer: object;
  readonly portfolio: { readonly peak: number | null };
  readonly optimizer: { readonly strategies: Named; readonly history: readonly object[] };
  readonly manager: { readonly strategies: Named };
  readonly decomposer: {
    readonly positions: { readonly open: readonly { readonly decision: Decision | null }[] };
  };
  readonly shadows: {
    readonly open: readonly { readonly decision: Decision }[];
    readonly resolved: readonly { readonly decision: Decision }[];
  };
  readonly recent: readonly (readonly [string | null, Decision])[];
  readonly history: readonly object[];
}

interface Version3 {
  readonly shadows: {
    readonly open: readonly { readonly decision: Decision; readonly entry: object | null }[];
    readonly resolved: readonly { readonly decision: Decision }[];
  };
  readonly decisions: number;
  readonly recent: readonly (readonly [string | null, Decision, boolean])[];
  readonly decomposer: {
    readonly evidence: Named;
    readonly cells: readonly (readonly [readonly (string | null)[], { readonly returns: Moments }])[];
  };
}

/** Items of a section, as they were written. Throws `SNAPSHOT_INVALID`, and says where they are none. */
export function parsePiece(section: string, items: unknown): Piece {
  const schema = Object.hasOwn(SECTIONS, section) ? SECTIONS[section as SectionId] : null;
  if (schema === null) throw invalid(`section ${show(section)}`);
  const parsed = schema.safeParse(items);
  if (parsed.success) return { section: section as SectionId, items: parsed.data };
  const [issue] = parsed.error.issues;
  throw invalid(`${[section, ...issue!.path].join('.')}: ${issue!.message}`);
}

function invalid(found: string): EdgekeeperError {
  return new EdgekeeperError('SNAPSHOT_INVALID', {
    found,
    expected: `a snapshot of version ${SNAPSHOT_VERSION}`,
    hint: 'Restore the state from a backup, or start with another state directory; nothing was changed.',
  });
}

/**
 * Checks that a value read from somewhere is a snapshot, and brings one of an older version up to date.
 * Throws `SNAPSHOT_INVALID` and says where it is not one.
 */
export function parseSnapshot(given: unknown): Snapshot {
  return reading('a snapshot', 'SNAPSHOT_INVALID', () => parsed(given));
}

function parsed(given: unknown): Snapshot {
  let value = given;
  let version = (value as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > SNAPSHOT_VERSION) {
    throw new EdgekeeperError('SNAPSHOT_INVALID', {
      found: `a snapshot of version ${version}`,
      expected: `version ${SNAPSHOT_VERSION} or older`,
      hint: 'It was written by a newer Edgekeeper: upgrade this one.',
    });
  }
  while (typeof version === 'number' && MIGRATIONS[version]) {
    value = { ...MIGRATIONS[version]!(value as Record<string, unknown>), version: version + 1 };
    version += 1;
  }
  const { success, data, error } = snapshotSchema.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  throw invalid(`${issue!.path.join('.') || 'the snapshot'}: ${issue!.message}`);
}
