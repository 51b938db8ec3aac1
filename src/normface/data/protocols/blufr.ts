import { UserError } from '../../../common/errors.ts';
import { type Dataset, type Sample, subset } from '../dataset.ts';

/** One random division of BLUFR; all numbers are places in the list of images, from 0. */
export interface BlufrTrial {
  readonly train: Uint32Array;
  readonly test: Uint32Array;
  /** One image each of some people; with `probes` the whole test set. */
  readonly gallery: Uint32Array;
  readonly probes: Uint32Array;
}

/** The divisions of the benchmark of large-scale unconstrained face recognition (docs/reference.md#blufr). */
export interface BlufrSplits {
  readonly name: string;
  /** File names such as `Aaron_Eckhart_0001.jpg`. */
  readonly images: readonly string[];
  /** Number of the person on each image. */
  readonly labels: Uint32Array;
  readonly trials: readonly BlufrTrial[];
}

/** Throws a UserError unless lists and numbers agree, as far as the protocol relies on it. */
export function checkBlufrSplits(splits: BlufrSplits): BlufrSplits {
  const { name, images, labels, trials } = splits;
  const refuse = (reason: string) => {
    throw new UserError(`${name} is no list of BLUFR divisions: ${reason}`);
  };
  if (images.length === 0 || trials.length === 0) refuse('it has no images or no trials');
  if (labels.length !== images.length) refuse(`${images.length} images have ${labels.length} labels`);
  trials.forEach((trial, t) => {
    const where = `trial ${t + 1}`;
    for (const [set, members] of Object.entries(trial) as [string, Uint32Array][]) {
      if (members.length === 0) refuse(`${where} has an empty ${set} set`);
      if (members.some((member) => member >= images.length))
        refuse(`the ${set} set of ${where} names an image past the last one`);
      if (new Set(members).size !== members.length) refuse(`the ${set} set of ${where} names an image twice`);
    }
    const { train, test, gallery, probes } = trial;
    const tested = new Set(test);
    const parts = new Set([...gallery, ...probes]);
    const disjoint = parts.size === gallery.length + probes.length;
    if (!disjoint || parts.size !== tested.size || [...parts].some((member) => !tested.has(member)))
      refuse(`gallery and probes of ${where} do not make up its test set`);
    const known = new Set(Array.from(train, (member) => labels[member]));
    if (test.some((member) => known.has(labels[member])))
      refuse(`${where} tests a person who is in its training set`);
    if (new Set(Array.from(gallery, (member) => labels[member])).size !== gallery.length)
      refuse(`the gallery of ${where} has several images of a person`);
  });
  return splits;
}

/** A trial by its number from 1. @throws UserError when there is none */
export function blufrTrial({ name, trials }: BlufrSplits, number: number): BlufrTrial {
  const trial = trials[number - 1];
  if (!trial)
    throw new UserError(`${name} has the trials 1 to ${trials.length}, there is no trial ${number}`);
  return trial;
}

/**
 * The sample of each of some listed images in a data set, found by the file's name without its ending.
 * @throws UserError when the data set lacks one of them or shows one under several names
 */
export function blufrSamples(
  dataset: Dataset,
  { name, images }: BlufrSplits,
  members: Uint32Array,
): Uint32Array {
  const byName = new Map<string, number[]>();
  dataset.samples.forEach(({ key }, index) => {
    const same = byName.get(stem(key));
    if (same) same.push(index);
    else byName.set(stem(key), [index]);
  });
  const found = Array.from(members, (member) => byName.get(stem(images[member]!)) ?? []);
  const missing = found.filter((samples) => samples.length === 0).length;
  if (missing > 0) {
    const first = images[members[found.findIndex((samples) => samples.length === 0)]!];
    throw new UserError(
      `${dataset.name} lacks ${missing} of the ${members.length} images that ${name} asks for, such as ${first}`,
    );
  }
  const ambiguous = found.findIndex((samples) => samples.length > 1);
  if (ambiguous >= 0)
    throw new UserError(`${dataset.name} has several images of the name ${images[members[ambiguous]!]}`);
  return Uint32Array.from(found, ([index]) => index!);
}

/** The training images of one trial, counted from 1: a data set to train a net that this trial then judges. @throws UserError */
export function blufrTrainingSubset(dataset: Dataset, splits: BlufrSplits, trial: number): Dataset {
  const indices = blufrSamples(dataset, splits, blufrTrial(splits, trial).train);
  const kept = new Set<Sample>(Array.from(indices, (index) => dataset.samples[index]!));
  return subset(dataset, (sample) => kept.has(sample));
}

/** A file's name without folders and ending. */
function stem(path: string): string {
  return path
    .slice(path.lastIndexOf('/') + 1)
    .replace(/\.[^.]+$/, '')
    .normalize('NFC');
}
