/** What experiments work with: the GPU, data sets, training that is done once, evaluation. */

import path from 'node:path';
import { UserError } from '../../common/errors.ts';
import type { JsonObject } from '../../common/json.ts';
import type { Device } from '../../engine/core/tensor.ts';
import type { Dataset } from '../data/dataset.ts';
import { ImageStore } from '../data/images/image-store.node.ts';
import { openEmbedder } from '../embedding/embedder.node.ts';
import type { NetEmbedder } from '../embedding/embedder.ts';
import {
  type EvaluatedRun,
  type EvaluateOptions,
  evaluateRun,
  needsMirror,
} from '../embedding/evaluate.node.ts';
import { type EvaluationSet, evaluationSetOf } from '../embedding/evaluation-set.node.ts';
import { extractFeatures } from '../embedding/features.node.ts';
import type { Features } from '../evaluation/features.ts';
import { CachingPool } from '../training/caching-pool.node.ts';
import { findWeights } from '../training/checkpoint/checkpoint.node.ts';
import { readCheckpoint, readState } from '../training/checkpoint/read-checkpoint.node.ts';
import { parseConfig, type TrainingConfig, type TrainingConfigInput } from '../training/config/config.ts';
import type { Reporter } from '../training/reporter.ts';
import { INTERRUPTED } from '../training/run/interrupt.node.ts';
import type { StepRecord } from '../training/run/log.ts';
import { trainRun } from '../training/run/run.node.ts';
import { readLog } from '../training/run/run-folder.node.ts';
import { openTrainingData, type TrainingData } from '../training/training-data.node.ts';
import { type DataSources, type Faces, facesOf } from './data-sources.node.ts';
import { findRun } from './earlier-run.node.ts';

/** `quick`: minutes on a software driver; `medium`: hours there, for differences beyond chance; `full`: the sizes of the paper, for a GPU. */
export type Preset = 'quick' | 'medium' | 'full';

export interface ExperimentRunnerOptions {
  readonly preset: Preset;
  /** How often training is repeated; by default once with `quick` and three times with the others, comparisons of `quick` five times, or three where a repetition takes many minutes. */
  readonly seeds?: number;
  readonly data: DataSources;
  /** Folder of everything that is written. */
  readonly out: string;
  readonly reporter: Reporter;
  /** Called at the first use of the GPU. */
  readonly openDevice: () => Promise<Device>;
  /** Another device in place of one that was lost, which `openDevice` gives from then on. */
  readonly reopenDevice?: () => Promise<Device>;
  readonly shouldStop?: () => boolean;
}

/** A finished run. */
export interface TrainedRun {
  readonly key: string;
  readonly folder: string;
  /** The newest checkpoint; `initialise.from` of a run that starts from this one. */
  readonly checkpoint: string;
  readonly config: TrainingConfig;
  readonly data: TrainingData;
  readonly steps: readonly StepRecord[];
}

/** Where a job trains. */
export interface TrainingPlace {
  /** Its own; the run is a folder in it. */
  readonly folder: string;
  /** What people call it. */
  readonly key: string;
  /** The checkpoint that it goes on from. */
  readonly resume: string | undefined;
}

/** Ctrl-C: what is trained so far is kept and the same command goes on from there. */
export class InterruptedError extends UserError {
  override readonly exitCode = INTERRUPTED;
  override name = 'InterruptedError';
}

/** Bytes of decoded images that are remembered for later runs; larger data sets are decoded again in each epoch. */
const CACHE_LIMIT = 2 ** 30;
/** Images embedded in one call. */
const EMBEDDING_BATCH = 64;

export class ExperimentRunner {
  readonly preset: Preset;
  /** 1, 2, … */
  readonly seeds: readonly number[];
  /** The same for experiments that compare runs, which means little without repetitions. */
  readonly comparisonSeeds: readonly number[];
  /** For those of them whose repetitions take many minutes each. */
  readonly costlySeeds: readonly number[];
  readonly data: DataSources;
  readonly out: string;
  readonly reporter: Reporter;
  /** Decoded images are shared by all runs and evaluations. */
  readonly pool = new CachingPool();
  private readonly options: ExperimentRunnerOptions;
  /** By the settings that decide them: large data sets take a while to be listed. */
  private readonly trainingData = new Map<string, Promise<TrainingData>>();
  private readonly evaluationSets = new Map<string, Promise<EvaluationSet>>();

  constructor(options: ExperimentRunnerOptions) {
    this.options = options;
    this.preset = options.preset;
    const upTo = (count: number) => Array.from({ length: count }, (_, k) => k + 1);
    this.seeds = upTo(options.seeds ?? this.pick({ quick: 1, medium: 3, full: 3 }));
    this.comparisonSeeds = upTo(options.seeds ?? this.pick({ quick: 5, medium: 3, full: 3 }));
    this.costlySeeds = upTo(options.seeds ?? 3);
    this.data = options.data;
    this.out = path.resolve(options.out);
    this.reporter = options.reporter;
  }

  /** The value for this preset; `medium` is as `quick` where it has none of its own. */
  pick<T>(values: Record<Exclude<Preset, 'medium'>, T> & { readonly medium?: T }): T {
    return values[this.preset] ?? values.quick;
  }

  /** Prints a line for people. */
  say(text: string): void {
    this.reporter.say(text);
  }

  /** The GPU, opened at the first call. */
  openDevice(): Promise<Device> {
    return this.options.openDevice();
  }

  /** @throws InterruptedError after Ctrl-C; for loops that do not train */
  checkInterrupt(): void {
    if (this.options.shouldStop?.())
      throw new InterruptedError(
        'stopped; the same command goes on from here, with --resume without repeating figures',
      );
  }

  /** LFW, or generated faces where it is missing. @param imageSize height and width, default 56×48 */
  faces(imageSize: [height: number, width: number] = [56, 48]): Faces {
    return facesOf(this.data, imageSize);
  }

  /**
   * Trains, once for each set of decisive settings in this output folder: a finished run with the same settings and images is
   * reused whatever its key, and one that was interrupted goes on from its last checkpoint.
   * @param key name of the run's folder `<out>/runs/<key>-NNN`
   * @throws InterruptedError when it was stopped, DivergedError when the loss is not finite
   */
  async train(input: TrainingConfigInput, key: string): Promise<TrainedRun> {
    this.checkInterrupt();
    const source = { ...input, name: key, output: path.join(this.out, 'runs') };
    const config = parseConfig(source, `the run ${key}`);
    const data = await this.openTrainingData(config);
    const known = findRun(config.output, config, data);
    if (known?.finished) {
      this.say(`run     ${known.folder} · trained before`);
      return this.result(key, config, data, known);
    }
    return this.goOn(key, source, config, data, known);
  }

  /**
   * Trains in a folder that is for this training alone.
   * @throws as `train`
   */
  async trainIn(input: TrainingConfigInput, { folder, key, resume }: TrainingPlace): Promise<TrainedRun> {
    const source = { ...input, name: 'run', output: folder };
    const config = parseConfig(source, `the job ${key}`);
    const data = await this.openTrainingData(config);
    const known =
      resume === undefined ? undefined : { folder: path.resolve(resume, '../..'), checkpoint: resume };
    if (known) {
      const { step, totalSteps } = readState(known.checkpoint);
      if (step >= totalSteps) return this.result(key, config, data, known);
    }
    this.say(`\njob     ${key}${known ? ', which was begun before' : ''}`);
    return this.goOn(key, source, config, data, known);
  }

  private async goOn(
    key: string,
    source: TrainingConfigInput,
    config: TrainingConfig,
    data: TrainingData,
    known: { readonly folder: string; readonly checkpoint: string } | undefined,
  ): Promise<TrainedRun> {
    const run = await trainRun({
      device: await this.openDevice(),
      reopenDevice: this.options.reopenDevice,
      config,
      source: source as unknown as JsonObject,
      data,
      reporter: this.reporter,
      pool: this.cacheFor(data, config.data.imageSize),
      resume: known && { folder: known.folder, checkpoint: readCheckpoint(known.checkpoint) },
      shouldStop: this.options.shouldStop,
    });
    if (!run.finished)
      throw new InterruptedError(
        `stopped at step ${run.step} of ${run.totalSteps} of ${run.folder}; the same command goes on from there`,
      );
    return this.result(key, config, data, run);
  }

  /** The pairs that a configuration names; opened once. @throws UserError where it names none */
  evaluationSet(config: TrainingConfig): Promise<EvaluationSet> {
    const { data, evaluation, seed } = config;
    // The seed decides drawn pairs.
    const key = JSON.stringify([data.path, data.pairs, evaluation, seed]);
    const open = async () => {
      const set = await evaluationSetOf(config);
      if (!set) throw new UserError(`a training on ${data.path} names no pairs to evaluate on`);
      return set;
    };
    const known = this.evaluationSets.get(key) ?? open();
    this.evaluationSets.set(key, known);
    return known;
  }

  /** The images of a configuration; opened once. */
  openTrainingData(config: TrainingConfig): Promise<TrainingData> {
    const key = JSON.stringify(config.data);
    const known = this.trainingData.get(key) ?? openTrainingData(config);
    this.trainingData.set(key, known);
    return known;
  }

  private result(
    key: string,
    config: TrainingConfig,
    data: TrainingData,
    { folder, checkpoint }: { folder: string; checkpoint: string },
  ): TrainedRun {
    const steps = readLog(folder).filter((record): record is StepRecord => record.event === 'step');
    return { key, folder, checkpoint, config, data, steps };
  }

  private cacheFor({ dataset }: TrainingData, [height, width]: readonly [number, number]) {
    return dataset.samples.length * height * width * 4 <= CACHE_LIMIT ? this.pool : undefined;
  }

  /**
   * Evaluates the last checkpoint of a run: on the pairs and folds of its own configuration, or on `set` with `options`.
   * @throws UserError when there are no pairs
   */
  async evaluate(
    run: TrainedRun,
    set?: EvaluationSet,
    options: Partial<Omit<EvaluateOptions, 'pool'>> = {},
  ): Promise<EvaluatedRun> {
    const own = await (set ?? this.evaluationSet(run.config));
    const heldOut = set ? undefined : heldOutOf(run.config);
    return this.withEmbedder(run, needsMirror(options), (embedder) =>
      evaluateRun(embedder, own, {
        name: run.key,
        rule: { kind: 'best' },
        heldOut,
        ...options,
        pool: this.pool,
      }),
    );
  }

  /** Raw features of the samples `indices` of a data set from the last checkpoint of a run. */
  async features(run: TrainedRun, dataset: Dataset, indices: Uint32Array): Promise<Features> {
    return (await this.mirroredFeatures(run, dataset, indices, false)).front;
  }

  /** As `features`, and with `mirror` also those of the mirrored images. */
  mirroredFeatures(run: TrainedRun, dataset: Dataset, indices: Uint32Array, mirror = true) {
    return this.withEmbedder(run, mirror, (embedder) => {
      const { width, height } = embedder;
      const store = new ImageStore(dataset, { width, height, pool: this.pool, strict: true });
      return extractFeatures(embedder, store, indices, { mirror }).finally(() => store.close());
    });
  }

  /** Runs `body` with the net of a run's last checkpoint. @param mirror whether it embeds mirror images too */
  private async withEmbedder<T>(
    run: TrainedRun,
    mirror: boolean,
    body: (embedder: NetEmbedder) => Promise<T>,
  ): Promise<T> {
    const device = await this.openDevice();
    const embedder = await openEmbedder(device, findWeights(run.checkpoint), EMBEDDING_BATCH, { mirror });
    try {
      return await body(embedder);
    } finally {
      embedder.dispose();
    }
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}

function heldOutOf({ evaluation: { thresholdFold, testFold } }: TrainingConfig) {
  return thresholdFold === undefined || testFold === undefined ? undefined : { thresholdFold, testFold };
}
