import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Folders whose tests touch nothing but values: they can share what they import. */
const PURE = [
  'config',
  'engine',
  'history',
  'shared',
  'decision',
  'edge',
  'effect',
  'model',
  'monitor',
  'performance',
  'quality',
  'regime',
  'replay',
  'retirement',
  'shadow',
  'statistics',
  'weighting',
].map((folder) => `test/${folder}/**/*.test.ts`);
/** Looks at what is loaded, and so needs a process of its own. */
const ALONE = 'test/model/z.test.ts';

// A pattern cannot take back an exclusion: the folder of that one is listed file by file.
const OTHERS = PURE.map((each) => each.replace('test/model/**/*', 'test/model/**/!(z)'));

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^edgekeeper$/, replacement: here('./src/index.ts') },
      { find: /^edgekeeper\/node$/, replacement: here('./src/node/index.ts') },
      { find: /^edgekeeper\/paper$/, replacement: here('./src/paper/index.ts') },
      {
        find: /^edgekeeper\/(ccxt|debut|middleware|conformance)$/,
        replacement: `${here('./adapters')}/$1/index.ts`,
      },
    ],
  },
  test: {
    projects: [
      { extends: true, test: { name: 'values', include: PURE, exclude: [ALONE], isolate: false } },
      { extends: true, test: { name: 'world', include: ['test/**/*.test.ts'], exclude: OTHERS } },
    ],
    setupFiles: ['test/setup.ts'],
    // Three more than there are cores: many wait, for processes that end and leases that grow stale.
    maxWorkers: availableParallelism() + 3,
    // No test measures time, so that a busy machine is no failure: these only end what hangs.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    coverage: { include: ['src/**', 'adapters/**'] },
  },
});
