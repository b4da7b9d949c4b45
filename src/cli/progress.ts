import { MultiBar } from 'cli-progress';
import type { Progress } from '../journal/reader.ts';

/** Shows how much of a journal is read, where a person is watching and has asked for text. */
export async function withProgress<T>(
  terminal: NodeJS.WriteStream,
  forMachines: boolean,
  read: (onProgress: Progress | undefined) => Promise<T>,
): Promise<T> {
  if (!terminal.isTTY || forMachines) return read(undefined);
  const bars = new MultiBar({
    stream: terminal,
    format: '{bar} {percentage}% of the journal | {eta} s left',
    hideCursor: true,
    clearOnComplete: true,
  });
  const bar = bars.create(1, 0);
  try {
    return await read((done, all) => {
      bar.setTotal(all);
      bar.update(done);
      bars.update();
    });
  } finally {
    bars.stop();
  }
}
