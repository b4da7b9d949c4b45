import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { type FleetSettings, fleetSchema } from '../config/rooms.ts';
import { parseConfig } from '../config/schema.ts';
import type { FleetConnection } from '../fleet/connection.ts';
import type { FleetOrder } from '../fleet/orders.ts';
import { EdgekeeperError } from '../model/errors.ts';
import { printable } from '../model/printable.ts';
import { STRATEGY_STATUSES } from '../model/strategy.ts';
import { loadConfigFile, readConfigText, roomsIn } from '../node/config-file.ts';
import { createLog } from '../node/log.ts';
import { choice, hours, jsonOption, port, SWITCHES } from './options.ts';
import { renderFleet } from './render/fleet.ts';
import { count } from './render/sentences.ts';
import { SUMMARIES } from './summaries.ts';
import type { CliWorld } from './world.ts';

interface FleetFlags {
  readonly config?: string;
  readonly server?: readonly string[];
  readonly fleet?: string;
  readonly credentials?: string;
  readonly json?: boolean;
  readonly reason: string;
  readonly wait: number;
}

type Where = Pick<FleetSettings, 'servers' | 'name' | 'credentials'>;
type Said = FleetOrder extends infer O
  ? O extends FleetOrder
    ? Omit<O, 'actor' | 'reason' | 'at'>
    : never
  : never;

const LOCAL = 'nats://127.0.0.1:4222';

/** Adds the commands on a fleet of bots. */
export function addFleetCommands(cli: Command, world: CliWorld): void {
  const fleet = cli.command('fleet').description(SUMMARIES.fleet.does);
  const where = (command: Command) =>
    command
      .option('--config <file>', 'the configuration of a bot: its section `fleet` says where the fleet is')
      .option('--server <url...>', `servers of NATS (default: ${LOCAL})`)
      .option('--fleet <name>', 'name of the fleet (default: main)')
      .option('--credentials <file>', 'file with the credentials of an operator')
      .addOption(jsonOption());
  const ordering = (command: Command) =>
    where(command)
      .requiredOption('--reason <text>', 'why, for the audit trail of every bot')
      .option('--wait <seconds>', 'how long to wait for the bots to answer', seconds, 10);

  where(fleet.command('serve'))
    .description('found the fleet where it is not yet, and learn from its bots; any number may run')
    .option('--partitions <n>', 'over how many partitions bots are spread, when it is founded', whole, 16)
    .option('--copies <n>', 'servers that keep a copy of everything, when it is founded', whole, 1)
    .option('--keep-days <n>', 'days that events are kept, when it is founded; 0 for ever', days, 0)
    .option('--port <port>', 'serve a page of the whole fleet, on this port; 0 for any that is free', port)
    .option('--host <address>', 'address of that page', '127.0.0.1')
    .action(
      async (
        flags: FleetFlags & {
          partitions: number;
          copies: number;
          keepDays: number;
          port?: number;
          host: string;
        },
      ) => {
        const [{ foundFleet, partitionsOf }, { Replica }, { insisting }] = await Promise.all([
          import('../fleet/found.ts'),
          import('../fleet/replica.ts'),
          import('../fleet/trouble.ts'),
        ]);
        const log = createLog();
        const { partitions, copies: replicas, keepDays } = flags;
        const serve = async (connection: FleetConnection, { name }: Where): Promise<void> => {
          const replica = await insisting(
            async () => {
              await foundFleet(connection, name, { partitions, replicas, keepDays });
              const found = await partitionsOf(connection, name);
              const begun = new Replica({ connection, fleet: name, partitions: found, log });
              await begun.start();
              return begun;
            },
            {
              clock: world.clock,
              until: Number.POSITIVE_INFINITY,
              signal: world.signal,
              onTrouble: (text) =>
                log.warn(`the servers do not answer as they should, and are waited for: ${text}`),
            },
          );
          try {
            world.out(`The fleet ${name} is served from here. Ctrl-C ends it; the bots go on.\n`);
            const page =
              flags.port === undefined ? null : await served(connection, name, flags.host, flags.port, log);
            if (page !== null) world.out(`It is shown at ${page.url}\n`);
            await new Promise<void>((resolve) => {
              if (world.signal.aborted) resolve();
              world.signal.addEventListener('abort', () => resolve(), { once: true });
            });
            await page?.close();
          } finally {
            await replica.close();
          }
        };
        await inFleet(flags, serve, 'edgekeeper fleet serve').finally(() => log.close());
      },
    );

  where(fleet.command('status'))
    .description(
      'bots with their last word, equity and drawdown in sum, strategies across bots, and who has not answered',
    )
    .option('--all', 'every bot')
    .action(async (flags: FleetFlags & { all?: boolean }) => {
      await inFleet(flags, async (connection, { name }) => {
        const { fleetView } = await import('../fleet/overview.ts');
        const view = await fleetView(connection, name, world.clock.now());
        world.out(flags.json ? `${JSON.stringify(view)}\n` : `${renderFleet(view, flags.all)}\n`);
      });
    });

  for (const on of [false, true])
    ordering(fleet.command(on ? 'on' : 'off'))
      .description(
        on
          ? 'let the overlays of all bots act again'
          : 'panic: switch the overlay of every bot off, within a second; who is away obeys before its first decision',
      )
      .action(async (flags: FleetFlags) => {
        await give(flags, { type: 'switch', flag: 'enabled', on }, `Every overlay is ${on ? 'on' : 'off'}.`);
      });

  for (const on of [true, false])
    ordering(fleet.command(`${on ? 'enable' : 'disable'} <component>`))
      .description(`switch ${on ? 'on' : 'off'} ${Object.keys(SWITCHES).join(', ')} in every bot`)
      .action(async (component: string, flags: FleetFlags) => {
        const flag = SWITCHES[choice(Object.keys(SWITCHES))(component)]!;
        await give(flags, { type: 'switch', flag, on }, `${flag} is ${on ? 'on' : 'off'} in every bot.`);
      });

  ordering(fleet.command('force <strategy> <status>'))
    .description(`put a strategy into ${STRATEGY_STATUSES.join(', ')} in every bot`)
    .option('--for <duration>', 'keep it there against the rules, for such as 24h', hours)
    .action(async (strategy: string, status: string, flags: FleetFlags & { for?: number }) => {
      const pin = flags.for === undefined ? {} : { pinForHours: flags.for };
      const wanted = choice(STRATEGY_STATUSES)(status);
      await give(
        flags,
        { type: 'force', strategy, status: wanted, ...pin },
        `${strategy} is ${wanted} in every bot.`,
      );
    });

  ordering(fleet.command('rollout [file]'))
    .description('put the options of a file over those of a share of the bots; --end takes them back')
    .option('--share <percent>', 'of the bots, such as 10%; more of them later have those as well', share, 1)
    .option('--end', 'every bot goes by its own configuration again')
    .action(async (file: string | undefined, flags: FleetFlags & { share: number; end?: boolean }) => {
      if ((file === undefined) === (flags.end !== true))
        throw new EdgekeeperError('OPTION_INVALID', {
          found: file === undefined ? 'no file and no --end' : 'a file and --end',
          expected: 'a file with options, or --end',
          hint: 'Nothing was changed.',
        });
      const options = file === undefined ? null : await loadConfigFile(file);
      if (options !== null) parseConfig(options);
      await give(
        flags,
        { type: 'rollout', options: options as Record<string, unknown> | null, share: flags.share },
        options === null
          ? 'Every bot goes by its own configuration.'
          : `Rolled out to ${Math.round(100 * flags.share)}% of the bots.`,
      );
    });

  /** Gives an order, and waits until the bots that are there have carried it out. */
  async function give(flags: FleetFlags, said: Said, done: string): Promise<void> {
    await inFleet(flags, async (connection, { name }) => {
      const [{ answersTo, giveOrder }, { partitionsOf }, { insisting }] = await Promise.all([
        import('../fleet/orders.ts'),
        import('../fleet/found.ts'),
        import('../fleet/trouble.ts'),
      ]);
      const now = world.clock.now();
      const until = now + 1000 * flags.wait;
      const insist = <T>(ask: () => Promise<T>) => insisting(ask, { clock: world.clock, until });
      const order = { ...said, actor: userInfo().username, reason: flags.reason, at: now } as FleetOrder;
      const { key, revision } = await insist(() => giveOrder(connection, order)).catch(async (error) => {
        // Where there is no such fleet that is what is wrong.
        await partitionsOf(connection, name);
        throw error;
      });
      let answers = await insist(() => answersTo(connection, { key, revision }));
      while (answers.waiting.length > 0 && world.clock.now() < until) {
        await world.clock.sleep(200);
        answers = await insist(() => answersTo(connection, { key, revision }));
      }
      const { waiting, away, refused } = answers;
      if (waiting.length > 0 || refused.length > 0)
        throw new EdgekeeperError('FLEET_NOT_ACKNOWLEDGED', {
          found: [
            ...(waiting.length > 0 ? [`no answer of ${few(waiting)}`] : []),
            ...(refused.length > 0 ? [`a refusal by ${few(refused)}`] : []),
          ].join(', and '),
          expected: 'that every bot that is there carries it out',
          hint: `The order stands; ${count(answers.done.length, 'bot')} carried it out. \`edgekeeper fleet status\` says more.`,
        });
      if (flags.json) world.out(`${JSON.stringify({ key, revision, ...answers })}\n`);
      else
        world.out(
          `${printable(done)} ${count(answers.done.length, 'bot')} carried it out${away.length === 0 ? '' : `; ${few(away)} will before the next decision`}.\n`,
        );
    });
  }

  async function inFleet(
    flags: FleetFlags,
    work: (connection: FleetConnection, settings: Where) => Promise<void>,
    as = 'edgekeeper fleet',
  ): Promise<void> {
    const settings = await settingsOf(flags);
    const [{ connectFleet }, { inOurWords }] = await Promise.all([
      import('../fleet/connection.ts'),
      import('../fleet/trouble.ts'),
    ]);
    const connection = await connectFleet(settings, { as });
    try {
      await work(connection, settings);
    } catch (error) {
      throw inOurWords(error);
    } finally {
      await connection.close();
    }
  }
}

/** The first of many names. */
const few = (names: readonly string[]): string =>
  printable(
    names.length <= 10 ? names.join(', ') : `${names.slice(0, 10).join(', ')} and ${names.length - 10} more`,
  );

/** Where the fleet is: as the flags say, else as the configuration of a bot does. Throws `CONFIG_INVALID`. */
async function settingsOf({ config, server, fleet, credentials }: FleetFlags): Promise<Where> {
  const known = config === undefined ? null : roomsIn(config, await readConfigText(config)).fleet;
  if (config !== undefined && known === null)
    throw new EdgekeeperError('CONFIG_INVALID', {
      found: `${config} without a section \`fleet\``,
      expected: '`fleet: { servers, name, bot }`',
      hint: 'Name the fleet with --server and --fleet instead.',
    });
  const given = {
    servers: server ?? known?.servers ?? [LOCAL],
    name: fleet ?? known?.name ?? 'main',
    ...(credentials === undefined
      ? known?.credentials === undefined
        ? {}
        : { credentials: known.credentials }
      : { credentials }),
  };
  const parsed = fleetSchema.safeParse({ ...given, bot: 'none' });
  if (parsed.success) return parsed.data;
  throw new EdgekeeperError('OPTION_INVALID', {
    found: `${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}`,
    expected: 'servers and a name of a fleet',
    hint: 'Such as --server nats://127.0.0.1:4222 --fleet main.',
  });
}

async function served(
  connection: FleetConnection,
  fleet: string,
  host: string,
  wanted: number,
  log: Parameters<typeof import('../server/fleet.ts').serveFleet>[0]['log'],
) {
  const { optionalPackage } = await import('../model/packages.ts');
  const { serveFleet } = await optionalPackage(
    'hono @hono/node-server @hono/zod-openapi',
    '4, 1 and 1',
    () => import('../server/fleet.ts'),
  );
  return serveFleet({ connection, fleet, host, port: wanted, log });
}

function whole(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Write a number such as 16.');
  return Number(text);
}

function days(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('Write a number of days, or 0.');
  return Number(text);
}

function seconds(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('Write a number of seconds such as 10.');
  return Number(text);
}

/** `10%`, or `0.1`. */
function share(text: string): number {
  const match = /^(\d*\.?\d+)(%?)$/.exec(text);
  const value = match ? Number(match[1]) / (match[2] ? 100 : 1) : Number.NaN;
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('Write a share such as 10%, or 0.1.');
  return value;
}
