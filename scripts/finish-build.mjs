// What the compiler leaves to do: the command must be executable, and plugin.json is made from the code.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { pluginManifest } from '../dist/src/manifest.js';

chmodSync(new URL('../dist/src/node/main.js', import.meta.url), 0o755);

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
