import fs from 'node:fs';
import { join } from 'node:path';
import { makeDirectory, syncPath } from './directory.ts';

/** Folder of the leases in a state directory: a file for each epoch. The highest is in force, whatever the others say. */
const LEASE_DIR = 'lease';
/** A lease is renewed in place, which needs no room on a full disk and never leaves more or less than it. */
const SIZE = 512;
/** How often a lease is looked for that is gone when it is read: more owners than that do not come in a moment. */
const LOOKS = 10;
/** Digits of an epoch at most: a foreign file with a longer name is none. */
const EPOCH = /^\d{1,15}$/;

/** What the owner of a lease says of itself. */
export interface LeaseRecord {
  /** Drawn anew for each owner: two of one process are two. */
  readonly owner: string;
  readonly renewals: number;
  /** For people only: clocks and names of machines prove nothing. */
  readonly since: string;
  readonly host: string;
  readonly released: boolean;
}

/** The lease in force. */
export interface FoundLease {
  readonly epoch: number;
  /** As it is on disk. */
  readonly text: string;
  /** Null where it cannot be read: its owner died while it wrote, or writes just now. */
  readonly record: LeaseRecord | null;
}

/** The lease in force; null where there is none. Throws where the directory cannot be seen. */
export function latestLease(directory: string): FoundLease | null {
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const epoch = epochsIn(directory).at(-1);
    if (epoch === undefined) return null;
    const text = orNull(() => fs.readFileSync(pathOf(directory, epoch), 'latin1'));
    // One that was there a moment ago and is not any more has made room for a later one.
    if (text !== null) return { epoch, text, record: recordIn(text) };
  }
  throw new Error(`the lease in ${directory} is there, and is not`);
}

/** Makes the lease of an epoch, unless somebody else did: then false. Of all who try, one succeeds. */
export function makeLease(directory: string, epoch: number, record: LeaseRecord): boolean {
  makeDirectory(join(directory, LEASE_DIR));
  const path = pathOf(directory, epoch);
  let fd: number;
  try {
    fd = fs.openSync(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    try {
      fs.writeSync(fd, bytesOf(record), 0, SIZE, 0);
      // An epoch must never come twice, not even after a power cut.
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    syncPath(join(directory, LEASE_DIR));
    return true;
  } catch (error) {
    dropLease(directory, epoch);
    throw error;
  }
}

/** Writes a lease anew that is there. Throws where it is not. */
export function rewriteLease(directory: string, epoch: number, record: LeaseRecord): void {
  const fd = fs.openSync(pathOf(directory, epoch), 'r+');
  try {
    fs.writeSync(fd, bytesOf(record), 0, SIZE, 0);
  } finally {
    fs.closeSync(fd);
  }
}

/** Removes the leases before an epoch: they say nothing any more. */
export function dropEarlierLeases(directory: string, epoch: number): void {
  for (const each of epochsIn(directory)) if (each < epoch) dropLease(directory, each);
}

export const dropLease = (directory: string, epoch: number): void =>
  fs.rmSync(pathOf(directory, epoch), { force: true });

const pathOf = (directory: string, epoch: number): string => join(directory, LEASE_DIR, String(epoch));

/** Epochs that have a file, ascending. */
function epochsIn(directory: string): number[] {
  const names = orNull(() => fs.readdirSync(join(directory, LEASE_DIR))) ?? [];
  return names
    .filter((name) => EPOCH.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

const bytesOf = (record: LeaseRecord): Buffer =>
  Buffer.from(JSON.stringify({ ...record, host: record.host.slice(0, 255) }).padEnd(SIZE));

function recordIn(text: string): LeaseRecord | null {
  try {
    const record = JSON.parse(text) as LeaseRecord | null;
    return typeof record?.owner === 'string' ? record : null;
  } catch {
    return null;
  }
}

/** Null for what is not there. */
function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
