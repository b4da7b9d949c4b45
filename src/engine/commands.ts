import { posteriorSchema, priorsSchema } from '../edge/posterior.ts';
import { checkAuthorship } from '../model/authorship.ts';
import { plain } from '../model/doors.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { FLAGS, type Flags, MODES } from '../model/flags.ts';
import { isName } from '../model/strategy.ts';
import { checkAdjustment, checkEnforcement, checkThreshold } from '../quality/checks.ts';
import { checkForce } from '../retirement/force.ts';
import { checkWeights } from '../weighting/checks.ts';
import { type Command, type QualityChange, RESET_TARGETS } from './events.ts';
import { checkFleetGuard } from './fleet.ts';

export function commandError(found: string, expected: string): EdgekeeperError {
  return new EdgekeeperError('COMMAND_INVALID', { found, expected, hint: 'Nothing was changed.' });
}

/**
 * A command as it can be carried out, and as nobody else can change it. Throws `COMMAND_INVALID`, or `CONFIG_INVALID` for
 * a setting of scores that cannot be.
 */
export function readCommand(given: Command): Command {
  const command = plain('a command', given, 'COMMAND_INVALID');
  checkCommand(command);
  return command;
}

function checkCommand(command: Command): void {
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
    case 'setQuality':
      checkQuality(command.quality);
      return;
    case 'forceStatus':
      checkForce(command.strategy, command.status, command);
      return;
    case 'setFleet': {
      const { priors, guard = null } = command;
      checkFleetGuard(guard);
      const parsed = priorsSchema.safeParse(priors ?? []);
      if (parsed.success) return;
      throw commandError(
        `priors of which ${parsed.error.issues[0]!.path.join('.')} is wrong`,
        'a mean and a deviation by strategy',
      );
    }
    case 'rebasePeak':
    case 'resume':
      return;
    default:
      throw commandError(
        `command ${show((command as { type?: unknown }).type)}`,
        'setFlags, setMode, setQuality, forceStatus, reset, setWeights, setPosterior, setFleet, rebasePeak or resume',
      );
  }
}

function checkQuality(quality: QualityChange): void {
  if (!isObject(quality) || Object.keys(quality).length === 0)
    throw commandError(`quality ${show(quality)}`, 'an object with what is to be changed');
  const { minQualityThreshold, enforcement, regimeAdjustments, ...rest } = quality;
  for (const name of Object.keys(rest))
    throw commandError(`quality ${show(name)}`, 'minQualityThreshold, enforcement or regimeAdjustments');
  if (minQualityThreshold !== undefined) checkThreshold(minQualityThreshold);
  if (enforcement !== undefined) checkEnforcement(enforcement);
  if (regimeAdjustments === undefined) return;
  if (!isObject(regimeAdjustments))
    throw commandError(`regimeAdjustments ${show(regimeAdjustments)}`, 'factors by regime');
  for (const [regime, adjustment] of Object.entries(regimeAdjustments)) checkAdjustment(regime, adjustment);
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
