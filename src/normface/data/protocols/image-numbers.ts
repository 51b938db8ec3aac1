/** The numbers by which lists of pairs name the images of a person. */

import { type Dataset, samplesByIdentity } from '../dataset.ts';

export interface ImageNumbers {
  /** Number of every sample within its person; undefined where its name carries none, but another of that person does. */
  readonly numbers: readonly (number | undefined)[];
  /** People of whom no image carries a number: theirs are counted from 1 in the order of their names. */
  readonly counted: ReadonlySet<string>;
}

/** Numbers all images by their names. Two images of a person may have one number. */
export function imageNumbers(dataset: Dataset): ImageNumbers {
  const numbers: (number | undefined)[] = [];
  const counted = new Set<string>();
  samplesByIdentity(dataset).forEach((group, identity) => {
    const person = dataset.identities[identity]!;
    const named = group.map((index) => numberInName(person, dataset.samples[index]!.key));
    const none = named.every((number) => number === undefined);
    if (none) counted.add(person);
    group.forEach((index, i) => {
      numbers[index] = none ? i + 1 : named[i];
    });
  });
  return { numbers, counted };
}

/**
 * The number that a file's name carries: the digits at its end, `Name_0004.jpg` is 4. Detectors append the number of the face,
 * `Name_0004_0.jpg`: one or two digits behind a number of four or more that directly follows the person's name do not count.
 */
function numberInName(person: string, key: string): number | undefined {
  // An ending of digits only, as in `face.001`, is a number.
  const stem = key.slice(key.lastIndexOf('/') + 1).replace(/\.(?!\d+$)[^.]*$/, '');
  // Of person 1 the file `10.jpg` does not begin with the name.
  const rest =
    stem.startsWith(person) && !/\d\d/.test(stem.slice(person.length - 1, person.length + 1))
      ? stem.slice(person.length)
      : stem;
  const digits = /^[_\-. ]?(\d{4,9})[_-]\d{1,2}$/.exec(rest) ?? /(?<!\d)(\d{1,9})$/.exec(rest);
  return digits ? Number(digits[1]) : undefined;
}

/** What every image is called in captions: `Ann 4` where the number is its own, else its file's name. */
export function imageTitles(dataset: Dataset): string[] {
  const { numbers } = imageNumbers(dataset);
  const titles = dataset.samples.map(({ identity }, i) => `${dataset.identities[identity]} ${numbers[i]}`);
  const uses = new Map<string, number>();
  for (const title of titles) uses.set(title, (uses.get(title) ?? 0) + 1);
  return titles.map((title, i) =>
    numbers[i] !== undefined && uses.get(title) === 1 ? title : dataset.samples[i]!.key,
  );
}
