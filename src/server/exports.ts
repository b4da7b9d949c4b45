import { CONTENT_TYPES, FORMATS, type Format, written } from '../export/formats.ts';
import { TABLES, type TableName, type TableSource, tableOf } from '../export/tables.ts';
import { EdgekeeperError, show } from '../model/errors.ts';

/** A file such as `trades.csv`. Throws `REQUEST_INVALID` for one that there is not. */
export async function exported(file: string, source: TableSource) {
  const [table, format] = file.split('.') as [TableName, Format];
  if (!TABLES.includes(table) || !FORMATS.includes(format)) {
    throw new EdgekeeperError('REQUEST_INVALID', {
      found: `the file ${show(file)}`,
      expected: `one of ${TABLES.join(', ')} as ${FORMATS.join(', ')}, such as trades.csv`,
      hint: '',
    });
  }
  return { body: await written(await tableOf(table, source), format), type: CONTENT_TYPES[format] };
}
