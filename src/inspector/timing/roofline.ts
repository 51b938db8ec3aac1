/** Probes of what the adapter can do at most: multiply-adds in registers, and copying memory. */

import type { Device, Tensor } from '../../engine/core/tensor.ts';
import { elementGrid } from '../../engine/tuning/grid.ts';
import copySource from '../../shaders/runtime/peak_copy.wesl';
import fmaSource from '../../shaders/runtime/peak_fma.wesl';

const attempts = 7;

/** Arithmetic of one invocation of peak_fma in one of its steps. */
export const flopsOfStep = 256;

/** Multiply-adds in registers, an invocation for each element of `sink`. */
export function multiplyAdds(sink: Tensor, steps: number, workgroup: number): void {
  sink.device.dispatch({
    kernel: { name: 'peak_fma', source: fmaSource },
    constants: { STEPS: steps, WORKGROUP: workgroup },
    bindings: { sink },
    grid: [sink.size / workgroup, 1, 1],
    cost: { flops: flopsOfStep * steps * sink.size, bytes: sink.bytes },
  });
}

/** y = x; the size must be a multiple of four. */
export function copy(x: Tensor, y: Tensor): void {
  const { grid, constants } = elementGrid(x.device, x.size);
  x.device.dispatch({
    kernel: { name: 'peak_copy', source: copySource },
    constants,
    bindings: { x, y },
    grid,
    cost: { flops: 0, bytes: 2 * x.bytes },
  });
}

/** GFLOP/s in registers. */
export function measureArithmetic(device: Device): Promise<number> {
  return device.scope(async () => {
    const { software, subgroupSize } = device.report;
    const workgroup = software ? subgroupSize[0] || 4 : 64;
    const workgroups = software ? 64 : 8192;
    const steps = software ? 20_000 : 2_000;
    const sink = device.empty([workgroup * workgroups]);
    const seconds = await best(device, () => multiplyAdds(sink, steps, workgroup));
    return (flopsOfStep * steps * sink.size) / seconds / 1e9;
  });
}

/** GB/s of copying arrays that no cache holds, read and written bytes together. */
export function measureCopying(device: Device): Promise<number> {
  return device.scope(async () => {
    const x = device.tensor(new Float32Array(1 << 23), [1 << 23]);
    const y = device.empty(x.shape);
    const seconds = await best(device, () => copy(x, y));
    return (2 * x.bytes) / seconds / 1e9;
  });
}

/** Seconds of the best of several attempts. */
async function best(device: Device, body: () => void): Promise<number> {
  const step = device.capture(() => {
    body();
    return null;
  });
  const times: number[] = [];
  for (let i = 0; i < attempts; i++) {
    const started = performance.now();
    step.run();
    await device.gpu.queue.onSubmittedWorkDone();
    times.push((performance.now() - started) / 1000);
  }
  step.dispose();
  return Math.min(...times.slice(1));
}
