import { PLAIN_VENUE, type VenueSettings } from '../venue/order.ts';
import { PLAIN_STYLE, type Program, type Style } from './program.ts';

/** Programs that are a little simpler than this one. */
function* simpler(program: Program): Generator<Program> {
  const { steps, venue, style, vetoes } = program;
  for (let i = steps.length - 1; i >= 0; i -= 1)
    yield { ...program, steps: steps.filter((_, at) => at !== i) };
  for (const [key, value] of Object.entries(PLAIN_VENUE))
    if (venue[key as keyof VenueSettings] !== value) yield { ...program, venue: { ...venue, [key]: value } };
  for (const [key, value] of Object.entries(PLAIN_STYLE))
    if (style[key as keyof Style] !== value) yield { ...program, style: { ...style, [key]: value } };
  if (vetoes !== 0) yield { ...program, vetoes: 0 };
  for (const [i, step] of steps.entries())
    if (step.on === 1) yield { ...program, steps: steps.with(i, { ...step, on: 0 }) };
  for (const [i, step] of steps.entries())
    if (step.who === 1) yield { ...program, steps: steps.with(i, { ...step, who: 0 }) };
}

/**
 * The simplest program that is found to fail as this one does.
 * @param tries how many programs may be run for it
 */
export async function shrink(
  program: Program,
  fails: (program: Program) => Promise<boolean>,
  tries = 150,
): Promise<Program> {
  let best = program;
  let left = tries;
  for (let found = true; found; ) {
    found = false;
    for (const candidate of simpler(best)) {
      if (left <= 0) return best;
      left -= 1;
      if (!(await fails(candidate))) continue;
      best = candidate;
      found = true;
      break;
    }
  }
  return best;
}
