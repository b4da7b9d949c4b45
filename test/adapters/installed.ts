import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const isBuilt = existsSync(join(root, 'dist/adapters/debut/index.js'));
export const title = (name: string) => (isBuilt ? name : `${name}: skipped, run npm run build first`);

/** A folder of somebody else, in which this package is installed. */
export async function project(files: Record<string, string>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
  await mkdir(join(dir, 'node_modules/@debut'), { recursive: true });
  await symlink(root, join(dir, 'node_modules/edgekeeper'));
  await symlink(join(root, 'node_modules/ccxt'), join(dir, 'node_modules/ccxt'));
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
