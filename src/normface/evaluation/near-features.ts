/** Pairs of images of two sets with similar features. */

import type { Device } from '../../engine/core/tensor.ts';
import { gemm } from '../../engine/ops/matmul/gemm.ts';
import { type Features, featureCount } from './features.ts';

/** Rows and columns of the tiles that cosines are computed in: 4 MiB at a time. */
const defaultSide = 1024;
/** Rows of features begin where a binding may, whatever their length, when tiles are multiples of this. */
const sideUnit = 64;

/** Row of one set, row of the other, and their cosine. */
export interface NearPair {
  readonly a: number;
  readonly b: number;
  readonly cosine: number;
}

/** The pairs with the highest cosines, and how many there are above the threshold. */
export interface NearPairs {
  readonly count: number;
  readonly pairs: readonly NearPair[];
}

/**
 * Finds all pairs of a row of `a` and a row of `b` whose cosine is above a threshold, tile by tile on the GPU.
 * @param most pairs that are kept, those of the highest cosines; all are counted
 */
export async function nearFeatures(
  device: Device,
  a: Features,
  b: Features,
  threshold: number,
  { most = 100_000, side = defaultSide }: { readonly most?: number; readonly side?: number } = {},
): Promise<NearPairs> {
  const counts = [featureCount(a), featureCount(b)] as const;
  const tile = Math.min(side, Math.ceil(Math.max(...counts) / sideUnit) * sideUnit);
  let count = 0;
  let pairs: NearPair[] = [];
  const keepBest = () => {
    pairs = pairs.sort((x, y) => y.cosine - x.cosine || x.a - y.a || x.b - y.b).slice(0, most);
  };
  await device.scope(async () => {
    const upload = ({ values, dimension }: Features, rows: number) => {
      const padded = new Float32Array(Math.ceil(rows / tile) * tile * dimension);
      for (let row = 0; row < rows; row++) padded.set(unit(values, row, dimension), row * dimension);
      return device.tensor(padded, [padded.length / dimension, dimension]);
    };
    const left = upload(a, counts[0]);
    const right = upload(b, counts[1]);
    const scores = device.empty([tile, tile]);
    for (let row = 0; row < counts[0]; row += tile)
      for (let column = 0; column < counts[1]; column += tile) {
        gemm(left.rows(row, tile), right.rows(column, tile), { transposeB: true, out: scores });
        const cosines = await scores.readFloats();
        const width = Math.min(tile, counts[1] - column);
        const height = Math.min(tile, counts[0] - row);
        for (let i = 0; i < height; i++)
          for (let j = 0; j < width; j++) {
            const cosine = cosines[i * tile + j]!;
            if (!(cosine > threshold)) continue;
            count++;
            pairs.push({ a: row + i, b: column + j, cosine });
          }
        if (pairs.length > 2 * most) keepBest();
      }
  });
  keepBest();
  return { count, pairs };
}

/** A row at length 1; zeros stay zero. */
function unit(values: Float32Array, row: number, dimension: number): Float32Array {
  const own = values.slice(row * dimension, (row + 1) * dimension);
  const length = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
  return length > 0 ? own.map((value) => value / length) : own;
}
