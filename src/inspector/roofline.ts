/** What the adapter can do at most: multiply-adds in registers, and copying memory. */

import type { Device } from '../engine/device.ts';
import { elementGrid } from '../engine/grid.ts';
import type { Tensor } from '../engine/tensor.ts';
import copySource from '../shaders/peak_copy.wgsl';
import fmaSource from '../shaders/peak_fma.wgsl';

export interface Roofline {
  readonly gflops: number;
  /** Bytes read and bytes written, together. */
  readonly gigabytesPerSecond: number;
}

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

/** The best of several attempts: nothing can be faster, and other load only slows down. */
export async function measureRoofline(device: Device): Promise<Roofline> {
  return device.scope(async () => {
    const { software, subgroupSize } = device.report;
    const workgroup = software ? subgroupSize[0] || 4 : 64;
    const workgroups = software ? 64 : 8192;
    const steps = software ? 20_000 : 2_000;
    const sink = device.empty([workgroup * workgroups]);
    const flops = flopsOfStep * steps * sink.size;
    const seconds = await best(device, () => {
      multiplyAdds(sink, steps, workgroup);
      return sink;
    });
    const x = device.tensor(new Float32Array(1 << 23), [1 << 23]);
    const y = device.empty(x.shape);
    const copySeconds = await best(device, () => {
      copy(x, y);
      return y;
    });
    return { gflops: flops / seconds / 1e9, gigabytesPerSecond: (2 * x.bytes) / copySeconds / 1e9 };
  });
}

async function best(device: Device, body: () => unknown): Promise<number> {
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
