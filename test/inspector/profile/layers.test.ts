import { expect, test } from 'vitest';
import { formatTable } from '../../../src/common/table.ts';
import { comparisonTable, layerTable } from '../../../src/inspector/profile/layer-tables.ts';
import { compareLayers, layerRows } from '../../../src/inspector/profile/layers.ts';
import type { DispatchProfile, StepProfile } from '../../../src/inspector/profile/profile.ts';
import { sample } from './sample.ts';

const dispatch = (
  part: string | null,
  phase: DispatchProfile['phase'],
  work: Pick<DispatchProfile, 'flops' | 'bytes' | 'microseconds'>,
): DispatchProfile => ({ ...sample.dispatches[0]!, operator: 'SGD', part, phase, ...work });

/** 50 GFLOP/s and 10 GB/s: 5e4 FLOP or 1e4 bytes a microsecond. */
const profile: StepProfile = {
  ...sample,
  title: 'one',
  dispatches: [
    dispatch('conv1 + relu1', 'forward', { flops: 1e6, bytes: 1e3, microseconds: 40 }),
    dispatch('fc', 'forward', { flops: 0, bytes: 5e4, microseconds: 10 }),
    dispatch('fc', 'backward', { flops: 0, bytes: 1e5, microseconds: 20 }),
    dispatch('conv1 + relu1', 'backward', { flops: 1e6, bytes: 1e3, microseconds: 50 }),
    dispatch('conv1 + relu1', 'backward', { flops: 1e6, bytes: 1e3, microseconds: 50 }),
    dispatch(null, 'forward', { flops: 0, bytes: 1e5, microseconds: 30 }),
  ],
};

test('layers, in the order of the forward pass, with their share of step and peak', () => {
  const { layers, total } = layerRows(profile);
  expect(layers.map(({ layer }) => layer)).toEqual(['conv1 + relu1', 'fc', 'SGD']);
  const [conv, fc, rest] = layers;
  // 1e6 FLOP take 20 µs at the peak.
  expect(conv!.forward).toEqual({ microseconds: 40, timeShare: 0.2, peakShare: 0.5 });
  expect(conv!.backward).toEqual({ microseconds: 100, timeShare: 0.5, peakShare: 0.4 });
  expect(conv).toMatchObject({ microseconds: 140, by: 'arithmetic' });
  expect(conv!.peakShare).toBeCloseTo(60 / 140, 12);
  expect(fc).toMatchObject({ by: 'memory', peakShare: 0, share: 0.5 });
  expect(rest!.backward).toBeNull();
  expect(total).toMatchObject({ layer: 'all', microseconds: 200, timeShare: 1, peakShare: 0.3 });
  const text = formatTable(layerTable(profile));
  expect(text).toMatch(
    /^conv1 \+ relu1 +40\.0 µs +20\.0 % +50\.0 % +100 µs +50\.0 % +40\.0 % +arithmetic +42\.9 %$/m,
  );
  expect(text).toMatch(/^SGD +30\.0 µs +15\.0 % +memory +33\.3 %$/m);
});

test('two profiles side by side, also where one has layers that the other has not', () => {
  const other: StepProfile = {
    ...profile,
    title: 'other',
    timer: 'estimate',
    dispatches: [
      dispatch('conv1 + relu1', 'forward', { flops: 1e6, bytes: 1e3, microseconds: 70 }),
      dispatch('bn', 'forward', { flops: 0, bytes: 1e3, microseconds: 30 }),
    ],
  };
  const rows = compareLayers(profile, other);
  expect(rows.map(({ layer, one, other }) => [layer, one?.microseconds, other?.microseconds])).toEqual([
    ['conv1 + relu1', 140, 70],
    ['fc', 30, undefined],
    ['SGD', 30, undefined],
    ['bn', undefined, 30],
    ['all', 200, 100],
  ]);
  const text = formatTable(comparisonTable(profile, other));
  expect(text).toMatch(/^conv1 \+ relu1 .* 0\.50×$/m);
  expect(text).toMatch(/^bn +30\.0 µs +30\.0 %$/m);
  expect(text).toMatch(/B: other; .*estimated, nothing was run/);
});
