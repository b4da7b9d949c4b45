import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { RESET_TARGETS, type ResetTarget } from '../engine/events.ts';
import { auditEntries } from '../journal/audit.ts';
import { AUDIT_TYPES, type AuditType } from '../journal/audit-entry.ts';
import { isOpen } from '../journal/lease.ts';
import { posteriorAt, weightsAt } from '../journal/rollback.ts';
import { JOURNAL_DIR } from '../journal/segment.ts';
import { ENFORCEMENTS, type Enforcement } from '../model/decision.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { FLAGS, MODES } from '../model/flags.ts';
import { printable, printableValue } from '../model/printable.ts';
import { REGIMES, type RegimeLabel } from '../model/regime.ts';
import { STRATEGY_STATUSES, type StrategyStatus } from '../model/strategy.ts';
import { rollbackChanges } from '../monitor/rollback-changes.ts';
import { knownStrategies } from '../monitor/strategies.ts';
import { acknowledgementOf, type Order, postCommand } from '../node/inbox.ts';
import { allowOn, panicOff } from '../node/panic.ts';
import { addJournalCommands } from './journal.ts';
import { choice, hours, jsonOption, moment, type StateFlags, SWITCHES, stateDirOption } from './options.ts';
import { renderRollback } from './render/rollback.ts';
import { table } from './render/table.ts';
import { demandState, readableEngine, savedEngine, tellingDamage } from './saved.ts';
import { SUMMARIES } from './summaries.ts';
import type { CliWorld } from './world.ts';

const reasonOption = () =>
  new Option('--reason <text>', 'why, for the audit trail').default('by command line');

/** How long a running bot may take to answer, in ms. */
const PATIENCE = 10_000;

interface QualityFlags {
  readonly threshold?: number;
  readonly enforcement?: Enforcement;
  readonly regime: Partial<Record<RegimeLabel, number>>;
}

interface RollbackFlags {
  readonly to: number;
  readonly yes?: boolean;
}

interface AuditFlags {
  readonly limit: number;
  readonly all?: boolean;
  readonly strategy?: string;
  readonly since?: number;
  readonly actor?: string;
  readonly type?: AuditType;
}

/** A score in [0,1]. */
function score(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError('Write a score such as 0.6.');
  return value;
}

/** `RANGING=0.9`, added to those before it. */
function regimeFactor(text: string, before: QualityFlags['regime']): QualityFlags['regime'] {
  const [, label, factor] = /^(\w+)=(\d*\.?\d+)$/.exec(text) ?? [];
  const value = Number(factor);
  if (label === undefined || !(value <= 2))
    throw new InvalidArgumentError('Write a regime and a factor in [0,2], such as RANGING=0.9.');
  return { ...before, [choice(REGIMES)(label)]: value };
}

function count(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Write a number such as 50.');
  return Number(text);
}

/** Adds the commands that read and change the state of a bot. */
export function addStateCommands(cli: Command, world: CliWorld): void {
  const actor = `${userInfo().username} (command line)`;

  /** Hands a command to the bot and waits for its answer; without a bot it is carried out at the next start. */
  async function give({ stateDir, json }: StateFlags, order: Order, done: string): Promise<void> {
    await savedEngine(stateDir);
    const id = await postCommand(stateDir, order);
    const stop = new AbortController();
    const answered = acknowledgementOf(stateDir, id, world.clock, PATIENCE, stop.signal);
    // A bot that answers runs: only where none does it takes a while to be sure.
    const isRunning = await Promise.race([answered.then(() => true), isOpen(stateDir)]);
    if (!isRunning) {
      stop.abort();
      world.out(
        json
          ? `${JSON.stringify({ id, isDone: false })}\n`
          : `No bot is running on ${printable(stateDir)}: it will happen at the next start.\n`,
      );
      return;
    }
    const answer = await answered;
    if (answer?.ok) {
      world.out(json ? `${JSON.stringify({ id, isDone: true })}\n` : `${printable(done)}\n`);
      return;
    }
    throw new EdgekeeperError('COMMAND_NOT_ACKNOWLEDGED', {
      found:
        answer === null
          ? `no answer from the bot within ${PATIENCE / 1000} s`
          : `a refusal: ${answer.error?.message}`,
      expected: 'that the bot carries the command out',
      hint:
        answer === null
          ? 'The command stays in the inbox. In an emergency use `edgekeeper off`.'
          : 'Nothing was changed.',
    });
  }

  cli
    .command('flags')
    .description(SUMMARIES.flags.does)
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async ({ stateDir, json }: StateFlags) => {
      const { flags } = await readableEngine(stateDir, world);
      world.out(
        json
          ? `${JSON.stringify(flags)}\n`
          : `${FLAGS.map((flag) => `${flags[flag] ? 'on ' : 'OFF'}  ${flag}`).join('\n')}\n`,
      );
    });

  for (const on of [true, false]) {
    cli
      .command(`${on ? 'enable' : 'disable'} <component>`)
      .description(SUMMARIES[on ? 'enable' : 'disable'].does)
      .addOption(stateDirOption())
      .addOption(reasonOption())
      .addOption(jsonOption())
      .action(async (component: string, flags: StateFlags) => {
        const { stateDir, reason } = flags;
        const flag = SWITCHES[choice(Object.keys(SWITCHES))(component)]!;
        await give(
          flags,
          { type: 'setFlags', flags: { [flag]: on }, actor, reason },
          `${flag} is ${on ? 'on' : 'off'}.`,
        );
        if (on && flag === 'enabled') allowOn(stateDir);
      });
  }

  for (const mode of MODES) {
    cli
      .command(mode)
      .description(SUMMARIES[mode].does)
      .addOption(stateDirOption())
      .addOption(reasonOption())
      .addOption(jsonOption())
      .action(async (flags: StateFlags) => {
        const { reason } = flags;
        const done = mode === 'act' ? 'The overlay acts.' : 'The overlay observes: nothing is touched.';
        await give(flags, { type: 'setMode', mode, actor, reason }, done);
      });
  }

  cli
    .command('resume')
    .description(SUMMARIES.resume.does)
    .addOption(stateDirOption())
    .addOption(reasonOption())
    .addOption(jsonOption())
    .action(async (flags: StateFlags) => {
      const { reason } = flags;
      await give(flags, { type: 'resume', actor, reason }, 'The hard stop is let go.');
    });

  cli
    .command('off')
    .description(SUMMARIES.off.does)
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async ({ stateDir, json }: StateFlags) => {
      await panicOff(stateDir);
      world.out(
        json
          ? `${JSON.stringify({ isDone: true })}\n`
          : 'The overlay is off: within a second in a running bot, and at every start. Undo: edgekeeper enable all\n',
      );
    });

  cli
    .command('force <strategy> <status>')
    .description(SUMMARIES.force.does)
    .addOption(stateDirOption())
    .requiredOption('--reason <text>', 'why, for the audit trail')
    .addOption(jsonOption())
    .option('--for <duration>', 'keep it there against the rules, for such as 24h', hours)
    .action(async (strategy: string, status: string, flags: StateFlags & { for?: number }) => {
      const { stateDir, reason } = flags;
      const wanted: StrategyStatus = choice(STRATEGY_STATUSES)(status);
      const known = knownStrategies(await savedEngine(stateDir));
      if (!known.includes(strategy)) {
        throw new EdgekeeperError('STRATEGY_UNKNOWN', {
          found: show(strategy),
          expected: `one of ${known.join(', ') || 'no strategy yet'}`,
          hint: 'Names are written as the bot writes them.',
        });
      }
      const pin = flags.for === undefined ? {} : { pinForHours: flags.for };
      await give(
        flags,
        { type: 'forceStatus', strategy, status: wanted, actor, reason, ...pin },
        `${strategy} is ${wanted}.`,
      );
    });

  cli
    .command('reset <target>')
    .description(SUMMARIES.reset.does)
    .addOption(stateDirOption())
    .addOption(reasonOption())
    .addOption(jsonOption())
    .action(async (text: string, flags: StateFlags) => {
      const { reason } = flags;
      const target: ResetTarget = choice(RESET_TARGETS)(text);
      await give(flags, { type: 'reset', target, actor, reason }, `${target} reset.`);
    });

  cli
    .command('quality')
    .description(
      'change what a low score is, and what it does; it holds until the configuration says another',
    )
    .option('--threshold <score>', 'score in [0,1] below which a signal is of low quality', score)
    .option('--enforcement <what>', `one of ${ENFORCEMENTS.join(', ')}`, choice(ENFORCEMENTS))
    .option('--regime <factor...>', 'factor on the score in a regime, such as RANGING=0.9', regimeFactor, {})
    .addOption(stateDirOption())
    .addOption(reasonOption())
    .addOption(jsonOption())
    .action(async (flags: StateFlags & QualityFlags) => {
      const { reason, threshold, enforcement, regime } = flags;
      const quality = {
        ...(threshold === undefined ? {} : { minQualityThreshold: threshold }),
        ...(enforcement === undefined ? {} : { enforcement }),
        ...(Object.keys(regime).length === 0 ? {} : { regimeAdjustments: regime }),
      };
      if (Object.keys(quality).length === 0)
        throw new EdgekeeperError('OPTION_INVALID', {
          found: 'nothing to change',
          expected: '--threshold, --enforcement or --regime',
          hint: 'Nothing was changed.',
        });
      await give(
        flags,
        { type: 'setQuality', quality, actor, reason },
        'Scores are judged by it from now on.',
      );
    });

  cli
    .command('rebase-peak')
    .description(SUMMARIES['rebase-peak'].does)
    .addOption(stateDirOption())
    .addOption(reasonOption())
    .addOption(jsonOption())
    .action(async (flags: StateFlags) => {
      const { reason } = flags;
      await give(flags, { type: 'rebasePeak', actor, reason }, 'The peak is rebased.');
    });

  cli
    .command('rollback')
    .description(SUMMARIES.rollback.does)
    .argument('<what>', 'weights', choice(['weights']))
    .requiredOption('--to <time>', 'such as 2024-01-31T12:00:00Z', moment)
    .option('--yes', 'do it; without it is only said what would change')
    .addOption(stateDirOption())
    .addOption(reasonOption())
    .addOption(jsonOption())
    .action(async (_what: string, flags: StateFlags & RollbackFlags) => {
      const { stateDir, reason, to, yes, json } = flags;
      const engine = await savedEngine(stateDir);
      const journalDir = join(stateDir, JOURNAL_DIR);
      const why = `rollback to ${new Date(to).toISOString()}: ${reason}`;
      const now = engine.optimizer.getWeightsByCell();
      const weights = await weightsAt(journalDir, now, to);
      const posterior = await posteriorAt(journalDir, to);
      const changes = rollbackChanges(engine, weights, posterior);
      if (json) world.out(`${JSON.stringify({ to, isDone: yes === true, changes })}\n`);
      else world.out(`${renderRollback(changes, to)}\n`);
      if (!yes) {
        if (!json) world.out('Nothing was changed: --yes does it.\n');
        return;
      }
      await give(flags, { type: 'setWeights', weights, actor, reason: why }, 'The weights are rolled back.');
      await give(
        flags,
        { type: 'setPosterior', posterior, actor, reason: why },
        'What sizes are learned by is rolled back.',
      );
    });

  cli
    .command('audit')
    .description(SUMMARIES.audit.does)
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .option('--limit <n>', 'the latest only', count, 50)
    .option('--all', 'everything that the journal has')
    .option('--strategy <name>', 'what is about this strategy')
    .option('--since <time>', 'from a day or a time in UTC on, such as 2024-01-31', moment)
    .option('--actor <who>', 'what this one did, by a part of the name')
    .option(
      '--type <type>',
      `one of ${AUDIT_TYPES.join(', ')}; weights of one update count as one unless they are asked for`,
      choice(AUDIT_TYPES),
    )
    .action(async ({ stateDir, json, limit, all, ...wanted }: StateFlags & AuditFlags) => {
      await demandState(stateDir);
      const { entries, hasMore } = await auditEntries(join(stateDir, JOURNAL_DIR), {
        limit: all ? Number.POSITIVE_INFINITY : limit,
        folds: wanted.type !== 'weight',
        onFault: tellingDamage(world),
        fits: ({ type, strategy, time, who }) =>
          (wanted.type ?? type) === type &&
          (wanted.strategy ?? strategy) === strategy &&
          time >= (wanted.since ?? 0) &&
          who.toLowerCase().includes((wanted.actor ?? '').toLowerCase()),
      });
      if (json) {
        world.out(`${JSON.stringify(entries, null, 2)}\n`);
        return;
      }
      const rows = printableValue(entries).map(({ time, who, what, before, after, why }) => [
        time === 0 ? '' : new Date(time).toISOString().slice(0, 19),
        who,
        what,
        before,
        shorten(after),
        shorten(why),
      ]);
      const shown = table(['when (UTC)', 'who', 'what', 'before', 'after', 'why'], rows, 0);
      const more = hasMore ? `The latest ${entries.length}; there are older ones: --limit or --all.\n` : '';
      world.out(`${shown}\n${more}`);
    });

  addJournalCommands(cli.command('journal').description(SUMMARIES.journal.does), world);
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text);
