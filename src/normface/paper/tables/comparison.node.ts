/** Trains and evaluates the rows of a table: for every seed a baseline, and from it each row. */

import { UserError } from '../../../common/errors.ts';
import { type EvaluationSet, evaluationSetOf } from '../../embedding/evaluation-set.node.ts';
import { evaluateScores } from '../../evaluation/evaluate.ts';
import type { MergeName } from '../../evaluation/merge.ts';
import { MergedScores } from '../../evaluation/merged-scores.ts';
import { mean } from '../../evaluation/result.ts';
import type { MeasuredRow } from '../../evaluation/verdict.ts';
import { completeCheckpoints, stepOf } from '../../training/checkpoint/checkpoint.node.ts';
import type { ExperimentRunner, TrainedRun } from '../experiment-runner.node.ts';
import type { LossRow } from './loss-rows.ts';
import { baselineConfig, fineTuneConfig, type Recipe } from './recipe.ts';

/** One evaluated checkpoint; rates in [0, 1]. */
export interface Measurement {
  readonly seed: number;
  readonly step: number;
  readonly merge: MergeName;
  readonly accuracy: number;
  readonly areaUnderCurve: number;
  /** For every pair whether it is decided rightly, 1 or 0. */
  readonly decisions: Uint8Array;
}

export class Comparison {
  readonly runner: ExperimentRunner;
  readonly recipe: Recipe;
  private readonly baselines = new Map<number, Promise<TrainedRun>>();
  private set: Promise<EvaluationSet | undefined> | undefined;

  constructor(runner: ExperimentRunner, recipe: Recipe) {
    this.runner = runner;
    this.recipe = recipe;
  }

  /** What every row of a seed starts from; trained once. */
  baseline(seed: number): Promise<TrainedRun> {
    const { name } = this.recipe;
    const run =
      this.baselines.get(seed) ??
      this.runner.train(baselineConfig(this.recipe, seed), `${name}-baseline-s${seed}`);
    this.baselines.set(seed, run);
    return run;
  }

  async fineTune(row: LossRow, seed: number): Promise<TrainedRun> {
    const { checkpoint } = await this.baseline(seed);
    const config = fineTuneConfig(this.recipe, row, checkpoint, seed);
    return this.runner.train(config, `${this.recipe.name}-${row.key}-s${seed}`);
  }

  /** The pairs that judge, and features of a run's last checkpoint for them: those that the recipe's merge needs. */
  async features(run: TrainedRun, mirror = this.recipe.merge !== 'front') {
    const { dataset, indices, pairs } = await this.evaluationSet(run);
    return { pairs, features: await this.runner.mirroredFeatures(run, dataset, indices, mirror) };
  }

  /** Number of the pairs that judge. */
  async pairCount(run: TrainedRun): Promise<number> {
    return (await this.evaluationSet(run)).pairs.a.length;
  }

  private async evaluationSet({ key, config }: TrainedRun): Promise<EvaluationSet> {
    this.set ??= evaluationSetOf(config);
    const set = await this.set;
    if (!set) throw new UserError(`the run ${key} names no pairs to evaluate on`);
    return set;
  }

  /** The evaluated checkpoints of a run, its last ones, as many as the recipe says, by each of some merges. */
  async measure(run: TrainedRun, merges: readonly MergeName[] = [this.recipe.merge]): Promise<Measurement[]> {
    const measurements: Measurement[] = [];
    const mirror = merges.some((merge) => merge !== 'front');
    for (const checkpoint of completeCheckpoints(run.folder).slice(-this.recipe.snapshots.count)) {
      this.runner.checkInterrupt();
      const { pairs, features } = await this.features({ ...run, checkpoint }, mirror);
      const scores = new MergedScores(features, pairs);
      for (const merge of merges) {
        const { metrics, first } = evaluateScores(scores, {
          merge,
          protocols: [this.recipe.protocol],
        });
        measurements.push({
          seed: run.config.seed,
          step: stepOf(checkpoint),
          merge,
          accuracy: metrics.protocols[0]!.accuracy,
          areaUnderCurve: metrics.areaUnderCurve,
          decisions: first!.decisions,
        });
      }
    }
    return measurements;
  }

  /** Measurements of every row and seed, in the order of the rows; seeds are the outer loop, so that none is left behind. */
  async measureRows(rows: readonly LossRow[], seeds: readonly number[]): Promise<Measurement[][]> {
    const measured: Measurement[][] = rows.map(() => []);
    for (const seed of seeds) {
      for (const [r, row] of rows.entries()) {
        const measurements = await this.measure(await this.fineTune(row, seed));
        measured[r]!.push(...measurements);
        const { accuracy } = measurements.slice(-1)[0]!;
        this.runner.say(`seed ${seed} · ${row.key}: ${(100 * accuracy).toFixed(2)} %`);
      }
    }
    return measured;
  }
}

/** For each seed the mean over its checkpoints, in the order of the seeds. */
export function perSeed(
  measurements: readonly Measurement[],
  value: (measurement: Measurement) => number = ({ accuracy }) => accuracy,
): number[] {
  return bySeed(measurements).map((ofSeed) => mean(ofSeed.map(value)));
}

/** The measurements of each seed. */
function bySeed(measurements: readonly Measurement[]): Measurement[][] {
  const groups = new Map<number, Measurement[]>();
  for (const measurement of measurements) {
    const known = groups.get(measurement.seed) ?? [];
    groups.set(measurement.seed, [...known, measurement]);
  }
  return [...groups.values()];
}

/** A row as verdicts want it: for each seed its accuracy, and how often each pair was decided rightly. */
export function measuredRow(label: string, measurements: readonly Measurement[]): MeasuredRow {
  return {
    label,
    values: perSeed(measurements),
    units: bySeed(measurements).map((ofSeed) =>
      Float64Array.from(ofSeed[0]!.decisions, (_, pair) =>
        mean(ofSeed.map(({ decisions }) => decisions[pair]!)),
      ),
    ),
  };
}
