/** `normface blufr`: the benchmark of large-scale unconstrained face recognition. */

import path from 'node:path';
import { readBlufrSplits } from '../data/blufr.node.ts';
import { type BlufrSplits, blufrSamples, blufrTrial } from '../data/blufr.ts';
import { openDataset } from '../data/open.node.ts';
import { UsageError } from '../errors.ts';
import {
  type BlufrTrialResult,
  blufrTable,
  evaluateBlufrTrial,
  summariseBlufr,
} from '../evaluation/blufr.ts';
import type { Features } from '../evaluation/features.ts';
import { type MergeName, mergeNames } from '../evaluation/merge.ts';
import type { PcaSize } from '../evaluation/pca.ts';
import { writeReport } from '../evaluation/report.node.ts';
import { percent } from '../evaluation/summary.ts';
import { formatTable } from '../evaluation/table.ts';
import { findWeights } from '../training/checkpoint.node.ts';
import { writeJson } from '../training/run-folder.node.ts';
import { configOf, nameOf, resultFolder } from './checkpoint-run.node.ts';
import { type AddCommand, choice, examples, wholeNumber } from './command.ts';
import type { Context } from './context.node.ts';
import { embedImages } from './embed-images.node.ts';

interface BlufrCommandOptions {
  readonly data?: string;
  readonly splits: string;
  readonly trial?: number[];
  readonly merge: MergeName;
  readonly pca?: string;
  readonly batch: number;
  readonly out?: string;
}

export const addBlufr: AddCommand = (program, run) => {
  program
    .command('blufr')
    .description('BLUFR: VR at FAR = 0.1 % over all pairs, open-set DIR at FAR = 1 %, over ten trials of LFW')
    .argument('<checkpoint>', 'a run folder (its newest checkpoint), a checkpoint folder or a weights file')
    .requiredOption(
      '--splits <file>',
      'blufr_lfw_config.mat, or its lists as text: a folder, .tar or .tar.gz',
    )
    .option('--data <data>', 'all images of LFW: a folder or an archive (default: as the run was configured)')
    .option('--trial <n...>', 'only these trials (default: all)', numbers)
    .option(
      '--merge <name>',
      `how image and mirror image are merged: ${mergeNames.join(', ')}`,
      choice(mergeNames),
      'sum',
    )
    .option(
      '--pca <size>',
      "project on principal components of each trial's training images: their number, or a share of the variance such as 0.995",
    )
    .option('--batch <n>', 'images embedded at once', wholeNumber(1), 64)
    .option('-o, --out <folder>', "where result.json and report.html go (default: the run's folder blufr/)")
    .addHelpText(
      'after',
      '\nA trial judges people who are not in its training set; a net that was trained on other images of LFW may know them.\n' +
        examples(
          'normface blufr runs/normface-001 --data lfw.tar --splits blufr_lfw_config.mat',
          'normface blufr runs/normface-001 --data lfw.tar --splits blufr_lfw_config.mat --trial 1 2 --pca 0.995 --json',
        ),
    )
    .action(
      run((context: Context, named: string, options: BlufrCommandOptions) => blufr(context, named, options)),
    );
};

async function blufr(context: Context, named: string, options: BlufrCommandOptions) {
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
  for (const [t, trial] of trials.entries()) {
    const start = performance.now();
    const result = await evaluateBlufrTrial(device, all, splits.labels, trial, chosen[t], { pca });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    context.say(
      `trial ${result.trial}: VR ${percent(result.verificationRate)} %, DIR ${percent(result.detectionRate)} %  (${seconds} s)`,
    );
    results.push(result);
  }
  const result = {
    checkpoint: name,
    data: dataset.name,
    splits: splits.name,
    merge,
    ...summariseBlufr(results),
  };
  const table = blufrTable(result);
  context.say(`\n${formatTable(table)}`);
  const folder = out ?? resultFolder('blufr', [weightsFile]);
  writeJson(path.join(folder, 'result.json'), result);
  const report = path.join(folder, 'report.html');
  writeReport(report, {
    title: `BLUFR of ${name}`,
    facts: [
      ['Images', dataset.name],
      ['Divisions', splits.name],
      ['Checkpoint', weightsFile],
      ['Merge', merge],
      ['PCA', results[0].pcaDimensions === null ? 'none' : `of the training images (${options.pca})`],
      ['Adapter', device.report.description],
    ],
    sections: [{ title: 'Trials', tables: [table] }],
  });
  context.say(`report ${report}`);
  return { ...result, report };
}

/** Collects whole numbers from 1. */
function numbers(text: string, previous: readonly number[] = []): number[] {
  return [...previous, wholeNumber(1)(text)];
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
