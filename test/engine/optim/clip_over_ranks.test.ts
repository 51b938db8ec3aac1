import { expect, test } from 'vitest';
import { runInProcess } from '../../../src/engine/distributed/in-process.ts';
import { measureClipping } from '../../../src/engine/optim/clip.ts';
import { testDevice } from '../open.ts';

const device = await testDevice();

test('the norm is that of the gradients of all ranks: those they share once, and their own, of several chunks', async () => {
  // A chunk is of 16,384 numbers.
  const numbers = (count: number, value: number) =>
    device.tensor(new Float32Array(count).fill(value), [count]);
  const clippings = await runInProcess(3, async (ranks) => {
    const clipping = device.tensor([0, 0], [2]);
    const [same, own] = [numbers(20_000, 0.5), numbers(40_000, 1 + ranks.rank)];
    const step = device.capture(() => measureClipping([same], 10, clipping, { own: [own], ranks }));
    await step.runAndRead([]);
    return [...(await clipping.read())];
  });
  const norm = Math.sqrt(20_000 * 0.25 + 40_000 * (1 + 4 + 9));
  for (const [factor, found] of clippings) {
    expect(Math.abs(found! / norm - 1)).toBeLessThan(1e-6);
    expect(Math.abs(factor! / (10 / norm) - 1)).toBeLessThan(1e-6);
  }
});
