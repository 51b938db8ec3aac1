/** What a run is, and what an attempt at it begins with. */

import type { JsonObject } from '../../../common/json.ts';
import type { Device } from '../../../engine/core/tensor.ts';
import type { DecodePool } from '../../data/images/worker-pool.node.ts';
import type { TrainingGroup } from '../../distributed/training-group.ts';
import type { EvaluationSet } from '../../embedding/evaluation-set.node.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { TrainingConfig } from '../config/config.ts';
import type { Meter } from '../meter.ts';
import type { Model } from '../model.ts';
import type { Reporter } from '../reporter.ts';
import type { TrainingData } from '../training-data.node.ts';
import type { ImageRecord } from './image-files.node.ts';

/** What a run is, whatever becomes of the device. */
export interface RunPlan {
  readonly config: TrainingConfig;
  /** The configuration as the person gave it, kept in the run's folder. */
  readonly source: JsonObject;
  readonly data: TrainingData;
  readonly images: ImageRecord;
  readonly totalSteps: number;
  readonly evaluationSet: EvaluationSet | undefined;
  /** Train on the first batch only, to see whether the net can learn it by heart. */
  readonly overfitBatch: boolean;
  readonly reporter: Reporter;
  readonly meter: Meter;
  readonly shouldStop: () => boolean;
  /** The ranks that train together, or undefined: this one alone. */
  readonly group: TrainingGroup | undefined;
  readonly pool: DecodePool | undefined;
}

/** What one attempt at it begins with. */
export interface AttemptStart {
  readonly device: Device;
  readonly model: Model;
  readonly folder: string;
  /** Where it goes on from; at the beginning without it. */
  readonly from: Checkpoint | undefined;
  /** Whether this is the first attempt of this process, and no device was lost before. */
  readonly isFirst: boolean;
}
