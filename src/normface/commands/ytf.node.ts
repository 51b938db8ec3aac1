/** `normface ytf`: verification of people in videos, by the protocol of YouTube Faces. */

import path from 'node:path';
import { openVideos } from '../data/open.node.ts';
import { readVideoPairs } from '../data/pairs.node.ts';
import { videosOfPairs } from '../data/video-pairs.ts';
import { type MergeName, mergeNames } from '../evaluation/merge.ts';
import type { PairList } from '../evaluation/pairs.ts';
import { writeReport } from '../evaluation/report.node.ts';
import { formatTable } from '../evaluation/table.ts';
import { checkVideoPairs, evaluateVideos, videoTable } from '../evaluation/videos.ts';
import { findWeights } from '../training/checkpoint.node.ts';
import { writeJson } from '../training/run-folder.node.ts';
import { nameOf, resultFolder } from './checkpoint-run.node.ts';
import { type AddCommand, choice, examples, wholeNumber } from './command.ts';
import type { Context } from './context.node.ts';
import { embedImages } from './embed-images.node.ts';

interface YtfOptions {
  readonly data: string;
  readonly splits: string;
  readonly frames?: number;
  readonly merge: MergeName;
  readonly batch: number;
  readonly out?: string;
}

export const addYtf: AddCommand = (program, run) => {
  program
    .command('ytf')
    .description(
      'YouTube Faces: pairs of videos by the mean and by the histogram of the cosines of their frames',
    )
    .argument('<checkpoint>', 'a run folder (its newest checkpoint), a checkpoint folder or a weights file')
    .requiredOption(
      '--data <videos>',
      'aligned frames: a folder or an archive (.tar, .tar.gz, .zip) with person/video/frame.jpg',
    )
    .requiredOption('--splits <file>', 'the pairs and their folds, as splits.txt of YouTube Faces')
    .option('--frames <n>', 'at most so many frames of a video, evenly spaced (default: all)', wholeNumber(1))
    .option(
      '--merge <name>',
      `how frame and mirror image are merged: ${mergeNames.join(', ')}`,
      choice(mergeNames),
      'front',
    )
    .option('--batch <n>', 'frames embedded at once', wholeNumber(1), 64)
    .option('-o, --out <folder>', "where result.json and report.html go (default: the run's folder ytf/)")
    .addHelpText(
      'after',
      '\nFeatures of all frames are held in memory: 4 bytes a number.\n' +
        examples('normface ytf runs/normface-001 --data aligned_images_DB --splits splits.txt --frames 15'),
    )
    .action(run((context: Context, named: string, options: YtfOptions) => ytf(context, named, options)));
};

async function ytf(context: Context, named: string, options: YtfOptions) {
  const { data, splits, frames, merge, batch, out } = options;
  const weightsFile = findWeights(named);
  const name = nameOf(weightsFile);
  const list = readVideoPairs(splits);
  const dataset = await openVideos(data);
  const videos = videosOfPairs(dataset, list, frames);
  const numberOf = new Map(videos.map((video, number) => [video.name, number]));
  const pairs: PairList = {
    a: Uint32Array.from(list.pairs, ({ first }) => numberOf.get(first)!),
    b: Uint32Array.from(list.pairs, ({ second }) => numberOf.get(second)!),
    same: Uint8Array.from(list.pairs, ({ same }) => Number(same)),
    fold: Uint32Array.from(list.pairs, ({ fold }) => fold),
  };
  checkVideoPairs(pairs, videos.length);
  const device = await context.openDevice();
  const indices = Uint32Array.from(videos.flatMap((video) => video.frames));
  const { values, dimension } = await embedImages(context, device, weightsFile, dataset, indices, {
    merge,
    batch,
  });
  let row = 0;
  const features = videos.map((video) => {
    const first = row;
    row += video.frames.length;
    return { values: values.subarray(first * dimension, row * dimension), dimension };
  });
  const result = {
    checkpoint: name,
    data: dataset.name,
    pairs: list.name,
    videos: videos.length,
    frames: indices.length,
    merge,
    results: evaluateVideos(features, pairs),
  };
  const table = videoTable(result.results);
  context.say(formatTable(table));
  const folder = out ?? resultFolder('ytf', [weightsFile]);
  writeJson(path.join(folder, 'result.json'), result);
  const report = path.join(folder, 'report.html');
  writeReport(report, {
    title: `Videos by ${name}`,
    facts: [
      ['Videos', `${videos.length} of ${dataset.name}, ${indices.length} frames`],
      ['Pairs', `${list.pairs.length} of ${list.name}`],
      ['Checkpoint', weightsFile],
      ['Merge', merge],
      ['Adapter', device.report.description],
    ],
    sections: [{ title: 'Accuracy', tables: [table] }],
  });
  context.say(`report ${report}`);
  return { ...result, report };
}
