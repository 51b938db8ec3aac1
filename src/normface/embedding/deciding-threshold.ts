/** Which of the numbers beside a checkpoint decides whether two images show the same person. */

import { UsageError } from '../../common/errors.ts';
import type { MergeName } from '../evaluation/merge.ts';
import {
  farText,
  farThresholdText,
  type StoredCalibration,
  thresholdOfFar,
  usualThreshold,
} from './stored-calibration.ts';
import { describeThreshold, type StoredThreshold } from './stored-threshold.ts';

/** What is known of a checkpoint, and what was asked for. */
export interface DecisionSources {
  /** What `normface eval --store-threshold` kept. */
  readonly stored?: StoredThreshold;
  /** What `normface calibrate` kept, of these very weights. */
  readonly calibration?: StoredCalibration;
  /** A cosine that was asked for. */
  readonly threshold?: number;
  /** A false accept rate that was asked for. */
  readonly far?: number;
}

export interface Deciding {
  /** Two images show the same person when their cosine is greater; undefined: nothing is decided. */
  readonly threshold: number | undefined;
  readonly merge: MergeName;
  /** Where the threshold is from; undefined where it was asked for, or is missing. */
  readonly about?: string;
}

/**
 * A cosine that was asked for decides, else the calibration's threshold for a rate that was asked for, else the stored threshold, else the
 * calibration's strictest threshold that its pairs support. Images are merged as what decides has it.
 *
 * @throws UsageError for a rate that the calibration has no threshold for
 */
export function decidingThreshold({ stored, calibration, threshold, far }: DecisionSources): Deciding {
  const merge = stored?.merge ?? calibration?.merge ?? 'sum';
  if (far !== undefined) {
    if (threshold !== undefined) throw new UsageError('--far and --threshold exclude each other');
    const found = calibration && thresholdOfFar(calibration, far);
    if (found)
      return {
        threshold: found.threshold,
        merge: calibration.merge,
        about: farThresholdText(calibration, found),
      };
    const known = calibration?.thresholds.map((one) => farText(one.far)).join(', ');
    throw new UsageError(
      known !== undefined
        ? known === ''
          ? `the calibration has no threshold for any false accept rate, so none for ${farText(far)}: \`normface calibrate --far\` makes it`
          : `the calibration has thresholds for the false accept rates ${known}, none for ${farText(far)}`
        : '--far needs the thresholds that `normface calibrate` keeps beside the checkpoint',
    );
  }
  if (threshold !== undefined) return { threshold, merge };
  if (stored) return { threshold: stored.threshold, merge, about: describeThreshold(stored) };
  const usual = calibration && usualThreshold(calibration);
  if (!usual) return { threshold: undefined, merge };
  return { threshold: usual.threshold, merge, about: farThresholdText(calibration, usual) };
}
