import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['bench/soak.ts'], execArgv: ['--expose-gc'] } });
