import type { Command } from 'commander';
import { settingsIn } from '../../adapters/ccxt/preload-settings.ts';
import { configNotes } from '../config/notes.ts';
import { configurationJsonSchema } from '../config/rooms.ts';
import { parseConfig } from '../config/schema.ts';
import { printable } from '../model/printable.ts';
import { jsonText } from '../monitor/json.ts';
import { loadConfigFile } from '../node/config-file.ts';
import { jsonOption } from './options.ts';
import { SUMMARIES } from './summaries.ts';
import type { CliWorld } from './world.ts';

/** Adds the commands about configurations. */
export function addConfigCommands(cli: Command, world: CliWorld): void {
  const config = cli.command('config').description(SUMMARIES.config.does);
  config
    .command('check <file>')
    .description('check a configuration file: the options, and section "ccxt" of a bot that nobody edits')
    .addOption(jsonOption())
    .action(async (file: string, { json: asJson }: { json?: boolean }) => {
      const options = await loadConfigFile(file);
      // The other section that is ours: how the overlay is put on a bot that nobody edits.
      await settingsIn(file);
      const notes = configNotes(options);
      if (asJson) {
        world.out(json({ file, notes }));
        return;
      }
      world.out(`${printable(file)} is a valid configuration.\n`);
      for (const note of notes) world.out(`  ${printable(note)}\n`);
    });
  config
    .command('print [file]')
    .description('every option with its value: the defaults, or what a file makes of them')
    .action(async (file?: string) =>
      world.out(json(parseConfig(file === undefined ? {} : await loadConfigFile(file)))),
    );
  config
    .command('schema')
    .description('the JSON schema of a configuration')
    .action(() => world.out(json(configurationJsonSchema())));
}

const json = (value: unknown): string => `${jsonText(value)}\n`;
