import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfigFile } from '../../src/node/config-file.ts';

async function loaded(text: string) {
  const path = join(await mkdtemp(join(tmpdir(), 'edgekeeper-')), 'edgekeeper.json');
  await writeFile(path, text);
  return loadConfigFile(path);
}

describe('a configuration file', () => {
  it.each([
    ['{"quality":{}}', /CONFIG_INVALID.*quality/s],
    ['{"baseWeigths":{"s":1}}', /CONFIG_INVALID.*baseWeigths/s],
    ['{"edgekeeper":{"baseWeigths":{"s":1}}}', /CONFIG_INVALID.*baseWeigths/s],
  ])('with a misspelt option is refused: %s', async (text, message) => {
    await expect(loaded(text)).rejects.toThrow(message);
  });

  it('may be the options alone, or have them in a section', async () => {
    expect(await loaded('{"baseWeights":{"s":1}}')).toEqual({ baseWeights: { s: 1 } });
    expect(await loaded('{"symbol":"BTC/USDT","edgekeeper":{"enabled":false}}')).toEqual({ enabled: false });
  });

  it('needs no section of options where it has that of an adapter', async () => {
    expect(await loaded('{"ccxt":{"strategy":"EMA"},"symbol":"BTC/USDT"}')).toEqual({});
  });

  it('is refused where options stand beside a section, as if they were meant', async () => {
    await expect(loaded('{"ccxt":{},"reduceOnly":false}')).rejects.toThrow(
      /CONFIG_INVALID.*reduceOnly.*edgekeeper/s,
    );
  });

  it('may begin as editors on Windows begin it', async () => {
    expect(await loaded('\uFEFF{"enabled":false}')).toEqual({ enabled: false });
  });
});
