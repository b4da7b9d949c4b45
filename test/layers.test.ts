import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/**
 * Which way data flows: a folder may import from itself and from those in earlier rows, never from its neighbours in the
 * same row and never back.
 */
const LAYERS = [
  ['model'],
  ['statistics'],
  ['performance', 'regime', 'quality', 'edge', 'weighting', 'retirement', 'shadow', 'effect'],
  ['config'],
  ['decision'],
  ['engine'],
  ['replay', 'monitor'],
  ['shared'],
  ['journal'],
  ['paper'],
  ['node'],
  ['history', 'report', 'export', 'trial', 'fleet'],
  ['server'],
  ['cli'],
] as const;
const ZOD = 'model/z.ts';
/** Folders that may touch the machine. */
const IO = ['journal', 'export', 'history', 'node', 'report', 'paper', 'trial', 'fleet', 'server', 'cli'];

const ROOT = fileURLToPath(new URL('../src/', import.meta.url));

interface Import {
  readonly from: string;
  readonly to: string;
}

const rankOf = (folder: string): number =>
  LAYERS.findIndex((row) => (row as readonly string[]).includes(folder));
const folderOf = (file: string): string => file.split('/')[0]!;

/** Imports of a file of src, as paths from src where they are relative. */
function importsOf(file: string, text: string): Import[] {
  return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, to]) => ({
    from: file,
    to: to!.startsWith('.') ? normalize(join(dirname(file), to!)) : to!,
  }));
}

/** What is wrong with an import; null where nothing is. */
function faultOf({ from, to }: Import): string | null {
  const [here, there] = [folderOf(from), folderOf(to)];
  const isLocal = to.endsWith('.ts');
  if (!isLocal) {
    // Loaded when something is checked for the first time.
    if (from === ZOD) return null;
    if (to === 'zod') return `${from} imports zod, which is loaded by ${ZOD} when it is needed`;
    if (to === 'technicalindicators' && here !== 'paper')
      return `${from} imports ${to}, which only paper may`;
    if (to.startsWith('@nats-io') && here !== 'fleet') return `${from} imports ${to}, which only fleet may`;
    const isIo = /^node:|^(ccxt|lowdb|winston|node-cron|commander|cli-|csv-parse|simple-ascii-chart)/.test(
      to,
    );
    return isIo && !IO.includes(here) ? `${from} touches the machine by ${to}` : null;
  }
  // The index is what a user imports: it shows every folder, and no folder looks at it.
  if (from === 'index.ts') return null;
  if (here === there) return null;
  // Paper trading puts an adapter on its own exchange, as a bot does; past executions are paired as a bot's are.
  if (['history', 'paper', 'trial', 'cli'].includes(here) && to.startsWith('../adapters/')) return null;
  if (rankOf(there) < 0) return `${from} imports ${to}, which is in no folder`;
  return rankOf(there) < rankOf(here) ? null : `${from} imports ${to} against the way that data flow`;
}

const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));

describe('the folders of src', () => {
  it('know only those below them, and touch the machine only where they may', () => {
    const imports = files.flatMap((file) => importsOf(file, readFileSync(join(ROOT, file), 'utf8')));
    expect(imports.length).toBeGreaterThan(400);
    expect(imports.map(faultOf).filter(Boolean)).toEqual([]);
  });

  it('each have their place', () => {
    const folders = new Set(files.filter((file) => file.includes('/')).map(folderOf));
    expect([...folders].filter((folder) => rankOf(folder) < 0)).toEqual([]);
  });

  it.each([
    ['model/a.ts', "import { b } from '../statistics/b.ts';"],
    ['decision/a.ts', "import { z } from 'zod';"],
    ['statistics/a.ts', "import type { B } from '../edge/posterior.ts';"],
    ['edge/a.ts', "import { B } from '../retirement/manager.ts';"],
    ['effect/a.ts', "export { b } from '../engine/engine.ts';"],
    ['quality/a.ts', "import { parseConfig } from '../config/schema.ts';"],
    ['config/a.ts', "import { judge } from '../decision/judge.ts';"],
    ['decision/a.ts', "import type { Snapshot } from '../engine/snapshot.ts';"],
    ['engine/a.ts', "import { alertsOf } from '../monitor/alerts.ts';"],
    ['replay/a.ts', "import { explain } from '../monitor/explanation.ts';"],
    ['monitor/a.ts', "import { createLog } from '../node/log.ts';"],
    ['journal/a.ts', "import { openOverlay } from '../node/overlay.ts';"],
    ['node/a.ts', "import { program } from '../cli/program.ts';"],
    ['paper/a.ts', "import { table } from '../cli/render/table.ts';"],
    ['paper/a.ts', "const x = await import('../node/log.ts');"],
    ['engine/a.ts', "import fs from 'node:fs';"],
    ['monitor/a.ts', "import { Low } from 'lowdb';"],
    ['regime/a.ts', "import { ATR } from 'technicalindicators';"],
    ['edge/a.ts', "import { x } from '../index.ts';"],
  ])('would tell of %s that says %s', (file, text) => {
    expect(importsOf(file, text).map(faultOf)).toEqual([expect.any(String)]);
  });
});
