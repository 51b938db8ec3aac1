/** Which kernels an adapter would run: those of operators' cases, of whole nets, and of heads with many classes. Nothing runs. */

import { Parameters } from '../../src/engine/core/parameters.ts';
import { elementCount } from '../../src/engine/core/shape.ts';
import type { Device } from '../../src/engine/core/tensor.ts';
import { SGD } from '../../src/engine/optim/sgd.ts';
import type { CapturedStep } from '../../src/engine/runtime/captured-step.ts';
import type { Dispatch } from '../../src/engine/runtime/kernel.ts';
import { passText } from '../../src/engine/runtime/prepared.ts';
import { Recording } from '../../src/engine/testing/recording.ts';
import { inspectedOperators } from '../../src/inspector/kernels/operators.ts';
import { lossSchema } from '../../src/normface/losses/index.ts';
import { buildNet } from '../../src/normface/nets/build.ts';
import { findNet } from '../../src/normface/nets/index.ts';
import { createHead } from '../../src/normface/training/head.ts';

/** A kernel as the driver gets it, once however often it is dispatched. */
export interface CollectedKernel {
  readonly dispatch: Dispatch;
  /** File and mainloop. */
  readonly name: string;
  /** Where it is dispatched, such as `iresnet-50: conv2d backward`. */
  readonly uses: string[];
  /** Floating-point operations of its most expensive dispatch. */
  flops: number;
}

/** Something to look through. */
interface Work {
  readonly name: string;
  capture(device: Device): readonly CapturedStep<unknown>[];
}

const batch = 64;
const netNames = ['center-face-resnet', 'light-cnn-b', 'iresnet-50', 'mobilefacenet'];
const people = [10_572, 1_000_000];
const featureSize = 512;

/** A step that trains and one that embeds, a batch of 64 images each. */
const nets: readonly Work[] = netNames.map((name) => ({
  name,
  capture(device) {
    const design = findNet(name);
    const net = buildNet(design, design.input, 1);
    const head = headOf(device, 'normface', people[0]!, net.featureSize);
    const parameters = blankParameters(device, [...net.declarations, ...head.declarations]);
    const optimiser = new SGD(parameters, { learningRate: 0.1, weightDecay: 5e-4, clipNorm: 5 });
    const [height, width] = design.input;
    const images = device.empty([batch, height, width, 4], 'rgba8');
    const labels = device.empty([batch], 'u32');
    const training = device.capture(() => {
      const pictures = net.batch(images, { mirror: 'random' });
      const features = net.forward(pictures, parameters, { training: true });
      head.apply(features, labels, parameters).loss.backward();
      optimiser.step();
    });
    const embedding = device.capture(() => net.forward(net.batch(images), parameters, { training: false }));
    return [training, embedding];
  },
}));

/** Heads on features of 512 numbers, as far as the gradients of features and class weights. */
const heads: readonly Work[] = people.flatMap((classes) =>
  ['normface', 'arcface', 'c-contrastive'].map((loss) => ({
    name: `${loss} with ${classes} people`,
    capture(device: Device) {
      const head = headOf(device, loss, classes, featureSize);
      const parameters = blankParameters(device, head.declarations);
      const features = device.empty([batch, featureSize]).requireGradient();
      const labels = device.empty([batch], 'u32');
      return [device.capture(() => head.apply(features, labels, parameters).loss.backward())];
    },
  })),
);

function headOf(device: Device, name: string, classes: number, size: number) {
  const config = lossSchema.parse({ name });
  return createHead('loss', config, { device, classes, featureSize: size, batchSize: batch, seed: 1 });
}

/** Parameters whose values do not matter. */
function blankParameters(device: Device, declarations: Parameters['declarations']): Parameters {
  return new Parameters(
    device,
    declarations.map((declaration) => ({
      ...declaration,
      init: () => new Float32Array(elementCount(declaration.shape)),
    })),
  );
}

/** The cases that operators declare for their tests. */
const cases: readonly Work[] = inspectedOperators.map((operator) => ({
  name: operator.name,
  capture: (device) => operator.cases.map((sample) => new Recording(device, sample).step),
}));

/** By name, what there is to look through. */
const workGroups = { nets, heads, cases } as const;

export type WorkGroup = keyof typeof workGroups;

/** The kernels of some groups, those of the same WGSL once. @param device of an idle adapter */
export function collectKernels(device: Device, groups: readonly WorkGroup[]): CollectedKernel[] {
  const kernels = new Map<string, CollectedKernel>();
  for (const work of groups.flatMap((group) => workGroups[group])) {
    for (const prepared of work.capture(device).flatMap(({ dispatches }) => dispatches)) {
      const { kernel, dispatch } = prepared;
      const { mainloop } = dispatch.kernel;
      const name = mainloop ? `${kernel.name}/${mainloop.name}` : kernel.name;
      const found = kernels.get(kernel.wgsl) ?? { dispatch, name, uses: [], flops: 0 };
      kernels.set(kernel.wgsl, found);
      const use = `${work.name}: ${passText(prepared)}`;
      if (!found.uses.includes(use)) found.uses.push(use);
      found.flops = Math.max(found.flops, dispatch.cost.flops);
    }
  }
  return [...kernels.values()];
}
