/** What the page keeps for each GPU, as long as that is open: its kernels, and its measured roofline. */

import type { Device } from '../../../engine/device.ts';
import { KernelInspector } from '../../kernels/inspect.ts';
import { measureRoofline, type Roofline } from '../../roofline.ts';

const benches = new WeakMap<Device, Bench>();

export class Bench {
  readonly device: Device;
  readonly inspector: KernelInspector;
  private measured: Roofline | null = null;

  /** The bench of a device; the same one every time. */
  static of(device: Device): Bench {
    const known = benches.get(device) ?? new Bench(device);
    benches.set(device, known);
    return known;
  }

  private constructor(device: Device) {
    this.device = device;
    this.inspector = new KernelInspector(device);
  }

  /** What the adapter can do at most; measured at the first call, with nothing else running. */
  async roofline(): Promise<Roofline> {
    this.measured ??= await measureRoofline(this.device);
    return this.measured;
  }

  /** null before it was measured. */
  get knownRoofline(): Roofline | null {
    return this.measured;
  }
}

/** Lets the page be drawn before work that blocks it. Pages in the background are not drawn: they do not wait for it. */
export function afterPaint(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, 200);
  });
}
