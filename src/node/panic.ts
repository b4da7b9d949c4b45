import { writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { missing, unwritable } from '../journal/directory.ts';
import { JOURNAL_DIR } from '../journal/segment.ts';
import { STATE_FILE } from '../journal/state-store.ts';

/** While this file is there the overlay may act. Deleting it needs no room on the disk. */
const ON = 'on';

/** The panic switch: off at once, also when the disk is full. Throws `STATE_MISSING`, and `STATE_UNWRITABLE`. */
export async function panicOff(directory: string): Promise<void> {
  const names = await fs.readdir(directory).catch(() => [] as string[]);
  // A typing error must not look like an overlay that is off.
  if (![ON, STATE_FILE, JOURNAL_DIR].some((name) => names.includes(name))) throw missing(directory);
  try {
    await fs.rm(join(directory, ON), { force: true });
  } catch (cause) {
    throw unwritable(directory, cause);
  }
}

/** Allows the overlay to act. */
export function allowOn(directory: string): void {
  writeFileSync(join(directory, ON), '');
}

/** Whether somebody pulled the panic switch; null where the directory cannot be seen, which says nothing. */
export async function isPanicked(directory: string): Promise<boolean | null> {
  try {
    const names = await fs.readdir(directory);
    return names.length === 0 ? null : !names.includes(ON);
  } catch {
    // A directory that vanished or cannot be read is trouble of the disk, not the will of an operator.
    return null;
  }
}
