import { Command, CommanderError } from 'commander';
import { EdgekeeperError } from '../model/errors.ts';
import { printableLines } from '../model/printable.ts';
import { version } from '../node/version.ts';
import { Interrupted } from './interrupted.ts';
import { type CommandName, SUMMARIES, type Summary } from './summaries.ts';
import type { CliWorld } from './world.ts';

type AddCommands = (cli: Command, world: CliWorld) => void;

/** Commands by what they are loaded with: only those of the one that is run are. */
const GROUPS: readonly { readonly names: readonly CommandName[]; load(): Promise<AddCommands> }[] = [
  { names: ['paper'], load: async () => (await import('./paper-command.ts')).addPaperCommand },
  {
    names: ['status', 'doctor', 'report'],
    load: async () => (await import('./reports.ts')).addReportCommands,
  },
  { names: ['serve'], load: async () => (await import('./serve.ts')).addServeCommand },
  { names: ['watch'], load: async () => (await import('./watch.ts')).addWatchCommand },
  { names: ['export'], load: async () => (await import('./export.ts')).addExportCommand },
  { names: ['alerts'], load: async () => (await import('./alerts.ts')).addAlertCommands },
  { names: ['init'], load: async () => (await import('./init.ts')).addInitCommand },
  { names: ['check'], load: async () => (await import('./check.ts')).addCheckCommand },
  { names: ['config'], load: async () => (await import('./config.ts')).addConfigCommands },
  {
    names: ['effect', 'why', 'diff'],
    load: async () => (await import('./evidence.ts')).addEvidenceCommands,
  },
  {
    names: ['backup', 'restore', 'recover'],
    load: async () => (await import('./backup.ts')).addBackupCommands,
  },
  {
    names: ['completion'],
    load: async () => {
      const { addCompletionCommand } = await import('./completion.ts');
      return (cli, world) => addCompletionCommand(cli, world, () => program(['help'], world));
    },
  },
  { names: ['fleet'], load: async () => (await import('./fleet.ts')).addFleetCommands },
  { names: ['commands'], load: async () => (await import('./commands.ts')).addCommandCommands },
  {
    names: [
      'flags',
      'enable',
      'disable',
      'observe',
      'act',
      'resume',
      'off',
      'force',
      'reset',
      'quality',
      'rebase-peak',
      'rollback',
      'audit',
      'journal',
    ],
    load: async () => (await import('./state.ts')).addStateCommands,
  },
];

/** As a shell reports a process that Ctrl-C ended. */
const INTERRUPTED = 130;

/** Runs one command line. Resolves with the exit code: 0, 1 for a coded error, 2 for a wrong use, 130 for one that was ended. */
export async function runCli(args: readonly string[], outer: CliWorld): Promise<number> {
  // Whatever is printed, a terminal shows it and obeys none of it.
  const world: CliWorld = {
    ...outer,
    out: (text) => outer.out(printableLines(text)),
    err: (text) => outer.err(printableLines(text)),
  };
  try {
    // A command that has nothing to do by itself says what there is.
    await (await program(args, world)).parseAsync(args.length === 0 ? ['--help'] : [...args], {
      from: 'user',
    });
    return 0;
  } catch (error) {
    const say = args.includes('--json') ? jsonOf : coded;
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      if (error.code === 'commander.help' && !args.includes('--help'))
        return runCli([...args, '--help'], outer);
      world.err(
        say(
          new EdgekeeperError('OPTION_INVALID', {
            found: error.message.replace(/^error: /, ''),
            expected: 'a command line as --help explains it',
            hint: 'Add --help for the options.',
          }),
        ),
      );
      return 2;
    }
    if (error instanceof EdgekeeperError) {
      world.err(say(error));
      return 1;
    }
    if (error instanceof Interrupted) {
      world.err(`${error.message}\n`);
      return INTERRUPTED;
    }
    throw error;
  }
}

const coded = ({ code, found, expected, hint }: EdgekeeperError): string =>
  `${code}\n  found:    ${found}\n  expected: ${expected}\n  next:     ${hint || 'see edgekeeper --help'}\n`;

const jsonOf = ({ code, found, expected, hint }: EdgekeeperError): string =>
  `${JSON.stringify({ error: { code, found, expected, hint } })}\n`;

/** The command line with what is wanted of it; of the other commands only the line that lists them. */
async function program(args: readonly string[], world: CliWorld): Promise<Command> {
  const cli = new Command('edgekeeper')
    .description(
      'A strategy overlay for trading bots: filters signals, scales sizes, benches what stopped working.',
    )
    .version(version(), '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({ writeOut: world.out, writeErr: () => undefined })
    .addHelpText(
      'after',
      '\nFirst steps:\n  edgekeeper paper          a year of a generated market, offline\n  edgekeeper init           the lines that put it on your bot\n  edgekeeper check FILE     what your past trades say\n  edgekeeper status         what the overlay knows now\n  edgekeeper effect         does it help? the answer with its interval\n  edgekeeper why --last     why the latest decision is what it is\n  edgekeeper config print   every option with its value\n\nIt ends with 0 when all is well, with 1 and a code where something is wrong, and with 2 for a command line that is none.\nWith --json errors are JSON as well.',
    );

  const wanted = args.find((arg) => !arg.startsWith('-'));
  for (const { names, load } of GROUPS) {
    if (wanted === 'help' || names.some((name) => name === wanted)) (await load())(cli, world);
    else for (const name of names) list(cli, name);
  }
  return cli;
}

function list(cli: Command, name: CommandName): void {
  const { does, takes = '', hasOptions = true }: Summary = SUMMARIES[name];
  const command = cli.command(`${name} ${takes}`.trim()).description(does);
  if (hasOptions) command.option('--state-dir <dir>');
}
