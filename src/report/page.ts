import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { jsonText } from '../monitor/json.ts';
import type { PageData } from './page-data.ts';

const ASSETS = new URL('./assets/', import.meta.url);
/** uPlot, as the build put it beside the assets; from the sources it is read where it is installed. */
const UPLOT = ['uPlot.iife.min.js', 'uPlot.min.css'] as const;

const asset = (name: string): Promise<string> => readFile(new URL(name, ASSETS), 'utf8');

const uplotAsset = (name: (typeof UPLOT)[number]): Promise<string> =>
  asset(name).catch(() => readFile(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), 'utf8'));

/** Sections of the page, in the order in which a person asks, and the places that their parts go to. */
const SECTIONS = [
  ['Equity', ['equity-key.key', 'equity.chart', 'drawdown.chart']],
  ['Strategies', ['strategies', 'worths-key.key', 'worths.small']],
  ['Does it help?', ['effect-key.key', 'effect.chart']],
  ['Strategies in regimes', ['heat']],
  ['Regimes', ['prices-key.key', 'prices.small']],
  ['Do its scores tell the truth?', ['calibration']],
  ['Why', ['reasons']],
  ['Audit', ['audit']],
  ['Trades', ['trades']],
] as const;

const place = (name: string): string => {
  const [id, kind = ''] = name.split('.');
  return `<div id="${id}"${kind === '' ? '' : ` class="${kind}"`}></div>`;
};

/** What would end the script that holds it, or begin a comment in it, is written otherwise: JSON stays what it is. */
const inScript = (text: string): string =>
  text.replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');

/** A page in one file: it loads nothing, and shows host text as text. */
export async function reportPage(data: PageData): Promise<string> {
  const [uplot, uplotStyle, charts, parts, report, style] = await Promise.all([
    ...UPLOT.map(uplotAsset),
    asset('charts.js'),
    asset('parts.js'),
    asset('report.js'),
    asset('style.css'),
  ]);
  const sections = SECTIONS.map(
    ([title, places]) =>
      `<section${title === 'Trades' ? ' class="trades"' : ''}><h2>${title}</h2>${places.map(place).join('')}</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">
<title>Edgekeeper report</title>
<style>${uplotStyle}</style>
<style>${style}</style>
</head>
<body>
<header><h1 id="title"></h1><span id="when" class="soft"></span><button id="theme" type="button"></button></header>
<main>
<div id="verdict" class="verdict"></div>
<dl id="facts" class="facts"></dl>
${sections.join('\n')}
</main>
<footer>Made by Edgekeeper. Times are UTC. Charts: uPlot, MIT licence. One run proves little.</footer>
<script type="application/json" id="data">${inScript(jsonText(data))}</script>
<script>${uplot}</script>
<script>${charts}</script>
<script>${parts}</script>
<script>${report}</script>
</body>
</html>
`;
}
