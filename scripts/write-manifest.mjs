// Writes plugin.json: what a host needs to know to load the overlay. The config schema is made from the code.
import { readFileSync, writeFileSync } from 'node:fs';
import { pluginManifest } from '../dist/src/manifest.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const target = new URL('../plugin.json', import.meta.url);
const text = `${JSON.stringify(pluginManifest(version), null, 2)}\n`;
let before = '';
try {
  before = readFileSync(target, 'utf8');
} catch (error) {
  if (error.code !== 'ENOENT') throw error;
}
if (text !== before) writeFileSync(target, text);
