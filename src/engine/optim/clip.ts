import factorSource from '../../shaders/optim/clip_factor.wesl';
import partialSource from '../../shaders/optim/square_sum_partial.wesl';
import type { Tensor } from '../core/tensor.ts';

const partialKernel = { name: 'square_sum_partial', source: partialSource };
const factorKernel = { name: 'clip_factor', source: factorSource };
const workgroup = 64;
const vectorsPerInvocation = 64;
/** Squares of numbers times this stay far below the largest f32, 2^128, whatever finite numbers they are. */
const shrink = 2 ** -80;

/**
 * Writes (factor, norm) to `clipping`, where norm is the Euclidean norm of all gradients together and factor what they are to be
 * multiplied by so that it is at most `maximum`. Neither leaves the device. Arrays must hold a multiple of four numbers.
 */
export function measureClipping(gradients: readonly Tensor[], maximum: number, clipping: Tensor): void {
  const { device } = clipping;
  const chunks = gradients.map(({ size }) => Math.ceil(size / 4 / (workgroup * vectorsPerInvocation)));
  const count = chunks.reduce((sum, n) => sum + n, 0);
  const partial = device.empty([count, 2]);
  let first = 0;
  gradients.forEach((x, i) => {
    device.dispatch({
      kernel: partialKernel,
      constants: {
        SIZE: x.size / 4,
        WORKGROUP: workgroup,
        PER_INVOCATION: vectorsPerInvocation,
        FIRST: first,
        SHRINK: shrink,
      },
      bindings: { x, partial },
      grid: [chunks[i]!, 1, 1],
      cost: { flops: 5 * x.size, bytes: 4 * x.size },
    });
    first += chunks[i]!;
  });
  device.dispatch({
    kernel: factorKernel,
    constants: { COUNT: count, WORKGROUP: workgroup, MAXIMUM: maximum, SHRINK: shrink },
    bindings: { partial, clipping },
    grid: [1, 1, 1],
    cost: { flops: 2 * count, bytes: 8 * count },
  });
}
