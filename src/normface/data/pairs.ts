import { UserError } from '../errors.ts';
import { type Dataset, samplesByIdentity } from './dataset.ts';

/** An image as a pair list names it: a person and the number of one of the person's images. */
export interface ImageReference {
  readonly identity: string;
  readonly number: number;
}

/** A pair to be verified. `fold` counts from 1; `line` is its line in the list's file, from 1. */
export interface Pair {
  readonly fold: number;
  readonly same: boolean;
  readonly first: ImageReference;
  readonly second: ImageReference;
  readonly line: number;
}

/** A verification protocol: `folds` folds of `pairsPerFold` same-person and as many different-person pairs. */
export interface PairList {
  readonly name: string;
  readonly folds: number;
  readonly pairsPerFold: number;
  readonly pairs: readonly Pair[];
}

/** A pair of sample indices. */
export interface ResolvedPair {
  readonly fold: number;
  readonly same: boolean;
  readonly first: number;
  readonly second: number;
}

/**
 * Parses a pair list in the format of LFW's pairs.txt (paper notes, section 8.1): a header `10 300` (folds, pairs per fold; a
 * lone number means one fold), then for each fold the same-person pairs `name i j` and as many different-person pairs
 * `name i name j`. @throws UserError with the number of the faulty line.
 */
export function parsePairs(text: string, name = 'pairs.txt'): PairList {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  while (lines.length > 1 && lines[lines.length - 1].trim() === '') lines.pop();
  const header = lines[0].trim();
  if (!/^[1-9]\d{0,8}(\s+[1-9]\d{0,8})?$/.test(header)) {
    throw new UserError(
      `${name} line 1: expected a header such as "10 300" (folds and pairs per fold), found "${header}"`,
    );
  }
  const numbers = header.split(/\s+/).map(Number);
  const [folds, pairsPerFold] = numbers.length === 2 ? numbers : [1, numbers[0]];
  const expected = folds * 2 * pairsPerFold;
  if (lines.length - 1 !== expected) {
    throw new UserError(
      `${name}: the header "${header}" announces ${expected} pairs, but ${lines.length - 1} lines follow it`,
    );
  }
  const pairs = lines.slice(1).map((content, i): Pair => {
    const same = Math.floor(i / pairsPerFold) % 2 === 0;
    const fold = Math.floor(i / (2 * pairsPerFold)) + 1;
    return { fold, same, line: i + 2, ...parseLine(content, same, `${name} line ${i + 2}`) };
  });
  return { name, folds, pairsPerFold, pairs };
}

function parseLine(content: string, same: boolean, where: string): Pick<Pair, 'first' | 'second'> {
  const line = content.trim();
  const fields = line.split(line.includes('\t') ? /\t/ : /\s+/).map((field) => field.trim());
  const format = same
    ? 'a same-person pair (name, number, number)'
    : 'a different-person pair (name, number, name, number)';
  if (fields.length !== (same ? 3 : 4)) throw new UserError(`${where}: expected ${format}, found "${line}"`);
  const [identity, i, third, fourth] = fields;
  const first = { identity, number: imageNumber(i, where) };
  const second = same
    ? { identity, number: imageNumber(third, where) }
    : { identity: third, number: imageNumber(fourth, where) };
  if (same && first.number === second.number) throw new UserError(`${where}: compares an image with itself`);
  if (!same && first.identity === second.identity) {
    throw new UserError(`${where}: expected two different people, found ${identity} twice`);
  }
  return { first, second };
}

function imageNumber(field: string, where: string): number {
  if (!/^\d{1,9}$/.test(field))
    throw new UserError(`${where}: expected the number of an image, found "${field}"`);
  return Number(field);
}

/** A pair list as text that `parsePairs` reads. */
export function formatPairs(list: PairList): string {
  const lines = list.pairs.map(({ same, first, second }) =>
    (same
      ? [first.identity, first.number, second.number]
      : [first.identity, first.number, second.identity, second.number]
    ).join('\t'),
  );
  return `${[`${list.folds}\t${list.pairsPerFold}`, ...lines].join('\n')}\n`;
}

/**
 * The number of every sample within its identity: the digits at the end of the file's name (`Name_0004.jpg` is 4), or, where an
 * identity has images without digits or with equal ones, their place in the order of names from 1.
 */
export function imageNumbers(dataset: Dataset): Uint32Array {
  const numbers = new Uint32Array(dataset.samples.length);
  for (const group of samplesByIdentity(dataset)) {
    const named = group.map((index) => {
      const digits = /(\d{1,9})(\.[^./]*)?$/.exec(dataset.samples[index].key);
      return digits ? Number(digits[1]) : undefined;
    });
    const usable = !named.includes(undefined) && new Set(named).size === named.length;
    group.forEach((index, i) => {
      numbers[index] = usable ? named[i]! : i + 1;
    });
  }
  return numbers;
}

/**
 * The pairs of the given folds (all by default) as sample indices.
 * @throws UserError for an unknown fold, and naming line and image when a pair names an image that the data set lacks.
 */
export function resolvePairs(list: PairList, dataset: Dataset, folds?: readonly number[]): ResolvedPair[] {
  const numbers = imageNumbers(dataset);
  const byIdentity = new Map(dataset.identities.map((identity) => [identity, new Map<number, number>()]));
  dataset.samples.forEach((sample, index) => {
    byIdentity.get(dataset.identities[sample.identity])!.set(numbers[index], index);
  });
  const find = ({ identity, number }: ImageReference, line: number): number => {
    const images = byIdentity.get(identity);
    const index = images?.get(number);
    if (index !== undefined) return index;
    const missing = images ? `image ${number} of ${identity}` : `${identity}`;
    throw new UserError(`${list.name} line ${line}: ${missing} is not in ${dataset.name}`);
  };
  return pairsOfFolds(list, folds).map(({ fold, same, first, second, line }) => {
    return { fold, same, first: find(first, line), second: find(second, line) };
  });
}

/** The pairs of the given folds, counted from 1, in the order of the list. @throws UserError for a fold that it does not have. */
export function pairsOfFolds(list: PairList, folds?: readonly number[]): readonly Pair[] {
  if (!folds) return list.pairs;
  const unknown = folds.find((fold) => !Number.isInteger(fold) || fold < 1 || fold > list.folds);
  if (unknown !== undefined) {
    throw new UserError(`${list.name} has the folds 1 to ${list.folds}, there is no fold ${unknown}`);
  }
  return list.pairs.filter(({ fold }) => folds.includes(fold));
}
