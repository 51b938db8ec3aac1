/** The net of {@link netOf} in float64, channels first and layer by layer as Caffe's sources compute it: independent of the engine. */

import { ramp } from './formats/caffe-writer.ts';

const [height, width, filters] = [4, 6, 4];

/** @param rgb bytes of 4×6 pixels, three each */
export function referenceFeature(rgb: Uint8Array): number[] {
  const at = (channel: number, y: number, x: number): number =>
    y < 0 || x < 0 || y >= height || x >= width ? 0 : (rgb[(y * width + x) * 3 + channel]! - 127.5) / 128;
  const weights = Float32Array.from(ramp(36 * 3));
  const convolved = map((f, y, x) => {
    let sum = f + 1;
    for (let c = 0; c < 3; c++)
      for (let dy = 0; dy < 3; dy++)
        for (let dx = 0; dx < 3; dx++)
          sum += weights[((f * 3 + c) * 3 + dy) * 3 + dx]! * at(c, y + dy - 1, x + dx - 1);
    // Batch norm: sums of two batches' statistics; then scale, shift and PReLU.
    const normal = ((sum - (f + 1)) / Math.sqrt(4 + 0.001)) * (f + 1) + (f % 2);
    return normal > 0 ? normal : normal * [0.25, 0.5, 0.75, 1][f]!;
  });
  const inputs: number[] = [];
  for (let f = 0; f < filters / 2; f++)
    for (let y = 0; y < height; y += 2)
      for (let x = 0; x < width; x += 2)
        inputs.push(
          Math.max(
            ...[f, f + 2].flatMap((channel) =>
              [0, 1].flatMap((dy) => [0, 1].map((dx) => convolved[channel]![y + dy]![x + dx]!)),
            ),
          ),
        );
  const matrix = Float32Array.from(ramp(24));
  return [0.5, -0.5].map((bias, row) =>
    inputs.reduce((sum, value, i) => sum + value * matrix[12 * row + i]!, bias),
  );
}

function map(value: (filter: number, y: number, x: number) => number): number[][][] {
  return Array.from({ length: filters }, (_, f) =>
    Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => value(f, y, x))),
  );
}
