/** This engine: every case is a captured step, replayed. */

import { record } from '../../src/engine/core/autograd.ts';
import { Parameters } from '../../src/engine/core/parameters.ts';
import { withoutGradients } from '../../src/engine/core/recording.ts';
import type { Device, Tensor } from '../../src/engine/core/tensor.ts';
import { conv2d } from '../../src/engine/ops/conv2d/conv2d.ts';
import { conv2dGeometry } from '../../src/engine/ops/conv2d/conv2d_geometry.ts';
import { conv2dGradInput, conv2dGradWeight } from '../../src/engine/ops/conv2d/conv2d_products.ts';
import { maxFeatureMap } from '../../src/engine/ops/elementwise/max_feature_map.ts';
import { prelu } from '../../src/engine/ops/elementwise/prelu.ts';
import { cosineSoftmaxLoss } from '../../src/engine/ops/heads/cosine_softmax_loss.ts';
import { matmul } from '../../src/engine/ops/matmul/matmul.ts';
import { l2Normalise } from '../../src/engine/ops/norm/l2_normalise.ts';
import { maxPool2d } from '../../src/engine/ops/pool/max_pool2d.ts';
import { SGD } from '../../src/engine/optim/sgd.ts';
import { describeAdapter } from '../../src/engine/runtime/adapter.ts';
import type { CapturedStep } from '../../src/engine/runtime/captured-step.ts';
import { openDevice } from '../../src/engine/runtime/device.node.ts';
import type { DeviceOptions } from '../../src/engine/runtime/options.ts';
import { runtimeOf } from '../../src/engine/runtime/runtime.ts';
import type { Measurement } from '../../src/engine/tuning/measurements.ts';
import { type ConvCase, headScale, type LayerCase, type StepCase, type Work } from '../cases.ts';
import {
  type Array32,
  convInputs,
  gemmInputs,
  headInputs,
  layerInputs,
  momentum,
  netInputs,
  parityLosses,
  stepInputs,
} from '../inputs.ts';
import type { Mode, Peer, Prepared } from './peer.ts';

export interface EnginePeer extends Peer {
  readonly device: Device;
}

export interface EngineOptions
  extends Pick<DeviceOptions, 'adapter' | 'tune' | 'operands' | 'ignoreMeasurements' | 'tuneSeconds'> {
  /** Told of every variant that is measured. */
  readonly onMeasurement?: (key: string, measurement: Measurement) => void;
}

/** @param mode Dawn toggles: `safe` are those of a browser */
export async function openEngine(
  mode: Mode,
  { onMeasurement, ...options }: EngineOptions,
): Promise<EnginePeer> {
  const device = await openDevice({ mode, ...options });
  return {
    name: mode === 'safe' ? 'engine' : 'engine-fast',
    description: `this engine, ${mode === 'safe' ? 'checks as in a browser' : 'checks switched off'}; ${describeAdapter(device.report)}`,
    device,
    gpu: device.gpu,
    mode,
    prepare: async (work) => prepare(device, work, onMeasurement),
    close: async () => device.close(),
  };
}

async function prepare(
  device: Device,
  work: Work,
  onMeasurement: EngineOptions['onMeasurement'],
): Promise<Prepared> {
  const owned: { dispose(): void }[] = [];
  const own = <T extends { dispose(): void }>(thing: T): T => {
    owned.push(thing);
    return thing;
  };
  const upload = ({ data, shape }: Array32): Tensor => own(device.tensor(data, shape));
  const outputs = async (body: () => Tensor[]): Promise<Prepared> =>
    replay(device, own(await capture(device, body, onMeasurement)), owned);
  switch (work.kind) {
    case 'gemm': {
      const { a, b } = gemmInputs(work);
      const [x, y] = [upload(a), upload(b)];
      return outputs(() => [matmul(x, y)]);
    }
    case 'conv':
      return outputs(conv(device, work, upload));
    case 'head': {
      const { features, weights, labels } = headInputs(work);
      const parameters = own(
        new Parameters(device, [{ name: 'weights', shape: weights.shape, init: weights.data }]),
      );
      const f = upload(features).requireGradient();
      const y = own(device.tensor(labels, [labels.length], 'u32'));
      return outputs(() => {
        const w = parameters.get('weights');
        const loss = cosineSoftmaxLoss(f, w, y, { scale: headScale });
        loss.backward();
        return [loss, f.gradient!, w.gradient!];
      });
    }
    case 'layer':
      return outputs(layer(device, work, upload));
    case 'embed': {
      const { built, images } = netInputs(work);
      const values = own(
        new Parameters(
          device,
          built.declarations.map((d) => ({ ...d, frozen: true })),
        ),
      );
      const x = upload(images);
      return outputs(() => withoutGradients(() => [built.forward(x, values, { training: false })]));
    }
    case 'step':
      return optimiserStep(device, work, owned, upload, onMeasurement);
  }
}

/** A captured step, its variants measured first where the device was opened to tune. */
async function capture<T>(
  device: Device,
  body: () => T,
  onMeasurement: EngineOptions['onMeasurement'],
): Promise<CapturedStep<T>> {
  const step = await device.tuner.tuned(
    () => device.capture(body),
    (discarded) => discarded.dispose(),
    onMeasurement,
  );
  runtimeOf(device).pool.trim();
  return step;
}

/** Frees what a case made, pooled memory included, so that the next case's peak is its own. */
function disposeAll(device: Device, owned: readonly { dispose(): void }[]): void {
  for (const thing of [...owned].reverse()) thing.dispose();
  runtimeOf(device).pool.trim();
}

/** Waits for the end by reading one number of the smallest output. */
function replay(
  device: Device,
  step: CapturedStep<Tensor[]>,
  owned: readonly { dispose(): void }[],
): Prepared {
  const least = step.outputs.reduce((a, b) => (b.size < a.size ? b : a));
  return {
    async run(iterations) {
      await step.compile();
      for (let i = 0; i < iterations; i++) step.run();
      await runtimeOf(device).download([{ storage: least.storage, bytes: Float32Array.BYTES_PER_ELEMENT }]);
    },
    results: () => Promise.all(step.outputs.map((tensor) => tensor.readFloats())),
    dispose: () => disposeAll(device, owned),
  };
}

function conv(device: Device, work: ConvCase, upload: (array: Array32) => Tensor): () => Tensor[] {
  const inputs = convInputs(work);
  const [x, w, dy] = [upload(inputs.x), upload(inputs.w), upload(inputs.dy)];
  const options = { stride: work.stride, padding: work.padding };
  const geometry = conv2dGeometry(x.shape, w.shape, options);
  const forward = (): Tensor => conv2d(x, w, null, options);
  const gradInput = (): Tensor => conv2dGradInput(device, geometry, dy, w, device.empty(x.shape));
  const gradWeight = (): Tensor => conv2dGradWeight(device, geometry, x, dy, device.empty(w.shape));
  switch (work.pass) {
    case 'forward':
      return () => [forward()];
    case 'grad_input':
      return () => [gradInput()];
    case 'grad_weight':
      return () => [gradWeight()];
    case 'all':
      return () => [forward(), gradInput(), gradWeight()];
  }
}

/** A number whose gradient makes that of `y` be `dy`: the reverse pass of one operator and nothing else. */
function pull(device: Device, y: Tensor, dy: Tensor): Tensor {
  return record(device.empty([]), { operator: 'pull', inputs: [y], backward: () => [dy] });
}

function layer(device: Device, work: LayerCase, upload: (array: Array32) => Tensor): () => Tensor[] {
  const inputs = layerInputs(work);
  const x = upload(inputs.x).requireGradient();
  const dy = upload(inputs.dy);
  const slope = upload(inputs.slope).requireGradient();
  const forward = {
    l2_normalise: () => l2Normalise(x),
    prelu: () => prelu(x, slope),
    max_feature_map: () => maxFeatureMap(x),
    max_pool2d: () => maxPool2d(x, { kernel: 2 }),
  }[work.operator];
  return () => {
    const y = forward();
    pull(device, y, dy).backward();
    return [x.gradient!, ...(work.operator === 'prelu' ? [slope.gradient!] : [])];
  };
}

async function optimiserStep(
  device: Device,
  work: StepCase,
  owned: { dispose(): void }[],
  upload: (array: Array32) => Tensor,
  onMeasurement: EngineOptions['onMeasurement'],
): Promise<Prepared> {
  const { built, images, weights, labels } = stepInputs(work);
  const parameters = new Parameters(device, [
    // One learning rate for all, as the other frameworks' optimisers have it.
    ...built.declarations.map(({ name, shape, init, frozen }) => ({ name, shape, init, frozen })),
    { name: 'classes', shape: weights.shape, init: weights.data },
  ]);
  const optimiser = new SGD(parameters, { ...momentum, weightDecay: 0 });
  const x = upload(images);
  const y = device.tensor(labels, [labels.length], 'u32');
  const step = await capture(
    device,
    () => {
      const features = built.forward(x, parameters, { training: true });
      const loss = cosineSoftmaxLoss(features, parameters.get('classes'), y, { scale: headScale });
      loss.backward();
      optimiser.step();
      return loss;
    },
    onMeasurement,
  );
  owned.push(parameters, optimiser, y, step);
  const losses: Promise<number>[] = [];
  return {
    async run(iterations) {
      await step.compile();
      for (let i = 0; i < iterations; i++) {
        step.run();
        if (losses.length < parityLosses) losses.push(step.outputs.item());
      }
      await step.outputs.item();
    },
    results: async () => [Float32Array.from(await Promise.all(losses))],
    dispose: () => disposeAll(device, owned),
  };
}
