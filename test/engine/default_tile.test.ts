/** Which tile a class of adapters gets where nothing was measured, and in how many parts. */

import { expect, test } from 'vitest';
import type { Device } from '../../src/engine/core/tensor.ts';
import { defaultTile, splitsOf } from '../../src/engine/ops/matmul/default_tile.ts';
import { prefersStationary, stationaryTile } from '../../src/engine/ops/matmul/stationary_tile.ts';
import { adjustedTile } from '../../src/engine/ops/matmul/tile_product.ts';
import { tilesOf } from '../../src/engine/ops/matmul/tiles.ts';
import type { AdapterReport, MatrixUnit } from '../../src/engine/runtime/adapter.ts';
import type { OperandType } from '../../src/engine/runtime/options.ts';
import { Settings } from '../../src/engine/tuning/settings.ts';

interface Masked {
  readonly vendor: string;
  readonly subgroupSize: readonly [number, number];
  readonly software?: boolean;
  readonly features?: readonly string[];
  readonly subgroupMatrix?: readonly MatrixUnit[];
  readonly limits?: Partial<AdapterReport['limits']>;
  readonly operands?: OperandType;
}

/** As much of a device as the choice looks at. */
function deviceLike({ operands = 'f32', limits = {}, ...adapter }: Masked): Device {
  const report: Partial<AdapterReport> = {
    software: false,
    features: ['subgroups', 'subgroup-size-control'],
    subgroupMatrix: [],
    ...adapter,
    limits: {
      maxComputeInvocationsPerWorkgroup: 1024,
      maxComputeWorkgroupStorageSize: 32768,
      ...limits,
    } as AdapterReport['limits'],
  };
  return { report, operands, settings: new Settings() } as unknown as Device;
}

const eight = { componentType: 'f16', resultComponentType: 'f32', M: 8, N: 8, K: 8 };
const unit = { componentType: 'f16', resultComponentType: 'f32', M: 16, N: 16, K: 16 };
const adapters = {
  nvidia: { vendor: 'nvidia', subgroupSize: [32, 32] },
  'nvidia with f16': { vendor: 'nvidia', subgroupSize: [32, 32], operands: 'f16', subgroupMatrix: [unit] },
  amd: { vendor: 'amd', subgroupSize: [32, 64] },
  'amd with f16': { vendor: 'amd', subgroupSize: [32, 64], operands: 'f16', subgroupMatrix: [unit] },
  apple: { vendor: 'apple', subgroupSize: [32, 32] },
  'apple with f16': {
    vendor: 'apple',
    subgroupSize: [32, 32],
    operands: 'f16',
    subgroupMatrix: [
      { ...eight, componentType: 'f16', resultComponentType: 'f16' },
      { ...eight, componentType: 'f32' },
    ],
  },
  'intel with f16': {
    vendor: 'intel',
    subgroupSize: [8, 32],
    operands: 'f16',
    subgroupMatrix: [{ ...eight, K: 16 }],
  },
  intel: { vendor: 'intel', subgroupSize: [8, 32] },
  'intel without a choice': { vendor: 'intel', subgroupSize: [8, 32], features: ['subgroups'] },
  'no vendor': { vendor: '', subgroupSize: [4, 128] },
  'nvidia with the least limits': {
    vendor: 'nvidia',
    subgroupSize: [32, 32],
    limits: { maxComputeInvocationsPerWorkgroup: 256, maxComputeWorkgroupStorageSize: 16384 },
  },
  software: { vendor: 'mesa', subgroupSize: [8, 8], software: true },
} as const satisfies Record<string, Masked>;

/** [m, k, n] */
const products = {
  '4096³': [4096, 4096, 4096],
  '2048³': [2048, 2048, 2048],
  '1024³': [1024, 1024, 1024],
  '512³': [512, 512, 512],
  fc5: [64, 10240, 512],
  scores: [64, 512, 10572],
  'scores of a few': [32, 512, 10572],
  'gradient of a head’s features': [64, 16384, 128],
} as const;

test.each<[keyof typeof adapters, keyof typeof products, string]>([
  ['nvidia', '4096³', 'pipelined 128×128'],
  ['nvidia', '2048³', 'pipelined 128×128'],
  ['nvidia', '1024³', 'pipelined 128×128 in 4'],
  ['nvidia', '512³', 'pipelined 64×64 in 4'],
  ['nvidia', 'fc5', 'pipelined 64×64 in 64'],
  ['nvidia', 'scores', 'pipelined 64×128 in 4'],
  ['nvidia', 'scores of a few', 'workgroup 32×32 in 3'],
  ['nvidia', 'gradient of a head’s features', 'pipelined 64×64 in 64'],
  ['nvidia with the least limits', '2048³', 'pipelined 128×128'],
  ['nvidia with f16', '2048³', 'matrix 128×128 of 16×16×16'],
  ['amd with f16', '2048³', 'matrix 64×64 of 16×16×16'],
  ['apple with f16', '2048³', 'matrix 64×64 of 8×8×8 in f32'],
  ['intel with f16', '2048³', 'matrix 64×64 of 8×8×16'],
  ['amd', '2048³', 'pipelined 128×128'],
  ['amd', '512³', 'pipelined 64×64 in 4'],
  ['apple', '1024³', 'pipelined 128×128'],
  ['intel', '2048³', 'workgroup 64×64'],
  ['intel', '512³', 'workgroup 64×64 in 4'],
  ['intel', 'scores of a few', 'workgroup 32×32'],
  ['intel without a choice', '2048³', 'workgroup 32×32'],
  ['no vendor', '2048³', 'workgroup 64×64'],
  ['software', '2048³', 'subgroup 32×32'],
  ['software', 'gradient of a head’s features', 'subgroup 32×32 in 2'],
])('%s, %s: %s', (adapter, name, expected) => {
  const device = deviceLike(adapters[adapter]);
  const [rows, k, columns] = products[name];
  const shortest = device.report.software ? 256 : 128;
  const product = { rows, columns, depth: 1, mostSplits: Math.min(64, Math.floor(k / shortest)) };
  const tile = defaultTile(device, product);
  const splits = splitsOf(device, tile, product);
  expect(splits > 1 ? `${tile.name} in ${splits}` : tile.name).toBe(expected);
});

test('a product that cannot be split gets the tile that keeps the device busy whole', () => {
  const device = deviceLike(adapters.nvidia);
  const product = { rows: 1024, columns: 1024, depth: 1, mostSplits: 1 };
  expect(defaultTile(device, product).name).toBe('pipelined 64×64');
});

test('matrix units are offered where the size of their subgroups can be known', () => {
  const unitsOf = (adapter: Masked): (number | undefined)[][] =>
    tilesOf(deviceLike(adapter))
      .filter(({ name }) => name.startsWith('matrix 64×64'))
      .map(({ invocations, constants: { SUBGROUP, SUBGROUP_SIZE, K_STEP } }) => [
        invocations,
        SUBGROUP,
        SUBGROUP_SIZE,
        K_STEP,
      ]);
  expect(unitsOf(adapters['nvidia with f16'])).toEqual([[128, 32, 0, 32]]);
  expect(unitsOf(adapters['amd with f16'])).toEqual([[128, 32, 32, 32]]);
  expect(unitsOf(adapters['intel with f16'])).toEqual([[64, 8, 8, 16]]);
  expect(unitsOf({ ...adapters['amd with f16'], features: ['subgroups'] })).toEqual([]);
  expect(unitsOf({ ...adapters['amd with f16'], vendor: '' })).toEqual([]);
  // Units that add in f16 are none of ours, and f32 is not computed in f16.
  expect(unitsOf({ ...adapters['apple with f16'], operands: 'f32' })).toEqual([[128, 32, 0, 32]]);
  expect(unitsOf({ ...adapters['nvidia with f16'], operands: 'f32' })).toEqual([]);
});

test('on Intel kernels ask for eight lanes, elsewhere for none in particular', () => {
  const asked = (name: keyof typeof adapters): (number | undefined)[] => [
    ...new Set(
      tilesOf(deviceLike(adapters[name]))
        .filter(({ mainloop }) => /workgroup|pipelined/.test(mainloop.name))
        .map(({ constants }) => constants.SUBGROUP_SIZE),
    ),
  ];
  expect(asked('intel')).toEqual([8]);
  expect(asked('intel without a choice')).toEqual([0]);
  expect(asked('amd')).toEqual([0]);
});

test.each([
  ['workgroup 64×64', { TILE_ROWS: 128, TILE_COLUMNS: 64 }, null],
  ['pipelined 128×128', { K_STEP: 8 }, null],
  [
    'pipelined 64×64',
    { K_STEP: 16 },
    /has 64 invocations, which load at most 0 rows or columns in a K step of 16/,
  ],
  ['pipelined 64×64', { K_STEP: 12 }, /K_STEP must be 8, 16 or 32, not 12/],
  [
    'workgroup 64×64',
    { TILE_ROWS: 16 },
    /16×64 in 2×2 blocks has 16 invocations, which load at most 16 rows/,
  ],
  ['workgroup 64×64', { BLOCKS: 3 }, /1×1 or 2×2 blocks of 4×4, not 3×3/],
  ['workgroup 64×64', { TILE_ROWS: 60 }, /60×64 must be multiples of 8/],
  [
    'workgroup 64×64',
    { SUBGROUP_SIZE: 64 },
    /size of 64 was asked for; this adapter has powers of two from 8 to 32/,
  ],
  [
    'workgroup 32×32',
    { TILE_ROWS: 16, TILE_COLUMNS: 16, SUBGROUP_SIZE: 32 },
    /16 invocations are no whole number of subgroups of 32/,
  ],
])('%s by hand with %o', (name, given, refused) => {
  const device = deviceLike(adapters.intel);
  const tile = tilesOf(device).find((offered) => offered.name === name)!;
  const adjust = () => device.settings.trying(given, () => adjustedTile(device, tile)).result;
  if (refused) expect(adjust).toThrow(refused);
  else expect(adjust().constants).toMatchObject(given);
});

/** [rows, k, columns], the tile that keeps B, and whether it is the default. */
test.each<[number, number, number, string | undefined, boolean]>([
  [5376, 64, 128, 'stationary 1344×32', true],
  [1344, 128, 256, 'stationary 672×32', true],
  [1344, 33, 256, 'stationary 672×32', false],
  [100, 64, 128, 'stationary 100×32', false],
  [5376, 257, 128, undefined, false],
])('software, %i×%i×%i: %s, by default: %s', (rows, inner, columns, name, isDefault) => {
  const product = { rows, columns, depth: 1, inner };
  const tile = stationaryTile(deviceLike(adapters.software), product);
  expect(tile?.name).toBe(name);
  expect(tile !== null && prefersStationary(product, tile)).toBe(isDefault);
});

test.each(Object.keys(adapters).filter((name) => name !== 'software') as (keyof typeof adapters)[])(
  '%s: no tile that keeps B',
  (name) => {
    const product = { rows: 5376, columns: 128, depth: 1, inner: 64 };
    expect(stationaryTile(deviceLike(adapters[name]), product)).toBeNull();
  },
);
