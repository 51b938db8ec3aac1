/** `normface profile`: where the time and the memory of a step go. */

import path from 'node:path';
import { replaceFile } from '../common/files.node.ts';
import { formatTable } from '../common/table.ts';
import { hash32 } from '../engine/core/random.ts';
import type { Device } from '../engine/core/tensor.ts';
import { SilentCommunicator } from '../engine/distributed/silent.ts';
import { describeAdapter } from '../engine/runtime/adapter.ts';
import type { CapturedStep } from '../engine/runtime/captured-step.ts';
import type { CardName } from '../inspector/estimate/card-names.ts';
import { comparisonTable, layerTable } from '../inspector/profile/layer-tables.ts';
import type { StepProfile } from '../inspector/profile/profile.ts';
import { dispatchTable, operatorTable } from '../inspector/profile/tables.ts';
import { NetEmbedder } from '../normface/embedding/embedder.ts';
import { inferenceNet, initialValuesOf } from '../normface/embedding/inference.ts';
import { buildNet } from '../normface/nets/build.ts';
import { netOf } from '../normface/nets/index.ts';
import { inputSize, type TrainingConfig } from '../normface/training/config/config.ts';
import { resolveConfig } from '../normface/training/config/resolve-config.node.ts';
import { Model } from '../normface/training/model.ts';
import { randomStep } from '../normface/training/run/forecast.node.ts';
import { openTrainingData } from '../normface/training/training-data.node.ts';
import type { Context } from './context.node.ts';
import { checkOutput } from './output-file.node.ts';
import { readProfile } from './read-profile.node.ts';
import { makeFolder } from './results.node.ts';

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
  readonly estimate?: CardName;
  readonly compare?: string;
}

export const train = (context: Context, options: ProfileOptions) => profileOne(context, 'train', options);

export const embed = (context: Context, options: ProfileOptions) => profileOne(context, 'embed', options);

async function profileOne(context: Context, what: What, options: ProfileOptions) {
  const { config: file, net, loss, batch, classes, set, top, order, out, estimate, compare } = options;
  const flags = {
    ...(net !== undefined && { net }),
    ...(batch !== undefined && { batchSize: batch }),
    ...(loss !== undefined && { loss: { name: loss } }),
  };
  const { config } = resolveConfig({ file, flags, set });
  const other = compare === undefined ? null : readProfile(compare);
  // Before anything is measured: a folder that cannot be written is known at once.
  if (out !== undefined) {
    checkOutput(out);
    makeFolder(out);
  }
  const people =
    what === 'embed' ? 0 : (classes ?? (await openTrainingData(config)).dataset.identities.length);
  const title = [
    netOf(config.net).name,
    `batch ${config.batchSize}`,
    what === 'train' ? `${config.loss.name}, ${people} people` : 'embedding',
  ].join(', ');
  const make = (device: Device) =>
    what === 'train' ? trainingStep(device, config, people) : embeddingStep(device, config);
  const profile =
    estimate === undefined
      ? await measured(context, make, title, options.runs)
      : await estimated(context, make, title, estimate);
  context.say();
  context.say(formatTable(operatorTable(profile)));
  context.say();
  context.say(formatTable(layerTable(profile)));
  if (other) {
    context.say();
    context.say(formatTable(comparisonTable(profile, other)));
  }
  if (top > 0) {
    context.say();
    context.say(
      formatTable({ ...dispatchTable(profile, { order, limit: top }), title: 'dispatches', notes: [] }),
    );
  }
  if (out !== undefined) await writeProfile(context, profile, out);
  return { event: 'profile', ...profile };
}

async function measured(
  context: Context,
  make: (device: Device) => Profiled,
  title: string,
  runs: number,
): Promise<StepProfile> {
  const device = await context.openDevice();
  const [{ profileStep }, { Peaks }] = await Promise.all([
    import('../inspector/profile/measure.ts'),
    import('../inspector/timing/peaks.ts'),
  ]);
  const stage = context.stage('measuring what the adapter can do at most');
  const peaks = Peaks.of(device);
  // While nothing else is on the device.
  await peaks.measured();
  stage.next('compiling kernels');
  const { step, dispose } = make(device);
  await step.compile();
  stage.next('measuring the step');
  const profile = await profileStep(device, step, { title, runs, peaks });
  dispose();
  stage.end();
  return profile;
}

/** The step that a card would get, timed by a model: it is captured on a device that does nothing, and needs no GPU. */
async function estimated(
  context: Context,
  make: (device: Device) => Profiled,
  title: string,
  name: CardName,
): Promise<StepProfile> {
  const [{ adapterOf, cards }, { estimateStep }, { openIdle }, { globals }] = await Promise.all([
    import('../inspector/estimate/cards.ts'),
    import('../inspector/estimate/estimate-step.ts'),
    import('../inspector/compiled/idle-adapter.ts'),
    import('webgpu'),
  ]);
  // The constants of WebGPU, which come with an implementation.
  Object.assign(globalThis, globals);
  const card = cards[name];
  const { operands } = context.options;
  const device = await openIdle(adapterOf(card), { operands });
  context.say(describeAdapter(device.report));
  const { step, dispose } = make(device);
  const profile = estimateStep(step, card, `${title}, on ${card.name}`);
  dispose();
  device.close();
  return profile;
}

/** An estimate of what a rank of several does in a training step of a configuration. @param people of all ranks */
export const estimatedTraining = (
  context: Context,
  config: TrainingConfig,
  { people, ranks, card }: { people: number; ranks: number; card: CardName },
) => estimated(context, (device) => rankStep(device, config, people, ranks), netOf(config.net).name, card);

/** The step of a rank, for a device that does nothing: the other ranks are not there. */
function rankStep(device: Device, config: TrainingConfig, people: number, ranks: number): Profiled {
  const model = new Model(device, config, people, { communicator: new SilentCommunicator(ranks) });
  return { step: model.captured, dispose: () => model.dispose() };
}

interface Profiled {
  readonly step: CapturedStep<unknown>;
  readonly dispose: () => void;
}

/** A training step on random images and labels, at a rate that changes little. */
function trainingStep(device: Device, config: TrainingConfig, people: number): Profiled {
  const model = new Model(device, config, people);
  model.load(randomStep(config, people), 1e-6, 0);
  return { step: model.captured, dispose: () => model.dispose() };
}

function embeddingStep(device: Device, config: TrainingConfig): Profiled {
  const design = netOf(config.net);
  const built = buildNet(design, [...inputSize(config.data), design.input[2]], config.seed);
  const { net, parameters } = inferenceNet(device, built, initialValuesOf(built));
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
  return { step: embedder.step(false), dispose: () => embedder.dispose() };
}

async function writeProfile(context: Context, profile: StepProfile, folder: string): Promise<void> {
  const [{ profilePage }, { traceOf }, { memorySvg }] = await Promise.all([
    import('../inspector/profile/page.ts'),
    import('../inspector/profile/trace.ts'),
    import('../inspector/profile/memory-svg.ts'),
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
