import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { matmul } from '../../src/engine/ops/matmul/matmul.ts';
import { openDevice } from '../../src/engine/runtime/device.node.ts';

const before = globalThis.setImmediate;
const device = await openDevice();

/** Waits for some tenths of a second of a software driver's work. */
async function wait(): Promise<void> {
  await device.scope(async () => {
    const x = device.tensor(new Float32Array(512 * 512), [512, 512]);
    let y = x;
    for (let i = 0; i < 8; i++) y = matmul(y, x);
    await y.read();
  });
}

test.runIf(device.report.software)(
  'a software driver is waited for with pauses, and asked seldom',
  async () => {
    await wait(); // compiles
    const looks = vi.spyOn(globalThis, 'setImmediate');
    const start = performance.now();
    await wait();
    const milliseconds = performance.now() - start;
    // Without pauses some hundred looks a millisecond; with them one, after those of the first millisecond.
    expect(looks.mock.calls.length).toBeLessThan(milliseconds + 300);
    looks.mockRestore();
  },
);

test('what others give to setImmediate comes at once, with its arguments, and can be cleared', async () => {
  const order: string[] = [];
  setTimeout(() => order.push('timer'), 20);
  const cleared = setImmediate(() => order.push('cleared'));
  clearImmediate(cleared);
  await new Promise<void>((done) => {
    setImmediate((word: string) => {
      order.push(word);
      done();
    }, 'immediate');
  });
  expect(order).toEqual(['immediate']);
  expect(await promisify(setImmediate)('value')).toBe('value');
});

test.runIf(device.report.software)('it is put in place once', async () => {
  const patient = globalThis.setImmediate;
  expect(patient).not.toBe(before);
  const second = await openDevice();
  expect(globalThis.setImmediate).toBe(patient);
  second.close();
  device.close();
});
