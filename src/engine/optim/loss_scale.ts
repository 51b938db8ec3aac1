import { check, formatShape } from '../core/errors.ts';
import { type Device, rowsOf, type Tensor, viewOf } from '../core/tensor.ts';
import { runtimeOf } from '../runtime/runtime.ts';

/** Powers of two: where the scale begins, and the largest that it grows to. */
const [first, largest] = [2 ** 16, 2 ** 24];

/** Constants of the kernel that moves the scale (shaders/optim/clip_factor). */
export const scaleConstants = { GROW_AFTER: 2000, LARGEST_SCALE: largest };

/**
 * A factor of the loss, so that gradients which are stored as f16 neither vanish nor overflow (Micikevicius et al., arXiv 1710.03740, section
 * 3.2). The reverse pass begins with it, and the optimiser that it is given to divides by it. It follows what it meets, without leaving the
 * device: a step whose gradients are not all finite leaves parameters and the optimiser's state as they are, and the factor is halved; after
 * 2000 steps without one it is doubled. What moves in the forward pass, such as running statistics of batch norm, has moved by then.
 * At 1 a step is taken whatever its gradients are: it is not the factor then that makes them infinite, and that has to show.
 */
export class LossScale {
  /** [4]: the scale, good steps since it changed, steps that were skipped, and whether the latest one was (1 or 0). */
  readonly state: Tensor;

  constructor(device: Device) {
    this.state = runtimeOf(device).untracked(() => device.tensor([first, 0, 0, 0], [4]));
  }

  /** {@link Tensor.backward} of a loss, of the scale times its gradients. `debug.checkFinite` judges them where the step is taken. */
  backward(loss: Tensor): void {
    check(loss.size === 1, 'LossScale', () => `a loss is one number, not ${formatShape(loss.shape)}`);
    runtimeOf(loss.device).checking('if-taken', () =>
      loss.backward(viewOf(rowsOf(this.state, 0, 1), loss.shape)),
    );
  }
}
