import { execFileSync } from 'node:child_process';
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

  it.each([
    ['{"edgekeeper":{},"cctx":{"strategy":"EMA"}}', /CONFIG_INVALID.*cctx.*Did you mean ccxt/s],
    ['{"edgekeeper":{},"ccx":{}}', /CONFIG_INVALID.*Did you mean ccxt/s],
    ['{"CCXT":{}}', /CONFIG_INVALID.*Did you mean ccxt/s],
    ['{"ccxt":{},"edgekeper":{"enabled":false}}', /CONFIG_INVALID.*edgekeper.*Did you mean edgekeeper/s],
    ['{"Edgekeeper":{"enabled":false}}', /CONFIG_INVALID.*Did you mean edgekeeper/s],
  ])('whose section is misspelt is refused, for nobody would read it: %s', async (text, message) => {
    await expect(loaded(text)).rejects.toThrow(message);
  });

  it("may have any other section of the bot's own", async () => {
    const own = Object.fromEntries(
      ['text', 'next', 'cost', 'exchange', 'context', 'keeper'].map((key) => [key, {}]),
    );
    expect(await loaded(JSON.stringify({ ...own, edgekeeper: { seed: 1 } }))).toEqual({ seed: 1 });
    expect(await loaded(JSON.stringify({ ccxt: {}, ccxts: {}, edgekeeper: { seed: 1 } }))).toEqual({
      seed: 1,
    });
  });

  it('of 5 MB is refused by its size, whatever it holds', async () => {
    const names = Array.from({ length: 5 }, (_, i) => [`${i}`.repeat(1 << 20), 1]);
    await expect(loaded(JSON.stringify(Object.fromEntries(names)))).rejects.toThrow(
      /CONFIG_INVALID.*more than 1048576 bytes/s,
    );
  });

  it('with names as long as it may be, or as many, is refused in a message that can be read', async () => {
    const long = { ['x'.repeat(900_000)]: 1 };
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`option${i}`, i]));
    const strategies = {
      baseWeights: Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`s${i}`, -1])),
    };
    for (const options of [long, many, strategies]) {
      const error: Error = await loaded(JSON.stringify(options)).then(
        () => new Error('it was read'),
        (each) => each,
      );
      expect(error.message).toMatch(/CONFIG_INVALID/);
      expect(error.message.length).toBeLessThan(3000);
    }
  });

  it('may come through a pipe', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'edgekeeper-')), 'pipe');
    execFileSync('mkfifo', [path]);
    const read = loadConfigFile(path);
    await writeFile(path, '{"seed":1}');
    expect(await read).toEqual({ seed: 1 });
  });

  it('may begin as editors on Windows begin it', async () => {
    expect(await loaded('\uFEFF{"enabled":false}')).toEqual({ enabled: false });
  });
});
