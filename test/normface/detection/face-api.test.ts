import { expect, test } from 'vitest';
import { FaceApiDetector } from '../../../src/normface/detection/face-api.ts';
import {
  anchors,
  faceApiNets,
  pointsNet,
  tinyFaceDetector,
} from '../../../src/normface/detection/face-api-nets.ts';
import { ImageNet } from '../../../src/normface/detection/image-net.ts';
import type { ModelFile, ModelTensor } from '../../../src/normface/models/model-file.ts';
import { testDevice } from '../../engine/open.ts';
import {
  added,
  convolved,
  depthwise,
  type LoopOptions,
  type Maps,
  mapped,
  maps,
  pooled,
  randomPicture,
  randomTensor,
} from './loops.ts';

const device = await testDevice();

/** Tensors as face-api names and lays them out: [height, width, in, out], of depthwise filters [3, 3, channels, 1]. */
function tensorsOf(
  layers: readonly (readonly [name: string, inputs: number, outputs: number, separable: boolean])[],
): ModelTensor[] {
  return layers.flatMap(([name, inputs, outputs, separable], i) => {
    const filters = separable
      ? [
          randomTensor(`${name}/depthwise_filter`, [3, 3, inputs, 1], 10 * i, Math.sqrt(3 / 9)),
          randomTensor(
            `${name}/pointwise_filter`,
            [1, 1, inputs, outputs],
            10 * i + 1,
            Math.sqrt(3 / inputs),
          ),
        ]
      : [randomTensor(`${name}/filters`, [3, 3, inputs, outputs], 10 * i, Math.sqrt(1 / (3 * inputs)))];
    return [...filters, randomTensor(`${name}/bias`, [outputs], 10 * i + 2, 0.3)];
  });
}

const channels = [3, 16, 32, 64, 128, 256, 512];
const detectorModel: ModelFile = {
  format: 'face-api',
  tensors: [
    ...tensorsOf([0, 1, 2, 3, 4, 5].map((i) => [`conv${i}`, channels[i]!, channels[i + 1]!, i > 0])),
    randomTensor('conv8/filters', [1, 1, 512, 25], 91, Math.sqrt(3 / 512)),
    randomTensor('conv8/bias', [25], 92, 0.3),
  ],
};
const widths = [3, 32, 64, 128];
const pointsModel: ModelFile = {
  format: 'face-api',
  tensors: [
    ...tensorsOf(
      [0, 1, 2].flatMap((block) =>
        [0, 1, 2].map(
          (i) =>
            [
              `dense${block}/conv${i}`,
              widths[i === 0 ? block : block + 1]!,
              widths[block + 1]!,
              block + i > 0,
            ] as const,
        ),
      ),
    ),
    randomTensor('fc/weights', [128, 136], 93, Math.sqrt(3 / 128)),
    randomTensor('fc/bias', [136], 94, 0.3),
  ],
};
const models = {
  detector: { model: detectorModel, source: 'detector' },
  points: { model: pointsModel, source: 'points' },
};

function loops({ tensors }: ModelFile) {
  const stored = new Map(tensors.map((tensor) => [tensor.name, tensor.values()]));
  const conv = (x: Maps, layer: string, kernel: number, options?: LoopOptions): Maps => {
    const weight = stored.get(`${layer}/filters`) ?? stored.get(`${layer}/pointwise_filter`)!;
    const bias = stored.get(`${layer}/bias`)!;
    const inputs = x[0]![0]!.length;
    const at = (v: number, u: number, i: number, o: number) =>
      weight[((v * kernel + u) * inputs + i) * bias.length + o]!;
    return convolved(x, kernel, bias.length, at, bias, options);
  };
  const separable = (x: Maps, layer: string, options?: LoopOptions): Maps => {
    const filter = stored.get(`${layer}/depthwise_filter`)!;
    const inputs = x[0]![0]!.length;
    return conv(
      depthwise(x, (v, u, c) => filter[(v * 3 + u) * inputs + c]!, options),
      layer,
      1,
    );
  };
  return { stored, conv, separable };
}

const largestError = (got: ArrayLike<number>, wanted: readonly number[]): number =>
  Math.max(...wanted.map((value, i) => Math.abs(value - got[i]!)));

test('the tiny face detector gives what loops in float64 give', async () => {
  const side = 64;
  const net = new ImageNet(device, faceApiNets(models, { width: side, height: side }).detector, 1);
  const mean = [117.001, 114.697, 97.404];
  const { pixels, input } = randomPicture(side, side, 6, (byte, c) => (byte - mean[c]!) / 255);
  const { conv, separable } = loops(detectorModel);
  const leaky = (x: Maps) => mapped(x, (value) => (value > 0 ? value : 0.1 * value));
  let x = leaky(conv(input, 'conv0', 3));
  for (let i = 1; i <= 5; i++) x = leaky(separable(pooled(x, 2, 2, true), `conv${i}`));
  // A stride of 1, with a border on the right and below.
  const last = x;
  x = maps(last.length, last.length, (y, u) =>
    last[y]![u]!.map((value, c) =>
      Math.max(
        value,
        last[y]![u + 1]?.[c] ?? -1e9,
        last[y + 1]?.[u]?.[c] ?? -1e9,
        last[y + 1]?.[u + 1]?.[c] ?? -1e9,
      ),
    ),
  );
  const wanted = conv(x, 'conv8', 1);
  const got = await net.run(pixels);
  const cells = side / 32;
  expect(net.outputShape).toEqual([cells + 1, cells + 1, 25]);
  for (let row = 0; row < cells; row++)
    for (let column = 0; column < cells; column++) {
      const at = ((row + 1) * (cells + 1) + column + 1) * 25;
      expect(largestError(got.subarray(at, at + 25), wanted[row]![column]!)).toBeLessThan(2e-5);
    }
  net.dispose();
});

test('the tiny net for 68 points gives what loops in float64 give', async () => {
  const net = new ImageNet(device, faceApiNets(models, { width: 64, height: 64 }).points, 1);
  const mean = [122.782, 117.001, 104.298];
  const { pixels, input } = randomPicture(112, 112, 7, (byte, c) => (byte - mean[c]!) / 255);
  const { stored, conv, separable } = loops(pointsModel);
  const relu = (x: Maps) => mapped(x, (value) => Math.max(0, value));
  let x = input;
  for (const block of [0, 1, 2]) {
    const half = { stride: 2, before: 0, after: 1 };
    const first = relu(
      block === 0 ? conv(x, 'dense0/conv0', 3, half) : separable(x, `dense${block}/conv0`, half),
    );
    const second = separable(first, `dense${block}/conv1`);
    const third = separable(relu(added(first, second)), `dense${block}/conv2`);
    x = relu(added(first, added(second, third)));
  }
  const means = x[0]![0]!.map(
    (_, c) => x.flat().reduce((sum, pixel) => sum + pixel[c]!, 0) / x.flat().length,
  );
  const [weight, bias] = [stored.get('fc/weights')!, stored.get('fc/bias')!];
  const wanted = [...bias].map((value, o) =>
    means.reduce((sum, m, i) => sum + m * weight[i * 136 + o]!, value),
  );
  const got = await net.run(pixels);
  expect(got).toHaveLength(136);
  // Numbers have grown to about 100 in the three blocks.
  expect(largestError(got, wanted)).toBeLessThan(1e-6 * Math.max(...wanted.map(Math.abs)) + 1e-5);
  net.dispose();
});

test('a cell and an anchor of a high score are a box at the place that they stand for', async () => {
  // All weights of the last layer are 0 but its bias: every cell says the same. The second anchor is sure, and moves right by a quarter cell.
  const bias = new Float32Array(25).fill(-9);
  const second = 5;
  bias.set([Math.log(3), 0, Math.log(1 / 8), 0, 3], second);
  const tensors = detectorModel.tensors.map((tensor): ModelTensor => {
    if (tensor.name === 'conv8/filters') return { ...tensor, values: () => new Float32Array(512 * 25) };
    return tensor.name === 'conv8/bias' ? { ...tensor, values: () => bias } : tensor;
  });
  const only = { ...models, detector: { model: { ...detectorModel, tensors }, source: 'detector' } };
  const detector = new FaceApiDetector(device, only, { inputSize: 64 });
  // 128 × 64 pixels become 64 × 32: cells are 64 pixels wide, and of the two rows of cells one lies on the photograph.
  const faces = await detector.detect({ width: 128, height: 64, data: new Uint8Array(128 * 64 * 4) });
  const score = 1 / (1 + Math.exp(-3));
  const width = (anchors[1].width / 8) * 64;
  expect(faces).toHaveLength(2);
  for (const [i, face] of faces.entries()) {
    expect(face.score).toBeCloseTo(score, 5);
    expect(face.box.x).toBeCloseTo((i + 0.75) * 64 - width / 2 - 0.5, 3);
    // As high as seven cells: cut at the photograph's borders.
    expect(face.box.y).toBeCloseTo(-0.5, 5);
    expect(face.box.height).toBeCloseTo(64, 3);
  }
  detector.dispose();
});

test('the full net for points has four blocks of four convolutions, and other files are refused', () => {
  expect(pointsNet(false).layers.filter(({ kind }) => kind === 'residual')).toHaveLength(12);
  expect(pointsNet(true).layers.filter(({ kind }) => kind === 'residual')).toHaveLength(6);
  expect(tinyFaceDetector({ width: 512, height: 320 }).input).toEqual([320, 512, 3]);
  const lacking: ModelFile = {
    ...pointsModel,
    tensors: pointsModel.tensors.filter(({ name }) => name !== 'dense1/conv2/depthwise_filter'),
  };
  expect(() =>
    faceApiNets({ ...models, points: { model: lacking, source: 'points.json' } }, { width: 64, height: 64 }),
  ).toThrow('points.json has no tensor dense1/conv2/depthwise_filter');
  expect(() => new FaceApiDetector(device, models, { inputSize: 100 })).toThrow(
    'the input size is a multiple of 32 up to 2048, not 100',
  );
});
