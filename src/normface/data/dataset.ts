import { UserError } from '../../common/errors.ts';
import type { PictureQuality } from '../faces/render.ts';

/**
 * Where the pixels of one image come from: plain data, so that it can be sent to a worker thread. A `range` of an archive with
 * `inflated` is deflated and becomes that many bytes. A `record` of a RecordIO file lies there in several parts: it begins at
 * `offset`, and the image `skip` bytes into what the parts make together.
 */
export type Source =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'range';
      readonly path: string;
      readonly offset: number;
      readonly length: number;
      readonly inflated?: number;
    }
  | { readonly kind: 'record'; readonly path: string; readonly offset: number; readonly skip: number }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'grey'; readonly width: number; readonly height: number; readonly pixels: Uint8Array }
  | {
      readonly kind: 'generated';
      readonly seed: number;
      readonly identity: number;
      readonly sample: number;
      /** How good the picture is, where that is not left to it. */
      readonly quality?: PictureQuality;
    };

/** One image of a data set: its class, its name `identity/image.jpg` and the recipe for its pixels. */
export interface Sample {
  readonly identity: number;
  readonly key: string;
  readonly source: Source;
  /** The line, from 1, of the list that names the image. */
  readonly line?: number;
  /** The same image as one of another class: samples that make key and source only when they are asked for have it. */
  readonly withIdentity?: (identity: number) => Sample;
}

/** A pair of sample indices; `fold` counts from 1. */
export interface ResolvedPair {
  readonly fold: number;
  readonly same: boolean;
  readonly first: number;
  readonly second: number;
}

/** Verification pairs that a data set brings with it. */
export interface OwnPairs {
  /** What reports call them, such as `CFP-FP (cfp_fp.bin)`. */
  readonly name: string;
  readonly folds: number;
  readonly pairs: readonly ResolvedPair[];
}

/** Something that a person should know of a data set besides its images: files that were passed over, or read in an unusual way. */
export interface Remark {
  /** What was done with what, such as "hidden files passed over". */
  readonly what: string;
  /** Of how many; absent where `what` says it all. */
  readonly count?: number;
  /** The first few of them, by path. */
  readonly examples: readonly string[];
  /** Whether images may be missing because of it: every command that opens the data set says it then. */
  readonly important: boolean;
}

/**
 * Labelled face images. `identities` are the class names in class order (sorted by name), `samples` are sorted by class and
 * key, so that the same files give the same labels and indices on every machine: names are composed Unicode (NFC), whatever the file system gives.
 * No image is decoded here.
 */
export interface Dataset {
  readonly name: string;
  readonly identities: readonly string[];
  readonly samples: readonly Sample[];
  readonly remarks?: readonly Remark[];
  /** Whether images are called by the numbers of their records, since their names are not kept. */
  readonly isNumbered?: boolean;
  /** Where a data set has them, nothing else tells who is on its images: its identities are made of its pairs. */
  readonly pairs?: OwnPairs;
}

/** Names of the people of a data set, or undefined where it does not tell who is on its images. */
export function peopleOf({ identities, pairs }: Dataset): readonly string[] | undefined {
  return pairs ? undefined : identities;
}

/** A sample before its class has a number. */
export interface LabelledSource {
  readonly identity: string;
  readonly key: string;
  readonly source: Source;
  readonly line?: number;
}

/** What sentences call an image: its name, or where a list made that up, its path and its line there. */
export function imageName({ key, source, line }: Sample): string {
  return line === undefined || !('path' in source) ? key : `${source.path} (line ${line} of the list)`;
}

/** Order of UTF-16 code units: unlike a locale's order it is the same everywhere. */
function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Numbers the classes by sorted name and sorts the samples by class and key.
 * @throws UserError when the names of two classes differ in nothing but how their accents are stored
 */
export function createDataset(
  name: string,
  entries: Iterable<LabelledSource>,
  remarks: readonly Remark[] = [],
): Dataset {
  const groups = new Map<string, { stored: string; samples: Omit<LabelledSource, 'identity'>[] }>();
  for (const { identity: stored, key, source, line } of entries) {
    const identity = stored.normalize('NFC');
    let group = groups.get(identity);
    if (!group) {
      group = { stored, samples: [] };
      groups.set(identity, group);
    } else if (group.stored !== stored) {
      throw new UserError(
        `${name} has two folders of the name ${identity}, one with composed and one with decomposed accents; rename one of them`,
      );
    }
    const named = { key: key.normalize('NFC'), source };
    group.samples.push(line === undefined ? named : { ...named, line });
  }
  const identities = [...groups.keys()].sort(byCodeUnit);
  const samples = identities.flatMap((name, identity) =>
    groups
      .get(name)!
      .samples.sort((a, b) => byCodeUnit(a.key, b.key))
      .map((sample) => ({ identity, ...sample })),
  );
  return { name, identities, samples, remarks };
}

/**
 * The samples for which `keep` holds, in their order; classes left without a sample disappear and the others are renumbered. Pairs
 * that the data set brings with it are left out, since images may be.
 */
export function subset(dataset: Dataset, keep: (sample: Sample, identity: string) => boolean): Dataset {
  const { name, remarks, isNumbered } = dataset;
  const kept = dataset.samples.filter((sample) => keep(sample, dataset.identities[sample.identity]!));
  const isUsed = new Uint8Array(dataset.identities.length);
  for (const { identity } of kept) isUsed[identity] = 1;
  const identities = dataset.identities.filter((_, identity) => isUsed[identity] === 1);
  let next = 0;
  const numbers = Uint32Array.from(isUsed, (used) => (used === 1 ? next++ : 0));
  const samples = kept.map((sample) => renumbered(sample, numbers[sample.identity]!));
  return { name, identities, samples, remarks, isNumbered };
}

function renumbered(sample: Sample, identity: number): Sample {
  if (sample.identity === identity) return sample;
  return sample.withIdentity?.(identity) ?? { ...sample, identity };
}

/** What every command that opens the data set says about it, a sentence each. */
export function warningsOf({ name, remarks = [] }: Dataset): string[] {
  return remarks.filter(({ important }) => important).map((remark) => `${name}: ${remarkText(remark)}`);
}

/** A remark in words: `links that lead nowhere passed over: 3 (a/1.jpg, a/2.jpg …)`. */
export function remarkText({ what, count, examples }: Remark): string {
  if (count === undefined) return what;
  const more = count > examples.length ? ' …' : '';
  return `${what}: ${count}${examples.length > 0 ? ` (${examples.join(', ')}${more})` : ''}`;
}

/** Sample indices of every class, in class order. */
export function samplesByIdentity(dataset: Dataset): number[][] {
  const groups: number[][] = dataset.identities.map(() => []);
  dataset.samples.forEach((sample, index) => {
    groups[sample.identity]!.push(index);
  });
  return groups;
}

/** Only the identities with at least `minimum` images. @throws UserError when none has that many. */
export function minimumImages(dataset: Dataset, minimum: number): Dataset {
  const groups = samplesByIdentity(dataset);
  const kept = subset(dataset, (sample) => groups[sample.identity]!.length >= minimum);
  if (kept.identities.length === 0) {
    throw new UserError(
      `${dataset.name} holds ${dataset.identities.length} identities with ${dataset.samples.length} images, ` +
        `but none of them has the ${minimum} images that are needed`,
    );
  }
  return kept;
}
