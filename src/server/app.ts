import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { compress } from 'hono/compress';
import type { ServerSettings } from '../config/rooms.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import type { Log } from '../model/ports.ts';
import { printable } from '../model/printable.ts';
import { hostGuard, safeHeaders, tokenGuard } from './guard.ts';
import { Live } from './live.ts';
import { Metrics } from './metrics.ts';
import { addPages, PAGES } from './pages.ts';
import { addReads } from './reads.ts';
import { Refusal, statusOf } from './refusal.ts';
import type { Token } from './token.ts';
import type { Watch } from './watch.ts';
import { addWrites } from './writes.ts';

/** Largest body, in bytes: a command is far smaller. */
const MAX_BODY = 16 << 10;

export interface AppOptions {
  readonly watch: Watch;
  readonly settings: ServerSettings;
  readonly token: Token;
  readonly log: Log;
  readonly version: string;
}

/** Everything that is served of one bot, as a function of requests. */
export function serverApp({ watch, settings, token, log, version }: AppOptions): OpenAPIHono {
  const app = guardedApp({ settings, token, log, health: () => ({ bot: watch.bot.state }) });
  addPages(app, version, PAGES);
  const live = new Live(watch);
  app.get('/api/events', (c) => live.handle(c));
  addReads(app, watch);
  addWrites(app, watch);
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  app.doc31('/api/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Edgekeeper',
      version,
      description:
        'What an overlay knows and does. Reads are free on the machine itself; writes need the token. `GET /api/events` is a stream of server-sent events `change`.',
    },
  });
  let metrics: Promise<Metrics> | null = null;
  app.get('/metrics', async (c) => {
    metrics ??= Metrics.of(watch);
    const made = await metrics;
    return c.body(await made.text(), 200, { 'content-type': made.contentType });
  });
  return app;
}

export interface GuardedOptions {
  readonly settings: ServerSettings;
  readonly token: Token;
  readonly log: Log;
  /** What whoever looks whether it lives is told, beside that it does. */
  readonly health: () => object;
}

/** What every server has: who may ask, how large a request may be, and how errors are answered. */
export function guardedApp({ settings, token, log, health }: GuardedOptions): OpenAPIHono {
  const app = new OpenAPIHono({
    defaultHook(result) {
      if (result.success) return;
      const [issue] = result.error.issues;
      throw new EdgekeeperError('REQUEST_INVALID', {
        found: `${[result.target, ...issue!.path].join('.')}: ${issue!.message}`,
        expected: 'a request as the description at /api/openapi.json has it',
        hint: 'Nothing was changed.',
      });
    },
  });
  const guards = { settings, token };
  app.use(safeHeaders);
  const compressed = compress();
  // A stream is sent as it comes.
  app.use((c, next) => (c.req.path === '/api/events' ? next() : compressed(c, next)));
  app.use(hostGuard(guards));
  // Whoever looks whether it lives needs no token: it says nothing else.
  app.get('/healthz', (c) => c.json({ ok: true, ...health() }));
  app.use('/api/*', tokenGuard(guards));
  app.use('/metrics', tokenGuard(guards));
  app.use('/api/*', async (c, next) => {
    if (c.req.method === 'POST') refuseBody(c);
    await next();
  });
  app.notFound((c) =>
    c.json(
      answerOf(
        new EdgekeeperError('REQUEST_INVALID', {
          found: `nothing at ${printable(c.req.path).slice(0, 200)}`,
          expected: 'a path that /api/openapi.json describes, or / for the dashboard',
          hint: '',
        }),
      ),
      404,
    ),
  );
  app.onError((error, c) => {
    const status = malformed(error) ? 400 : statusOf(error);
    const known = error instanceof EdgekeeperError ? error : unknownError(error, status);
    if (status === 500)
      log.error(`a request failed: ${error.message}`, { path: printable(c.req.path).slice(0, 200) });
    return c.json(answerOf(known), status);
  });
  return app;
}

/** Refuses a body that is not JSON, or not of a length that is known before it is read. */
function refuseBody({ req }: Context): void {
  const length = req.header('content-length');
  if (length === undefined || req.header('transfer-encoding') !== undefined)
    throw new Refusal(
      411,
      'a body whose length is not said',
      'the header content-length',
      'Nothing was changed.',
    );
  if (Number(length) > MAX_BODY)
    throw new Refusal(413, `a body of ${length} bytes`, `at most ${MAX_BODY}`, 'Nothing was changed.');
  const type = req.header('content-type')?.split(';')[0]?.trim();
  if (Number(length) > 0 && type !== 'application/json')
    throw new Refusal(415, `a body of ${show(type)}`, 'application/json', 'Nothing was changed.');
}

/** What the framework itself throws for a body that is no JSON. */
const malformed = (error: unknown): boolean => (error as { status?: unknown }).status === 400;

const unknownError = (error: Error, status: number): EdgekeeperError =>
  status === 400
    ? new EdgekeeperError('REQUEST_INVALID', {
        found: error.message,
        expected: 'a body of JSON',
        hint: 'Nothing was changed.',
      })
    : new EdgekeeperError('SERVER_FAILED', {
        found: 'a request that could not be answered',
        expected: 'an answer',
        hint: 'The log says why. The bot is not touched by it.',
      });

const answerOf = ({ code, found, expected, hint }: EdgekeeperError) => ({
  error: { code, found, expected, hint },
});
