import { describe, expect, test } from 'vitest';
import type { Operator } from '../../src/engine/operator.ts';
import { conv2dOperator } from '../../src/engine/ops/conv2d.ts';
import { matmulOperator } from '../../src/engine/ops/matmul.ts';
import { sum } from '../../src/engine/ops/sum.ts';
import { supportsTileWalk, type TileWalk, withTileWalk } from '../../src/engine/ops/tile_product.ts';
import { sampleInput, sampleTensor } from '../../src/engine/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const walks = (['subgroup', 'workgroup'] as const).filter((walk) => supportsTileWalk(device, walk));

/** Output and gradients of a case under one walk. */
async function run(sample: Operator['cases'][number], walk: TileWalk): Promise<Float32Array[]> {
  return device.scope(async () => {
    const tensors = sample.inputs.map((spec, i) => sampleTensor(device, spec, sampleInput(spec, 40 + i)));
    const output = withTileWalk(walk, () => {
      const result = sample.apply(tensors);
      sum(result).backward();
      return result;
    });
    const results = [await output.readFloats()];
    for (const tensor of tensors) results.push(await tensor.gradient!.readFloats());
    return results;
  });
}

/** Cases of each kind: by vec4f and by numbers, bias, strides, asymmetric padding, dilation, groups, transposes. */
const chosen: readonly [string, Operator, readonly number[]][] = [
  ['conv2d', conv2dOperator, [0, 3, 4, 6]],
  ['matmul', matmulOperator, [2, 7, 11, 15]],
];

describe.each(chosen)('%s', (_, operator, indices) => {
  test.each(indices.map((index) => [operator.cases[index]!.label, operator.cases[index]!] as const))(
    'every walk gives the same results: %s',
    async (_, sample) => {
      expect(walks).toContain('workgroup');
      const all: Float32Array[][] = [];
      for (const walk of walks) all.push(await run(sample, walk));
      const [first, ...others] = all;
      for (const other of others) {
        first!.forEach((expected, i) => {
          const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
          const error = expected.reduce(
            (most, value, k) => Math.max(most, Math.abs(value - other[i]![k]!)),
            0,
          );
          expect(error / largest).toBeLessThan(sample.tolerance.forward);
        });
      }
      // Also against the definition, so that walks wrong in the same way do not pass.
      const reference = sample.reference(sample.inputs.map((spec, i) => sampleInput(spec, 40 + i))).data;
      const largest = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
      for (const results of [first!, ...others]) {
        const error = reference.reduce(
          (most, value, k) => Math.max(most, Math.abs(value - results[0]![k]!)),
          0,
        );
        expect(error / largest).toBeLessThan(sample.tolerance.forward);
      }
    },
  );
});
