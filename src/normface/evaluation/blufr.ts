import { UserError } from '../../common/errors.ts';
import type { Table } from '../../common/table.ts';
import type { Device } from '../../engine/core/tensor.ts';
import type { BlufrTrial } from '../data/protocols/blufr.ts';
import { rankAllPairs } from './all-pairs.ts';
import { type Features, featureCount } from './features.ts';
import { momentsOf } from './moments.ts';
import { nearestInGallery } from './open-set.ts';
import { fitPca, type PcaSize, project } from './pca.ts';
import { mean } from './result.ts';
import { percent } from './summary.ts';

/** The false accept rates that BLUFR reports: of pairs, and of probes who are not in the gallery. */
export const verificationFar = 0.001;
export const openSetFar = 0.01;

/** One trial; rates in [0, 1]. */
export interface BlufrTrialResult {
  /** Number from 1. */
  readonly trial: number;
  readonly trainImages: number;
  readonly testImages: number;
  readonly genuinePairs: number;
  readonly impostorPairs: number;
  /** Probes of people in the gallery, and of others. */
  readonly genuineProbes: number;
  readonly impostorProbes: number;
  /** VR at FAR = 0.1 %: genuine pairs with a score of at least the threshold. */
  readonly verificationRate: number;
  readonly verificationThreshold: number;
  /** DIR at FAR = 1 %, rank 1: genuine probes whose own gallery image is the nearest one and scores at least the threshold. */
  readonly detectionRate: number;
  readonly detectionThreshold: number;
  /** Dimensions of the PCA of the training images, or null without. */
  readonly pcaDimensions: number | null;
}

export interface BlufrOptions {
  /** Project on principal components of the trial's training images, each counted once. Default: no projection. */
  readonly pca?: PcaSize;
  /** Side of the tiles that pairs are scored in: a multiple of 64. */
  readonly side?: number;
}

/**
 * One trial of BLUFR (docs/reference.md#blufr): scores are cosines, that is f32 products of normalised features on the GPU. The threshold
 * at a false accept rate f is, exactly, number round(f · impostors) of the impostor scores from the greatest down.
 *
 * @param features of all listed images, merged and raw; row i belongs to image i. Rows outside the trial may hold anything finite
 * @param labels person on each listed image
 * @throws UserError where a false accept rate allows no impostor, so that no threshold belongs to it
 */
export async function evaluateBlufrTrial(
  device: Device,
  features: Features,
  labels: Uint32Array,
  trial: BlufrTrial,
  number: number,
  { pca, side }: BlufrOptions = {},
): Promise<BlufrTrialResult> {
  const components = pca && fitPca(momentsOfTraining(features, trial.train), pca);
  const select = (members: Uint32Array) => {
    const rows = rowsOf(features, members);
    return normalised(components ? project(rows, components) : rows);
  };
  const labelsOf = (members: Uint32Array) => Uint32Array.from(members, (member) => labels[member]!);

  const rankOf = (far: number) => (impostors: number) => impostorRank(far, impostors, number);
  const pairs = await rankAllPairs(
    device,
    select(trial.test),
    labelsOf(trial.test),
    rankOf(verificationFar),
    side,
  );

  const nearest = await nearestInGallery(device, select(trial.gallery), select(trial.probes));
  const inGallery = labelsOf(trial.gallery);
  const enrolled = new Set(inGallery);
  const probes = labelsOf(trial.probes);
  const strangers = nearest.score.filter((_, probe) => !enrolled.has(probes[probe]!)).sort();
  const genuineProbes = probes.length - strangers.length;
  if (genuineProbes === 0) throw new UserError(`trial ${number} has no probes of people in its gallery`);
  const detectionThreshold = strangers[strangers.length - rankOf(openSetFar)(strangers.length)]!;
  const detected = nearest.score.filter(
    (score, probe) => score >= detectionThreshold && inGallery[nearest.place[probe]!] === probes[probe],
  );
  return {
    trial: number,
    trainImages: trial.train.length,
    testImages: trial.test.length,
    genuinePairs: pairs.genuine,
    impostorPairs: pairs.impostor,
    genuineProbes,
    impostorProbes: strangers.length,
    verificationRate: pairs.accepted / pairs.genuine,
    verificationThreshold: pairs.threshold,
    detectionRate: detected.length / genuineProbes,
    detectionThreshold,
    pcaDimensions: components?.components.rows ?? null,
  };
}

/** Number of impostor scores at or above the threshold. @throws UserError when it is none */
function impostorRank(far: number, impostors: number, trial: number): number {
  const rank = Math.round(far * impostors);
  if (rank > 0) return rank;
  throw new UserError(
    `trial ${trial} has ${impostors} impostor scores, too few for a false accept rate of ${far}`,
  );
}

function momentsOfTraining(features: Features, train: Uint32Array) {
  const weights = new Uint8Array(featureCount(features));
  for (const member of train) weights[member] = 1;
  const first = train[0]! * features.dimension;
  const origin = Float64Array.from(features.values.subarray(first, first + features.dimension));
  return momentsOf(features, weights, origin);
}

function rowsOf({ values, dimension }: Features, rows: Uint32Array): Features {
  const selected = new Float32Array(rows.length * dimension);
  rows.forEach((row, place) => {
    selected.set(values.subarray(row * dimension, (row + 1) * dimension), place * dimension);
  });
  return { values: selected, dimension };
}

/** Rows divided by their length, in float64 before the result is rounded; a zero row stays zero. */
function normalised({ values, dimension }: Features): Features {
  const result = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += dimension) {
    let square = 0;
    for (let k = start; k < start + dimension; k++) square += values[k]! * values[k]!;
    const inverse = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let k = start; k < start + dimension; k++) result[k] = values[k]! * inverse;
  }
  return { values: result, dimension };
}

/** A rate over several trials. BLUFR reports `meanMinusStd`. */
export interface RateOverTrials {
  readonly mean: number;
  /** Of a sample: divided by the number of trials less one; null for a single trial. */
  readonly std: number | null;
  readonly meanMinusStd: number | null;
}

/** Results of trials of BLUFR and their means. */
export interface BlufrResult {
  readonly trials: readonly BlufrTrialResult[];
  readonly verificationRate: RateOverTrials;
  readonly detectionRate: RateOverTrials;
}

/** Mean, standard deviation and mean − standard deviation of the rates of some trials. */
export function summariseBlufr(trials: readonly BlufrTrialResult[]): BlufrResult {
  return {
    trials,
    verificationRate: overTrials(trials.map(({ verificationRate }) => verificationRate)),
    detectionRate: overTrials(trials.map(({ detectionRate }) => detectionRate)),
  };
}

function overTrials(rates: readonly number[]): RateOverTrials {
  const average = mean(rates);
  if (rates.length < 2) return { mean: average, std: null, meanMinusStd: null };
  const squares = rates.reduce((sum, rate) => sum + (rate - average) ** 2, 0);
  const std = Math.sqrt(squares / (rates.length - 1));
  return { mean: average, std, meanMinusStd: average - std };
}

/** One row a trial, then mean, standard deviation and their difference. */
export function blufrTable({ trials, verificationRate, detectionRate }: BlufrResult): Table {
  const right = (header: string) => ({ header, align: 'right' as const });
  const row = (
    name: string,
    verification: number | null,
    detection: number | null,
    sizes: readonly number[] = [],
  ) => [
    name,
    ...[verification, detection].map((rate) => (rate === null ? '–' : percent(rate))),
    ...sizes.map(String),
  ];
  return {
    title: 'BLUFR, rates in %',
    columns: [
      { header: 'trial' },
      ...[
        'VR @ FAR 0.1 %',
        'DIR @ FAR 1 %, rank 1',
        'train images',
        'test images',
        'same pairs',
        'different pairs',
      ].map(right),
    ],
    rows: [
      ...trials.map((t) =>
        row(String(t.trial), t.verificationRate, t.detectionRate, [
          t.trainImages,
          t.testImages,
          t.genuinePairs,
          t.impostorPairs,
        ]),
      ),
      row('mean', verificationRate.mean, detectionRate.mean),
      row('standard deviation', verificationRate.std, detectionRate.std),
      row('mean − standard deviation', verificationRate.meanMinusStd, detectionRate.meanMinusStd),
    ],
    notes: ['The standard deviation is that of a sample (n − 1); BLUFR reports mean − standard deviation.'],
  };
}
