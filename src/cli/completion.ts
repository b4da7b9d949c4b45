import { type Command, InvalidArgumentError } from 'commander';
import { SUMMARIES } from './summaries.ts';
import type { CliWorld } from './world.ts';

/** A command as a shell completes it. */
interface Completed {
  readonly name: string;
  readonly does: string;
  readonly commands: readonly string[];
  readonly options: readonly {
    readonly flag: string;
    readonly does: string;
    readonly choices: readonly string[];
  }[];
}

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

function shell(text: string): Shell {
  const found = SHELLS.find((name) => name === text);
  if (found === undefined) throw new InvalidArgumentError(`Choose one of ${SHELLS.join(', ')}.`);
  return found;
}

/**
 * Adds the command that prints what a shell completes by.
 * @param whole the command line with all its commands
 */
export function addCompletionCommand(cli: Command, world: CliWorld, whole: () => Promise<Command>): void {
  cli
    .command('completion')
    .description(SUMMARIES.completion.does)
    .argument('<shell>', SHELLS.join(', '), shell)
    .addHelpText(
      'after',
      `
  bash  edgekeeper completion bash >> ~/.bashrc
  zsh   edgekeeper completion zsh >> ~/.zshrc
  fish  edgekeeper completion fish > ~/.config/fish/completions/edgekeeper.fish`,
    )
    .action(async (name: Shell) => {
      const commands = (await whole()).commands.map(completed);
      world.out(
        name === 'fish' ? fish(commands) : name === 'zsh' ? `${ZSH}${bash(commands)}` : bash(commands),
      );
    });
}

function completed(command: Command): Completed {
  return {
    name: command.name(),
    does: command.description(),
    commands: command.commands.map((each) => each.name()),
    options: [...command.options, ...command.commands.flatMap((each) => each.options)]
      .filter(({ long }, i, all) => long && all.findIndex((each) => each.long === long) === i)
      .map(({ long, description, argChoices }) => ({
        flag: long!,
        does: description,
        choices: argChoices ?? [],
      })),
  };
}

const ZSH = 'autoload -U +X bashcompinit && bashcompinit\n';

/** Files are completed where nothing else is. */
function bash(commands: readonly Completed[]): string {
  const words = (all: readonly string[]) => all.join(' ');
  const cases = commands.flatMap(({ name, commands: own, options }) => [
    ...options
      .filter(({ choices }) => choices.length > 0)
      .map(({ flag, choices }) => `    ${name}:${flag}) words="${words(choices)}" ;;`),
    `    ${name}:*) words="${words([...own, ...options.map(({ flag }) => flag), '--help'])}" ;;`,
  ]);
  return `_edgekeeper() {
  local words current="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_WORDS[1]}:\${COMP_WORDS[COMP_CWORD-1]}" in
${cases.join('\n')}
    *) words="${words([...commands.map(({ name }) => name), '--help', '--version'])}" ;;
  esac
  [ "$COMP_CWORD" = 1 ] && words="${words([...commands.map(({ name }) => name), '--help', '--version'])}"
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _edgekeeper edgekeeper
`;
}

function fish(commands: readonly Completed[]): string {
  const quoted = (text: string) =>
    `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', ' ')}'`;
  return `${commands
    .flatMap(({ name, does, commands: own, options }) => [
      `complete -c edgekeeper -n __fish_use_subcommand -a ${name} -d ${quoted(does)}`,
      ...own.map((each) => `complete -c edgekeeper -n '__fish_seen_subcommand_from ${name}' -a ${each}`),
      ...options.map(
        ({ flag, does: what, choices }) =>
          `complete -c edgekeeper -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)} -d ${quoted(what)}${choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : ''}`,
      ),
    ])
    .join('\n')}\n`;
}
