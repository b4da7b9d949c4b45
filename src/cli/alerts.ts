import type { Command } from 'commander';
import { alertsSchema } from '../config/rooms.ts';
import { EdgekeeperError } from '../model/errors.ts';
import { jsonText } from '../monitor/json.ts';
import { OptimizationMonitor } from '../monitor/monitor.ts';
import { readConfigText, roomsIn } from '../node/config-file.ts';
import { jsonOption, type StateFlags, stateDirOption } from './options.ts';
import { table } from './render/table.ts';
import { readableEngine } from './saved.ts';
import { SUMMARIES } from './summaries.ts';
import type { CliWorld } from './world.ts';

/** Adds the commands about alerts. */
export function addAlertCommands(cli: Command, world: CliWorld): void {
  const alerts = cli
    .command('alerts')
    .description(SUMMARIES.alerts.does)
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async ({ stateDir, json }: StateFlags) => {
      const standing = new OptimizationMonitor(await readableEngine(stateDir, world)).getAlerts();
      if (json) world.out(`${jsonText(standing)}\n`);
      else if (standing.length === 0) world.out('No alert holds.\n');
      else
        world.out(
          `${table(
            ['level', 'code', 'what, and what to do'],
            standing.map(({ level, code, message }) => [level, code, message]),
            0,
          )}\n`,
        );
    });

  alerts
    .command('test')
    .description('send a message to everybody whom the section `alerts` of a configuration names')
    .requiredOption('--config <file>', "the bot's configuration")
    // The command above takes it wherever it stands.
    .option('--json', 'print JSON for machines')
    .action(async ({ config }: { config: string }) => {
      const settings = roomsIn(config, await readConfigText(config)).alerts ?? alertsSchema.parse({});
      if (settings.sinks.length === 0) {
        throw new EdgekeeperError('CONFIG_INVALID', {
          found: `${config} without anybody to tell`,
          expected:
            '"alerts": { "sinks": [{ "type": "webhook", "format": "slack", "urlEnv": "SLACK_URL" }] }',
          hint: 'docs/operating.md has each kind.',
        });
      }
      const { sinkOf } = await import('../server/alerts/sinks.ts');
      const results = await Promise.all(
        settings.sinks.map(async (sink) => {
          const opened = await sinkOf(sink);
          const fault = await opened
            .send({
              subject: '[edgekeeper] test',
              text: 'This is a test: alerts of your overlay arrive here.',
              details: { what: 'test' },
            })
            .then(() => null)
            .catch(({ message }: Error) => message);
          return { sink: opened.name, isDelivered: fault === null, fault };
        }),
      );
      const { json } = alerts.opts<StateFlags>();
      if (json) world.out(`${JSON.stringify(results)}\n`);
      else
        for (const { sink, fault } of results)
          world.out(`${fault === null ? 'delivered:    ' : 'NOT delivered:'} ${fault ?? sink}\n`);
      const failed = results.filter(({ isDelivered }) => !isDelivered);
      if (failed.length > 0) {
        throw new EdgekeeperError('SERVER_FAILED', {
          found: `${failed.length} of ${results.length} messages that were not delivered`,
          expected: 'that all are',
          hint: 'Check the address, and that this machine may reach it.',
        });
      }
    });
}
