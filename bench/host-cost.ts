/** What the host pays for a replayed step: encoding and submitting, without the work on the device. */

import type { Device, Tensor } from '../src/engine/core/tensor.ts';
import { scale } from '../src/engine/ops/elementwise/scale.ts';
import { quantile } from '../src/inspector/timing/timing.ts';

const dispatches = 300;

/** Microseconds of the JavaScript thread for each of 300 tiny dispatches: the median of many replays. */
export async function hostCostOf(device: Device): Promise<number> {
  return device.scope(async () => {
    const x = device.tensor([1, 2, 3, 4], [4]);
    const step = device.capture(() => {
      let y: Tensor = x;
      for (let i = 0; i < dispatches; i++) y = scale(y, i % 2 ? 2 : 0.5);
      return y;
    });
    const times: number[] = [];
    for (let i = 0; i < 60; i++) {
      const started = performance.now();
      step.run();
      times.push(((performance.now() - started) * 1000) / dispatches);
      await step.outputs.read();
    }
    step.dispose();
    return quantile(times.slice(10), 0.5);
  });
}
