import type { ParameterDeclaration, Parameters } from '../../engine/core/parameters.ts';
import type { Tensor } from '../../engine/core/tensor.ts';
import type { RowSubsetOptions } from '../../engine/optim/row_subset.ts';
import type { HeadContext } from './loss.ts';

/** A parameter with a row for each class of this rank: all rows, or with class sampling those of a step. */
export class ClassParameter {
  readonly name: string;
  readonly declarations: readonly ParameterDeclaration[];
  readonly subsets: readonly RowSubsetOptions[];

  constructor(row: ParameterDeclaration, { sampling, shard }: Pick<HeadContext, 'sampling' | 'shard'>) {
    const declaration: ParameterDeclaration = shard ? { ...row, ranks: 'own' } : row;
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
