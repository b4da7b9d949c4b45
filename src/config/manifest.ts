import { FLAGS } from '../model/flags.ts';
import { configurationJsonSchema } from './rooms.ts';
import { parseConfig } from './schema.ts';

/** The manifest that a host reads from plugin.json. */
export function pluginManifest(version: string): Record<string, unknown> {
  const defaults = parseConfig();
  return {
    id: 'edgekeeper',
    name: 'Edgekeeper',
    version,
    description:
      'A strategy overlay: filters signals, scales sizes, benches strategies that stopped working. One posterior of the expected R of a signal decides sizes by default. A threshold of 0.7 on a score and a verdict after 50 trades bench sound strategies along with bad ones: of a score nobody knows whether it predicts, and 50 trades of a sound strategy look like a dead one every so often. The posterior weighs what strategies, cells and symbols came to against each other, forgets slowly, and takes nothing for granted but that a new strategy is sound until shown otherwise. The founding rules stay: evidence guarded or literal.',
    license: 'MIT',
    entryPoints: {
      library: './dist/src/index.js',
      node: './dist/src/node/index.js',
      ccxt: './dist/adapters/ccxt/index.js',
      paper: './dist/src/paper/index.js',
    },
    hooks: {
      'pre-order':
        'Judges a signal before its order is sent: vetoes it, scales its size, or lets it pass. Synchronous.',
      'post-fill': 'Records closed trades from what the exchange reports.',
      schedule: `Updates weights and health at start and every ${defaults.updateIntervalHours} h.`,
    },
    flags: Object.fromEntries(FLAGS.map((flag) => [flag, defaults[flag]])),
    permissions: {
      network: 'public market data of the configured exchange, without a key',
      files: 'its own state directory',
      orders:
        'none of its own: it only vetoes or resizes entries that the host makes, and never touches an exit',
    },
    configSchema: configurationJsonSchema(),
  };
}
