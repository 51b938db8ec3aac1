/** `normface ytf`: verification of people in videos, by the protocol of YouTube Faces. */

import { countText } from '../common/format.ts';
import { formatTable } from '../common/table.ts';
import { openVideos } from '../normface/data/open.node.ts';
import { readVideoPairs } from '../normface/data/protocols/pairs.node.ts';
import { type VideoPairList, videosOfPairs } from '../normface/data/protocols/video-pairs.ts';
import type { MergeName } from '../normface/evaluation/merge.ts';
import type { PairList } from '../normface/evaluation/pairs.ts';
import { provenanceText } from '../normface/evaluation/provenance.ts';
import { checkVideoPairs, evaluateVideos, videoTable } from '../normface/evaluation/videos.ts';
import { findWeights } from '../normface/training/checkpoint/checkpoint.node.ts';
import { nameOf } from './checkpoint-run.node.ts';
import type { Context } from './context.node.ts';
import { embedImages } from './embed-images.node.ts';
import { linesSha256, provenanceOf } from './provenance.node.ts';
import { storeReport } from './results.node.ts';

interface YtfOptions {
  readonly data: string;
  readonly splits: string;
  readonly frames?: number;
  readonly merge: MergeName;
  readonly batch: number;
  readonly out?: string;
}

export async function ytf(context: Context, named: string, options: YtfOptions) {
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
  const stage = context.stage('judging the pairs of videos');
  const results = evaluateVideos(features, pairs);
  stage.end();
  const provenance = await provenanceOf(weightsFile, {
    protocol: `${results[0]!.protocol} (${merge})`,
    pairs: { name: list.name, count: list.pairs.length, sha256: videoPairsSha256(list) },
    dataset,
    indices,
  });
  const result = {
    checkpoint: name,
    provenance,
    data: dataset.name,
    pairs: list.name,
    videos: videos.length,
    frames: indices.length,
    merge,
    results,
  };
  const table = videoTable(result.results);
  context.say(formatTable(table));
  context.say(provenanceText(provenance));
  const report = await storeReport(context, 'ytf', out, result, {
    title: `Videos by ${name}`,
    facts: [
      ['Videos', `${videos.length} of ${dataset.name}, ${countText(indices.length, 'frame')}`],
      ['Pairs', `${list.pairs.length} of ${list.name}`],
      ['Checkpoint', weightsFile],
      ['Merge', merge],
      ['Adapter', device.report.description],
    ],
    sections: [{ title: 'Accuracy', text: [provenanceText(provenance)], tables: [table] }],
  });
  return { ...result, report };
}

/** Checksum of pairs of videos: a line `fold, 1 or 0, video, video` for each, separated by tabs, in the order of the list. */
function videoPairsSha256({ pairs }: VideoPairList): string {
  return linesSha256(
    pairs.map(({ fold, same, first, second }) => [fold, Number(same), first, second].join('\t')),
  );
}
