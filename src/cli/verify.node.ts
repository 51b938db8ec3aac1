/** `normface verify`: do two images show the same person? */

import { UsageError, UserError } from '../common/errors.ts';
import { oneLine } from '../common/printable.ts';
import { calibrationFile, readCalibration } from '../normface/embedding/calibration-file.node.ts';
import { decidingThreshold } from '../normface/embedding/deciding-threshold.ts';
import {
  calibratedText,
  calibrationSetText,
  isOfWeights,
  type StoredCalibration,
  strictestAccepted,
} from '../normface/embedding/stored-calibration.ts';
import { readThreshold } from '../normface/embedding/threshold-file.node.ts';
import { checkLengths } from '../normface/evaluation/features.ts';
import { probabilityOf } from '../normface/evaluation/logistic.ts';
import { cosineScores } from '../normface/evaluation/similarity.ts';
import { findWeights } from '../normface/training/checkpoint/checkpoint.node.ts';
import { type AlignedImages, alignImages, noFaceText, wantedDetector } from './aligned-images.node.ts';
import { trainedOn } from './checkpoint-run.node.ts';
import type { Context } from './context.node.ts';
import { imageList } from './embed.node.ts';
import { embedImages } from './embed-images.node.ts';
import { weightsSha256 } from './provenance.node.ts';
import { imageSizes, provenance, type Suitability, suitability } from './suitability.node.ts';

interface VerifyOptions {
  readonly checkpoint: string;
  readonly threshold?: number;
  readonly align?: boolean;
  readonly detector?: string;
  readonly far?: number;
}

const onePair = {
  a: Uint32Array.of(0),
  b: Uint32Array.of(1),
  same: Uint8Array.of(0),
  fold: Uint32Array.of(1),
};

export async function verify(context: Context, a: string, b: string, options: VerifyOptions) {
  const detector = wantedDetector(options);
  const weightsFile = findWeights(options.checkpoint);
  const stored = readThreshold(weightsFile);
  const calibration = calibrationOf(context, weightsFile);
  const { threshold, merge, about } = decidingThreshold({ ...options, stored, calibration });
  // A calibration of cosines of other features says nothing of these.
  const meaning = calibration?.merge === merge ? calibration : undefined;
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
      if (detector) aligned = await alignImages(context, device, dataset, embedder, detector);
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
  const means = meaning ? `, ${calibratedText(meaning, cosine!)}` : '';
  context.say(`cosine    ${cosine!.toFixed(4)} (${merge})${means}`);
  if (meaning) context.say(`calibration set: ${calibrationSetText(meaning)}`);
  if (threshold === undefined)
    context.say(
      'no decision: no threshold is kept beside the checkpoint; ' +
        `\`normface eval ${options.checkpoint} --store-threshold\` keeps one, or give --threshold`,
    );
  else
    context.say(`${same ? 'the same person' : 'different people'} at the threshold ${threshold.toFixed(4)}`);
  if (about !== undefined) context.say(`threshold ${oneLine(about)}`);
  if (calibration && !meaning)
    context.warn(
      `the calibration is of features merged by "${calibration.merge}", the threshold of those merged by "${merge}": ` +
        'the percentage is left out; --far decides by the calibration',
    );
  for (const warning of judged!.warnings) context.warn(warning);
  return {
    a,
    b,
    cosine,
    merge,
    threshold: threshold ?? null,
    same,
    calibrated: meaning ? calibratedResult(meaning, cosine!) : null,
    images,
    ...judged,
  };
}

/** The calibration beside a weights file, unless it is of other weights, which is said. @throws UserError when it is damaged */
function calibrationOf(context: Context, weightsFile: string): StoredCalibration | undefined {
  const calibration = readCalibration(weightsFile);
  if (!calibration || isOfWeights(calibration, weightsSha256(weightsFile))) return calibration;
  context.warn(
    `${calibrationFile(weightsFile)} is of other weights and is left out; \`normface calibrate\` writes a new one`,
  );
  return undefined;
}

/** What the sentence says, for programs. */
function calibratedResult(calibration: StoredCalibration, cosine: number) {
  const { genuine, impostor, data, pairs, pairsSha256 } = calibration;
  return {
    strictestFar: strictestAccepted(calibration, cosine)?.far ?? null,
    probability: probabilityOf(calibration, cosine),
    prior: genuine / (genuine + impostor),
    calibrationSet: { data, pairs, count: genuine + impostor, sha256: pairsSha256 },
  };
}
