import { type ParameterDeclaration, Parameters } from '../../../src/engine/core/parameters.ts';
import { normal01 } from '../../../src/engine/core/random.ts';
import { elementCount } from '../../../src/engine/core/shape.ts';
import type { Device, Tensor } from '../../../src/engine/core/tensor.ts';
import { add } from '../../../src/engine/ops/elementwise/add.ts';
import { multiply } from '../../../src/engine/ops/elementwise/multiply.ts';
import { sum } from '../../../src/engine/ops/reduce/sum.ts';
import { runtimeOf } from '../../../src/engine/runtime/runtime.ts';

/** Normal numbers that are exact in f32. */
export function normals(size: number, seed: number, scale = 1): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => scale * normal01(seed, 0, i));
}

/** Odd sizes, one below, at and above a block of 64, and every kind of multiplier. */
export const declarations: ParameterDeclaration[] = [
  { name: 'scalar', shape: [], init: normals(1, 1) },
  { name: 'weight', shape: [3, 3, 5, 7], init: normals(315, 2) },
  { name: 'bias', shape: [64], init: normals(64, 3), learningRateMultiplier: 2, decayMultiplier: 0 },
  { name: 'slope', shape: [65], init: normals(65, 4), learningRateMultiplier: 0.5, decayMultiplier: 3 },
  { name: 'still', shape: [63], init: normals(63, 5), learningRateMultiplier: 0, decayMultiplier: 0 },
  { name: 'frozen', shape: [5], init: normals(5, 6), frozen: true },
];

/** Parameters whose gradient is whatever was written to `gradients`, which stand for inputs of a net. */
export class GradientSource {
  readonly parameters: Parameters;
  readonly gradients: ReadonlyMap<string, Tensor>;

  constructor(device: Device, declared = declarations) {
    this.parameters = new Parameters(device, declared);
    this.gradients = runtimeOf(device).untracked(
      () =>
        new Map(
          declared
            .filter(({ frozen }) => !frozen)
            .map(({ name, shape }) => [name, device.tensor(new Float32Array(elementCount(shape)), shape)]),
        ),
    );
  }

  /** Writes the gradients of a step and returns them. */
  write(step: number): Map<string, Float32Array> {
    const written = new Map<string, Float32Array>();
    [...this.gradients].forEach(([name, tensor], i) => {
      const values = normals(tensor.size, 1000 * (step + 1) + i);
      tensor.write(values);
      written.set(name, values);
    });
    return written;
  }

  /** Σ gradient·parameter over the named parameters (default: all), whose derivative is the gradient. */
  loss(names = [...this.gradients.keys()]): Tensor {
    return names
      .map((name) => sum(multiply(this.parameters.get(name), this.gradients.get(name)!)))
      .reduce((a, b) => add(a, b));
  }
}

/** Largest |actual − expected| as a share of the largest |expected|, over all arrays. */
export function largestError(
  actual: ReadonlyMap<string, Float32Array>,
  expected: ReadonlyMap<string, ArrayLike<number>>,
): number {
  let error = 0;
  for (const [name, reference] of expected) {
    const values = actual.get(name)!;
    const scale = Math.max(...Array.from(reference, Math.abs), 1e-30);
    for (let i = 0; i < reference.length; i++) {
      const difference = Math.abs(values[i]! - reference[i]!) / scale;
      error = Math.max(error, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
    }
  }
  return error;
}

/** The bits of every array, for comparisons that tell 0 from −0 and NaN from NaN. */
export function bitsOf(arrays: ReadonlyMap<string, Float32Array>): Record<string, Uint32Array> {
  return Object.fromEntries(
    [...arrays].map(([name, values]) => [name, new Uint32Array(values.slice().buffer)]),
  );
}
