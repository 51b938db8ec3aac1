import { elementCount, type Shape } from '../core/shape.ts';
import type { Tensor } from '../core/tensor.ts';

/** Tensors whose contents never change, made once for all who ask for the same numbers. */
export class SharedTensors {
  private readonly make: (data: ArrayLike<number>, shape: Shape, dtype: 'f32' | 'u32') => Tensor;
  private readonly tensors = new Map<string, Tensor>();

  /** @param make uploads a tensor that no scope owns */
  constructor(make: (data: ArrayLike<number>, shape: Shape, dtype: 'f32' | 'u32') => Tensor) {
    this.make = make;
  }

  /** Filled with one number. */
  constant(value: number, shape: Shape): Tensor {
    return this.shared(`${value} ${shape.join('x')}`, () =>
      this.make(new Float32Array(elementCount(shape)).fill(value), shape, 'f32'),
    );
  }

  /** A few whole numbers. */
  uniform(values: readonly number[]): Tensor {
    return this.shared(`uniform ${values.join(' ')}`, () => this.make(values, [values.length], 'u32'));
  }

  private shared(key: string, make: () => Tensor): Tensor {
    let tensor = this.tensors.get(key);
    if (!tensor) {
      tensor = make();
      this.tensors.set(key, tensor);
    }
    return tensor;
  }
}
