// What an event costs with each durability, beside one that is not recorded: compare the rows, not the machines.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bench, describe } from 'vitest';
import { OptimizationEngine } from '../src/index.ts';
import { recordEvents } from '../src/journal/recorder.ts';
import { DURABILITIES, Journal } from '../src/journal/writer.ts';

const START = Date.UTC(2024, 0, 1);

describe('decide', () => {
  for (const durability of ['none', ...DURABILITIES] as const) {
    const engine = new OptimizationEngine();
    if (durability !== 'none') {
      const directory = join(mkdtempSync(join(tmpdir(), 'edgekeeper-bench-')), 'journal');
      recordEvents(engine, new Journal({ directory, durability, after: { seq: 0, hash: '' } }));
    }
    let time = START;
    bench(
      `recorded: ${durability}`,
      () => {
        time += 1000;
        engine.decide({
          strategy: 's',
          symbol: 'BTC/USDT',
          side: 'long',
          time,
          confidence: 0.8,
          confluence: 3,
        });
      },
      { time: 300, warmupTime: 100 },
    );
  }
});
