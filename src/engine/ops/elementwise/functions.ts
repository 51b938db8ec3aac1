import type { Tensor } from '../../core/tensor.ts';
import { elementwise } from './elementwise.ts';
import type { ClipOptions, GeluOptions, LeakyReluOptions } from './options.ts';

// Functions of f32 or f16 tensors of any shape, element by element, stored like x; other element types throw a ShapeError. A NaN stays
// one. Denormals may count as zeros, as WGSL allows.

/** eˣ, ∞ from 88.73 on. */
export function exp(x: Tensor): Tensor {
  return elementwise('exp', [x], {});
}

/** Natural logarithm: −∞ at 0, NaN below. */
export function log(x: Tensor): Tensor {
  return elementwise('log', [x], {});
}

/** Square root, NaN below 0. The derivative at 0 is ∞. */
export function sqrt(x: Tensor): Tensor {
  return elementwise('sqrt', [x], {});
}

/** |x|. The derivative at 0 is 0. */
export function abs(x: Tensor): Tensor {
  return elementwise('abs', [x], {});
}

/** −x. */
export function negate(x: Tensor): Tensor {
  return elementwise('negate', [x], {});
}

/** x². */
export function square(x: Tensor): Tensor {
  return elementwise('square', [x], {});
}

/** 1/x. */
export function reciprocal(x: Tensor): Tensor {
  return elementwise('reciprocal', [x], {});
}

/**
 * x, or the bound that it is beyond. The derivative is 1 within the bounds and at them, else 0.
 *
 * @throws ArgumentError if min > max, or a bound is no finite number
 */
export function clip(x: Tensor, options: ClipOptions): Tensor {
  return elementwise('clip', [x], options);
}

/** 1/(1 + e⁻ˣ). */
export function sigmoid(x: Tensor): Tensor {
  return elementwise('sigmoid', [x], {});
}

/** Hyperbolic tangent. */
export function tanh(x: Tensor): Tensor {
  return elementwise('tanh', [x], {});
}

/**
 * x·Φ(x) with the distribution function of the standard normal, Φ(x) = (1 + erf(x/√2))/2, to 1e-6 of its value, below −2 to 1e-5
 * (Hendrycks and Gimpel 2016, arXiv 1606.08415, section 2); or, with `approximate: 'tanh'`, their ½x·(1 + tanh(√(2/π)(x + 0.044715x³))).
 */
export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  return elementwise('gelu', [x], options);
}

/** x for x > 0, else slope·x (Maas et al. 2013, "Rectifier Nonlinearities Improve Neural Network Acoustic Models"). */
export function leakyRelu(x: Tensor, options: LeakyReluOptions = {}): Tensor {
  return elementwise('leakyRelu', [x], options);
}

/** log(1 + eˣ). */
export function softplus(x: Tensor): Tensor {
  return elementwise('softplus', [x], {});
}
