import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const isBuilt = existsSync(join(root, 'dist/adapters/debut/index.js'));
export const title = (name: string) => (isBuilt ? name : `${name}: skipped, run npm run build first`);

/** ccxt with one of its exchanges: to load all hundred of them, in both builds, takes a second of each process. */
const WITH_ONE_EXCHANGE = {
  'node_modules/ccxt/package.json': JSON.stringify({
    name: 'ccxt',
    exports: { '.': { import: './js/ccxt.js', require: './dist/ccxt.cjs' } },
  }),
  'node_modules/ccxt/js/package.json': '{"type":"module"}',
  'node_modules/ccxt/js/ccxt.js': `
    import { Exchange } from ${JSON.stringify(join(root, 'node_modules/ccxt/js/src/base/Exchange.js'))};
    import binance from ${JSON.stringify(join(root, 'node_modules/ccxt/js/src/binance.js'))};
    import * as errors from ${JSON.stringify(join(root, 'node_modules/ccxt/js/src/base/errors.js'))};
    export default { Exchange, binance, ...errors };`,
  // Bots that require it have tests with the whole one.
  'node_modules/ccxt/dist/ccxt.cjs': 'exports.Exchange = class { afterConstruct() {} };',
};

/** A bot's folder with a ccxt of one exchange. */
export const projectOfOne = (files: Record<string, string>): Promise<string> =>
  project({ ...WITH_ONE_EXCHANGE, ...files }, false);

/** A folder of somebody else, in which this package is installed. */
export async function project(files: Record<string, string>, hasAll = true): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
  await mkdir(join(dir, 'node_modules/@debut'), { recursive: true });
  await symlink(root, join(dir, 'node_modules/edgekeeper'));
  if (hasAll) await symlink(join(root, 'node_modules/ccxt'), join(dir, 'node_modules/ccxt'));
  await symlink(join(root, 'node_modules/@debut/types'), join(dir, 'node_modules/@debut/types'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text);
  }
  return dir;
}

export function run(cwd: string, ...args: string[]): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out: `${stdout}${stderr}` }),
    );
  });
}
