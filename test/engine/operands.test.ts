/** Matrix products whose operands are rounded to f16. */

import { expect, test } from 'vitest';
import { create, globals } from 'webgpu';
import type { Device } from '../../src/engine/core/tensor.ts';
import { conv2dOperator } from '../../src/engine/ops/conv2d/conv2d.ts';
import { cTripletLossOperator } from '../../src/engine/ops/heads/c_triplet_loss.ts';
import { cosineSoftmaxLossOperator } from '../../src/engine/ops/heads/cosine_softmax_loss.ts';
import { matmulOperator } from '../../src/engine/ops/matmul/matmul.ts';
import { reportAdapter } from '../../src/engine/runtime/adapter.ts';
import { DeviceRuntime } from '../../src/engine/runtime/device.ts';
import { openAdapter } from '../../src/engine/runtime/open.ts';
import { runEagerly } from '../../src/engine/testing/recording.ts';
import { expectClose, oneTileOfEachMainloop, run, variantsOf } from './agreement.ts';
import { caseOf } from './case-of.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const hasHalf = device.report.features.includes('shader-f16');
const half = hasHalf ? await testDevice({ operands: 'f16' }) : device;

/** Numbers below 65,504, in which f16 ends. */
const cases = [
  ...[
    '33×31, 31×68',
    '64×96, 100×96 {"transposeB":true}',
    '3×5, 7×3 {"transposeA":true,"transposeB":true}',
  ].map((label) => caseOf(matmulOperator, label)),
  ...[
    '2×7×9×4, 3×3×4×8, 8 {"padding":1}',
    '2×9×8×7, 5×2×7×3, 3 {"stride":[2,3],"padding":[2,1,0,1]}',
    '2×10×11×4, 3×3×4×4 {"stride":2,"padding":1,"dilation":2}',
    '2×5×6×12, 3×3×4×24, 24 {"padding":1,"groups":3}',
    '1×7×8×4, 3×3×1×4 {"stride":1,"padding":2,"dilation":2,"groups":4}',
  ].map((label) => caseOf(conv2dOperator, label)),
];

test.runIf(hasHalf).each(cases.map((sample) => [sample.label, sample] as const))(
  'f16 operands: every mainloop rounds alike, to f16 and not further: %s',
  async (_, sample) => {
    const exact = await run(device, sample, () => undefined);
    const names = oneTileOfEachMainloop(await variantsOf(half, sample));
    if (sample === cases[0]) names.push('pipelined 64×64');
    expect(names).not.toContain('winograd 4×4');
    let first: Float32Array[] | null = null;
    for (const name of names) {
      const results = await run(half, sample, (_, all) => (all.includes(name) ? name : undefined));
      results.forEach((result, i) => {
        // Two operands of 2⁻¹¹ each; Winograd's are sums of four numbers.
        expectClose(result, exact[i]!, name.startsWith('winograd') ? 4e-3 : 1e-3, `${name}, result ${i}`);
      });
      expect(results[0], `${name} rounds`).not.toEqual(exact[0]);
      if (name.startsWith('winograd')) continue;
      first ??= results;
      results.forEach((result, i) => {
        expectClose(result, first![i]!, 1e-5, `${name}, result ${i}`);
      });
    }
  },
);

test('an adapter without f16 is refused', async () => {
  const adapter = { features: new Set(), limits: {}, info: { description: 'Abacus 1.0' } };
  await expect(
    openAdapter(adapter as unknown as GPUAdapter, { operands: 'f16' }, () => null),
  ).rejects.toThrow('f16 operands need the feature shader-f16, which the adapter Abacus 1.0 lacks');
});

/** Dawn frees what the garbage collector takes, even while devices of it work: hold on to it. */
const instances: GPU[] = [];

/** Dawn's adapter without a driver: it checks kernels as any other, and offers every feature, but runs nothing. */
async function checkingDevice(): Promise<Device> {
  Object.assign(globalThis, globals);
  const gpu = create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
  instances.push(gpu);
  const adapter = (await gpu.requestAdapter())!;
  const features = ['subgroups', 'shader-f16', 'chromium-experimental-subgroup-matrix'] as GPUFeatureName[];
  const opened = await adapter.requestDevice({ requiredFeatures: features });
  const shapes = [
    [16, 16, 16],
    [8, 8, 8],
    [8, 16, 16],
  ];
  const units = shapes.map(([M, N, K]) => ({
    componentType: 'f16',
    resultComponentType: 'f32',
    M: M!,
    N: N!,
    K: K!,
  }));
  const report = { ...reportAdapter(adapter), software: false, subgroupMatrix: units };
  return new DeviceRuntime(
    opened,
    {
      ...report,
      subgroupSize: [32, 32],
    },
    { operands: 'f16' },
  );
}

test('every kernel for matrix units compiles', async () => {
  const checking = await checkingDevice();
  const tried = new Set<string>();
  const heads = [
    caseOf(cosineSoftmaxLossOperator, '67×37, 130×37, 67, 1'),
    caseOf(cTripletLossOperator, '67×37, 130×37, 67 {"hardestOnly":false}'),
  ];
  for (const sample of [...cases, ...heads]) {
    const names = (await variantsOf(checking, sample)).filter((name) =>
      heads.includes(sample) ? name.startsWith('in the product, matrix') : name.startsWith('matrix'),
    );
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) {
      tried.add(name);
      await runEagerly(checking, sample, {}, (_, all) => (all.includes(name) ? name : undefined));
    }
  }
  expect([...tried].some((name) => name.endsWith('of 16×16×16'))).toBe(true);
});
