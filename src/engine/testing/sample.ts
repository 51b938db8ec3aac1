import type { DataType } from '../core/data-type.ts';
import type { InputSpec, ReferenceArray } from '../core/operator.ts';
import { hash32, normal01, uniform01 } from '../core/random.ts';
import { elementCount } from '../core/shape.ts';
import type { Device, Tensor } from '../core/tensor.ts';

/** Of kind `extremeRows`. */
const rowFactors = [1, 0, 1e-20, 1e18];

/** Fills a sample input. The numbers depend on the seed alone and are exact in f32. */
export function sampleInput(
  { shape, kind = 'normal', classes = 2, scale = 1 }: InputSpec,
  seed: number,
): ReferenceArray {
  const size = elementCount(shape);
  const data = new Float64Array(size);
  const order = kind === 'distinct' ? shuffled(size, seed) : null;
  for (let i = 0; i < size; i++) {
    const normal = normal01(seed, 0, i);
    if (kind === 'labels') data[i] = hash32(seed, 1, i) % classes;
    else if (kind === 'pixels') data[i] = hash32(seed, 1, i) % 256;
    else if (kind === 'positive') data[i] = Math.fround(scale * (0.5 + uniform01(seed, 1, i)));
    else if (kind === 'awayFromZero') data[i] = Math.fround(scale * (normal + Math.sign(normal || 1) * 0.1));
    else if (kind === 'distinct') data[i] = Math.fround(scale * 0.02 * (order![i]! - size / 2));
    else if (kind === 'extremeRows')
      data[i] = Math.fround(scale * normal * rowFactors[Math.floor(i / shape.at(-1)!) % rowFactors.length]!);
    else if (kind === 'outliers')
      data[i] =
        Math.fround(scale * normal * [100, 1e-4][hash32(seed, 2, i) % 32]!) || Math.fround(scale * normal);
    else data[i] = Math.fround(scale * normal);
  }
  return { shape, data };
}

function shuffled(size: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = hash32(seed, 3, i) % (i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Element type of a sample input. */
export function sampleType({ kind }: InputSpec): DataType {
  if (kind === 'labels') return 'u32';
  return kind === 'pixels' ? 'rgba8' : 'f32';
}

/** Uploads a sample input as the tensor that its kind asks for. */
export function sampleTensor(device: Device, spec: InputSpec, array: ReferenceArray): Tensor {
  const tensor = device.tensor(array.data, spec.shape, sampleType(spec));
  return tensor.dtype !== 'f32' || spec.differentiable === false ? tensor : tensor.requireGradient();
}
