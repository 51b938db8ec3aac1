/** What the page keeps for each GPU, as long as that is open: its kernels, and its peaks. */

import type { Device } from '../../engine/core/tensor.ts';
import { KernelInspector } from '../../inspector/kernels/inspect.ts';
import { Peaks } from '../../inspector/timing/peaks.ts';

const benches = new WeakMap<Device, Bench>();

export class Bench {
  readonly device: Device;
  readonly inspector: KernelInspector;
  /** What the adapter can do at most. */
  readonly peaks: Peaks;

  /** The bench of a device; the same one every time. */
  static of(device: Device): Bench {
    const known = benches.get(device) ?? new Bench(device);
    benches.set(device, known);
    return known;
  }

  private constructor(device: Device) {
    this.device = device;
    this.inspector = new KernelInspector(device);
    this.peaks = Peaks.of(device);
  }
}

/** Lets the page be drawn before work that blocks it. Pages in the background are not drawn: they do not wait for it. */
export function afterPaint(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, 200);
  });
}
