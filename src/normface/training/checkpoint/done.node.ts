/** The file `DONE` of a checkpoint: when it was saved, and the SHA-256 of its other files. */

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../../common/errors.ts';
import { reasonOf } from '../../../common/files.node.ts';

export const DONE = 'DONE';

const contents = z.strictObject({
  format: z.literal(1),
  /** ISO 8601. */
  saved: z.iso.datetime(),
  sha256: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
});

export type Done = z.infer<typeof contents>;

/** The text of DONE for files that are saved now. @param sha256 of each, by name */
export function describeFiles(sha256: Readonly<Record<string, string>>): string {
  const done: Done = { format: 1, saved: new Date().toISOString(), sha256 };
  return `${JSON.stringify(done, null, 2)}\n`;
}

/** What a checkpoint's DONE says; undefined for older ones, which left it empty. @throws UserError when it is damaged */
export function readDone(folder: string): Done | undefined {
  const file = path.join(folder, DONE);
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${reasonOf(error)}`);
  }
  if (text === '' && !recordsImageFiles(folder)) return undefined;
  try {
    return contents.parse(JSON.parse(text));
  } catch {
    throw new UserError(`${file} is damaged: it is not what a finished checkpoint says of its files`);
  }
}

/** Whether a checkpoint's state has what came into it together with checksums: then its DONE was never saved empty. */
function recordsImageFiles(folder: string): boolean {
  try {
    return 'imageFiles' in JSON.parse(fs.readFileSync(path.join(folder, 'state.json'), 'utf8'));
  } catch {
    return false;
  }
}

/** Bytes for one call: a call that is given 2 GiB or more is refused by Node. */
const mostAtOnce = 2 ** 28;

/** Of pieces that follow each other, hexadecimal. */
export function sha256Of(...pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const bytes of pieces) {
    for (let done = 0; done < bytes.length; done += mostAtOnce)
      hash.update(bytes.subarray(done, done + mostAtOnce));
  }
  return hash.digest('hex');
}
