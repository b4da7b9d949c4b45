import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { withProgress } from '../../src/cli/progress.ts';

/** A terminal that a person watches, or a pipe, and what was drawn on it. */
function terminal(isTTY: boolean) {
  const stream = new PassThrough();
  let drawn = '';
  stream.on('data', (chunk) => {
    drawn += chunk;
  });
  Object.assign(stream, { isTTY, columns: 80 });
  return { stream: stream as never, drawn: () => drawn };
}

describe('the progress of a long reading', () => {
  it.each([
    [true, false, true],
    [true, true, false],
    [false, false, false],
  ])('on a terminal: %s, for machines: %s, is shown: %s', async (isTTY, forMachines, isShown) => {
    const { stream, drawn } = terminal(isTTY);
    const result = await withProgress(stream, forMachines, async (onProgress) => {
      for (let i = 1; i <= 4; i += 1) onProgress?.(i, 4);
      return 'read';
    });
    expect(result).toBe('read');
    expect(drawn().includes('100% of the journal')).toBe(isShown);
  });

  it('is taken away when the reading fails', async () => {
    const { stream } = terminal(true);
    await expect(withProgress(stream, false, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});
