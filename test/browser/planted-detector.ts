/**
 * face-api's nets with planted weights, which take every patch of pure red for a face: filters are zero but for one path of red less
 * green less blue, and the points of a face always lie at the same places of its box.
 */

import fs from 'node:fs';
import path from 'node:path';

interface Planted {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Zeros but for some numbers. */
function planted(
  name: string,
  shape: readonly number[],
  numbers: Readonly<Record<number, number>> = {},
): Planted {
  const values = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
  for (const [at, value] of Object.entries(numbers)) values[Number(at)] = value;
  return { name, shape, values };
}

/** Where the middle of a window of 3 × 3 begins in filters [3, 3, in, out]. */
const middle = (inputs: number, outputs: number): number => 4 * inputs * outputs;

function detector(): Planted[] {
  const channels = [3, 16, 32, 64, 128, 256, 512];
  const first = middle(3, 16);
  const layers = [
    planted('conv0/filters', [3, 3, 3, 16], { [first]: 1, [first + 16]: -1, [first + 32]: -1 }),
    planted('conv0/bias', [16]),
  ];
  for (let i = 1; i <= 5; i++) {
    const [inputs, outputs] = [channels[i]!, channels[i + 1]!];
    layers.push(
      planted(`conv${i}/depthwise_filter`, [3, 3, inputs, 1], { [middle(inputs, 1)]: 1 }),
      planted(`conv${i}/pointwise_filter`, [1, 1, inputs, outputs], { 0: 1 }),
      planted(`conv${i}/bias`, [outputs]),
    );
  }
  // Pure red less the mean colour gives 1.37, the colours of drawn faces less than 0.8. Of five anchors only the second may be sure.
  const scores = [4, 9, 14, 19, 24];
  const bias = Object.fromEntries(scores.map((at) => [at, -40]));
  return [...layers, planted('conv8/filters', [1, 1, 512, 25], { 9: 40 }), planted('conv8/bias', [25], bias)];
}

function points(): Planted[] {
  const widths = [3, 32, 64, 128];
  const layers = [0, 1, 2].flatMap((block) =>
    [0, 1, 2].flatMap((i) => {
      const name = `dense${block}/conv${i}`;
      const [inputs, outputs] = [widths[i === 0 ? block : block + 1]!, widths[block + 1]!];
      const filters =
        block + i === 0
          ? [planted(`${name}/filters`, [3, 3, inputs, outputs])]
          : [
              planted(`${name}/depthwise_filter`, [3, 3, inputs, 1]),
              planted(`${name}/pointwise_filter`, [1, 1, inputs, outputs]),
            ];
      return [...filters, planted(`${name}/bias`, [outputs])];
    }),
  );
  const places = new Float32Array(136);
  const put = (from: number, to: number, x: number, y: number): void => {
    for (let i = from; i <= to; i++) places.set([x, y], 2 * i);
  };
  put(36, 41, 0.36, 0.42);
  put(42, 47, 0.64, 0.42);
  put(30, 30, 0.5, 0.58);
  put(48, 48, 0.39, 0.74);
  put(54, 54, 0.61, 0.74);
  return [...layers, planted('fc/weights', [128, 136]), { name: 'fc/bias', shape: [136], values: places }];
}

/** Writes both models into a folder. @returns their files */
export function writePlantedDetector(folder: string): string[] {
  fs.mkdirSync(folder, { recursive: true });
  return [
    ...writeModel(folder, 'tiny_face_detector_model', detector()),
    ...writeModel(folder, 'face_landmark_68_tiny_model', points()),
  ];
}

function writeModel(folder: string, model: string, tensors: readonly Planted[]): string[] {
  const weights = tensors.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  const manifest = path.join(folder, `${model}-weights_manifest.json`);
  const shard = path.join(folder, `${model}.bin`);
  fs.writeFileSync(manifest, JSON.stringify([{ weights, paths: [path.basename(shard)] }]));
  fs.writeFileSync(shard, Buffer.concat(tensors.map(({ values }) => Buffer.from(values.buffer))));
  return [manifest, shard];
}
