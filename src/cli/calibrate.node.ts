/** `normface calibrate`: what do the cosines of a checkpoint mean? */

import { grouped } from '../common/format.ts';
import type { Proportion } from '../common/proportion.ts';
import { formatTable, type Table } from '../common/table.ts';
import { damagedText } from '../normface/data/images/damaged-image.node.ts';
import { ImageStore } from '../normface/data/images/image-store.node.ts';
import { writeCalibration } from '../normface/embedding/calibration-file.node.ts';
import { openEmbedder } from '../normface/embedding/embedder.node.ts';
import type { EvaluationSet } from '../normface/embedding/evaluation-set.node.ts';
import { extractFeatures } from '../normface/embedding/features.node.ts';
import { pairsSha256 } from '../normface/embedding/pairs-sha256.node.ts';
import { farText, type StoredCalibration, usualThreshold } from '../normface/embedding/stored-calibration.ts';
import { readThreshold } from '../normface/embedding/threshold-file.node.ts';
import { type CosineCalibration, calibrate } from '../normface/evaluation/calibrate.ts';
import type { MergeName } from '../normface/evaluation/merge.ts';
import { MergedScores } from '../normface/evaluation/merged-scores.ts';
import { neededImpostors } from '../normface/evaluation/needed-impostors.ts';
import { selectFolds } from '../normface/evaluation/pairs.ts';
import { provenanceText } from '../normface/evaluation/provenance.ts';
import { percent } from '../normface/evaluation/summary.ts';
import { findWeights } from '../normface/training/checkpoint/checkpoint.node.ts';
import { configOf } from './checkpoint-run.node.ts';
import type { Context } from './context.node.ts';
import { type ChosenPairs, chosenFolds, chosenSet } from './evaluation-choice.node.ts';
import { provenanceOf, weightsSha256 } from './provenance.node.ts';
import { stored } from './results.node.ts';

interface CalibrateOptions extends ChosenPairs {
  readonly far: readonly number[];
  readonly merge?: MergeName;
  readonly batch: number;
}

export async function calibrateCheckpoint(context: Context, named: string, options: CalibrateOptions) {
  const weightsFile = findWeights(named);
  const config = configOf(weightsFile);
  const merge = options.merge ?? readThreshold(weightsFile)?.merge ?? 'sum';
  const stage = context.stage('opening the images');
  try {
    const whole = await chosenSet(options, config);
    for (const warning of whole.warnings) context.warn(warning);
    // What the run is tested on has no say, as with its threshold.
    const folds = chosenFolds(options, config);
    const set: EvaluationSet = folds
      ? {
          ...whole,
          pairs: selectFolds(whole.pairs, [folds.thresholdFold]),
          pairsName: `fold ${folds.thresholdFold} of ${whole.pairsName}`,
        }
      : whole;
    const device = await context.openDevice();
    stage.next('compiling kernels');
    const mirror = merge !== 'front';
    const embedder = await openEmbedder(device, weightsFile, options.batch, { mirror });
    await embedder.step(mirror).compile();
    stage.next('embedding');
    const { width, height } = embedder;
    const onDamaged = (name: string, reason: string) => context.warn(damagedText(name, reason));
    const store = new ImageStore(set.dataset, { width, height, strict: true, cacheBytes: 0, onDamaged });
    const features = await extractFeatures(embedder, store, set.indices, {
      mirror,
      onProgress: (done) => stage.update(done, set.indices.length),
    }).finally(() => store.close());
    const sha256 = pairsSha256(set);
    const provenance = await provenanceOf(weightsFile, {
      protocol: `cosine (${merge})`,
      pairs: { name: set.pairsName, count: set.pairs.same.length, sha256 },
      dataset: set.dataset,
      indices: set.indices,
    });
    embedder.dispose();
    stage.next(`judging ${grouped(set.pairs.same.length)} pairs`);
    const { cosines } = new MergedScores(features, set.pairs).by(merge);
    const calibration: StoredCalibration = {
      format: 1,
      merge,
      data: set.dataset.name,
      pairs: set.pairsName,
      pairsSha256: sha256,
      weightsSha256: weightsSha256(weightsFile),
      ...calibrate(cosines, set.pairs, options.far),
    };
    stage.end();
    tell(context, calibration);
    context.say(provenanceText(provenance));
    const file = await stored(context, () => writeCalibration(weightsFile, calibration));
    if (file !== null) context.say(`stored    ${file}`);
    return { ...calibration, provenance, file };
  } finally {
    stage.end();
  }
}

function tell(context: Context, calibration: StoredCalibration): void {
  const { genuine, impostor, intercept, slope, heldOut, impossible, thresholds, data, pairs } = calibration;
  context.say(formatTable(thresholdTable(calibration, `${data}, ${pairs}`)));
  const usual = usualThreshold(calibration);
  if (usual)
    context.say(
      `\`verify\` decides at FAR ${farText(usual.far)} where no threshold is stored and --far is not given`,
    );
  context.say(
    `probability of the same person 1/(1 + exp(−(${intercept.toFixed(3).replace('-', '−')} ${slope < 0 ? '−' : '+'} ${Math.abs(slope).toFixed(3)} cosine))), ` +
      `for pairs of which ${percent(genuine / (genuine + impostor))} % show the same person; on held-out folds log loss ` +
      `${heldOut.logLoss.toFixed(4)} (${heldOut.priorLogLoss.toFixed(4)} without looking at the images), Brier score ` +
      `${heldOut.brierScore.toFixed(4)}, expected calibration error ${percent(heldOut.expectedCalibrationError)} %`,
  );
  if (!heldOut.hasOwnFolds)
    context.warn(
      `the pairs are all of one fold: they were dealt to ${heldOut.folds}, which share people, so that the errors on them are too small`,
    );
  if (slope <= 0)
    context.warn(
      'pairs with greater cosines are not more often of the same person: this net does not tell people apart',
    );
  if (impossible.length > 0)
    context.warn(
      `${grouped(impostor)} pairs of different people allow no threshold at a false accept rate of ${impossible.map(farText).join(', ')}`,
    );
  const few = thresholds.filter(({ isSupported }) => !isSupported);
  if (few.length > 0)
    context.warn(
      `${grouped(impostor)} pairs of different people are too few to support a false accept rate of ` +
        `${few.map(({ far }) => `${farText(far)} (which needs ${grouped(neededImpostors(far))})`).join(', ')}: --pairs-per-fold draws more`,
    );
}

/** One row a rate. */
function thresholdTable({ thresholds, genuine, impostor }: CosineCalibration, title: string): Table {
  const right = (header: string) => ({ header, align: 'right' as const });
  return {
    title,
    columns: [
      { header: 'FAR' },
      right('threshold'),
      right('FAR on held-out folds, %'),
      right('TAR on held-out folds, %'),
      { header: 'pairs' },
    ],
    rows: thresholds.map(({ far, threshold, isSupported, falseAccepts, trueAccepts }) => [
      farText(far),
      threshold.toFixed(4),
      rateText(falseAccepts),
      rateText(trueAccepts),
      isSupported ? 'enough' : 'too few',
    ]),
    notes: [
      `${grouped(genuine)} same and ${grouped(impostor)} different pairs. A fold is judged at the threshold of all others; in brackets ` +
        "Wilson's interval of 95 %, which takes pairs for independent.",
    ],
  };
}

/** "0.13 (0.05 to 0.34)" in per cent. */
function rateText(rate: Proportion | null): string {
  if (rate === null) return '–';
  const [low, high] = rate.interval;
  return `${percent(rate.share)} (${percent(low)} to ${percent(high)})`;
}
