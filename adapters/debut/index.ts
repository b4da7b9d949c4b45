export type {
  EdgekeeperEngine,
  EdgekeeperHooks,
  EdgekeeperMethods,
  EdgekeeperPlugin,
  EdgekeeperPluginAPI,
  EdgekeeperPluginExtras,
  EdgekeeperSignal,
  EdgekeeperStatus,
} from './api.ts';
export type { EdgekeeperPluginOptions } from './options.ts';
export { edgekeeperPlugin } from './plugin.ts';
export type { DebutCandle, DebutContext, DebutHost, DebutOrder } from './types.ts';
