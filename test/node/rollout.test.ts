import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wallClock } from '../../src/node/clock.ts';
import { acknowledgementOf, postCommand } from '../../src/node/inbox.ts';
import { openOverlay } from '../../src/node/index.ts';
import { until } from '../until.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const by = { actor: 'fleet: ann', reason: 'a trial' };

describe('what a fleet rolls out', () => {
  it('stands over the configuration of the bot, over changes of it and restarts, until it is taken back', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    const config = join(stateDir, 'edgekeeper.json');
    await writeFile(config, JSON.stringify({ maxMultiplier: 1.2, baseWeights: { EMA: 0.5 } }));
    const open = () => openOverlay({ stateDir, log, config });
    const give = async (options: object | null) => {
      const id = await postCommand(stateDir, { type: 'rollout', options, ...by });
      return acknowledgementOf(stateDir, id, wallClock, 10_000);
    };
    const overlay = await open();
    const now = () => overlay.engine.config;
    expect(await give({ maxMultiplier: 1.5 })).toEqual({ ok: true });
    expect([now().maxMultiplier, now().baseWeights]).toEqual([1.5, { EMA: 0.5 }]);
    await writeFile(config, JSON.stringify({ maxMultiplier: 1.1, baseWeights: { EMA: 0.7 } }));
    await until(() => now().baseWeights.EMA === 0.7);
    expect(now().maxMultiplier).toBe(1.5);
    // What cannot be is refused, and the one before stays.
    for (const bad of [{ maxMultiplier: -1 }, { timeframe: '4h' }, { nonsense: 1 }])
      expect(await give(bad)).toMatchObject({ ok: false, error: { code: 'CONFIG_INVALID' } });
    expect(JSON.parse(await readFile(join(stateDir, 'rollout.json'), 'utf8'))).toEqual({
      maxMultiplier: 1.5,
    });
    await overlay.close();
    const again = await open();
    expect(again.engine.config.maxMultiplier).toBe(1.5);
    expect(await give(null)).toEqual({ ok: true });
    expect(again.engine.config.maxMultiplier).toBe(1.1);
    await again.close();
  });

  it('that is damaged is refused at a start, with the way out', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'edgekeeper-'));
    await writeFile(join(stateDir, 'rollout.json'), '{"maxMultiplier":');
    await expect(openOverlay({ stateDir, log })).rejects.toThrow(/CONFIG_INVALID.*Delete the file/);
  });
});
