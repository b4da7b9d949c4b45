// What Debut's tester and genetic optimiser read. Flat numbers and switches of the overlay can be varied like any other.
import type { BaseTransport, DebutMeta, DebutOptions, WorkingEnv } from '@debut/types';
import { type CrossOptions, Follow } from './bot';

const meta: DebutMeta = {
  parameters: {
    fast: { min: 5, max: 20, int: true },
    slow: { min: 30, max: 120, int: true },
    stop: { min: 0.5, max: 5 },
    edgekeeperThreshold: { min: 0.4, max: 0.8 },
    edgekeeperAggressive: { bool: true },
  },
  score: (bot) => bot.orders.length,
  stats: () => ({}),
  async create(transport: BaseTransport, cfg: DebutOptions, _env: WorkingEnv) {
    return new Follow(transport, cfg as CrossOptions);
  },
};

export default meta;
