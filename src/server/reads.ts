import { join } from 'node:path';
import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { OptimizationEngine } from '../engine/engine.ts';
import { auditEntries } from '../journal/audit.ts';
import { missing } from '../journal/directory.ts';
import { findDecision } from '../journal/find-decision.ts';
import { DecisionPages } from '../journal/find-decisions.ts';
import type { OnFault } from '../journal/reader.ts';
import { JOURNAL_DIR } from '../journal/segment.ts';
import type { Decision } from '../model/decision.ts';
import { explain } from '../monitor/explanation.ts';
import { jsonReady } from '../monitor/json.ts';
import { OptimizationMonitor } from '../monitor/monitor.ts';
import { inboxPath, readCommand, waitingCommands } from '../node/inbox.ts';
import { exported } from './exports.ts';
import {
  auditQuery,
  decisionParams,
  decisionsQuery,
  errorSchema,
  exportParams,
  shapes,
  strategyParams,
} from './schemas.ts';
import type { Statement, Watch } from './watch.ts';

export const failures = {
  400: {
    description: 'What was asked for cannot be',
    content: { 'application/json': { schema: errorSchema } },
  },
  401: {
    description: 'The token is missing or wrong',
    content: { 'application/json': { schema: errorSchema } },
  },
  403: {
    description: 'The request comes from elsewhere',
    content: { 'application/json': { schema: errorSchema } },
  },
  503: { description: 'There is no state yet', content: { 'application/json': { schema: errorSchema } } },
} as const;

/** Answers that are kept as text until something changes. */
const KEPT = 200;

/** Adds everything that can be read to an API. */
export function addReads(app: OpenAPIHono, watch: Watch): void {
  const pages = new DecisionPages(watch.stateDir);
  const journalDir = join(watch.stateDir, JOURNAL_DIR);
  // Damage is on the overview; beside it what can be read is answered.
  const beside: OnFault = () => undefined;
  const kept = new Map<string, { readonly version: number; readonly text: Promise<string> }>();

  const state = (): { engine: OptimizationEngine; monitor: OptimizationMonitor; statement: Statement } => {
    const { engine } = watch;
    if (engine === null) throw missing(watch.name);
    return { engine, monitor: new OptimizationMonitor(engine), statement: watch.statement()! };
  };

  /** Adds a route whose answer is the same until something changes. */
  function read<Q extends z.ZodObject, P extends z.ZodObject>(
    path: string,
    summary: string,
    {
      query,
      params,
      shape = shapes.any,
      answer,
    }: {
      readonly query?: Q;
      readonly params?: P;
      readonly shape?: z.ZodType;
      readonly answer: (given: { query: z.output<Q>; params: z.output<P> }) => unknown;
    },
  ): void {
    const route = createRoute({
      method: 'get',
      path: `/api/${path}`,
      summary,
      request: { ...(query === undefined ? {} : { query }), ...(params === undefined ? {} : { params }) },
      responses: {
        200: { description: summary, content: { 'application/json': { schema: shape } } },
        ...failures,
      },
    });
    app.openapi(route, (async (c: Context) => {
      const { version } = watch;
      const key = c.req.url;
      const known = kept.get(key);
      if (known?.version === version) return json(c, await known.text);
      const { req } = c as unknown as { req: { valid(what: 'query' | 'param'): never } };
      const given = {
        query: query === undefined ? ({} as never) : req.valid('query'),
        params: params === undefined ? ({} as never) : req.valid('param'),
      };
      // Whoever asks for the same meanwhile waits for the same answer.
      const text = Promise.resolve(answer(given)).then((value) => JSON.stringify(jsonReady(value)));
      kept.delete(key);
      kept.set(key, { version, text });
      text.catch(() => kept.get(key)?.text === text && kept.delete(key));
      if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
      return json(c, await text);
    }) as never);
  }

  read('status', 'The overlay in ten seconds: is it healthy, is it helping, what needs a hand?', {
    shape: shapes.overview,
    answer: () => {
      const overview = watch.overview();
      return {
        name: watch.name,
        seq: watch.seq,
        ...(overview ?? { light: 'empty', bot: watch.bot, fault: watch.fault, isMissing: true }),
      };
    },
  });
  read('strategies', 'Every strategy with its figures, and what it was worth over time', {
    shape: shapes.strategies,
    answer: () => {
      const { statement, monitor, engine } = state();
      const proofs = new Map(monitor.getTrackRecords().map(({ strategy, summary }) => [strategy, summary]));
      return statement.page.strategies.map((row) => ({
        ...row,
        weight: engine.optimizer.getWeightForRegime(row.name, null),
        reason: engine.manager.getStrategyHealth(row.name)?.reason ?? null,
        proof: proofs.get(row.name) ?? null,
      }));
    },
  });
  read('strategies/{strategy}', 'Everything that is known of a strategy', {
    params: strategyParams,
    answer: ({ params }) => state().monitor.getStrategySummary(params.strategy),
  });
  read('weights', 'Weights that are reported, by strategy', {
    answer: () => state().monitor.getAllocationReport(),
  });
  read('health', 'Statuses of strategies, with the figures behind them', {
    answer: () => state().monitor.getHealthReport(),
  });
  read('regimes', 'Regimes by symbol over time, and what strategies came to in each', {
    answer: () => {
      const { engine, monitor, statement } = state();
      const { prices, regimes, heat } = statement.page;
      const now = Object.fromEntries(
        engine.detector.getSymbols().map((symbol) => [symbol, engine.detector.regimeOf(symbol, watch.now)]),
      );
      return { now, regimes, prices, heat, ...monitor.getRegimeEffectivenessReport() };
    },
  });
  read('equity', 'Equity with the overlay and without it (the twin account, which has no interval)', {
    answer: () => {
      const { equity, drawdown } = state().statement.page;
      return { equity, drawdown };
    },
  });
  read('effect', 'Whether the overlay helps: the statement, and how it grew', {
    answer: () => {
      const { effect, page } = state().statement;
      return { ...effect, growth: page.effect };
    },
  });
  read('calibration', 'Whether its probabilities tell the truth', {
    answer: () => state().statement.calibration,
  });
  read('reasons', 'Reasons of all decisions, and signals by strategy', {
    answer: () => ({ reasons: state().statement.page.reasons, signals: state().engine.getSignalCounts() }),
  });
  read('coverage', 'What could not be judged or booked', { answer: () => state().engine.getCoverage() });
  read('flags', 'The switches', { answer: () => state().engine.flags });
  read('alerts', 'Alerts that hold or held in the last day', {
    shape: shapes.list,
    answer: () => watch.alerts,
  });
  read('decisions', 'Decisions, latest first', {
    query: decisionsQuery,
    shape: shapes.decisions,
    answer: async ({ query }) => {
      const { symbol, result, reason, until, before, limit, strategy, since } = query;
      const fits = (decision: Decision) =>
        (symbol ?? decision.symbol) === decision.symbol &&
        (result ?? resultOf(decision)) === resultOf(decision) &&
        (reason === undefined || decision.reasons.includes(reason)) &&
        decision.time <= (until ?? Number.POSITIVE_INFINITY);
      const { decisions, next } = await pages.find(
        {
          limit,
          fits,
          ...(before === undefined ? {} : { before }),
          ...(strategy === undefined ? {} : { strategy }),
          ...(since === undefined ? {} : { since }),
        },
        beside,
      );
      return { decisions: decisions.map(listed), next };
    },
  });
  read('decisions/{id}', 'One decision, step by step, and what would have flipped it', {
    params: decisionParams,
    answer: async ({ params }) => {
      const { decision, trades, shadow } = await findDecision(watch.stateDir, { id: params.id }, beside);
      const sizes = trades.flatMap(({ size }) => size ?? []);
      const filled = sizes.length > 0 ? sizes.reduce((sum, size) => sum + size, 0) : null;
      return { ...explain(decision, filled), trades, shadow };
    },
  });
  read('audit', 'Who changed what, when and why', {
    query: auditQuery,
    answer: ({ query: { strategy, since = 0, limit } }) =>
      auditEntries(journalDir, {
        limit,
        folds: true,
        onFault: beside,
        fits: (entry) => (strategy ?? entry.strategy) === entry.strategy && entry.time >= since,
      }),
  });

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/commands',
      summary: 'Commands that no bot has carried out yet',
      responses: {
        200: { description: 'Waiting commands', content: { 'application/json': { schema: shapes.list } } },
      },
    }),
    async (c) => {
      const waiting = await Promise.all(
        (await waitingCommands(watch.stateDir)).map(async (file) => ({
          id: file.replace(/\.json$/, ''),
          // As it stands in its file, which was JSON.
          ...((await readCommand(watch.stateDir, file).catch(({ message }: Error) => ({
            fault: message,
          }))) as object),
        })),
      );
      return c.json(waiting, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/export/{file}',
      summary: 'A table as CSV, JSON lines or Parquet, such as trades.csv',
      request: { params: exportParams },
      responses: { 200: { description: 'The table' }, ...failures },
    }),
    (async (c: Context) => {
      const { file } = (c.req as unknown as { valid(what: 'param'): { file: string } }).valid('param');
      const { engine } = state();
      const { body, type } = await exported(file, { stateDir: watch.stateDir, engine, onFault: beside });
      return c.body(body, 200, {
        'content-type': type,
        'content-disposition': `attachment; filename="edgekeeper-${file}"`,
      });
    }) as never,
  );
}

/** What a list shows of a decision; the rest is asked for by its id. */
const listed = ({
  id,
  time,
  strategy,
  symbol,
  side,
  action,
  multiplier,
  intended,
  quality,
  cell,
  status,
  reasons,
}: Decision) => ({
  id,
  time,
  strategy,
  symbol,
  side,
  action,
  multiplier,
  intended,
  quality,
  cell,
  status,
  reasons,
});

const resultOf = ({ intended }: Decision): 'sent' | 'reduced' | 'blocked' =>
  intended === 0 ? 'blocked' : intended < 1 ? 'reduced' : 'sent';

const json = (c: Context, text: string): Response =>
  c.body(text, 200, { 'content-type': 'application/json; charset=UTF-8' });

export const commandFile = (stateDir: string, id: string): string => inboxPath(stateDir, `${id}.json`);
