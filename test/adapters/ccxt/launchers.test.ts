import { describe, expect, it } from 'vitest';
import { isLauncher } from '../../../adapters/ccxt/launchers.ts';

describe('what starts a bot', () => {
  it.each([
    '/usr/lib/node_modules/npm/bin/npm-cli.js',
    '/usr/lib/node_modules/npm/bin/npx-cli.js',
    '/usr/share/yarn/bin/yarn.js',
    '/home/me/bot/.yarn/releases/yarn-4.5.0.cjs',
    '/home/me/.cache/node/corepack/v1/yarn/4.5.0/yarn.js',
    '/home/me/.cache/node/corepack/v1/pnpm/9.1.0/bin/pnpm.cjs',
    '/usr/lib/node_modules/corepack/dist/pnpm.js',
    '/usr/lib/node_modules/pnpm/bin/pnpm.cjs',
    '/home/me/bot/node_modules/tsx/dist/cli.mjs',
    '/home/me/bot/node_modules/nodemon/bin/nodemon.js',
    '/home/me/bot/node_modules/cross-env/src/bin/cross-env.js',
    '/home/me/bot/node_modules/dotenv-cli/cli.js',
    '/home/me/bot/node_modules/@dotenvx/dotenvx/src/cli/dotenvx.js',
    '/home/me/bot/node_modules/concurrently/dist/bin/concurrently.js',
    '/home/me/bot/node_modules/ts-node-dev/lib/bin.js',
    '/usr/lib/node_modules/pm2/bin/pm2',
    '/usr/lib/node_modules/pm2/bin/pm2-runtime',
    '/usr/lib/node_modules/pm2/lib/Daemon.js',
    'C:\\Program Files\\nodejs\\node_modules\\npm\\bin\\npm-cli.js',
  ])('is no bot: %s', (script) => expect(isLauncher(script)).toBe(true));

  it.each([
    '/srv/npm/mybot/bot.mjs',
    '/srv/yarn/bot.js',
    '/srv/pnpm/bot.cjs',
    '/srv/concurrently/index.js',
    '/home/me/bot/node_modules/tsx/bot.mjs',
    '/usr/lib/node_modules/pm2/lib/ProcessContainerFork.js',
    '/usr/lib/node_modules/pm2/lib/ProcessContainer.js',
    'C:\\yarn\\bot.js',
    '',
  ])('is not what only lies in a folder of that name, or contains the bot: %s', (script) =>
    expect(isLauncher(script)).toBe(false),
  );
});
