/** One curve: points in order of x. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Panel {
  readonly title: string;
  readonly series: readonly Series[];
}

const COLOURS = ['#1b6ca8', '#d1495b', '#3b8e5a', '#8d6b94'];
const WIDTH = 380;
const HEIGHT = 260;
const LEFT = 64;
const RIGHT = 16;
const TOP = 40;
const BOTTOM = 44;
const COLUMNS = 3;
const LEGEND = 32;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const SUFFIXES = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

function label(value: number): string {
  for (const [size, suffix] of SUFFIXES) if (value >= size) return `${value / size}${suffix}`;
  return String(value);
}

/** Powers of ten that hold some values; at least one decade. */
function decades(values: readonly number[]): { readonly from: number; readonly to: number } {
  const from = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const to = Math.ceil(Math.log10(Math.max(...values)) - 1e-9);
  return { from, to: Math.max(to, from + 1) };
}

function drawPanel({ title, series }: Panel, xTitle: string): string {
  const points = series.flatMap((each) => each.points);
  const [xs, ys] = [decades(points.map(([x]) => x)), decades(points.map(([, y]) => y))];
  const along = (value: number, { from, to }: typeof xs) => (Math.log10(value) - from) / (to - from);
  const xAt = (x: number) => LEFT + along(x, xs) * (WIDTH - LEFT - RIGHT);
  const yAt = (y: number) => HEIGHT - BOTTOM - along(y, ys) * (HEIGHT - TOP - BOTTOM);
  const parts = [`<text x="${LEFT}" y="22" class="title">${escaped(title)}</text>`];
  for (let power = xs.from; power <= xs.to; power += 1) {
    const x = xAt(10 ** power).toFixed(1);
    parts.push(`<line x1="${x}" y1="${TOP}" x2="${x}" y2="${HEIGHT - BOTTOM}" class="grid"/>`);
    parts.push(
      `<text x="${x}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${label(10 ** power)}</text>`,
    );
  }
  for (let power = ys.from; power <= ys.to; power += 1) {
    const y = yAt(10 ** power);
    parts.push(
      `<line x1="${LEFT}" y1="${y.toFixed(1)}" x2="${WIDTH - RIGHT}" y2="${y.toFixed(1)}" class="grid"/>`,
    );
    parts.push(
      `<text x="${LEFT - 8}" y="${(y + 4).toFixed(1)}" text-anchor="end">${label(10 ** power)}</text>`,
    );
  }
  parts.push(
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escaped(xTitle)}</text>`,
  );
  for (const [i, each] of series.entries()) {
    const path = each.points.map(([x, y]) => `${xAt(x).toFixed(1)},${yAt(y).toFixed(1)}`);
    parts.push(`<polyline points="${path.join(' ')}" stroke="${COLOURS[i % COLOURS.length]}"/>`);
    for (const point of path) {
      const [x, y] = point.split(',');
      parts.push(`<circle cx="${x}" cy="${y}" r="3" fill="${COLOURS[i % COLOURS.length]}"/>`);
    }
  }
  return parts.join('\n');
}

/** Panels of curves on logarithmic axes, with one legend for all. */
export function drawChart(panels: readonly Panel[], xTitle: string): string {
  const rows = Math.ceil(panels.length / COLUMNS);
  const [width, height] = [COLUMNS * WIDTH, rows * HEIGHT + LEGEND];
  const legend = panels[0]!.series.map(
    ({ name }, i) =>
      `<circle cx="${LEFT + i * 160}" cy="${height - 14}" r="5" fill="${COLOURS[i % COLOURS.length]}"/>` +
      `<text x="${LEFT + 12 + i * 160}" y="${height - 10}">${escaped(name)}</text>`,
  );
  const drawn = panels.map(
    (panel, i) =>
      `<g transform="translate(${(i % COLUMNS) * WIDTH} ${Math.floor(i / COLUMNS) * HEIGHT})">\n${drawPanel(panel, xTitle)}\n</g>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    '<title>What decisions, trades, updates, snapshots and memory cost by the number of strategies</title>',
    '<style>text{font:12px sans-serif;fill:#333}.title{font-size:14px;font-weight:bold}.grid{stroke:#ddd}polyline{fill:none;stroke-width:2}</style>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...drawn,
    ...legend,
    '</svg>',
    '',
  ].join('\n');
}
