// What everything costs, in one table: `npm run bench`. Ratios are of one run; times are of this machine.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { builtPath, runNode } from './child.ts';
import { CONCEPT_NAMES, CONCEPTS, type ConceptName, LONGER } from './concepts.ts';
import { drawGrowth } from './growth.ts';
import { PROFILED, profile } from './profile.ts';
import { BenchError, type Row, rowOf } from './row.ts';
import { render, renderMarkdown } from './table.ts';

const USAGE = `npm run bench -- [options]
  --only a,b       of ${CONCEPT_NAMES.join(', ')}
  --long           a million trades, 300,000 events: as many as the targets speak of
  --strict         what must hold and does not is a failure, too
  --json FILE      the rows as JSON, - for the terminal
  --markdown       the table as Markdown
  --before FILE    with it: beside the rows of an earlier --json
  --growth DIR     draws growth.svg there instead
  --profile NAME   where the time goes instead: ${PROFILED.join(', ')}`;

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    long: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    json: { type: 'string' },
    markdown: { type: 'boolean', default: false },
    before: { type: 'string' },
    growth: { type: 'string' },
    profile: { type: 'string' },
    measure: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** What a process of one concept says in the end. */
type Said = { readonly rows: readonly Row[] } | { readonly failure: string };

function named(name: string): ConceptName {
  const known = CONCEPT_NAMES.find((each) => each === name);
  if (known === undefined)
    throw new BenchError(`${name} is not measured; choose of ${CONCEPT_NAMES.join(', ')}`);
  return known;
}

/** Measures one concept in this process. */
async function measured(name: ConceptName): Promise<Said> {
  try {
    const { measure } = await CONCEPTS[name].load();
    return { rows: (await measure({ long: flags.long })).map(rowOf) };
  } catch (error) {
    return { failure: error instanceof BenchError ? error.message : String((error as Error).stack) };
  }
}

async function inProcess(name: ConceptName): Promise<Said> {
  const seconds = CONCEPTS[name].seconds * (flags.long ? LONGER : 1);
  const args = ['--expose-gc', builtPath('./main.js'), '--measure', name, ...(flags.long ? ['--long'] : [])];
  try {
    const { stdout, stderr } = await runNode(args, seconds);
    const line = stdout.trim().split('\n').at(-1) ?? '';
    return line.startsWith('{') ? JSON.parse(line) : { failure: `it said nothing: ${stderr.slice(-2000)}` };
  } catch (error) {
    return { failure: (error as Error).message };
  }
}

async function table(): Promise<number> {
  const names = flags.only === undefined ? CONCEPT_NAMES : flags.only.split(',').map(named);
  const before =
    flags.before === undefined
      ? null
      : (JSON.parse(readFileSync(flags.before, 'utf8')) as { rows: Row[] }).rows;
  const rows: Row[] = [];
  const failures: string[] = [];
  for (const name of names) {
    const began = performance.now();
    const said = await inProcess(name);
    process.stderr.write(`${name}: ${((performance.now() - began) / 1000).toFixed(0)} s\n`);
    if ('rows' in said) rows.push(...said.rows);
    else failures.push(`${name}: ${said.failure}`);
  }
  if (flags.json === '-') console.log(JSON.stringify({ rows, failures }, null, 2));
  else {
    if (flags.json !== undefined)
      writeFileSync(flags.json, `${JSON.stringify({ rows, failures }, null, 2)}\n`);
    console.log(flags.markdown ? renderMarkdown(rows, before) : render(rows));
  }
  for (const failure of failures) console.error(`not measured: ${failure}`);
  const broken = rows.filter(({ holds }) => holds === false);
  const judged = rows.filter(({ holds }) => holds !== null).length;
  console.error(`${judged - broken.length} of ${judged} rows hold`);
  return failures.length > 0 || (flags.strict && broken.length > 0) ? 1 : 0;
}

if (flags.help) console.log(USAGE);
else if (flags.measure !== undefined) console.log(JSON.stringify(await measured(named(flags.measure))));
else if (flags.growth !== undefined) await drawGrowth(flags.growth);
else if (flags.profile !== undefined) await profile(flags.profile);
else process.exitCode = await table();
