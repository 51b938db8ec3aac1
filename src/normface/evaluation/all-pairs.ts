import { UserError } from '../../common/errors.ts';
import type { Device, Tensor } from '../../engine/core/tensor.ts';
import { gemm } from '../../engine/ops/matmul/gemm.ts';
import { countPairs, halfKeys } from '../../engine/ops/pairs/count_pairs.ts';
import { runtimeOf } from '../../engine/runtime/runtime.ts';
import { type Features, featureCount } from './features.ts';
import { countFrom, findRank, scoreOfKey } from './score-order.ts';

/** Rows and columns of the tiles that scores are computed in: 4 MiB of scores at a time. */
const defaultSide = 1024;
/** Rows of features begin where a binding may, whatever their length, when tiles are multiples of this. */
const sideUnit = 64;

/** Genuine pairs accepted at the threshold that a rank among the impostor pairs gives. */
export interface AllPairsResult {
  readonly genuine: number;
  readonly impostor: number;
  /** The impostor score of the wanted rank. */
  readonly threshold: number;
  /** Genuine pairs with a score of at least the threshold. */
  readonly accepted: number;
}

/**
 * Scores ⟨x_i, x_j⟩ of all pairs i < j on the GPU, and the exact impostor score of one rank among them. "Exact" is about the
 * f32 scores that the matrix product gives: of these the order statistic is found without binning or rounding. The scores are never
 * all in memory: they are computed in tiles on and above the diagonal, twice, and counted by the upper and then the lower half of
 * their bits. Everything stays within the features plus 5 MiB on the GPU.
 *
 * @param features rows of length 1 (or 0), whose product is the cosine
 * @param labels who is on each image
 * @param rankOf the rank from 1, counted from the greatest impostor score, given the number of impostor pairs
 * @throws UserError without pairs of both kinds, or for more pairs than 32 bits count
 */
export async function rankAllPairs(
  device: Device,
  features: Features,
  labels: Uint32Array,
  rankOf: (impostors: number) => number,
  side = defaultSide,
): Promise<AllPairsResult> {
  const images = featureCount(features);
  if ((images * (images - 1)) / 2 >= 2 ** 32) {
    throw new UserError(`${images} images have more pairs than can be counted in 32 bits`);
  }
  return device.scope(async () => {
    const tiles = new ScoreTiles(device, features, labels, Math.min(side, roundUp(images, sideUnit)));
    const upper = await tiles.count();
    const [impostor, genuine] = [countFrom(upper[0], 0), countFrom(upper[1], 0)];
    if (impostor === 0 || genuine === 0) {
      throw new UserError(
        `verification needs same and different pairs; these are ${genuine} same and ${impostor} different ones`,
      );
    }
    const coarse = findRank(upper[0], rankOf(impostor));
    const lower = await tiles.count(coarse.bin);
    const fine = findRank(lower[0], coarse.rank);
    return {
      genuine,
      impostor,
      threshold: scoreOfKey(coarse.bin * halfKeys + fine.bin),
      accepted: countFrom(upper[1], coarse.bin + 1) + countFrom(lower[1], fine.bin),
    };
  });
}

/** The tiles of the upper triangle of the score matrix. All have one shape, so that they share kernels: the last ones are filled up. */
class ScoreTiles {
  private readonly device: Device;
  private readonly side: number;
  private readonly images: number;
  private readonly features: Tensor;
  private readonly labels: Tensor;
  private readonly scores: Tensor;

  constructor(device: Device, { values, dimension }: Features, labels: Uint32Array, side: number) {
    this.device = device;
    this.side = side;
    this.images = labels.length;
    const rows = roundUp(labels.length, side);
    const padded = new Float32Array(rows * dimension);
    padded.set(values);
    this.features = device.tensor(padded, [rows, dimension]);
    this.labels = device.tensor(labels, [labels.length], 'u32');
    this.scores = device.empty([side, side]);
  }

  /** Counts of impostor and genuine pairs by the upper half of their keys, or of one upper half by the lower half. */
  async count(prefix?: number): Promise<readonly [impostor: Uint32Array, genuine: Uint32Array]> {
    const { device, side, images, features, labels, scores } = this;
    const counts = device.tensor(new Uint32Array(2 * halfKeys), [2, halfKeys], 'u32');
    const selection = device.tensor([images, prefix ?? 0], [2], 'u32');
    for (let row = 0; row < images; row += side) {
      const left = features.rows(row, side);
      for (let column = row; column < images; column += side) {
        gemm(left, features.rows(column, side), { transposeB: true, out: scores });
        const tile = runtimeOf(device).uniform([row, column]);
        countPairs({ scores, labels, tile, selection, counts }, prefix !== undefined);
      }
    }
    const read = (await counts.read()) as Uint32Array;
    counts.dispose();
    return [read.subarray(0, halfKeys), read.subarray(halfKeys)];
  }
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
