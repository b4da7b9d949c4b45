import { type Command, Option } from 'commander';
import { FORMATS, type Format, written } from '../export/formats.ts';
import { TABLES, tableOf } from '../export/tables.ts';
import { writeAtomically } from '../journal/atomic-file.ts';
import { unwritable } from '../journal/directory.ts';
import { EdgekeeperError, show } from '../model/errors.ts';
import { printable } from '../model/printable.ts';
import { jsonOption, type StateFlags, stateDirOption } from './options.ts';
import { withProgress } from './progress.ts';
import { readableEngine, tellingDamage } from './saved.ts';
import { SUMMARIES } from './summaries.ts';
import type { CliWorld } from './world.ts';

interface ExportFlags extends StateFlags {
  readonly format?: Format;
  readonly out?: string;
}

/** Adds the command that writes tables. */
export function addExportCommand(cli: Command, world: CliWorld): void {
  cli
    .command('export <table>')
    .description(SUMMARIES.export.does)
    .addOption(
      new Option('--format <format>', 'by default what the name of the file ends in, or csv').choices(
        FORMATS,
      ),
    )
    .option('--out <file>', 'where it is written; by default it is printed')
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async (name: string, { stateDir, format, out, json }: ExportFlags) => {
      const table = TABLES.find((each) => each === name);
      if (table === undefined) throw noTable(name);
      const wanted = format ?? FORMATS.find((each) => out?.endsWith(`.${each}`)) ?? 'csv';
      if (wanted === 'parquet' && out === undefined) {
        throw new EdgekeeperError('OPTION_INVALID', {
          found: '--format parquet without --out',
          expected: 'a file: nobody reads Parquet in a terminal',
          hint: `Add \`--out ${name}.parquet\`.`,
        });
      }
      const engine = await readableEngine(stateDir, world);
      const made = await withProgress(world.terminal, out === undefined, (onProgress) =>
        tableOf(table, { stateDir, engine, onProgress, onFault: tellingDamage(world) }),
      );
      const body = await written(made, wanted);
      if (out === undefined) {
        world.out(new TextDecoder().decode(body));
        return;
      }
      await writeAtomically(out, body).catch((cause) => {
        throw unwritable(out, cause);
      });
      const { length } = made.rows;
      world.out(
        json
          ? `${JSON.stringify({ file: out, rows: length })}\n`
          : `${length} ${length === 1 ? 'row is' : 'rows are'} in ${printable(out)}.\n`,
      );
    });
}

const noTable = (name: string): EdgekeeperError =>
  new EdgekeeperError('OPTION_INVALID', {
    found: `the table ${show(name)}`,
    expected: `one of ${TABLES.join(', ')}`,
    hint: 'Write `edgekeeper export trades`.',
  });
