import { UserError } from '../../../common/errors.ts';
import { excerpt } from '../../../common/printable.ts';
import type { Dataset, ResolvedPair } from '../dataset.ts';
import { imageNumbers } from './image-numbers.ts';

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

/**
 * Parses a pair list in the format of LFW's pairs.txt (http://vis-www.cs.umass.edu/lfw/README.txt): a header `10 300` (folds, pairs per fold; a
 * lone number means one fold), then for each fold the same-person pairs `name i j` and as many different-person pairs
 * `name i name j`. Names are composed (NFC), as those of a data set are. @throws UserError with the number of the faulty line.
 */
export function parsePairs(text: string, name = 'pairs.txt'): PairList {
  const lines = text.normalize('NFC').split(/\r?\n/);
  while (lines.length > 1 && lines[lines.length - 1]!.trim() === '') lines.pop();
  const header = lines[0]!.trim();
  if (header === '' && lines.length === 1) throw new UserError(`${name}: the file is empty`);
  if (!/^[1-9]\d{0,8}(\s+[1-9]\d{0,8})?$/.test(header)) {
    throw new UserError(
      `${name} line 1: expected a header such as "10 300" (folds and pairs per fold), found "${excerpt(header)}"`,
    );
  }
  const numbers = header.split(/\s+/).map(Number);
  const [folds, pairsPerFold] = numbers.length === 2 ? [numbers[0]!, numbers[1]!] : [1, numbers[0]!];
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
  if (fields.length !== (same ? 3 : 4))
    throw new UserError(`${where}: expected ${format}, found "${excerpt(line)}"`);
  const [identity, i, third, fourth] = fields;
  const first = { identity: identity!, number: imageNumber(i!, where) };
  const second = same
    ? { identity: identity!, number: imageNumber(third!, where) }
    : { identity: third!, number: imageNumber(fourth!, where) };
  if (same && first.number === second.number) throw new UserError(`${where}: compares an image with itself`);
  if (!same && first.identity === second.identity) {
    throw new UserError(`${where}: expected two different people, found ${excerpt(identity!)} twice`);
  }
  return { first, second };
}

function imageNumber(field: string, where: string): number {
  if (!/^\d{1,9}$/.test(field))
    throw new UserError(`${where}: expected the number of an image, found "${excerpt(field)}"`);
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

/** A person or an image that pairs name and that no image can be told to be. */
export interface Miss {
  /** The data set lacks the person, or the image, or has several images of the number. */
  readonly kind: 'person' | 'image' | 'ambiguous';
  /** What is wrong, such as "image 9 of Ann is not in faces". */
  readonly text: string;
  /** Line of the first pair that names it. */
  readonly line: number;
}

/** A list laid on a data set. */
export interface PairMatch {
  /** The pairs of which both images are known. */
  readonly pairs: readonly ResolvedPair[];
  /** Every person or image that is not known, once, in the order of the list. */
  readonly misses: readonly Miss[];
  /** Named people whose images are counted in the order of their names, because none of these carries a number. */
  readonly counted: readonly string[];
}

/**
 * Finds the images of the pairs of the given folds (all by default).
 * @throws UserError for an unknown fold, and for a data set whose images have no names
 */
export function matchPairs(list: PairList, dataset: Dataset, folds?: readonly number[]): PairMatch {
  // A number would be taken for that of a record, which is another image.
  if (dataset.isNumbered)
    throw new UserError(
      `${dataset.name} does not keep the names of its images, so it cannot be told which of them ${list.name} means: ` +
        'give the images as a folder or an archive, or pairs and images in one file (normface data convert … pairs.bin --pairs …)',
    );
  const { numbers, counted } = imageNumbers(dataset);
  const people = new Map(dataset.identities.map((identity) => [identity, new Map<number, number[]>()]));
  dataset.samples.forEach(({ identity }, index) => {
    const images = people.get(dataset.identities[identity]!)!;
    const number = numbers[index];
    if (number === undefined) return;
    const same = images.get(number);
    if (same) same.push(index);
    else images.set(number, [index]);
  });
  const misses = new Map<string, Miss>();
  const inOrder = new Set<string>();
  const find = ({ identity, number }: ImageReference, line: number): number | undefined => {
    const images = people.get(identity);
    const found = images?.get(number) ?? [];
    if (counted.has(identity)) inOrder.add(identity);
    if (found.length === 1) return found[0];
    const image = `image ${number} of ${identity}`;
    const miss = (kind: Miss['kind'], text: string) => {
      if (!misses.has(text)) misses.set(text, { kind, text, line });
      return undefined;
    };
    if (!images) return miss('person', `${identity} is not in ${dataset.name}`);
    if (found.length === 0) return miss('image', `${image} is not in ${dataset.name}`);
    const keys = found.map((index) => dataset.samples[index]!.key);
    return miss('ambiguous', `${image} may be ${keys.join(' or ')}`);
  };
  const pairs = pairsOfFolds(list, folds).flatMap(({ fold, same, first: a, second: b, line }) => {
    const first = find(a, line);
    const second = find(b, line);
    return first === undefined || second === undefined ? [] : [{ fold, same, first, second }];
  });
  return { pairs, misses: [...misses.values()], counted: [...inOrder] };
}

/**
 * Finds the images of all pairs of the given folds (all by default).
 * @throws UserError for an unknown fold, and naming line and image when it cannot be told which images a pair compares.
 */
export function resolvePairs(list: PairList, dataset: Dataset, folds?: readonly number[]): PairMatch {
  const match = matchPairs(list, dataset, folds);
  const [first, ...others] = match.misses;
  if (!first) return match;
  const more =
    others.length > 0 ? ` (and ${others.length} more; normface data check --pairs counts them)` : '';
  throw new UserError(`${list.name} line ${first.line}: ${first.text}${more}`);
}

/** What must be said when the images of people are counted in order, or undefined when none are. */
export function countedRemark(dataset: Dataset, counted: readonly string[]): string | undefined {
  if (counted.length === 0) return undefined;
  const names = counted.slice(0, 3).join(', ') + (counted.length > 3 ? ' …' : '');
  return `${dataset.name}: images without numbers in their names are counted in the order of their names for ${counted.length} of the people that the pairs name (${names})`;
}

/** What has folds of pairs. */
interface Folds<Pair> {
  readonly name: string;
  readonly folds: number;
  readonly pairs: readonly Pair[];
}

/** The pairs of the given folds, counted from 1, in the order of the list. @throws UserError for a fold that it does not have. */
export function pairsOfFolds<Pair extends { readonly fold: number }>(
  list: Folds<Pair>,
  folds?: readonly number[],
): readonly Pair[] {
  if (!folds) return list.pairs;
  const unknown = folds.find((fold) => !Number.isInteger(fold) || fold < 1 || fold > list.folds);
  if (unknown !== undefined) {
    throw new UserError(`${list.name} has the folds 1 to ${list.folds}, there is no fold ${unknown}`);
  }
  const wanted = new Set(folds);
  return list.pairs.filter(({ fold }) => wanted.has(fold));
}
