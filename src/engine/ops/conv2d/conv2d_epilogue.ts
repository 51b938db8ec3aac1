import source from '../../../shaders/lib/epilogue.wesl';
import type { Tensor } from '../../core/tensor.ts';

/** What is done to the numbers of a convolution as they are stored: shaders/lib/epilogue. */
export interface Conv2dEpilogue {
  /** [out channels], added. */
  readonly bias?: Tensor | null;
  /** [out channels]: PReLU, after the bias. */
  readonly slope?: Tensor | null;
  /** ReLU, after the bias; not beside a slope. */
  readonly relu?: boolean;
  /** Like the output: added after the activation. */
  readonly residual?: Tensor | null;
  /** Like the output: gets what comes before the activation. */
  readonly before?: Tensor | null;
}

export const epilogueSource = source;

/** Bindings and conditions of a kernel that ends in an epilogue. */
export function epilogueBindings({ bias, slope, relu = false, residual, before }: Conv2dEpilogue): {
  readonly bindings: Readonly<Record<string, Tensor>>;
  readonly conditions: Readonly<Record<string, boolean>>;
} {
  return {
    bindings: {
      ...(bias ? { bias } : {}),
      ...(slope ? { slope } : {}),
      ...(residual ? { residual } : {}),
      ...(before ? { before } : {}),
    },
    conditions: { bias: !!bias, slope: !!slope, relu, residual: !!residual, keep: !!before },
  };
}

/** The same epilogue with other tensors in its places, or with the rows of some images of a batch. */
export function mapEpilogue(
  { bias, slope, relu, residual, before }: Conv2dEpilogue,
  perChannel: (tensor: Tensor) => Tensor,
  perPixel: (tensor: Tensor) => Tensor,
): Conv2dEpilogue {
  return {
    bias: bias && perChannel(bias),
    slope: slope && perChannel(slope),
    relu,
    residual: residual && perPixel(residual),
    before: before && perPixel(before),
  };
}
