import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A line with the checksum that tells half a line, or a flipped bit, from a whole one. JSON holds no tab. */
export const sealed = (text: string): string => `${text}\t${crc32(text).toString(36)}`;

const TAB = 9;
/** A checksum is at most seven characters. */
const LONGEST = 8;

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
