import type { Command } from 'commander';
import { configNotes } from '../config/notes.ts';
import { configJsonSchema, parseConfig } from '../config/schema.ts';
import { printable } from '../model/printable.ts';
import { jsonText } from '../monitor/json.ts';
import { loadConfigFile } from '../node/config-file.ts';
import { SUMMARIES } from './summaries.ts';
import type { CliWorld } from './world.ts';

/** Adds the commands about configurations. */
export function addConfigCommands(cli: Command, world: CliWorld): void {
  const config = cli.command('config').description(SUMMARIES.config.does);
  config
    .command('check <file>')
    .description('check a configuration file')
    .action(async (file: string) => {
      const options = await loadConfigFile(file);
      parseConfig(options);
      world.out(`${printable(file)} is a valid configuration.\n`);
      for (const note of configNotes(options)) world.out(`  ${printable(note)}\n`);
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
    .action(() => world.out(json(configJsonSchema())));
}

const json = (value: unknown): string => `${jsonText(value)}\n`;
