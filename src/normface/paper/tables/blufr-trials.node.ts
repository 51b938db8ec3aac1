/** What BLUFR is computed on: the division of LFW, or one like it of generated faces where LFW is missing (docs/reference.md#blufr). */

import { type Dataset, samplesByIdentity } from '../../data/dataset.ts';
import { openDataset } from '../../data/open.node.ts';
import { readBlufrSplits } from '../../data/protocols/blufr.node.ts';
import { type BlufrSplits, blufrSamples } from '../../data/protocols/blufr.ts';
import { type BlufrTrialResult, evaluateBlufrTrial } from '../../evaluation/blufr.ts';
import { type MergeName, mergeMirror } from '../../evaluation/merge.ts';
import { percent } from '../../evaluation/summary.ts';
import { hashText } from '../../training/config/overrides.ts';
import type { DataSources, Faces } from '../data-sources.node.ts';
import type { Measure } from '../jobs/job.ts';
import { datasetFingerprint } from '../jobs/subjects.node.ts';

/** Images and the trials that they are divided into. */
export interface BlufrSet {
  readonly dataset: Dataset;
  readonly splits: BlufrSplits;
}

const generatedTraining = 'generated:identities=160,samples=16,seed=1';
const generatedTest = 'generated:identities=120,samples=8,seed=1,first=160';
/** People of the generated test who are in the gallery; the others are strangers. */
const enrolled = 40;

/** Faces to train on for one trial. */
export function trialFaces({ lfw, blufr }: DataSources, trial: number, imageSize: [number, number]): Faces {
  if (lfw === undefined || blufr === undefined)
    return {
      description: 'generated faces of 160 people, because LFW or its BLUFR division was not found',
      generated: true,
      data: { path: generatedTraining, imageSize },
      evaluation: {},
    };
  return {
    description: `the training images of BLUFR's trial ${trial}`,
    generated: false,
    data: { path: lfw, blufr: { splits: blufr, trial }, imageSize },
    evaluation: {},
  };
}

/** The images and trials that judge. */
export async function openBlufr({ lfw, blufr }: DataSources): Promise<BlufrSet> {
  if (lfw !== undefined && blufr !== undefined)
    return { dataset: await openDataset(lfw), splits: await readBlufrSplits(blufr) };
  const dataset = await openDataset(generatedTest);
  return { dataset, splits: openSetOf(dataset, enrolled) };
}

/**
 * One trial on a whole data set, without training images: the gallery is the first image of each of the first people.
 * @param enrolled number of people in the gallery
 */
export function openSetOf(dataset: Dataset, enrolled: number): BlufrSplits {
  const groups = samplesByIdentity(dataset);
  const gallery = groups.slice(0, enrolled).map(([first]) => first);
  const inGallery = new Set(gallery);
  const everyone = dataset.samples.map((_, index) => index);
  return {
    name: `an open set of ${dataset.name}`,
    images: dataset.samples.map(({ key }) => key),
    labels: Uint32Array.from(dataset.samples, ({ identity }) => identity),
    trials: [
      {
        train: new Uint32Array(0),
        test: Uint32Array.from(everyone),
        gallery: Uint32Array.from(gallery),
        probes: Uint32Array.from(everyone.filter((index) => !inGallery.has(index))),
      },
    ],
  };
}

export type BlufrMeasure = Measure<{ readonly trials: readonly BlufrTrialResult[] }>;

/** Rates of a job's last checkpoint in some trials, by cosines of the merged features. @param trials numbers from 1 */
export function blufrMeasure(
  { dataset, splits }: BlufrSet,
  trials: readonly number[],
  merge: MergeName,
): BlufrMeasure {
  const everyImage = Uint32Array.from(splits.images.keys());
  return {
    name: 'BLUFR',
    settings: { trials: [...trials], merge },
    subject: async () => ({
      fingerprint: await splitsFingerprint(dataset, splits),
      images: (merge === 'front' ? 1 : 2) * everyImage.length,
    }),
    measure: async (runner, run) => {
      const samples = blufrSamples(dataset, splits, everyImage);
      const { front, mirrored } = await runner.mirroredFeatures(run, dataset, samples, merge !== 'front');
      const features = mergeMirror(front, mirrored, merge);
      const device = await runner.openDevice();
      const results: BlufrTrialResult[] = [];
      for (const trial of trials) {
        runner.checkInterrupt();
        results.push(
          await evaluateBlufrTrial(device, features, splits.labels, splits.trials[trial - 1]!, trial),
        );
      }
      const [{ verificationRate, detectionRate }] = results as [BlufrTrialResult];
      runner.say(
        `${run.key}: VR ${percent(verificationRate)} %, DIR ${percent(detectionRate)} % in trial ${trials[0]}`,
      );
      return { trials: results };
    },
  };
}

/** Of divisions that were looked at already. */
const fingerprints = new WeakMap<BlufrSplits, Promise<string>>();

function splitsFingerprint(dataset: Dataset, splits: BlufrSplits): Promise<string> {
  const find = async () => {
    const trials = splits.trials.map(({ test, gallery, probes }) =>
      [test, gallery, probes].map((list) => list.join(' ')).join('\n'),
    );
    return hashText([await datasetFingerprint(dataset), ...splits.images, ...trials].join('\n'));
  };
  const known = fingerprints.get(splits) ?? find();
  fingerprints.set(splits, known);
  return known;
}
