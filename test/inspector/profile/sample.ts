import type { BindingProfile, DispatchProfile, StepProfile } from '../../../src/inspector/profile/profile.ts';

const binding = (name: string, shape: readonly number[], writable = false): BindingProfile => ({
  name,
  shape,
  dtype: 'f32',
  bytes: 4 * shape.reduce((product, extent) => product * extent, 1),
  writable,
});

const dispatch = (
  index: number,
  call: number,
  pass: string,
  kernel: string,
  work: Pick<DispatchProfile, 'flops' | 'bytes' | 'microseconds'>,
  more: Partial<DispatchProfile> = {},
): DispatchProfile => ({
  index,
  call,
  operator: pass.replace(' backward', ''),
  phase: pass.endsWith(' backward') ? 'backward' : 'forward',
  kernel,
  choice: null,
  constants: { WORKGROUP: 64 },
  conditions: [],
  grid: [8, 2, 1],
  bindings: [binding('x', [8, 14, 12, 32]), binding('y', [8, 14, 12, 64], true)],
  ...work,
  ...more,
});

const winograd = {
  operation: 'conv2d_forward',
  variant: 'winograd 4×4',
  reason: 'fastest measured: 0.3 ms, next subgroup 64×32 with 0.4 ms',
};
const tile = {
  operation: 'gemm',
  variant: 'subgroup 32×64',
  reason: 'default for GPUs of NVIDIA: estimated, not measured',
};

/** A step of nine dispatches on an adapter of 50 GFLOP/s and 10 GB/s; its title and one operator need escaping. */
export const sample: StepProfile = {
  title: 'tiny <b>, batch 8, "softmax" & co',
  adapter: 'llvmpipe (LLVM 19.1.7, 256 bits)',
  timer: 'timestamp queries',
  runs: 5,
  roofline: { gflops: 50, gigabytesPerSecond: 10 },
  stepMicroseconds: 1350,
  dispatches: [
    dispatch(0, 1, 'imageBatch', 'image_batch', { flops: 0, bytes: 96e3, microseconds: 24.125 }),
    dispatch(
      1,
      2,
      'conv2d',
      'winograd_input',
      { flops: 0, bytes: 600e3, microseconds: 100.3 },
      { choice: winograd },
    ),
    dispatch(
      2,
      2,
      'conv2d',
      'gemm/tile_product_subgroup',
      { flops: 12e6, bytes: 900e3, microseconds: 333.7 },
      { choice: tile, constants: { TILE_M: 32, TILE_N: 64 }, conditions: ['vec4_y', 'bias'] },
    ),
    dispatch(
      3,
      3,
      'conv2d',
      'winograd_input',
      { flops: 0, bytes: 300e3, microseconds: 50.05 },
      { choice: winograd },
    ),
    dispatch(4, 4, 'softmaxLoss', 'class_reduce', { flops: 8e3, bytes: 4e3, microseconds: 3.3 }),
    dispatch(5, 5, 'softmaxLoss backward', 'class_gradient', {
      flops: 8e3,
      bytes: 8e3,
      microseconds: 4.7,
    }),
    dispatch(
      6,
      6,
      'conv2d backward',
      'gemm/tile_product_subgroup',
      { flops: 24e6, bytes: 1.8e6, microseconds: 700.1 },
      { choice: tile },
    ),
    dispatch(7, 7, 'fill <all>', 'fill', { flops: 0, bytes: 0, microseconds: 1 }),
    dispatch(8, 8, 'SGD', 'sgd', { flops: 4e5, bytes: 1.6e6, microseconds: 180 }),
  ],
  memory: {
    blocks: [1_024_000, 512_000],
    dispatches: 9,
    residents: [
      { label: 'imageBatch: y [8, 56, 48, 3]', bytes: 256_000, block: 0, offset: 0, first: 0, last: 3 },
      { label: 'conv2d: v [36, 12, 32]', bytes: 512_000, block: 1, offset: 0, first: 1, last: 2 },
      { label: 'conv2d: y [8, 14, 12, 64]', bytes: 600_000, block: 0, offset: 256_000, first: 2, last: 6 },
      { label: 'softmaxLoss: loss [] <x>', bytes: 4, block: 1, offset: 0, first: 4, last: 9 },
      {
        label: 'conv2d backward: dx [8, 14, 12, 32]',
        bytes: 256_000,
        block: 0,
        offset: 0,
        first: 6,
        last: 7,
      },
    ],
  },
};
