import raiseSource from '../../../shaders/heads/raise_to_floor.wesl';
import { check, checkArgument, formatShape } from '../../core/errors.ts';
import { Tensor } from '../../core/tensor.ts';

const raiseKernel = { name: 'raise_to_floor', source: raiseSource };

/** Lower clamp of a scale, as in NormFace's head. */
export const defaultFloor = 0.01;

/**
 * The factor of cosine logits as a tensor. A learnt one, which is a leaf, is set to `floor` where it has fallen below.
 *
 * @throws ArgumentError unless `scale` is a positive number or one f32 in a tensor, and `floor` a positive number
 */
export function logitScale(operator: string, like: Tensor, scale: Tensor | number, floor: number): Tensor {
  checkArgument(
    Number.isFinite(floor) && floor > 0,
    operator,
    () => `floor must be a positive number, not ${floor}`,
  );
  if (!(scale instanceof Tensor)) {
    checkArgument(
      Number.isFinite(scale) && scale > 0,
      operator,
      () => `scale must be a positive number or one f32 in a tensor, not ${scale}`,
    );
    return like.device.constant(scale, [1]);
  }
  check(
    scale.size === 1 && scale.dtype === 'f32',
    operator,
    () =>
      `scale must be a positive number or one f32 in a tensor, not ${formatShape(scale.shape)} ${scale.dtype}`,
  );
  if (scale.requiresGradient && !scale.node) raiseToFloor(operator, scale, floor);
  return scale;
}

function raiseToFloor(operator: string, x: Tensor, floor: number): void {
  x.device.within(operator, () =>
    x.device.dispatch({
      kernel: raiseKernel,
      constants: { FLOOR: floor },
      bindings: { x },
      grid: [1, 1, 1],
      cost: { flops: 1, bytes: 8 },
    }),
  );
}
