import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Names of the other RecordIO files in the folder of one: with any there, a file `property` may be that of another. */
export function otherRecords(file: string): string[] {
  try {
    return readdirSync(dirname(file)).filter((name) => /\.rec$/i.test(name) && name !== basename(file));
  } catch {
    // A folder that is not there yet, or cannot be listed.
    return [];
  }
}
