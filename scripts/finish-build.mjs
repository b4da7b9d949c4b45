// What the compiler leaves to do: the command must be executable, declarations must name files that there are (older
// compilers refuse an import of a .ts file), and plugin.json is made from the code.
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pluginManifest } from '../dist/src/config/manifest.js';

chmodSync(new URL('../dist/src/cli/main.js', import.meta.url), 0o755);

const dist = new URL('../dist/', import.meta.url);
for (const name of readdirSync(dist, { recursive: true })) {
  if (!name.endsWith('.d.ts')) continue;
  const file = new URL(name.replaceAll('\\', '/'), dist);
  const declared = readFileSync(file, 'utf8');
  const named = declared.replaceAll(/((?:from |import\()['"]\.{1,2}\/[^'"]+)\.ts(['"])/g, '$1.js$2');
  if (named !== declared) writeFileSync(file, named);
}

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
