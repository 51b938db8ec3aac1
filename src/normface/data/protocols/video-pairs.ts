import { UserError } from '../../../common/errors.ts';
import { excerpt } from '../../../common/printable.ts';
import { type Dataset, samplesByIdentity } from '../dataset.ts';

/** Two videos `person/number` to be compared. `fold` counts from 1; `line` is the line of the list's file, from 1. */
export interface VideoPair {
  readonly fold: number;
  readonly same: boolean;
  readonly first: string;
  readonly second: string;
  readonly line: number;
}

/** A list of pairs of videos with their folds. */
export interface VideoPairList {
  readonly name: string;
  readonly pairs: readonly VideoPair[];
}

/** Largest number of a fold that is kept exactly, in 32 bits. */
const mostFolds = 2 ** 32 - 1;

/**
 * Parses the list of pairs of YouTube Faces (`splits.txt`, https://www.cs.tau.ac.il/~wolf/ytfaces/): a line has, with commas between them, the number of
 * the fold, the two videos `Name/number` and, last, 1 for one person or 0 for two; between the fold and the videos the number
 * of the pair may stand. The first line may be a header. @throws UserError with the number of the faulty line
 */
export function parseVideoPairs(text: string, name = 'splits.txt'): VideoPairList {
  const lines = text.normalize('NFC').split(/\r?\n/);
  const pairs = lines.flatMap((content, i): VideoPair[] => {
    const fields = content.split(',').map((field) => field.trim());
    const isHeader = i === 0 && !/^\d/.test(fields[0]!);
    if (content.trim() === '' || isHeader) return [];
    const where = `${name} line ${i + 1}`;
    const videos = fields.filter((field) => /^[^/]+\/[^/]+$/.test(field));
    const fold = Number(fields[0]);
    const last = fields[fields.length - 1];
    if (videos.length !== 2 || !/^\d+$/.test(fields[0]!) || (last !== '0' && last !== '1')) {
      throw new UserError(
        `${where}: expected fold, pair, first video, second video, 0 or 1, such as "1, 17, Ann_Lee/0, Bo_Ray/3, 0", found "${excerpt(content.trim())}"`,
      );
    }
    if (fold < 1 || fold > mostFolds)
      throw new UserError(`${where}: folds have numbers from 1 to ${mostFolds}, not ${fold}`);
    if (videos[0] === videos[1]) throw new UserError(`${where}: compares a video with itself`);
    return [{ fold, same: last === '1', first: videos[0]!, second: videos[1]!, line: i + 1 }];
  });
  if (pairs.length === 0) throw new UserError(`${name} holds no pairs of videos`);
  return { name, pairs };
}

/** One video: its name and the sample indices of its frames. */
export interface Video {
  readonly name: string;
  readonly frames: readonly number[];
}

/**
 * The videos that the pairs name, each once, in order of appearance.
 * @param limit at most so many frames of a video, evenly spaced in the order of their names; all by default
 * @throws UserError when the data set lacks videos, naming the first and its line
 */
export function videosOfPairs(dataset: Dataset, { name, pairs }: VideoPairList, limit = Infinity): Video[] {
  const groups = samplesByIdentity(dataset);
  const known = new Map(dataset.identities.map((identity, k) => [identity, groups[k]]));
  const wanted = new Map<string, number>();
  for (const { first, second, line } of pairs) {
    for (const video of [first, second]) if (!wanted.has(video)) wanted.set(video, line);
  }
  const missing = [...wanted].filter(([video]) => !known.has(video));
  if (missing.length > 0) {
    const [video, line] = missing[0]!;
    throw new UserError(
      `${dataset.name} lacks ${missing.length} of the ${wanted.size} videos that ${name} names, such as ${video} of line ${line}`,
    );
  }
  return [...wanted.keys()].map((video) => ({ name: video, frames: evenlySpaced(known.get(video)!, limit) }));
}

/** At most `limit` entries, each from the middle of one of as many equal stretches. */
function evenlySpaced(list: readonly number[], limit: number): readonly number[] {
  if (list.length <= limit) return list;
  return Array.from({ length: limit }, (_, k) => list[Math.floor(((k + 0.5) * list.length) / limit)]!);
}
