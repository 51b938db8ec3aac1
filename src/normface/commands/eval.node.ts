/** `normface eval`: how well do one or several checkpoints verify? */

import { DecodePool } from '../data/worker-pool.node.ts';
import { UsageError } from '../errors.ts';
import { type MergeName, mergeNames } from '../evaluation/merge.ts';
import { mirrorTableText } from '../evaluation/mirror-table.ts';
import { type ProtocolName, protocolNames } from '../evaluation/protocols.ts';
import { metricsTable } from '../evaluation/summary.ts';
import { formatTable } from '../evaluation/table.ts';
import { findWeights } from '../training/checkpoint.node.ts';
import type { TrainingConfig } from '../training/config.ts';
import { openEmbedder } from '../training/embedder.node.ts';
import { type EvaluatedRun, evaluateRun, parseThresholdRule } from '../training/evaluate.node.ts';
import { type EvaluationSet, evaluationSetOf, openEvaluationSet } from '../training/evaluation-set.node.ts';
import { Count } from '../training/progress.ts';
import { writeThreshold } from '../training/threshold-file.node.ts';
import { configOf, nameOf, resultFolder } from './checkpoint-run.node.ts';
import { type AddCommand, choice, examples, wholeNumber } from './command.ts';
import type { Context } from './context.node.ts';
import { evaluationResult, mirrorTablesOf, writeEvaluation } from './evaluation-report.node.ts';

interface EvalOptions {
  readonly data?: string;
  readonly pairs?: string;
  readonly pairsPerFold: number;
  readonly thresholdFold?: number;
  readonly testFold?: number;
  readonly merge: MergeName;
  readonly protocol?: ProtocolName[];
  readonly mirrorTable?: boolean;
  readonly thresholdAt: string;
  readonly worst: number;
  readonly batch: number;
  readonly out?: string;
}

export const addEval: AddCommand = (program, run) => {
  program
    .command('eval')
    .description('evaluate checkpoints on verification pairs; several are compared in one table')
    .argument(
      '<checkpoints...>',
      'run folders (their newest checkpoint), checkpoint folders or weights files',
    )
    .option(
      '--data <data>',
      'images: a folder, an archive or generated:… (default: as the run was configured)',
    )
    .option('--pairs <file>', "pairs in the format of LFW's pairs.txt (default: ten folds are drawn)")
    .option('--pairs-per-fold <n>', 'pairs of each kind in a drawn fold', wholeNumber(1), 300)
    .option('--threshold-fold <n>', 'choose the threshold on this fold only …', wholeNumber(1))
    .option('--test-fold <n>', '… and judge this fold only', wholeNumber(1))
    .option(
      '--merge <name>',
      `how image and mirror image are merged: ${mergeNames.join(', ')}`,
      choice(mergeNames),
      'sum',
    )
    .option('--protocol <names...>', `rules: ${protocolNames.join(', ')} (default: all)`)
    .option('--mirror-table', 'also accuracy with and without PCA for every merge of image and mirror image')
    .option('--threshold-at <rule>', 'the threshold kept for `normface verify`: best, or far=1e-3', 'best')
    .option('--worst <n>', 'errors of each kind on the contact sheets', wholeNumber(1), 16)
    .option('--batch <n>', 'images embedded at once', wholeNumber(1), 64)
    .option('-o, --out <folder>', "where the report goes (default: the run's folder eval/)")
    .addHelpText(
      'after',
      examples(
        'normface eval runs/demo-normface-001',
        'normface eval runs/lfw-001 --data lfw.tar --pairs pairs.txt --threshold-fold 9 --test-fold 10',
        'normface eval runs/softmax-001 runs/normface-001 --data faces/ --json',
        'normface eval runs/lfw-001 --data lfw.tar --pairs pairs.txt --mirror-table',
      ),
    )
    .action(
      run((context: Context, named: string[], options: EvalOptions) => evaluate(context, named, options)),
    );
};

async function evaluate(context: Context, named: string[], options: EvalOptions) {
  const rule = parseThresholdRule(options.thresholdAt);
  const unknown = options.protocol?.find((name) => !protocolNames.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`there is no protocol "${unknown}"; there are ${protocolNames.join(', ')}`);
  const weights = named.map(findWeights);
  const config = configOf(weights[0]);
  const set = await evaluationSet(options, config);
  for (const warning of set.warnings) context.warn(warning);
  const heldOut = heldOutFolds(options, config);
  const device = await context.openDevice();
  const pool = new DecodePool();
  const runs: EvaluatedRun[] = [];
  try {
    for (const [i, file] of weights.entries()) {
      const embedder = await openEmbedder(device, file, options.batch);
      const name = nameOf(file);
      const count = new Count(context.progressSink, `${name}: embedding`);
      const evaluated = await evaluateRun(embedder, set, {
        name: runs.some((other) => other.name === name) ? `${name} (${i + 1})` : name,
        rule,
        pool,
        merge: options.merge,
        protocols: heldOut ? undefined : options.protocol,
        heldOut,
        mirrorTable: options.mirrorTable,
        onProgress: (done, total) => count.update(done, total),
      });
      count.end();
      embedder.dispose();
      runs.push(evaluated);
    }
  } finally {
    await pool.close();
  }
  const thresholds = weights.map((file, i) => writeThreshold(file, runs[i].threshold));
  const metrics = runs.map(({ name, evaluation }) => ({ name, metrics: evaluation.metrics }));
  context.say(formatTable(metricsTable(metrics, `${set.dataset.name}, ${set.pairsName}`)));
  const mirrorTables = mirrorTablesOf(runs);
  if (mirrorTables.length > 0) context.say(`\n${formatTable(mirrorTableText(mirrorTables))}\n`);
  const folder = options.out ?? resultFolder('eval', weights);
  const report = await writeEvaluation(folder, runs, set, {
    worst: options.worst,
    frame: {
      title: runs.length === 1 ? `Evaluation of ${runs[0].name}` : `Evaluation of ${runs.length} checkpoints`,
      facts: [
        ['Images', set.dataset.name],
        ['Pairs', set.pairsName],
        ['Checkpoints', weights.join(', ')],
        ['Adapter', device.report.description],
      ],
    },
  });
  for (const file of thresholds) context.say(`threshold ${file}`);
  context.say(`report ${report}`);
  return { ...evaluationResult(runs, set), report, thresholds };
}

async function evaluationSet(
  options: EvalOptions,
  config: TrainingConfig | undefined,
): Promise<EvaluationSet> {
  const { data, pairs, pairsPerFold } = options;
  if (data !== undefined) return openEvaluationSet({ data, pairs, pairsPerFold });
  if (config && pairs !== undefined)
    return openEvaluationSet({ data: config.evaluation.data ?? config.data.path, pairs, pairsPerFold });
  const set = config && (await evaluationSetOf(config));
  if (!set) throw new UsageError('name the images to evaluate on: --data, and --pairs for a list of pairs');
  return set;
}

/** Folds from the flags, else, where the data are the run's own, from its configuration. */
function heldOutFolds(options: EvalOptions, config: TrainingConfig | undefined) {
  const own = options.data === undefined && options.pairs === undefined ? config?.evaluation : undefined;
  const { thresholdFold = own?.thresholdFold, testFold = own?.testFold } = options;
  if (thresholdFold === undefined && testFold === undefined) return undefined;
  if (thresholdFold === undefined || testFold === undefined)
    throw new UsageError('--threshold-fold and --test-fold belong together');
  if (options.protocol) throw new UsageError('--protocol cannot be combined with a held-out fold');
  return { thresholdFold, testFold };
}
