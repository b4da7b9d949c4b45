import { rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { EdgekeeperError, show } from '../model/errors.ts';
import { printable } from '../model/printable.ts';
import { inboxPath, readCommand, waitingCommands } from '../node/inbox.ts';
import { jsonOption, type StateFlags, stateDirOption } from './options.ts';
import { demandState } from './saved.ts';
import { SUMMARIES } from './summaries.ts';
import type { CliWorld } from './world.ts';

/** Adds the commands about commands that no bot has carried out yet. */
export function addCommandCommands(cli: Command, world: CliWorld): void {
  const commands = cli
    .command('commands')
    .description(SUMMARIES.commands.does)
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async ({ stateDir, json }: StateFlags) => {
      await demandState(stateDir);
      const waiting = await Promise.all(
        (await waitingCommands(stateDir)).map((name) => told(stateDir, name)),
      );
      if (json) world.out(`${JSON.stringify(waiting)}\n`);
      else if (waiting.length === 0) world.out('No command waits for a bot.\n');
      else world.out(waiting.map(({ id, what }) => `${printable(id)}  ${printable(what)}\n`).join(''));
    });

  commands
    .command('cancel <id>')
    .description('take back a command that no bot has carried out yet, or all of them')
    // The command above takes it wherever it stands.
    .option('--state-dir <dir>', 'where the state lives')
    .action(async (id: string) => {
      const { stateDir } = commands.opts<StateFlags>();
      const names = (await waitingCommands(stateDir)).filter((name) => id === 'all' || name === `${id}.json`);
      if (names.length === 0 && id !== 'all')
        throw new EdgekeeperError('COMMAND_INVALID', {
          found: `no command ${show(id)} that waits in ${stateDir}`,
          expected: 'the id of one that `edgekeeper commands` lists, or all',
          hint: 'A bot may have carried it out meanwhile: see `edgekeeper audit`.',
        });
      for (const name of names) await rm(inboxPath(stateDir, name), { force: true, recursive: true });
      world.out(`${names.length} ${names.length === 1 ? 'command is' : 'commands are'} taken back.\n`);
    });
}

/** What a command would do, in words; what cannot be read is said so. */
async function told(stateDir: string, name: string): Promise<{ readonly id: string; readonly what: string }> {
  const id = name.replace(/\.json$/, '');
  try {
    const { type, actor, reason, ...details } = await readCommand(stateDir, name);
    const what = JSON.stringify(details);
    return {
      id,
      what: `${type} ${what.length > 80 ? `${what.slice(0, 77)}...` : what} by ${actor}: ${reason}`,
    };
  } catch (error) {
    return { id, what: `no command: ${(error as Error).message}` };
  }
}
