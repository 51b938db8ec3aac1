import source from '../shaders/check_finite.wgsl';
import type { Device, PreparedDispatch } from './device.ts';
import { formatShape, NotFiniteError } from './errors.ts';
import { linearGrid } from './grid.ts';
import type { Tensor } from './tensor.ts';

const clear = 0xffffffff;
const kernel = { name: 'check_finite', source };

/** Watches every written f32 tensor for NaN and infinities, and remembers the first dispatch that wrote one. */
export class FiniteTrap {
  static readonly kernelName = kernel.name;
  private readonly device: Device;
  private readonly watched: string[] = [];
  private flag: Tensor | null = null;
  private verifying = false;

  constructor(device: Device) {
    this.device = device;
  }

  watch({ kernel: { bindings }, tensors, operator, dispatch }: PreparedDispatch): void {
    this.flag ??= this.device.untracked(() => this.device.tensor([clear], [1], 'u32'));
    const flag = this.flag;
    bindings.forEach(({ name, writable }, index) => {
      const tensor = tensors[index]!;
      if (!writable || tensor.dtype !== 'f32') return;
      const serial = this.watched.length;
      this.watched.push(
        `operator ${operator} (kernel ${dispatch.kernel.name}) wrote NaN or an infinity to ${name}, a tensor of shape ${formatShape(tensor.shape)}`,
      );
      const { grid, constants } = linearGrid(tensor.size);
      const serialTensor = this.device.untracked(() => this.device.tensor([serial], [1], 'u32'));
      this.device.dispatch({
        kernel,
        constants: { WORKGROUP: constants.WORKGROUP, GRID_X: constants.GRID_X },
        bindings: { x: tensor, serial: serialTensor, flag },
        grid,
        cost: { flops: 0, bytes: tensor.bytes },
      });
    });
  }

  /** Throws {@link NotFiniteError} if anything watched since the last call was not finite. */
  async verify(): Promise<void> {
    if (!this.flag || this.verifying) return;
    this.verifying = true;
    try {
      const serial = await this.flag.item();
      if (serial === clear) return;
      this.flag.write([clear]);
      throw new NotFiniteError(this.watched[serial]!);
    } finally {
      this.verifying = false;
    }
  }
}
