import { basename } from 'node:path';
import { replaceFile } from '../../../common/files.node.ts';
import { readText } from '../../../common/text.node.ts';
import { formatPairs, type PairList, parsePairs } from './pairs.ts';
import { parseVideoPairs, type VideoPairList } from './video-pairs.ts';

/** Reads a pair list file. @throws UserError when it is missing or malformed. */
export async function readPairs(path: string): Promise<PairList> {
  return parsePairs(readText(path, `the pairs file ${path}`), basename(path));
}

/** Reads a list of pairs of videos. @throws UserError when it is missing or malformed. */
export function readVideoPairs(path: string): VideoPairList {
  return parseVideoPairs(readText(path, `the pairs of videos ${path}`), basename(path));
}

/** Writes a pair list file, whole or not at all. @throws UserError */
export function writePairs(path: string, list: PairList): void {
  replaceFile(path, formatPairs(list));
}
