/** The keys of a training configuration. */

import { z } from 'zod';
import { lossSchema } from '../../losses/index.ts';
import { defaultLoss } from '../../losses/names.ts';
import type { Net } from '../../nets/net.ts';
import { augmentation } from './augmentation.ts';
import { data, evaluation, sampling } from './data-keys.ts';
import { schedule, stopEarly } from './schedule-keys.ts';

const count = z.int().min(1);
const factor = z.number().min(0);
/** Of names of parameters. */
const pattern = z.string().min(1).max(200);

/** Whether a configuration holds a net itself, and not its name; `checkNet` says whether it is one. */
export const isNetData = (value: unknown): value is Net => typeof value === 'object' && value !== null;

/** On the command line a configuration may also name a file: `resolveConfig` reads it. */
const net = z.union([z.string().min(1), z.custom<Net>(isNetData)], {
  error: 'expected the name of a net, a file whose name ends in .json, or a net as data',
});

/** What a person may write: every key with its type, range, default and meaning, which docs/configuration.md lists. */
export const configKeys = z.strictObject({
  $schema: z.string().optional().describe('The JSON Schema that an editor checks with; not read.'),
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'use letters, digits, ".", "_" and "-"')
    .default('train')
    .describe('The run goes to `<output>/<name>-NNN`.'),
  output: z.string().min(1).default('runs').describe('Folder of the runs.'),
  seed: z
    .int()
    .min(0)
    .max(0xffffffff)
    .default(1)
    .describe('Decides initial weights, order of images, augmentation and dropout.'),
  net: net
    .default('small')
    .describe(
      'The net: a name that `normface nets` lists, a file that ends in `.json`, as seen from the folder of the configuration, or a net as ' +
        'data (docs/nets.md#a-net).',
    ),
  data: data.prefault({}).describe('What is trained on.'),
  sampling: sampling
    .prefault({ kind: 'shuffled' })
    .describe('How batches are drawn; shuffled where it is not given.'),
  loss: lossSchema
    .prefault({ name: defaultLoss })
    .describe('What is minimised; softmax where it is not given.'),
  auxiliaryLoss: lossSchema
    .optional()
    .describe(
      'A second loss on the same features with its own class matrix (docs/reference.md#two-losses-together).',
    ),
  initialise: z
    .strictObject({
      from: z.string().min(1).describe('A run, a checkpoint or a weights file.'),
      head: z
        .enum(['keep', 'new'])
        .default('keep')
        .describe(
          'Class weights too, which needs the same people and names, and what the same loss keeps with them, or new ones ' +
            '(docs/training.md#from-the-weights-of-another-run).',
        ),
    })
    .optional()
    .describe('Start from the weights of another run.'),
  optimiser: z
    .strictObject({
      name: z.enum(['sgd', 'adam', 'adamw']).default('sgd').describe("SGD as Caffe's, Adam, or AdamW."),
      learningRate: z.number().positive().default(0.05).describe('The rate before the schedule.'),
      momentum: z
        .number()
        .min(0)
        .max(0.9999)
        .default(0.9)
        .describe('Of sgd; the others have moments of their own.'),
      nesterov: z.boolean().optional().describe("Of sgd: Nesterov's momentum."),
      weightDecay: z.number().min(0).default(5e-4).describe('Times the decay multiplier of each parameter.'),
      clipNorm: z
        .number()
        .positive()
        .optional()
        .describe('Largest norm of all gradients together; by default they are not clipped.'),
    })
    .refine(({ name, momentum, nesterov }) => !nesterov || (name === 'sgd' && momentum > 0), {
      error: 'nesterov is for sgd with a momentum above 0',
    })
    .prefault({})
    .describe('How weights follow gradients.'),
  schedule: schedule.prefault({}).describe('The learning rate over the run.'),
  freeze: z
    .array(pattern)
    .optional()
    .describe(
      'Parameters that stay as they are, by names in which `*` stands for any letters, such as `conv1.*`; running statistics of batch norm ' +
        'that are among them are taken as they are (docs/training.md#freezing-and-rates-by-name).',
    ),
  parameters: z
    .array(
      z.strictObject({
        match: pattern.describe('Names of parameters, with `*` for any letters.'),
        learningRateMultiplier: factor
          .optional()
          .describe('Factor of their learning rate, 1 if not given; 0 keeps them as they are.'),
        decayMultiplier: factor.optional().describe('Factor of their weight decay, 1 if not given.'),
      }),
    )
    .optional()
    .describe(
      'Rates and decays of single parameters, each `{match, learningRateMultiplier, decayMultiplier}`, beside the multipliers that the net and the ' +
        'loss give; of several that match one the last counts (docs/training.md#freezing-and-rates-by-name).',
    ),
  average: z
    .strictObject({
      decay: z
        .number()
        .min(0)
        .max(0.9999999)
        .describe('Share of the average that is kept in each step, such as 0.999.'),
      warmUp: z
        .boolean()
        .default(true)
        .describe('Begin with a low decay, (1 + t)/(10 + t) in step t from 0, until it is that high.'),
    })
    .optional()
    .describe(
      'Keep an exponential moving average of the net over the steps: it is evaluated, and the weights of checkpoints ' +
        '(docs/training.md#average-of-the-weights).',
    ),
  batchSize: count
    .max(65536)
    .default(64)
    .describe(
      'Images that go through the net at once: those of a step, where `accumulate` does not add some.',
    ),
  accumulate: count
    .max(1024)
    .optional()
    .describe(
      'So many batches are a step, whose gradients are added up: that of a batch so many times as large, in little more than the memory of one ' +
        '(docs/training.md#gradient-accumulation).',
    ),
  precision: z
    .enum(['f32', 'f16'])
    .optional()
    .describe(
      "How the numbers between the net's layers and their gradients are stored while training: f32 (default), or f16, in half of the memory " +
        '(docs/training.md#half-precision).',
    ),
  epochs: z
    .number()
    .positive()
    .max(1e6)
    .optional()
    .describe('Passes over the images; 10 where neither this nor steps is given.'),
  steps: count.optional().describe('Optimiser steps, instead of epochs.'),
  augmentation: augmentation.prefault({}).describe('What is changed at random in images of the training.'),
  evaluation: evaluation
    .prefault({})
    .describe('The pairs that are judged while training, and by `normface eval`.'),
  stopEarly: stopEarly
    .optional()
    .describe(
      'End the training where evaluations (evaluation.everySteps) no longer get better, and keep the best checkpoint (docs/training.md#early-stopping).',
    ),
  checkpoint: z
    .strictObject({
      everySteps: z
        .int()
        .min(0)
        .default(200)
        .describe('Steps between checkpoints; 0: only at the end and when interrupted.'),
      keep: count.default(3).describe('So many of the newest are kept.'),
    })
    .prefault({})
    .describe('What a run can be resumed from.'),
  ranks: z
    .strictObject({
      syncBatchNorm: z
        .boolean()
        .default(false)
        .describe('Batch norm takes the statistics of the whole batch; false: of the images of each rank.'),
      gradients: z
        .enum(['f32', 'f16'])
        .default('f32')
        .describe("What the net's gradients are sent as; f16 halves the bytes, and rounds."),
      bucketMegabytes: z
        .number()
        .positive()
        .default(25)
        .describe('Least gradients that are sent together, while the rest of the reverse pass runs.'),
    })
    .prefault({})
    .describe('How several ranks train together (docs/scaling.md); without effect for one.'),
  log: z
    .strictObject({
      everySteps: count.default(10).describe('Steps between lines of the log.'),
      ranksEverySteps: z
        .int()
        .min(0)
        .default(100)
        .describe('Of several ranks: steps between lines on which of them was the slowest; 0: none.'),
      tensorboard: z
        .boolean()
        .default(false)
        .describe('Write event files for TensorBoard into the folder of the run, too.'),
    })
    .prefault({})
    .describe('What is printed and kept in the log of the run.'),
});
