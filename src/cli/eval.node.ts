/** `normface eval`: how well do one or several checkpoints verify? */

import fs from 'node:fs';
import { UsageError } from '../common/errors.ts';
import { countText, grouped } from '../common/format.ts';
import { formatTable } from '../common/table.ts';
import { damagedText } from '../normface/data/images/damaged-image.node.ts';
import { DecodePool } from '../normface/data/images/worker-pool.node.ts';
import { openEmbedder } from '../normface/embedding/embedder.node.ts';
import {
  type EvaluatedRun,
  evaluateRun,
  needsMirror,
  parseThresholdRule,
} from '../normface/embedding/evaluate.node.ts';
import type { EvaluationSet } from '../normface/embedding/evaluation-set.node.ts';
import { explainEvaluation } from '../normface/embedding/explain.node.ts';
import { describeThreshold } from '../normface/embedding/stored-threshold.ts';
import { writeThreshold } from '../normface/embedding/threshold-file.node.ts';
import { explainSentences, explainTable } from '../normface/evaluation/explain.ts';
import type { MergeName } from '../normface/evaluation/merge.ts';
import { mirrorTableText } from '../normface/evaluation/mirror-table.ts';
import { type ProtocolName, protocolNames } from '../normface/evaluation/protocol-names.ts';
import { metricsTable } from '../normface/evaluation/summary.ts';
import { mostScoredPairs } from '../normface/overview/score-file.node.ts';
import { findWeights } from '../normface/training/checkpoint/checkpoint.node.ts';
import { configOf, nameOf } from './checkpoint-run.node.ts';
import type { Context } from './context.node.ts';
import { type ChosenPairs, chosenFolds, chosenSet } from './evaluation-choice.node.ts';
import {
  evaluationResult,
  mirrorTablesOf,
  provenanceLines,
  writeEvaluation,
} from './evaluation-report.node.ts';
import { evaluationProvenance } from './provenance.node.ts';
import { resultFolder, stored } from './results.node.ts';
import { imageSizes } from './suitability.node.ts';

interface EvalOptions extends ChosenPairs {
  readonly thresholdFold?: number;
  readonly testFold?: number;
  readonly merge: MergeName;
  readonly protocol?: ProtocolName[];
  readonly mirrorTable?: boolean;
  /** How many pairs; true for the usual number. */
  readonly explain?: number | true;
  readonly thresholdAt: string;
  readonly storeThreshold?: boolean;
  readonly worst: number;
  readonly batch: number;
  readonly out?: string;
}

/** Pairs that `--explain` decides, if not told otherwise, and images whose sizes it looks at. */
const explainedPairs = 600;
const sizedImages = 16;

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
    const set = await chosenSet(options, config);
    for (const warning of set.warnings) context.warn(warning);
    const heldOut = chosenFolds(options, config);
    if (heldOut && options.protocol)
      throw new UsageError('--protocol cannot be combined with a held-out fold');
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
        // The images are the same for all.
        onDamaged: i === 0 ? (image, reason) => context.warn(damagedText(image, reason)) : undefined,
        onProgress: (done, total) =>
          done < total
            ? stage.update(done, total)
            : stage.next(`${name}: judging ${countText(set.pairs.a.length, 'pair')}`),
      });
      const { pairs } = evaluated.evaluation;
      const provenance = await evaluationProvenance(file, set, evaluated.evaluation);
      embedder.dispose();
      if (options.explain !== undefined) stage.next(`${evaluated.name}: trying alternatives`);
      const explained =
        options.explain === undefined
          ? undefined
          : await explainEvaluation(
              device,
              file,
              { ...set, pairs },
              {
                merge: options.merge,
                // Of the rules that were named the one whose row is to be read first.
                protocol: options.protocol?.find(
                  (name) => name === evaluated.evaluation.first?.result.protocol,
                ),
                count: options.explain === true ? explainedPairs : options.explain,
                batch: options.batch,
                stored: await imageSizes(set.dataset, Array.from(set.indices.subarray(0, sizedImages))),
                onProgress: (done, total) => stage.update(done, total),
              },
            );
      runs.push({ ...evaluated, provenance, explained });
    }
    tell(context, runs, set);
    for (const { title, text, tables } of explainSections(runs)) {
      context.say(`\n${title}\n`);
      for (const table of tables) context.say(formatTable(table));
      for (const sentence of text) context.say(`\n${sentence}`);
      context.say();
    }
    stage.next('writing the report');
    const report = await stored(context, () =>
      writeEvaluation(resultFolder('eval', options.out), runs, set, {
        worst: options.worst,
        weights,
        frame: {
          title:
            runs.length === 1 ? `Evaluation of ${runs[0]!.name}` : `Evaluation of ${runs.length} checkpoints`,
          sections: explainSections(runs),
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

/** What alternatives would change, run by run, for the terminal and the report. */
function explainSections(runs: readonly EvaluatedRun[]) {
  return runs.flatMap(({ name, explained }) =>
    explained
      ? [
          {
            title: `What would change the number of ${name}`,
            text: explainSentences(explained),
            tables: [explainTable(explained)],
          },
        ]
      : [],
  );
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
  for (const line of provenanceLines(runs)) context.say(line);
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
