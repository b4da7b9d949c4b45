import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

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
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    // One more than there are cores: many wait, for processes that end and leases that grow stale.
    maxWorkers: availableParallelism() + 1,
    // No test measures time, so that a busy machine is no failure: these only end what hangs.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    coverage: { include: ['src/**', 'adapters/**'] },
  },
});
