/** What Table 5 is computed on: the videos of YouTube Faces, or ones made of generated faces where they are missing (docs/reference.md#youtube-faces). */

import path from 'node:path';
import type { Dataset } from '../../data/dataset.ts';
import { openDataset, openVideos } from '../../data/open.node.ts';
import { readVideoPairs } from '../../data/protocols/pairs.node.ts';
import { videosOfPairs } from '../../data/protocols/video-pairs.ts';
import { type MergeName, mergeMirror } from '../../evaluation/merge.ts';
import type { PairList } from '../../evaluation/pairs.ts';
import { evaluateVideos, type VideoResult } from '../../evaluation/videos.ts';
import { hashText } from '../../training/config/overrides.ts';
import { drawVideoPairs } from '../fig9.node.ts';
import type { Measure } from '../jobs/job.ts';
import { datasetFingerprint, pairsText } from '../jobs/subjects.node.ts';

export interface VideoSet {
  readonly description: string;
  readonly dataset: Dataset;
  /** Sample indices of the frames of each video. */
  readonly videos: readonly (readonly number[])[];
  /** Pairs of videos. */
  readonly pairs: PairList;
}

/** The 5,000 pairs of `splits.txt` in the folder of YouTube Faces. @param limit frames of a video at most, evenly spaced */
export async function youtubeFaces(folder: string, limit: number): Promise<VideoSet> {
  const list = readVideoPairs(path.join(folder, 'splits.txt'));
  const dataset = await openVideos(folder);
  const videos = videosOfPairs(dataset, list, limit);
  const numberOf = new Map(videos.map(({ name }, number) => [name, number]));
  return {
    description: `${list.pairs.length.toLocaleString('en-US')} pairs of videos of YouTube Faces, ${limit === Infinity ? 'all frames' : `at most ${limit} frames of each`}`,
    dataset,
    videos: videos.map(({ frames }) => frames),
    pairs: {
      a: Uint32Array.from(list.pairs, ({ first }) => numberOf.get(first)!),
      b: Uint32Array.from(list.pairs, ({ second }) => numberOf.get(second)!),
      same: Uint8Array.from(list.pairs, ({ same }) => Number(same)),
      fold: Uint32Array.from(list.pairs, ({ fold }) => fold),
    },
  };
}

export interface GeneratedVideos {
  /** Number of the first person. */
  readonly first: number;
  readonly folds: number;
  readonly peoplePerFold: number;
  readonly perPerson: number;
  readonly frames: number;
  /** Pairs of the same person, and as many of different people, in each fold. */
  readonly pairsPerFold: number;
}

/** Videos whose frames are photographs of a generated person, drawn independently; folds share no people. */
export async function generatedVideos(spec: GeneratedVideos): Promise<VideoSet> {
  const { first, folds, peoplePerFold, perPerson, frames, pairsPerFold } = spec;
  const people = folds * peoplePerFold;
  const dataset = await openDataset(
    `generated:identities=${people},samples=${perPerson * frames},seed=1,first=${first}`,
  );
  const pairs = Array.from({ length: folds }, (_, fold) =>
    drawVideoPairs({ people: peoplePerFold, perPerson }, pairsPerFold, fold + 1).map((pair) => {
      const offset = fold * peoplePerFold * perPerson;
      return { first: offset + pair.first, second: offset + pair.second, same: pair.same, fold: fold + 1 };
    }),
  ).flat();
  return {
    description: `${pairs.length} pairs of "videos" of ${people} generated people, because YouTube Faces was not found: a video is ${frames} photographs of one person, drawn independently, ${perPerson} videos each`,
    dataset,
    // Samples are sorted by person, so the frames of a video are neighbours.
    videos: Array.from({ length: people * perPerson }, (_, video) =>
      Array.from({ length: frames }, (_, k) => video * frames + k),
    ),
    pairs: {
      a: Uint32Array.from(pairs, (pair) => pair.first),
      b: Uint32Array.from(pairs, (pair) => pair.second),
      same: Uint8Array.from(pairs, ({ same }) => Number(same)),
      fold: Uint32Array.from(pairs, ({ fold }) => fold),
    },
  };
}

export type VideosMeasure = Measure<{ readonly results: readonly VideoResult[] }>;

/** Accuracies of a job's last checkpoint by the mean and by the histogram of frame cosines. */
export function videosMeasure({ dataset, videos, pairs }: VideoSet, merge: MergeName): VideosMeasure {
  const indices = Uint32Array.from(videos.flat());
  return {
    name: 'videos',
    settings: { merge },
    subject: async () => ({
      fingerprint: hashText(
        [await datasetFingerprint(dataset), videos.map((frames) => frames.join(' ')), pairsText(pairs)].join(
          '\n',
        ),
      ),
      images: (merge === 'front' ? 1 : 2) * indices.length,
    }),
    measure: async (runner, run) => {
      const { front, mirrored } = await runner.mirroredFeatures(run, dataset, indices, merge !== 'front');
      const { values, dimension } = mergeMirror(front, mirrored, merge);
      let row = 0;
      const features = videos.map(({ length }) => {
        const start = row;
        row += length;
        return { values: values.subarray(start * dimension, row * dimension), dimension };
      });
      return { results: evaluateVideos(features, pairs) };
    },
  };
}
