/** The calibration that `normface calibrate` keeps beside a checkpoint: thresholds for false accept rates, and a probability. */

import { UserError } from '../../common/errors.ts';
import { grouped } from '../../common/format.ts';
import { oneLine } from '../../common/printable.ts';
import type { CosineCalibration, FarThreshold } from '../evaluation/calibrate.ts';
import { probabilityOf } from '../evaluation/logistic.ts';
import { type MergeName, mergeNames } from '../evaluation/merge.ts';
import { neededImpostors } from '../evaluation/needed-impostors.ts';

/** What stands in the file beside what was calculated. */
export interface CalibrationSource {
  /** How image and mirror image are merged before the cosine. */
  readonly merge: MergeName;
  /** On which data and pairs. */
  readonly data: string;
  readonly pairs: string;
  /** SHA-256 of the list of pairs, and of the weights file whose cosines these are: hexadecimal, possibly their beginnings. */
  readonly pairsSha256: string;
  readonly weightsSha256: string;
}

export interface StoredCalibration extends CalibrationSource, CosineCalibration {
  readonly format: 1;
}

/** A list of rates that is longer is no file of this program. */
const mostThresholds = 1000;

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;
const isHash = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{8,64}$/.test(value);

function isThreshold(value: unknown): value is FarThreshold {
  const { far, threshold, isSupported } = (value ?? {}) as Partial<Record<keyof FarThreshold, unknown>>;
  return isNumber(far) && far > 0 && far < 1 && isNumber(threshold) && typeof isSupported === 'boolean';
}

/** Stricter rates come later, with thresholds that are at least as high. */
function isAscending(thresholds: readonly FarThreshold[]): boolean {
  return thresholds
    .slice(1)
    .every(({ far, threshold }, i) => far < thresholds[i]!.far && threshold >= thresholds[i]!.threshold);
}

/** A calibration out of the JSON of its file: all that decisions and sentences are made of is checked. @throws UserError */
export function parseCalibration(json: unknown, source: string): StoredCalibration {
  const stored = (json ?? {}) as Partial<Record<keyof StoredCalibration, unknown>>;
  const { thresholds } = stored;
  const usable =
    stored.format === 1 &&
    mergeNames.some((name) => name === stored.merge) &&
    typeof stored.data === 'string' &&
    typeof stored.pairs === 'string' &&
    isHash(stored.pairsSha256) &&
    isHash(stored.weightsSha256) &&
    isCount(stored.genuine) &&
    isCount(stored.impostor) &&
    isNumber(stored.intercept) &&
    isNumber(stored.slope) &&
    Array.isArray(thresholds) &&
    thresholds.length <= mostThresholds &&
    thresholds.every(isThreshold) &&
    isAscending(thresholds);
  if (!usable)
    throw new UserError(`${source} is not a calibration file; \`normface calibrate\` writes a new one`);
  return json as StoredCalibration;
}

/** Whether a calibration is of a weights file. @param sha256 of that file */
export function isOfWeights({ weightsSha256 }: StoredCalibration, sha256: string): boolean {
  return sha256.startsWith(weightsSha256);
}

/** "1e-3", "0.05": a rate as people write it. */
export function farText(far: number): string {
  const exponent = Math.round(Math.log10(far));
  return Math.abs(far / 10 ** exponent - 1) < 1e-9 ? `1e${exponent}` : String(far);
}

/** The stored threshold of a rate, which may be written in any way: 0.001 is 1e-3. */
export function thresholdOfFar({ thresholds }: StoredCalibration, far: number): FarThreshold | undefined {
  return thresholds.find((one) => Math.abs(one.far / far - 1) < 1e-9);
}

/**
 * The threshold that decides where nothing else is asked for: that of the strictest rate that the pairs support, or of the laxest one
 * where they support none; undefined where no rate has a threshold.
 */
export function usualThreshold({ thresholds }: StoredCalibration): FarThreshold | undefined {
  return thresholds.findLast(({ isSupported }) => isSupported) ?? thresholds[0];
}

/** The strictest stored rate at which a cosine is accepted. */
export function strictestAccepted(
  { thresholds }: StoredCalibration,
  cosine: number,
): FarThreshold | undefined {
  return thresholds.findLast(({ threshold }) => cosine > threshold);
}

/**
 * What a calibration says of one cosine, never without what it is worth: "accept at FAR 1e-3, 98.7 % same person on the calibration
 * set". FAR 1e-3 is then the strictest stored rate at which the cosine is accepted.
 */
export function calibratedText(calibration: StoredCalibration, cosine: number): string {
  const accepted = strictestAccepted(calibration, cosine);
  const [laxest] = calibration.thresholds;
  const decision = accepted
    ? `accept at FAR ${farText(accepted.far)}${accepted.isSupported ? '' : ' (of too few pairs to be sure of it)'}`
    : laxest
      ? `reject at FAR ${farText(laxest.far)}`
      : 'no FAR is stored';
  return `${decision}, ${chanceText(probabilityOf(calibration, cosine))} same person on the calibration set`;
}

/** Nothing is certain: 0 and 100 % are said of no pair. */
function chanceText(probability: number): string {
  const percent = (100 * probability).toFixed(1);
  if (percent === '100.0') return 'over 99.9 %';
  return percent === '0.0' ? 'under 0.1 %' : `${percent} %`;
}

/** What the percentage rests on: "6,000 pairs, 50.0 % of the same person (pairs.txt of lfw, sha256 0a1b2c3d4e5f)". */
export function calibrationSetText(calibration: StoredCalibration): string {
  const { genuine, impostor, data, pairs, pairsSha256 } = calibration;
  const count = genuine + impostor;
  const prior = ((100 * genuine) / count).toFixed(1);
  // Names of generated pairs end with that of the data.
  const from = pairs.endsWith(` of ${data}`) ? pairs : `${pairs} of ${data}`;
  return (
    `${grouped(count)} pairs, ${prior} % of the same person ` +
    `(${oneLine(from)}, sha256 ${pairsSha256.slice(0, 12)})`
  );
}

/** "FAR 1e-3 of the calibration": where a threshold is from, and whether it can be believed. */
export function farThresholdText(
  { impostor }: StoredCalibration,
  { far, isSupported }: FarThreshold,
): string {
  const few = isSupported
    ? ''
    : `, of ${grouped(impostor)} pairs of different people where ${grouped(neededImpostors(far))} are needed to be sure of it`;
  return `FAR ${farText(far)} of the calibration${few}`;
}
