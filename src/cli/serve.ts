import type { Command } from 'commander';
import { roomsOf, serverSchema } from '../config/rooms.ts';
import { optionalPackage } from '../model/packages.ts';
import { printable } from '../model/printable.ts';
import { readConfigText, roomsIn } from '../node/config-file.ts';
import { createLog } from '../node/log.ts';
import { port, stateDirOption } from './options.ts';
import { SUMMARIES } from './summaries.ts';
import type { CliWorld } from './world.ts';

interface ServeFlags {
  readonly stateDir: string;
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
  readonly allowHost: readonly string[];
}

/** Adds the command that serves the operator's room. */
export function addServeCommand(cli: Command, world: CliWorld): void {
  cli
    .command('serve')
    .description(SUMMARIES.serve.does)
    .addOption(stateDirOption())
    .option('--port <port>', 'port to listen on (default: 8787)', port)
    .option(
      '--host <address>',
      'address to listen on (default: 127.0.0.1); beyond this machine reads need the token, too',
    )
    .option(
      '--allow-host <name>',
      'a name by which it may be called, such as that of a proxy; may be said several times',
      (name: string, before: readonly string[]) => [...before, name],
      [],
    )
    .option(
      '--config <file>',
      "the bot's configuration: its section `server`, and its `alerts`, which are sent from here, too",
    )
    .action(async ({ stateDir, config, host, port: wanted, allowHost }: ServeFlags) => {
      const rooms = config === undefined ? roomsOf({}) : roomsIn(config, await readConfigText(config));
      const usual = rooms.server ?? serverSchema.parse({});
      const settings = serverSchema.parse({
        ...usual,
        ...(host === undefined ? {} : { host }),
        ...(wanted === undefined ? {} : { port: wanted }),
        allowedHosts: [...usual.allowedHosts, ...allowHost],
      });
      const log = createLog();
      const { openRoom } = await optionalPackage(
        'hono @hono/node-server @hono/zod-openapi',
        '4, 1 and 1',
        () => import('../server/room.ts'),
      );
      const room = await openRoom({ stateDir, settings, alerts: rooms.alerts, log });
      world.out(
        `The overlay of ${printable(stateDir)} is at ${room.url}\nWrites need the token in ${printable(room.tokenPlace)}. Ctrl-C ends it; the bot goes on.\n`,
      );
      await new Promise<void>((resolve) => {
        if (world.signal.aborted) resolve();
        world.signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await room.close();
      await log.close();
    });
}
