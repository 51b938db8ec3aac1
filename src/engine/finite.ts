import source from '../shaders/check_finite.wgsl';
import type { Device } from './device.ts';
import { formatShape, NotFiniteError } from './errors.ts';
import { elementGrid } from './grid.ts';
import type { PreparedDispatch } from './prepared.ts';
import type { Tensor } from './tensor.ts';

const kernel = { name: 'check_finite', source };

/** What a flag holds while nothing was found. */
export const clear = 0xffffffff;

/** Sets a flag to the serial number if x has a NaN or an infinity and the flag is clear. */
export function checkFinite(x: Tensor, serial: Tensor, flag: Tensor): void {
  const { grid, constants } = elementGrid(x.device, x.size, 1);
  x.device.dispatch({
    kernel,
    constants: { ...constants, CLEAR: clear },
    bindings: { x, serial, flag },
    grid,
    cost: { flops: 0, bytes: x.bytes },
  });
}

/** Watches every written f32 tensor for NaN and infinities, and remembers the first dispatch that wrote one. */
export class FiniteTrap {
  static readonly kernelName = kernel.name;
  private readonly device: Device;
  /** What to say of each watched tensor, by its serial number. */
  private readonly findings = new Map<number, string>();
  /** Serial numbers of eager work, on the device. Those of a captured step stay with it. */
  private eager = new Map<number, Tensor>();
  private serials = 0;
  private flag: Tensor | null = null;
  private verifying = false;

  constructor(device: Device) {
    this.device = device;
  }

  /** Checks what a dispatch has written, `captured` if the step is being recorded. */
  watch({ kernel: { bindings }, tensors, operator, dispatch }: PreparedDispatch, captured: boolean): void {
    this.flag ??= this.device.untracked(() => this.device.tensor([clear], [1], 'u32'));
    const flag = this.flag;
    bindings.forEach(({ name, writable }, index) => {
      const x = tensors[index]!;
      if (!writable || x.dtype !== 'f32') return;
      const number = this.serials++;
      this.findings.set(
        number,
        `operator ${operator} (kernel ${dispatch.kernel.name}) wrote NaN or an infinity to ${name}, a tensor of shape ${formatShape(x.shape)}`,
      );
      const serial = this.device.untracked(() => this.device.tensor([number], [1], 'u32'));
      if (!captured) this.eager.set(number, serial);
      checkFinite(x, serial, flag);
    });
  }

  /** Throws {@link NotFiniteError} if anything watched since the last call was not finite. */
  async verify(): Promise<void> {
    if (!this.flag || this.verifying) return;
    this.verifying = true;
    const checked = this.eager;
    this.eager = new Map();
    try {
      const serial = await this.flag.item();
      if (serial === clear) return;
      this.flag.write([clear]);
      throw new NotFiniteError(this.findings.get(serial)!);
    } finally {
      for (const [number, tensor] of checked) {
        this.findings.delete(number);
        tensor.dispose();
      }
      this.verifying = false;
    }
  }
}
