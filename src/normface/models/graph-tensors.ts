/** The tensors of a file, and which of them a net took. */

import { formatShape } from '../../engine/core/errors.ts';
import { elementCount } from '../../engine/core/shape.ts';
import { refusal } from './formats/refusal.ts';
import type { ModelTensor } from './model-file.ts';

export class GraphTensors {
  private readonly byName: ReadonlyMap<string, ModelTensor>;
  private readonly used = new Set<string>();
  private readonly source: string;

  constructor(tensors: Iterable<ModelTensor>, source: string) {
    this.byName = new Map([...tensors].map((tensor) => [tensor.name, tensor]));
    this.source = source;
  }

  /** Numbers of all tensors together. */
  get size(): number {
    return [...this.byName.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
  }

  /** Names of the tensors that nobody asked for, in the order of the file. */
  get unused(): string[] {
    return [...this.byName.keys()].filter((name) => !this.used.has(name));
  }

  /** Extents without looking at the numbers. @throws UserError if there is no such tensor */
  shape(name: string, reader: string): readonly number[] {
    return this.find(name, reader).shape;
  }

  /** The numbers of a tensor. @throws UserError if there is none, or its numbers are not as many as its shape says */
  values(name: string, reader: string): Float32Array {
    const tensor = this.find(name, reader);
    const values = tensor.values();
    if (values.length !== elementCount(tensor.shape))
      throw refusal(
        `${this.source}: the tensor "${name}" ${formatShape(tensor.shape)} holds ${values.length} numbers`,
      );
    return values;
  }

  /** The numbers of a vector of a length, or of one number as often. @throws UserError where they are others */
  vector(name: string, length: number, reader: string): Float32Array {
    const values = this.values(name, reader);
    if (values.length === length) return values;
    if (values.length === 1) return new Float32Array(length).fill(values[0]!);
    throw refusal(
      `${this.source}: the node "${reader}" takes the tensor "${name}" of ${values.length} numbers, but has ${length} channels`,
    );
  }

  private find(name: string, reader: string): ModelTensor {
    const tensor = this.byName.get(name);
    if (!tensor)
      throw refusal(
        `${this.source}: the tensor "${name}" that the node "${reader}" takes is not in the file`,
      );
    this.used.add(name);
    return tensor;
  }
}
