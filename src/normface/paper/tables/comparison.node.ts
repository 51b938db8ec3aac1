/** What the tables measure of their rows: accuracies on pairs, and which pairs were decided rightly. */

import type { EvaluationSet } from '../../embedding/evaluation-set.node.ts';
import { evaluateScores } from '../../evaluation/evaluate.ts';
import type { MergeName } from '../../evaluation/merge.ts';
import { MergedScores } from '../../evaluation/merged-scores.ts';
import { mean } from '../../evaluation/result.ts';
import { percent } from '../../evaluation/summary.ts';
import type { MeasuredRow } from '../../evaluation/verdict.ts';
import { completeCheckpoints, stepOf } from '../../training/checkpoint/checkpoint.node.ts';
import type { TrainingConfig } from '../../training/config/config.ts';
import type { KnownValues } from '../experiment.ts';
import type { ExperimentRunner, TrainedRun } from '../experiment-runner.node.ts';
import { packBits, unpackBits } from '../jobs/bits.ts';
import type { Job, Measure, PlannedJob, Subject } from '../jobs/job.ts';
import { pairsSubject } from '../jobs/subjects.node.ts';
import { type LossRow, labelOf } from './loss-rows.ts';
import { fineTuneJob, type Recipe } from './recipe.ts';

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

/** The same as it is kept. */
interface KeptMeasurement extends Omit<Measurement, 'decisions'> {
  readonly pairs: number;
  readonly decisions: string;
}

export type PairsMeasure = Measure<{ readonly measurements: readonly KeptMeasurement[] }>;

/** The evaluated checkpoints of a job, its last ones, as many as the recipe says, by each of some merges. */
export function pairsMeasure(
  { protocol, merge, snapshots: { count } }: Pick<Recipe, 'protocol' | 'merge' | 'snapshots'>,
  merges: readonly MergeName[] = [merge],
): PairsMeasure {
  const mirror = merges.some((name) => name !== 'front');
  return {
    name: 'pairs',
    settings: { protocol, merges: [...merges], snapshots: count },
    subject: (runner, config) => judgesOf(runner, config, mirror),
    measure: async (runner, run) => {
      const measurements: KeptMeasurement[] = [];
      for (const checkpoint of completeCheckpoints(run.folder).slice(-count)) {
        runner.checkInterrupt();
        const { pairs, features } = await pairFeatures(runner, { ...run, checkpoint }, mirror);
        const scores = new MergedScores(features, pairs);
        for (const name of merges) {
          const { metrics, first } = evaluateScores(scores, { merge: name, protocols: [protocol] });
          measurements.push({
            seed: run.config.seed,
            step: stepOf(checkpoint),
            merge: name,
            accuracy: metrics.protocols[0]!.accuracy,
            areaUnderCurve: metrics.areaUnderCurve,
            pairs: first!.decisions.length,
            decisions: packBits(first!.decisions),
          });
        }
      }
      const last = measurements.at(-1);
      if (last) runner.say(`${run.key}: ${(100 * last.accuracy).toFixed(2)} % of ${last.pairs} pairs`);
      return { measurements };
    },
  };
}

/** The pairs of a configuration, the same ones for every seed where they are drawn: rows and seeds are compared pair by pair. */
function judges(runner: ExperimentRunner, config: TrainingConfig): Promise<EvaluationSet> {
  return runner.evaluationSet({ ...config, seed: 1 });
}

/** @param mirror whether mirror images are looked at, too */
export async function judgesOf(
  runner: ExperimentRunner,
  config: TrainingConfig,
  mirror: boolean,
): Promise<Subject> {
  return pairsSubject(await judges(runner, config), mirror ? 2 : 1);
}

/** The pairs of a run's configuration, and features of its last checkpoint for them. */
export async function pairFeatures(runner: ExperimentRunner, run: TrainedRun, mirror: boolean) {
  const { dataset, indices, pairs } = await judges(runner, run.config);
  return { pairs, features: await runner.mirroredFeatures(run, dataset, indices, mirror) };
}

/** What is kept of a job's pairs; nothing while it is not done. */
export async function measurementsOf(
  known: KnownValues,
  job: Job,
  measure: PairsMeasure,
): Promise<Measurement[]> {
  const { measurements = [] } = (await known.value(job, measure)) ?? {};
  return measurements.map(({ pairs, decisions, ...one }) => ({
    ...one,
    decisions: unpackBits(decisions, pairs),
  }));
}

/** The jobs of some rows, each with what is measured of it; seeds are the outer loop, so that none is left behind. */
export function rowJobs(
  recipe: Recipe,
  rows: readonly LossRow[],
  seeds: readonly number[],
  measures: readonly Measure[],
): PlannedJob[] {
  return seeds.flatMap((seed) =>
    rows.map((row) => ({ job: fineTuneJob(recipe, row, seed, measures), label: labelOf(row), seed })),
  );
}

/** Measurements of each row so far, of the seeds in their order. @param jobs of the rows, as `rowJobs` makes them */
export async function measuredRows(
  known: KnownValues,
  rows: number,
  jobs: readonly PlannedJob[],
  measure: PairsMeasure,
): Promise<Measurement[][]> {
  const measured: Measurement[][] = Array.from({ length: rows }, () => []);
  for (const [k, { job }] of jobs.entries())
    measured[k % rows]!.push(...(await measurementsOf(known, job, measure)));
  return measured;
}

/** For each seed the mean over its checkpoints, in the order of the seeds. */
export function perSeed(
  measurements: readonly Measurement[],
  value: (measurement: Measurement) => number = ({ accuracy }) => accuracy,
): number[] {
  return bySeed(measurements).map((ofSeed) => mean(ofSeed.map(value)));
}

/** Lines of a CSV file, a checkpoint each: whose it is, then seed, step, accuracy and area under the curve. */
export function measurementLines(
  whose: readonly (string | number)[],
  measurements: readonly Measurement[],
): (string | number)[][] {
  return measurements.map(({ seed, step, accuracy, areaUnderCurve }) => [
    ...whose,
    seed,
    step,
    accuracy,
    areaUnderCurve,
  ]);
}

/** Area under the curve, in per cent, the mean over the seeds. */
export function areaText(measurements: readonly Measurement[]): string {
  return percent(mean(perSeed(measurements, ({ areaUnderCurve }) => areaUnderCurve)));
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
    seeds: bySeed(measurements).map(([first]) => first!.seed),
    values: perSeed(measurements),
    units: bySeed(measurements).map((ofSeed) =>
      Float64Array.from(ofSeed[0]!.decisions, (_, pair) =>
        mean(ofSeed.map(({ decisions }) => decisions[pair]!)),
      ),
    ),
  };
}
