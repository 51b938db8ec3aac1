import fs from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { encode, writeTree } from '../normface/data/fixtures.ts';
import { normface, temporaryFolder } from './run.ts';

// Every device is lost with its first submission.
vi.mock('../../src/engine/runtime/device.node.ts', async (original) => {
  const module = await original<typeof import('../../src/engine/runtime/device.node.ts')>();
  return {
    ...module,
    openDevice: async (options: Parameters<typeof module.openDevice>[0]) => {
      const device = await module.openDevice(options);
      const { queue } = device.gpu;
      const submit = queue.submit.bind(queue);
      queue.submit = (buffers) => {
        device.gpu.destroy();
        return submit(buffers);
      };
      return device;
    },
  };
});

test('a GPU that cannot be kept ends the program with a status, a sentence and nothing half done', async () => {
  const root = temporaryFolder();
  const net = path.join(root, 'least.json');
  const layers = [
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc', outputs: 4 },
  ];
  fs.writeFileSync(net, JSON.stringify({ name: 'least', input: [8, 8, 3], layers }));
  const images = ['a', 'b'].flatMap((person) => [1, 2].map((image) => `${person}/${image}.png`));
  const pictures = await Promise.all(images.map((_, i) => encode('png', 8, 8, i + 1)));
  writeTree(path.join(root, 'images'), Object.fromEntries(images.map((name, i) => [name, pictures[i]!])));
  const words = ['--data', path.join(root, 'images'), '--net', net, '--batch', '2', '--steps', '2'];
  const { exitCode, stderr } = await normface('train', ...words, '--output', path.join(root, 'runs'));
  expect(exitCode).toBe(1);
  const lines = stderr.trim().split('\n');
  expect(lines.slice(0, 2)).toEqual(
    Array(2).fill(
      expect.stringMatching(
        /^warning: the GPU device was lost: .*; another one is opened, and the run begins again$/,
      ),
    ),
  );
  expect(lines.slice(2)).toEqual([
    expect.stringMatching(
      /the GPU device was lost: .*, 3 times in a row before the first checkpoint; nothing was saved$/,
    ),
  ]);
  expect(fs.readdirSync(path.join(root, 'runs'))).toEqual([]);
});
