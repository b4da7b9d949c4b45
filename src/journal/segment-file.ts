import fs from 'node:fs';
import { join } from 'node:path';
import { sealed } from './codec/checksum.ts';
import { type Header, headerLine } from './codec/line.ts';
import { makeDirectory, syncPath } from './directory.ts';
import { segmentName, segmentNamed } from './segment.ts';

/** A segment that is being written, by the one process that made it. */
export class SegmentFile {
  readonly fd: number;
  readonly path: string;
  readonly first: number;
  readonly #inode: number;
  /** Where the next bytes go: behind everything that was written, or will be. */
  end: number;

  private constructor(fd: number, path: string, first: number, end: number) {
    this.fd = fd;
    this.path = path;
    this.first = first;
    this.end = end;
    this.#inode = fs.fstatSync(fd).ino;
  }

  /** Makes a segment that was not there, with its header. Throws what the disk says, and leaves nothing then. */
  static create(directory: string, header: Header): SegmentFile {
    makeDirectory(directory);
    const path = join(directory, segmentName(header.first, header.epoch));
    const line = sealed(headerLine(header));
    const fd = fs.openSync(path, 'wx+', 0o600);
    try {
      writeAll(fd, line, 0);
      syncPath(directory);
      return new SegmentFile(fd, path, header.first, line.length);
    } catch (error) {
      fs.closeSync(fd);
      fs.rmSync(path, { force: true });
      throw error;
    }
  }

  /** Whether the file is what was written: it was neither taken away, nor replaced, nor cut off below so many bytes. */
  isIntact(bytes: number): boolean {
    try {
      const { ino, size } = fs.statSync(this.path);
      return ino === this.#inode && size >= bytes;
    } catch {
      // Whatever keeps us from seeing it, the file cannot be relied on.
      return false;
    }
  }

  write(data: Buffer, at: number): void {
    writeAll(this.fd, data, at);
  }

  sync(): void {
    fs.fdatasyncSync(this.fd);
  }

  writeLater(data: Buffer, at: number): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.write(this.fd, data, 0, data.length, at, (error, written) => {
        if (error) reject(error);
        else if (written < data.length) reject(shortWrite(written, data.length));
        else resolve();
      });
    });
  }

  syncLater(): Promise<void> {
    return new Promise((resolve, reject) =>
      fs.fdatasync(this.fd, (error) => (error ? reject(error) : resolve())),
    );
  }

  /** Cuts off half a line that a failed write left. Where that fails, too, the next write goes over it. */
  cutTo(bytes: number): void {
    try {
      if (fs.fstatSync(this.fd).size > bytes) fs.ftruncateSync(this.fd, bytes);
    } catch {
      // A reader stops at it, too.
    }
  }

  close(): void {
    fs.closeSync(this.fd);
  }
}

function writeAll(fd: number, data: Buffer, at: number): void {
  const written = fs.writeSync(fd, data, 0, data.length, at);
  if (written < data.length) throw shortWrite(written, data.length);
}

const shortWrite = (written: number, wanted: number): Error =>
  new Error(`only ${written} of ${wanted} bytes were written`);

/** The highest epoch that wrote to a journal; 0 where none did. */
export function highestEpoch(directory: string): number {
  return Math.max(0, ...namesIn(directory).map((name) => segmentNamed(name)?.epoch ?? 0));
}

/** Makes durable what an earlier process wrote and this one read, for it goes on from there. */
export function syncSegments(directory: string, epoch: number): void {
  for (const name of namesIn(directory)) {
    if (segmentNamed(name)?.epoch === epoch) syncPath(join(directory, name));
  }
}

function namesIn(directory: string): string[] {
  try {
    return fs.readdirSync(directory);
  } catch {
    return [];
  }
}
