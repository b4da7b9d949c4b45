/**
 * Scripts that only start the bot, and inherit its options, as they lie in the packages that they come with. A folder of
 * one of these names says nothing: a bot may live there.
 */
const LAUNCHERS = [
  /\/npm\/bin\/(npm|npx)-cli\.js$/,
  /\/yarn\/bin\/yarn\.js$/,
  // Yarn and pnpm by version, as corepack and projects keep them.
  /\/\.yarn\/releases\/yarn-[^/]+\.c?js$/,
  /\/yarn\/\d[^/]*\/(bin\/)?yarn\.js$/,
  /\/pnpm\/(\d[^/]*\/)?bin\/(pnpm|pnpx)\.[cm]js$/,
  /\/corepack\/dist\/(corepack|npm|npx|yarn|yarnpkg|pnpm|pnpx)\.js$/,
  /\/tsx\/dist\/cli\.[cm]js$/,
  /\/nodemon\/bin\/nodemon\.js$/,
  /\/cross-env\/(src|dist)\/bin\/cross-env(-shell)?\.js$/,
  /\/dotenv-cli\/cli\.js$/,
  /\/dotenvx\/src\/cli\/dotenvx\.js$/,
  /\/concurrently\/dist\/bin\/(concurrently|index)\.js$/,
  /\/ts-node-dev\/lib\/bin\.js$/,
  // Pm2's commands and its daemon. The containers in which it runs a program are that program.
  /\/pm2\/bin\/pm2(-dev|-docker|-runtime)?$/,
  /\/pm2\/lib\/(Daemon|Watchdog)\.js$/,
  /\/pm2\/lib\/binaries\/(CLI|DevCLI|Runtime|Runtime4Docker)\.js$/,
] as const;

/** Whether a script, by its real path, only starts others. */
export function isLauncher(script: string): boolean {
  const path = script.replaceAll('\\', '/');
  return LAUNCHERS.some((launcher) => launcher.test(path));
}
