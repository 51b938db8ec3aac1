/** `normface profile`: where the time and the memory of a step go. */

import fs from 'node:fs';
import path from 'node:path';
import type { Device } from '../../engine/device.ts';
import { Parameters } from '../../engine/parameters.ts';
import { hash32 } from '../../engine/random.ts';
import type { CapturedStep } from '../../engine/step.ts';
import type { StepProfile } from '../../inspector/profile/profile.ts';
import { dispatchTable, operatorTable } from '../../inspector/profile/tables.ts';
import { UserError } from '../errors.ts';
import { formatTable } from '../evaluation/table.ts';
import { buildNet } from '../nets/build.ts';
import { findNet } from '../nets/index.ts';
import { inputSize, type TrainingConfig } from '../training/config.ts';
import { NetEmbedder } from '../training/embedder.ts';
import { reasonOf, replaceFile } from '../training/files.node.ts';
import { Model } from '../training/model.ts';
import { resolveConfig } from '../training/resolve-config.node.ts';
import { openTrainingData } from '../training/training-data.node.ts';
import { type AddCommand, choice, examples, repeated, wholeNumber } from './command.ts';
import type { Context } from './context.node.ts';

type What = 'train' | 'embed';

interface ProfileOptions {
  readonly config?: string;
  readonly net?: string;
  readonly loss?: string;
  readonly batch?: number;
  readonly classes?: number;
  readonly set: string[];
  readonly runs: number;
  readonly top: number;
  readonly order: 'time' | 'step';
  readonly out?: string;
}

export const addProfile: AddCommand = (program, run) => {
  const profile = program
    .command('profile')
    .description('where the time and the memory of a training step, or of embedding, go');
  for (const what of ['train', 'embed'] as const) {
    const command = profile
      .command(what)
      .description(
        what === 'train'
          ? 'an optimiser step: net, loss, gradients, update; on random images'
          : 'features of a batch of random images',
      )
      .option('--config <file>', 'the training (default: the small net with softmax)')
      .option('--net <name>', 'see `normface nets`')
      .option('--batch <n>', 'images at once', wholeNumber(1))
      .option('--set <key=value>', 'any other setting; may be repeated', repeated, [])
      .option('--runs <n>', 'runs that medians are taken of', wholeNumber(1), 9)
      .option('--top <n>', 'so many dispatches are listed', wholeNumber(0), 20)
      .option('--order <time|step>', 'dispatches by time, or as they run', choice(['time', 'step']), 'time')
      .option(
        '--out <folder>',
        'write profile.html, profile.json, trace.json (for Perfetto) and memory.svg here',
      )
      .addHelpText(
        'after',
        examples(
          `normface profile ${what} --config configs/lfw-small.json --out profile`,
          `normface profile ${what} --net center-face-resnet --batch 8${what === 'train' ? ' --classes 10572' : ''}`,
        ),
      )
      .action(run((context: Context, options: ProfileOptions) => profileOne(context, what, options)));
    if (what === 'train')
      command
        .option('--loss <name>', 'see the README')
        .option('--classes <n>', 'people (default: those in the data of the training)', wholeNumber(2));
  }
};

async function profileOne(context: Context, what: What, options: ProfileOptions) {
  const { config: file, net, loss, batch, classes, set, runs, top, order, out } = options;
  const flags = {
    ...(net !== undefined && { net }),
    ...(batch !== undefined && { batchSize: batch }),
    ...(loss !== undefined && { loss: { name: loss } }),
  };
  const { config } = resolveConfig({ file, flags, set });
  // Before anything is measured: a folder that cannot be written is known at once.
  if (out !== undefined) makeFolder(out);
  const people =
    what === 'embed' ? 0 : (classes ?? (await openTrainingData(config)).dataset.identities.length);
  const device = await context.openDevice();
  const [{ profileStep }, { Peaks }] = await Promise.all([
    import('../../inspector/profile/measure.ts'),
    import('../../inspector/peaks.ts'),
  ]);
  const peaks = Peaks.of(device);
  // While nothing else is on the device.
  await peaks.measured();
  const made = what === 'train' ? trainingStep(device, config, people) : embeddingStep(device, config);
  const title = [
    config.net,
    `batch ${config.batchSize}`,
    what === 'train' ? `${config.loss.name}, ${people} people` : 'embedding',
  ].join(', ');
  const profile = await profileStep(device, made.step, { title, runs, peaks });
  made.dispose();
  context.say();
  context.say(formatTable(operatorTable(profile)));
  if (top > 0) {
    context.say();
    context.say(
      formatTable({ ...dispatchTable(profile, { order, limit: top }), title: 'dispatches', notes: [] }),
    );
  }
  if (out !== undefined) await writeProfile(context, profile, out);
  return { event: 'profile', ...profile };
}

interface Profiled {
  readonly step: CapturedStep<unknown>;
  dispose(): void;
}

/** A training step on random images and labels, at a rate that changes little. */
function trainingStep(device: Device, config: TrainingConfig, people: number): Profiled {
  const model = new Model(device, config, people);
  const [height, width] = config.data.imageSize;
  const { batchSize, seed } = config;
  model.load(
    {
      pixels: Uint8Array.from({ length: batchSize * height * width * 4 }, (_, i) => hash32(seed, 1, i)),
      labels: Uint32Array.from({ length: batchSize }, (_, i) => hash32(seed, 2, i) % people),
    },
    1e-6,
    0,
  );
  return { step: model.captured, dispose: () => model.dispose() };
}

function embeddingStep(device: Device, config: TrainingConfig): Profiled {
  const design = findNet(config.net);
  const net = buildNet(design, [...inputSize(config.data), design.input[2]], config.seed);
  const parameters = new Parameters(device, net.declarations);
  const { imageSize } = config.data;
  const embedder = new NetEmbedder(device, net, parameters, config.batchSize, {
    imageSize,
    owned: parameters,
  });
  embedder.load(
    Uint8Array.from({ length: config.batchSize * imageSize[0] * imageSize[1] * 4 }, (_, i) =>
      hash32(0, 1, i),
    ),
  );
  return { step: embedder.captured, dispose: () => embedder.dispose() };
}

function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.accessSync(folder, fs.constants.W_OK);
  } catch (error) {
    throw new UserError(`cannot write into ${folder}: ${reasonOf(error)}`);
  }
}

async function writeProfile(context: Context, profile: StepProfile, folder: string): Promise<void> {
  const [{ profilePage }, { traceOf }, { memorySvg }] = await Promise.all([
    import('../../inspector/profile/page.ts'),
    import('../../inspector/profile/trace.ts'),
    import('../../inspector/profile/memory-svg.ts'),
  ]);
  const files = {
    'profile.html': profilePage(profile),
    'profile.json': `${JSON.stringify(profile, null, 1)}\n`,
    'trace.json': JSON.stringify(traceOf(profile)),
    'memory.svg': memorySvg(profile.memory, profile.dispatches),
  };
  context.say();
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    replaceFile(file, text);
    context.say(`written  ${file}`);
  }
}
