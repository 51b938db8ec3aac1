/** `normface eval`: how well do one or several checkpoints verify? */

import fs from 'node:fs';
import { UsageError } from '../common/errors.ts';
import { countText, grouped } from '../common/format.ts';
import { formatTable } from '../common/table.ts';
import { DecodePool } from '../normface/data/images/worker-pool.node.ts';
import { openEmbedder } from '../normface/embedding/embedder.node.ts';
import {
  type EvaluatedRun,
  evaluateRun,
  needsMirror,
  parseThresholdRule,
} from '../normface/embedding/evaluate.node.ts';
import {
  type EvaluationSet,
  evaluationSetOf,
  openEvaluationSet,
} from '../normface/embedding/evaluation-set.node.ts';
import { describeThreshold } from '../normface/embedding/stored-threshold.ts';
import { writeThreshold } from '../normface/embedding/threshold-file.node.ts';
import { checkDistinct } from '../normface/evaluation/held-out.ts';
import type { MergeName } from '../normface/evaluation/merge.ts';
import { mirrorTableText } from '../normface/evaluation/mirror-table.ts';
import { type ProtocolName, protocolNames } from '../normface/evaluation/protocol-names.ts';
import { metricsTable } from '../normface/evaluation/summary.ts';
import { mostScoredPairs } from '../normface/overview/score-file.node.ts';
import { findWeights } from '../normface/training/checkpoint/checkpoint.node.ts';
import type { TrainingConfig } from '../normface/training/config/config.ts';
import { configOf, nameOf } from './checkpoint-run.node.ts';
import type { Context } from './context.node.ts';
import { evaluationResult, mirrorTablesOf, writeEvaluation } from './evaluation-report.node.ts';
import { resultFolder, stored } from './results.node.ts';

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
  readonly storeThreshold?: boolean;
  readonly worst: number;
  readonly batch: number;
  readonly out?: string;
}

export async function evaluate(context: Context, named: string[], options: EvalOptions) {
  const rule = parseThresholdRule(options.thresholdAt);
  const unknown = options.protocol?.find((name) => !protocolNames.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`there is no protocol "${unknown}"; there are ${protocolNames.join(', ')}`);
  const weights = named.map(findWeights);
  checkOnce(weights);
  const config = configOf(weights[0]!);
  const stage = context.stage('opening the images');
  const pool = new DecodePool();
  const runs: EvaluatedRun[] = [];
  try {
    const set = await evaluationSet(options, config);
    for (const warning of set.warnings) context.warn(warning);
    const heldOut = heldOutFolds(options, config);
    const device = await context.openDevice();
    for (const [i, file] of weights.entries()) {
      const name = nameOf(file);
      stage.next(`${name}: compiling kernels`);
      const mirror = needsMirror(options);
      const embedder = await openEmbedder(device, file, options.batch, { mirror });
      await embedder.step(mirror).compile();
      stage.next(`${name}: embedding`);
      const evaluated = await evaluateRun(embedder, set, {
        name: runs.some((other) => other.name === name) ? `${name} (${i + 1})` : name,
        rule,
        pool,
        merge: options.merge,
        protocols: heldOut ? undefined : options.protocol,
        heldOut,
        mirrorTable: options.mirrorTable,
        onProgress: (done, total) =>
          done < total
            ? stage.update(done, total)
            : stage.next(`${name}: judging ${countText(set.pairs.a.length, 'pair')}`),
      });
      embedder.dispose();
      runs.push(evaluated);
    }
    tell(context, runs, set);
    stage.next('writing the report');
    const report = await stored(context, () =>
      writeEvaluation(resultFolder('eval', options.out), runs, set, {
        worst: options.worst,
        weights,
        frame: {
          title:
            runs.length === 1 ? `Evaluation of ${runs[0]!.name}` : `Evaluation of ${runs.length} checkpoints`,
          facts: [
            ['Images', set.dataset.name],
            ['Pairs', set.pairsName],
            ['Checkpoints', weights.join(', ')],
            ['Adapter', device.report.description],
          ],
        },
      }),
    );
    if (report !== null) context.say(`report    ${report}`);
    if (set.pairs.a.length > mostScoredPairs)
      context.say(`scores of single pairs are not kept: there are more than ${grouped(mostScoredPairs)}`);
    const thresholds = options.storeThreshold ? await storeThresholds(context, weights, runs) : [];
    return { ...evaluationResult(runs, set), report, thresholds };
  } finally {
    stage.end();
    await pool.close();
  }
}

/** @throws UsageError when two names lead to one checkpoint */
function checkOnce(weights: readonly string[]): void {
  const real = weights.map((file) => fs.realpathSync(file));
  const twice = weights.find((_, i) => real.indexOf(real[i]!) < i);
  if (twice !== undefined) throw new UsageError(`the checkpoint ${twice} is named twice`);
}

function tell(context: Context, runs: readonly EvaluatedRun[], set: EvaluationSet): void {
  const metrics = runs.map(({ name, evaluation }) => ({ name, metrics: evaluation.metrics }));
  context.say(formatTable(metricsTable(metrics, `${set.dataset.name}, ${set.pairsName}`)));
  const mirrorTables = mirrorTablesOf(runs);
  if (mirrorTables.length > 0) context.say(`\n${formatTable(mirrorTableText(mirrorTables))}\n`);
  for (const { name, threshold } of runs)
    context.say(`threshold ${threshold.threshold.toFixed(4)} for ${name}: ${describeThreshold(threshold)}`);
}

/** Keeps the threshold of each run beside its checkpoint. @returns the files that could be written */
async function storeThresholds(
  context: Context,
  weights: readonly string[],
  runs: readonly EvaluatedRun[],
): Promise<string[]> {
  const files: string[] = [];
  for (const [i, file] of weights.entries()) {
    const written = await stored(context, () => writeThreshold(file, runs[i]!.threshold));
    if (written === null) continue;
    files.push(written);
    context.say(`stored    ${written}`);
  }
  return files;
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
  checkDistinct({ thresholdFold, testFold });
  return { thresholdFold, testFold };
}
