import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { UserError } from '../errors.ts';
import { reasonOf, replaceFile } from '../training/files.node.ts';
import { formatPairs, type PairList, parsePairs } from './pairs.ts';

/** Reads a pair list file. @throws UserError when it is missing or malformed. */
export async function readPairs(path: string): Promise<PairList> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw new UserError(`cannot read the pairs file ${path}: ${reasonOf(error)}`);
  });
  return parsePairs(text, basename(path));
}

/** Writes a pair list file, whole or not at all. @throws UserError */
export function writePairs(path: string, list: PairList): void {
  replaceFile(path, formatPairs(list));
}
