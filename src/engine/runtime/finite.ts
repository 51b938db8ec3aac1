import source from '../../shaders/runtime/check_finite.wesl';
import { isReal } from '../core/data-type.ts';
import { formatShape, NotFiniteError } from '../core/errors.ts';
import type { Device, Tensor } from '../core/tensor.ts';
import { elementGrid } from '../tuning/grid.ts';
import { clear, type DebugTrap } from './debug-trap.ts';
import type { KernelArgument } from './kernel.ts';
import { type PreparedDispatch, passText } from './prepared.ts';

const findKernel = { name: 'check_finite', source };

/** Sets the first word of a finding to the serial number if x has a NaN or an infinity and it is clear. */
export function checkFinite(device: Device, x: KernelArgument, serial: Tensor, flag: Tensor): void {
  const { grid, constants } = elementGrid(device, x.size, 1);
  device.dispatch({
    kernel: findKernel,
    constants: { ...constants, CLEAR: clear },
    bindings: { x, serial, flag },
    grid,
    cost: { flops: 0, bytes: 4 * x.size },
  });
}

/** Watches every tensor of real numbers that a dispatch, in one run or several, has written for NaN and infinities; `captured` if the step is being recorded. */
export function watchFinite(
  device: Device,
  trap: DebugTrap,
  runs: readonly PreparedDispatch[],
  captured: boolean,
): void {
  const written = runs.flatMap(({ kernel: { bindings } }) => bindings.filter(({ writable }) => writable));
  const [first] = runs as [PreparedDispatch];
  const { kernel, bindings } = first.dispatch;
  for (const name of new Set(written.map(({ name }) => name))) {
    const x = bindings[name]!;
    if (!isReal(x.dtype)) continue;
    const message = `operator ${passText(first)} (kernel ${kernel.name}) wrote NaN or an infinity to ${name}, a tensor of shape ${formatShape(x.shape)}`;
    trap.arm(
      captured,
      () => new NotFiniteError(message),
      (serial, finding) => checkFinite(device, x, serial, finding),
    );
  }
}
