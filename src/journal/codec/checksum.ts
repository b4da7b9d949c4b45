import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const TAB = 9;
const LINE_BREAK = 10;
/** A checksum is at most seven characters. */
const LONGEST = 8;

/** Bytes that a checksum and a line break add to a line, at most. */
export const SEAL = 9;

/**
 * Writes a line into a buffer, with the checksum that tells half a line, or a flipped bit, from a whole one, behind a
 * tab, of which JSON holds none. Returns where it ends. @param bytes with room for the line and `SEAL`
 */
export function writeSealed(bytes: Buffer, start: number, line: string): number {
  const end = start + bytes.write(line, start);
  const digits = crc32(bytes.subarray(start, end)).toString(36);
  bytes[end] = TAB;
  for (let i = 0; i < digits.length; i += 1) bytes[end + 1 + i] = digits.charCodeAt(i);
  bytes[end + 1 + digits.length] = LINE_BREAK;
  return end + digits.length + 2;
}

/** A line with its checksum and its line break, for those who write one alone. */
export function sealed(line: string): Buffer {
  const bytes = Buffer.alloc(Buffer.byteLength(line) + SEAL);
  return bytes.subarray(0, writeSealed(bytes, 0, line));
}

/**
 * Where the text of a sealed line ends, in bytes; -1 where its checksum does not fit.
 * @param end of the line, without its line break
 */
export function sealedEnd(bytes: Buffer, start: number, end: number): number {
  let tab = end - 1;
  const first = Math.max(start, end - LONGEST);
  while (tab >= first && bytes[tab] !== TAB) tab -= 1;
  if (tab < first) return -1;
  let sum = 0;
  for (let at = tab + 1; at < end; at += 1) {
    const code = bytes[at]!;
    const digit = code >= 97 && code <= 122 ? code - 87 : code >= 48 && code <= 57 ? code - 48 : -1;
    if (digit < 0) return -1;
    sum = sum * 36 + digit;
  }
  return sum === crc32(bytes.subarray(start, tab)) && tab + 1 < end ? tab : -1;
}

/** Hash of a batch of lines that follows another batch: 128 bits of SHA-256, enough against accidents, and short. */
export const chained = (before: string, ...bytes: readonly Uint8Array[]): string => {
  const hash = createHash('sha256').update(before);
  for (const part of bytes) hash.update(part);
  return hash.digest('base64url').slice(0, 22);
};
