import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Looks at what is loaded, and so needs a process of its own. */
const ALONE = 'test/model/z.test.ts';

/** What takes long, mostly by waiting for processes that end or servers that look for a leader, begins first: nothing is left to wait for at the end. */
const LONG = [
  'fleet/cluster',
  'journal/lease',
  'node/ending',
  'journal/crash',
  'node/overlay',
  'node/inbox',
  'adapters/preload',
  'trial/run-trial',
  'ccxt/books',
  'server/dashboard',
  'fleet-link',
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = LONG.findIndex((each) => moduleId.includes(each));
      return at < 0 ? LONG.length : at;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

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
      // Loading the exchanges for each file anew would be a third of the time: files share what they import.
      {
        extends: true,
        test: { name: 'shared', include: ['test/**/*.test.ts'], exclude: [ALONE], isolate: false },
      },
      { extends: true, test: { name: 'alone', include: [ALONE] } },
    ],
    sequence: { sequencer: LongFirst },
    setupFiles: ['test/setup.ts'],
    // Three more than there are cores: many wait, for processes that end and leases that grow stale.
    maxWorkers: availableParallelism() + 3,
    // No test measures time, so that a busy machine is no failure: these only end what hangs.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    coverage: { include: ['src/**', 'adapters/**'] },
  },
});
