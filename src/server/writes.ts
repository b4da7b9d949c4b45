import { rm } from 'node:fs/promises';
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { readCommand as checkedCommand } from '../engine/commands.ts';
import type { Command } from '../engine/events.ts';
import { missing } from '../journal/directory.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { OptimizationMonitor } from '../monitor/monitor.ts';
import { wallClock } from '../node/clock.ts';
import { acknowledgementOf, inboxPath, type Order, postCommand } from '../node/inbox.ts';
import { allowOn, panicOff } from '../node/panic.ts';
import { failures } from './reads.ts';
import { alertAcknowledgement, commandParams, commandSchema, shapes } from './schemas.ts';
import type { Watch } from './watch.ts';

/** How long an answer of the bot is waited for, in ms. */
const PATIENCE = 5000;
const done = {
  200: {
    description: 'Done, or waiting for a bot',
    content: { 'application/json': { schema: shapes.acknowledged } },
  },
  ...failures,
};

/** Adds what changes something to an API: each is a command in the inbox of the bot, and in its audit. */
export function addWrites(app: OpenAPIHono, watch: Watch): void {
  const { stateDir } = watch;

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/commands',
      summary: 'Gives the bot a command; without a bot it is carried out at the next start',
      security: [{ token: [] }],
      request: { body: { required: true, content: { 'application/json': { schema: commandSchema } } } },
      responses: done,
    }),
    async (c) => {
      const { engine } = watch;
      if (engine === null) throw missing(watch.name);
      const { actor = 'somebody', ...given } = c.req.valid('json');
      const command = { ...given, actor: `${actor} (dashboard)` } as Order;
      checkedCommand({ ...command, time: watch.now } as Command);
      if (given.type === 'forceStatus') new OptimizationMonitor(engine).getStrategySummary(given.strategy);
      const id = await postCommand(stateDir, command);
      const answer =
        watch.bot.state === 'running' ? await acknowledgementOf(stateDir, id, wallClock, PATIENCE) : null;
      if (answer?.ok === false) {
        throw new EdgekeeperError('COMMAND_NOT_ACKNOWLEDGED', {
          found: `a refusal: ${answer.error?.message}`,
          expected: 'that the bot carries the command out',
          hint: 'Nothing was changed.',
        });
      }
      // Whoever switches it on takes the panic switch back as well.
      if (given.type === 'setFlags' && given.flags.enabled === true) allowOn(stateDir);
      await watch.poll();
      return c.json({ id, isDone: answer !== null }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/api/commands/{id}',
      summary: 'Takes back a command that no bot has carried out yet',
      security: [{ token: [] }],
      request: { params: commandParams },
      responses: done,
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      await rm(inboxPath(stateDir, `${id}.json`)).catch(() => {
        throw new EdgekeeperError('REQUEST_INVALID', {
          found: `no command ${show(id)} that waits`,
          expected: 'the id of one that GET /api/commands lists',
          hint: 'A bot may have carried it out meanwhile: see the audit.',
        });
      });
      await watch.poll();
      return c.json({ id, isDone: true }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/off',
      summary: 'The panic switch: off within a second, also on a full disk, and at every start',
      security: [{ token: [] }],
      responses: done,
    }),
    async (c) => {
      await panicOff(stateDir);
      await watch.poll();
      return c.json({ id: 'off', isDone: true }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/alerts/acknowledge',
      summary: 'Says that a person has seen an alert',
      security: [{ token: [] }],
      request: {
        body: { required: true, content: { 'application/json': { schema: alertAcknowledgement } } },
      },
      responses: done,
    }),
    async (c) => {
      const { id } = c.req.valid('json');
      if (await watch.acknowledge(id)) return c.json({ id, isDone: true }, 200);
      throw new EdgekeeperError('REQUEST_INVALID', {
        found: `no alert ${show(id)}`,
        expected: 'the id of one that GET /api/alerts lists',
        hint: '',
      });
    },
  );
}
