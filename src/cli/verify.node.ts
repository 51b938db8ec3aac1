/** `normface verify`: do two images show the same person? */

import { UsageError, UserError } from '../common/errors.ts';
import { describeThreshold } from '../normface/embedding/stored-threshold.ts';
import { readThreshold } from '../normface/embedding/threshold-file.node.ts';
import { checkLengths } from '../normface/evaluation/features.ts';
import { cosineScores } from '../normface/evaluation/similarity.ts';
import { findWeights } from '../normface/training/checkpoint/checkpoint.node.ts';
import { type AlignedImages, alignImages, alignsImages, noFaceText } from './aligned-images.node.ts';
import { trainedOn } from './checkpoint-run.node.ts';
import type { Context } from './context.node.ts';
import { imageList } from './embed.node.ts';
import { embedImages } from './embed-images.node.ts';
import { imageSizes, provenance, type Suitability, suitability } from './suitability.node.ts';

interface VerifyOptions {
  readonly checkpoint: string;
  readonly threshold?: number;
  readonly align?: boolean;
  readonly detector?: string;
}

const onePair = {
  a: Uint32Array.of(0),
  b: Uint32Array.of(1),
  same: Uint8Array.of(0),
  fold: Uint32Array.of(1),
};

export async function verify(context: Context, a: string, b: string, options: VerifyOptions) {
  const weightsFile = findWeights(options.checkpoint);
  const stored = readThreshold(weightsFile);
  const { threshold = stored?.threshold } = options;
  const merge = stored?.merge ?? 'sum';
  const dataset = await imageList([a, b]);
  if (dataset.samples.length !== 2)
    throw new UsageError(`give two images: ${a} and ${b} hold ${dataset.samples.length}`);
  const device = await context.openDevice();
  const images = await imageSizes(dataset, [0, 1]);
  const both = Uint32Array.of(0, 1);
  let judged: Suitability | undefined;
  let aligned: AlignedImages | undefined;
  const features = await embedImages(context, device, weightsFile, dataset, both, {
    merge,
    batch: 2,
    prepare: async (embedder) => {
      if (alignsImages(options))
        aligned = await alignImages(context, device, dataset, embedder, options.detector);
      if (aligned && aligned.noFace.length > 0) throw new UserError(noFaceText(aligned.noFace));
      judged = suitability(images, embedder, trainedOn(weightsFile), aligned?.alignment);
      return { dataset: aligned?.dataset ?? dataset, indices: both };
    },
  }).finally(() => aligned?.remove());
  checkLengths(features);
  const [cosine] = cosineScores(features, onePair);
  const same = threshold === undefined ? null : cosine! > threshold;
  for (const { file, width, height } of images) context.say(`image     ${file}, ${width} × ${height} pixels`);
  context.say(`net       ${provenance(judged!)}`);
  context.say(`cosine    ${cosine!.toFixed(4)} (${merge})`);
  if (threshold === undefined)
    context.say(
      'no decision: no threshold is kept beside the checkpoint; ' +
        `\`normface eval ${options.checkpoint} --store-threshold\` keeps one, or give --threshold`,
    );
  else
    context.say(`${same ? 'the same person' : 'different people'} at the threshold ${threshold.toFixed(4)}`);
  if (stored && options.threshold === undefined) context.say(`threshold ${describeThreshold(stored)}`);
  for (const warning of judged!.warnings) context.warn(warning);
  return { a, b, cosine, merge, threshold: threshold ?? null, same, images, ...judged };
}
