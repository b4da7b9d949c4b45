// Makes the pages that say what the code says: `npm run docs`. A test fails where they are stale.
import { writeFileSync } from 'node:fs';
import { configNotes } from '../dist/src/config/notes.js';
import { EDGE_PRESETS, PRESETS } from '../dist/src/config/presets.js';
import { roomJsonSchemas } from '../dist/src/config/rooms.js';
import { configJsonSchema, parseConfig } from '../dist/src/config/schema.js';
import { configurationPage } from './docs/configuration.mjs';
import { errorsPage } from './docs/errors.mjs';

const write = (name, text) => writeFileSync(new URL(`../docs/${name}`, import.meta.url), text);

write(
  'configuration.md',
  configurationPage({
    schema: configJsonSchema(),
    presets: PRESETS,
    edges: EDGE_PRESETS,
    notes: configNotes,
    parse: parseConfig,
    rooms: roomJsonSchemas(),
  }),
);
write('errors.md', errorsPage());
