import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { gpuAddresses, gpuEnvironment } from '../../../src/normface/distributed/gpu-choice.node.ts';

const two = ['0000:01:00.0', '0000:41:00.0'];
const at = (localRank: number, localSize = 4) => ({ localRank, localSize });

test('ranks of a host take its GPUs in turn', () => {
  expect([0, 1, 2, 3].map((rank) => gpuEnvironment(two, at(rank), {}).DRI_PRIME)).toEqual([
    'pci-0000_01_00_0!',
    'pci-0000_41_00_0!',
    'pci-0000_01_00_0!',
    'pci-0000_41_00_0!',
  ]);
});

test('nothing is set where there is nothing to choose, or somebody chose', () => {
  expect(gpuEnvironment(two.slice(1), at(1), {})).toEqual({});
  expect(gpuEnvironment(two, at(0, 1), {})).toEqual({});
  expect(gpuEnvironment(two, at(1), { MESA_VK_DEVICE_SELECT: '10de:2684!' })).toEqual({});
});

test('addresses as Linux lists them', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-drm-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  // A GPU, what a virtual machine calls one, and another GPU.
  for (const [i, device] of [two[1]!, 'vgem', two[0]!].entries()) {
    fs.mkdirSync(path.join(folder, 'devices', device), { recursive: true });
    fs.mkdirSync(path.join(folder, `renderD${128 + i}`));
    fs.symlinkSync(path.join(folder, 'devices', device), path.join(folder, `renderD${128 + i}`, 'device'));
  }
  expect(gpuAddresses(folder)).toEqual(two);
  expect(gpuAddresses(path.join(folder, 'nowhere'))).toEqual([]);
});
