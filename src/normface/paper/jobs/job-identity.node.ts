/** What makes two jobs one: equal settings on equal images, from equal starts; and two measures one. */

import type { Json, JsonObject } from '../../../common/json.ts';
import { parseConfig, type TrainingConfig, type TrainingConfigInput } from '../../training/config/config.ts';
import { canonicalJson, decisiveSettings, hashText } from '../../training/config/overrides.ts';
import { stepCount } from '../../training/training-data.node.ts';
import type { ExperimentRunner } from '../experiment-runner.node.ts';
import type { Job, Measure } from './job.ts';
import { datasetFingerprint } from './subjects.node.ts';

export interface JobIdentity {
  /**
   * Of the settings as they are written down in a recipe, not of all that the schema adds to them: an option that a later version has
   * must not throw away what is trained. `settings` tells whether a default was changed since.
   */
  readonly hash: string;
  /** All decisive settings, without the places of files, and what stands for these: `images` and `start`. */
  readonly settings: JsonObject;
  readonly config: TrainingConfig;
  readonly steps: number;
  readonly start?: JobIdentity;
}

/** A measure of a job, with what it looks at. */
export interface MeasureIdentity {
  readonly hash: string;
  readonly measure: Measure;
  /** Of the job that wants it: equal jobs of several tables may name different pairs, which are no part of a training. */
  readonly config: TrainingConfig;
  readonly images: number;
}

/** Keys of `data` that say where images are and which of them are used: the list of the images stands for them. */
const placeKeys = ['path', 'pairs', 'excludeFolds', 'removeIdentities', 'blufr', 'minimumImages'];

/** Finds out identities, each once. */
export class JobIdentities {
  private readonly runner: ExperimentRunner;
  private readonly known = new Map<Job, Promise<JobIdentity>>();

  constructor(runner: ExperimentRunner) {
    this.runner = runner;
  }

  of(job: Job): Promise<JobIdentity> {
    const known = this.known.get(job) ?? this.find(job);
    this.known.set(job, known);
    return known;
  }

  private async find(job: Job): Promise<JobIdentity> {
    const start = job.start && (await this.of(job.start.job));
    const config = parseConfig(job.config, `the job ${job.key}`);
    const data = await this.runner.openTrainingData(config);
    const besides = {
      // The order of the images makes the batches, the list of people the classes.
      images: `${data.imagesHash} ${await datasetFingerprint(data.dataset)}`,
      ...(start && { start: start.hash, head: job.start!.head }),
    };
    const written = { ...withoutPlaces(job.config), ...besides };
    return {
      hash: hashText(canonicalJson(written)),
      settings: { ...withoutPlaces(config), ...besides },
      config,
      steps: stepCount(config, data.dataset.samples.length),
      ...(start && { start }),
    };
  }

  async measure(job: Job, measure: Measure): Promise<MeasureIdentity> {
    const { config } = await this.of(job);
    const { fingerprint, images } = await measure.subject(this.runner, config);
    const { name, settings } = measure;
    return { hash: hashText(canonicalJson({ name, settings, fingerprint })), measure, config, images };
  }
}

function withoutPlaces(config: TrainingConfigInput | TrainingConfig): JsonObject {
  const { data, initialise: _start, ...settings } = decisiveSettings(config);
  const kept = Object.entries((data ?? {}) as JsonObject).filter(([key]) => !placeKeys.includes(key));
  return { ...settings, data: Object.fromEntries(kept) as Json };
}
