import { sha256 } from '@noble/hashes/sha2.js';
import type { Config } from '../config/schema.ts';

/** 2^52: the draw is the first 52 bits of a hash, which a number holds exactly. */
const WHOLE = 2 ** 52;

/**
 * Whether a signal is in the control arm: drawn by chance from its id before anything is decided on it, and the same
 * whenever it is asked. SHA-256 of the seed, a newline and the id, taken as a number in [0,1).
 */
export function inControlArm(id: string, { seed, controlArm }: Pick<Config, 'seed' | 'controlArm'>): boolean {
  if (controlArm === 0) return false;
  const hash = sha256(new TextEncoder().encode(`${seed}\n${id}`));
  let draw = 0;
  for (let i = 0; i < 6; i += 1) draw = draw * 256 + hash[i]!;
  return (draw * 16 + (hash[6]! >> 4)) / WHOLE < controlArm;
}
