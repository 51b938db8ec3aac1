/** `normface blufr`: the benchmark of large-scale unconstrained face recognition. */

import { UsageError } from '../common/errors.ts';
import { countText } from '../common/format.ts';
import { formatTable } from '../common/table.ts';
import { openDataset } from '../normface/data/open.node.ts';
import { readBlufrSplits } from '../normface/data/protocols/blufr.node.ts';
import {
  type BlufrSplits,
  type BlufrTrial,
  blufrSamples,
  blufrTrial,
} from '../normface/data/protocols/blufr.ts';
import {
  type BlufrTrialResult,
  blufrTable,
  evaluateBlufrTrial,
  summariseBlufr,
} from '../normface/evaluation/blufr.ts';
import type { Features } from '../normface/evaluation/features.ts';
import type { MergeName } from '../normface/evaluation/merge.ts';
import type { PcaSize } from '../normface/evaluation/pca.ts';
import { provenanceText } from '../normface/evaluation/provenance.ts';
import { percent } from '../normface/evaluation/summary.ts';
import { findWeights } from '../normface/training/checkpoint/checkpoint.node.ts';
import { configOf, nameOf } from './checkpoint-run.node.ts';
import type { Context } from './context.node.ts';
import { embedImages } from './embed-images.node.ts';
import { linesSha256, provenanceOf } from './provenance.node.ts';
import { storeReport } from './results.node.ts';

interface BlufrCommandOptions {
  readonly data?: string;
  readonly splits: string;
  readonly trial?: number[];
  readonly merge: MergeName;
  readonly pca?: string;
  readonly batch: number;
  readonly out?: string;
}

export async function blufr(context: Context, named: string, options: BlufrCommandOptions) {
  const { merge, batch, out } = options;
  const pca = options.pca === undefined ? undefined : pcaSize(options.pca);
  const weightsFile = findWeights(named);
  const name = nameOf(weightsFile);
  const data = options.data ?? configOf(weightsFile)?.data.path;
  if (data === undefined) throw new UsageError('name the images of LFW: --data');
  const splits = await readBlufrSplits(options.splits);
  const chosen = options.trial ?? splits.trials.map((_, t) => t + 1);
  const trials = chosen.map((number) => blufrTrial(splits, number));
  const members = Uint32Array.from(
    new Set(trials.flatMap(({ train, test }) => [...test, ...(pca ? train : [])])),
  ).sort();
  const dataset = await openDataset(data);
  const indices = blufrSamples(dataset, splits, members);
  const device = await context.openDevice();
  const features = await embedImages(context, device, weightsFile, dataset, indices, { merge, batch });
  const all = spread(features, members, splits);

  const results: BlufrTrialResult[] = [];
  const stage = context.stage('trials');
  for (const [t, trial] of trials.entries()) {
    stage.next(`trial ${chosen[t]}, the ${t + 1}. of ${trials.length}: all pairs`);
    const start = performance.now();
    const result = await evaluateBlufrTrial(device, all, splits.labels, trial, chosen[t]!, { pca });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    context.say(
      `trial ${result.trial}: VR ${percent(result.verificationRate)} %, DIR ${percent(result.detectionRate)} %  (${seconds} s)`,
    );
    results.push(result);
  }
  stage.end();
  const count = results.reduce((sum, trial) => sum + trial.genuinePairs + trial.impostorPairs, 0);
  const provenance = await provenanceOf(weightsFile, {
    protocol: `BLUFR (${merge}${options.pca === undefined ? '' : `, PCA ${options.pca}`})`,
    pairs: {
      name: `${countText(trials.length, 'trial')} of ${splits.name}`,
      count,
      sha256: splitsSha256(splits, trials),
    },
    dataset,
    indices,
  });
  const result = {
    checkpoint: name,
    provenance,
    data: dataset.name,
    splits: splits.name,
    merge,
    ...summariseBlufr(results),
  };
  const table = blufrTable(result);
  context.say(`\n${formatTable(table)}`);
  context.say(provenanceText(provenance));
  const report = await storeReport(context, 'blufr', out, result, {
    title: `BLUFR of ${name}`,
    facts: [
      ['Images', dataset.name],
      ['Divisions', splits.name],
      ['Checkpoint', weightsFile],
      ['Merge', merge],
      ['PCA', results[0]!.pcaDimensions === null ? 'none' : `of the training images (${options.pca})`],
      ['Adapter', device.report.description],
    ],
    sections: [{ title: 'Trials', text: [provenanceText(provenance)], tables: [table] }],
  });
  return { ...result, report };
}

/** Checksum of the trials: a line for each of their sets, with the names of its images in the order of the list. */
function splitsSha256({ images }: BlufrSplits, trials: readonly BlufrTrial[]): string {
  const line = (set: string, members: Uint32Array) =>
    [set, ...Array.from(members, (member) => images[member])].join('\t');
  return linesSha256(
    trials.flatMap(({ train, test, gallery, probes }) => [
      line('train', train),
      line('test', test),
      line('gallery', gallery),
      line('probes', probes),
    ]),
  );
}

/** Reads a number of dimensions or a share of the variance. @throws UsageError */
function pcaSize(text: string): PcaSize {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return { dimensions: value };
  if (value > 0 && value < 1) return { share: value };
  throw new UsageError(
    `--pca must be a number of dimensions or a share of the variance below 1, got "${text}"`,
  );
}

/** A row for every listed image; those without a feature stay zero. */
function spread({ values, dimension }: Features, members: Uint32Array, { images }: BlufrSplits): Features {
  const all = new Float32Array(images.length * dimension);
  members.forEach((member, row) => {
    all.set(values.subarray(row * dimension, (row + 1) * dimension), member * dimension);
  });
  return { values: all, dimension };
}
