// What the compiler leaves to do: the command must be executable, declarations must name files that there are (older
// compilers refuse an import of a .ts file), and plugin.json is made from the code, and what a page is made of is copied.
import { chmodSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pluginManifest } from '../dist/src/config/manifest.js';

chmodSync(new URL('../dist/src/cli/main.js', import.meta.url), 0o755);

const dist = new URL('../dist/', import.meta.url);
// A page has its charts in itself: nothing is installed for them.
const assets = new URL('src/report/assets/', dist);
for (const room of ['report', 'server'])
  cpSync(new URL(`../src/${room}/assets/`, import.meta.url), new URL(`src/${room}/assets/`, dist), {
    recursive: true,
  });
const uplot = dirname(createRequire(import.meta.url).resolve('uplot/dist/uPlot.iife.min.js'));
for (const name of ['uPlot.iife.min.js', 'uPlot.min.css']) cpSync(`${uplot}/${name}`, new URL(name, assets));
cpSync(`${uplot}/../LICENSE`, new URL('uPlot.LICENSE', assets));

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
