import type { ParameterDeclaration, Parameters } from '../../engine/core/parameters.ts';
import type { Tensor } from '../../engine/core/tensor.ts';
import type { RowSubsetOptions } from '../../engine/optim/row_subset.ts';
import type { ClassSampling } from './class-sampling.ts';

/** A parameter with a row for each class: all rows, or with class sampling those of a step. */
export class ClassParameter {
  readonly name: string;
  readonly declarations: readonly ParameterDeclaration[];
  readonly subsets: readonly RowSubsetOptions[];

  constructor(declaration: ParameterDeclaration, sampling: ClassSampling | null) {
    const split = sampling?.split(declaration);
    this.name = declaration.name;
    this.declarations = split?.declarations ?? [declaration];
    this.subsets = split ? [split.subset] : [];
  }

  /** The rows that take part in a step. */
  of(parameters: Parameters): Tensor {
    return parameters.get(this.subsets[0]?.chosen ?? this.name);
  }
}
