import { posteriorSchema } from '../edge/posterior.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { FLAGS, type Flags, MODES } from '../model/flags.ts';
import { CELLS } from '../model/regime.ts';
import { isName } from '../model/strategy.ts';
import { isTime } from '../model/time.ts';
import { checkForce } from '../retirement/force.ts';
import { type Authorship, type Command, RESET_TARGETS } from './events.ts';

export function commandError(found: string, expected: string): EdgekeeperError {
  return new EdgekeeperError('COMMAND_INVALID', { found, expected, hint: 'Nothing was changed.' });
}

/** Refuses a command that cannot be carried out with `COMMAND_INVALID`, before anything is changed. */
export function checkCommand(command: Command): void {
  if (command === null || typeof command !== 'object') throw commandError(show(command), 'a command object');
  checkAuthorship(command);
  if (command.id !== undefined && !isName(command.id))
    throw commandError(`id ${show(command.id)}`, 'a printable id of 1 to 100 characters');
  switch (command.type) {
    case 'setFlags':
      checkFlags(command.flags);
      return;
    case 'reset':
      if (RESET_TARGETS.includes(command.target)) return;
      throw commandError(`reset ${show(command.target)}`, `one of ${RESET_TARGETS.join(', ')}`);
    case 'setWeights':
      checkWeights(command.weights);
      return;
    case 'setMode':
      if (MODES.includes(command.mode)) return;
      throw commandError(`mode ${show(command.mode)}`, `one of ${MODES.join(', ')}`);
    case 'setPosterior': {
      const parsed = posteriorSchema.safeParse(command.posterior);
      if (parsed.success) return;
      throw commandError(
        `a posterior whose ${parsed.error.issues[0]!.path.join('.')} is wrong`,
        'a posterior as a snapshot holds it',
      );
    }
    case 'forceStatus':
      checkForce(command.strategy, command.status, command);
      return;
    case 'rebasePeak':
    case 'resume':
      return;
    default:
      throw commandError(
        `command ${show((command as { type?: unknown }).type)}`,
        'setFlags, setMode, forceStatus, reset, setWeights, setPosterior, rebasePeak or resume',
      );
  }
}

function checkAuthorship({ time, actor, reason }: Authorship): void {
  if (!isTime(time)) throw commandError(`time ${show(time)}`, 'a time in ms');
  if (!isName(actor)) throw commandError(`actor ${show(actor)}`, 'the name of who commands');
  if (typeof reason !== 'string' || reason.trim() === '')
    throw commandError(`reason ${show(reason)}`, 'a reason in words');
}

function checkFlags(flags: Partial<Flags>): void {
  if (flags === null || typeof flags !== 'object')
    throw commandError(`flags ${show(flags)}`, 'an object with flags');
  for (const [flag, value] of Object.entries(flags)) {
    if ((FLAGS as readonly string[]).includes(flag) && typeof value === 'boolean') continue;
    throw commandError(`flag ${show(flag)} = ${show(value)}`, `true or false for one of ${FLAGS.join(', ')}`);
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Checks the shape; the bounds are checked by the optimizer, which has them. */
function checkWeights(weights: unknown): void {
  const fits =
    isObject(weights) &&
    Object.entries(weights).every(
      ([strategy, of]) =>
        isName(strategy) &&
        isObject(of) &&
        'weight' in of &&
        Number.isFinite(of.weight) &&
        'cells' in of &&
        isObject(of.cells) &&
        Object.entries(of.cells).every(
          ([cell, weight]) => (CELLS as readonly string[]).includes(cell) && Number.isFinite(weight),
        ),
    );
  if (!fits) throw commandError(`weights ${show(weights)}`, 'a weight and weights by cell for each strategy');
}
