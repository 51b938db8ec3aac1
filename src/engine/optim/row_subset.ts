import source from '../../shaders/shape/copy_rows.wesl';
import { check, formatShape } from '../core/errors.ts';
import type { Parameters } from '../core/parameters.ts';
import { rowsOf, type Tensor } from '../core/tensor.ts';
import { classWindows } from '../ops/heads/class_windows.ts';
import { runtimeOf } from '../runtime/runtime.ts';
import { elementGrid } from '../tuning/grid.ts';
import type { Optimiser } from './optimiser.ts';

const kernel = { name: 'copy_rows', source };

/** A parameter of which some rows are trained in a step, and which rows those are. */
export interface RowSubsetOptions {
  /** Name of a frozen parameter [rows, …] that holds all rows. */
  readonly all: string;
  /** Name of a transient parameter [capacity, …] for the chosen ones. */
  readonly chosen: string;
  /** [capacity] u32: which rows. The first `count` must differ; all must exist. */
  readonly rows: Tensor;
  /** [1] u32: how many of them are trained. */
  readonly count: Tensor;
}

/**
 * Rows of a large parameter that are trained as a small parameter in their place, other ones in every step: the sparse update of
 * Partial FC (An et al. 2022). {@link RowSubset.gather} copies the chosen rows, and what the optimiser keeps for them, before a step;
 * {@link RowSubset.scatter} puts them back after it. The other rows have no gradient, and neither weight decay nor momentum moves
 * them.
 */
export class RowSubset {
  private readonly pairs: readonly (readonly [all: Tensor, chosen: Tensor])[];
  private readonly options: RowSubsetOptions;

  /** @throws ShapeError if the two parameters and the list of rows do not fit together */
  constructor(parameters: Parameters, optimiser: Optimiser, options: RowSubsetOptions) {
    const [all, chosen] = [parameters.get(options.all), parameters.get(options.chosen)];
    const { rows } = options;
    check(
      all.shape.slice(1).join() === chosen.shape.slice(1).join() && rows.size === chosen.shape[0],
      'RowSubset',
      () =>
        `${rows.size} rows of ${formatShape(all.shape)} do not fit into a parameter ${formatShape(chosen.shape)}`,
    );
    // None where the chosen rows are frozen, too.
    const chosenStates = optimiser.statesOf(options.chosen);
    const allStates = chosenStates.length > 0 ? optimiser.keepFor(options.all) : [];
    this.options = options;
    this.pairs = [[all, chosen], ...allStates.map((state, i) => [state, chosenStates[i]!] as const)];
  }

  /** Copies the chosen rows into the small parameter. */
  gather(): void {
    this.copy(false);
  }

  /** Copies the trained rows back. */
  scatter(): void {
    this.copy(true);
  }

  private copy(back: boolean): void {
    const { rows, count } = this.options;
    for (const [all, chosen] of this.pairs) {
      const { device } = all;
      const columns = all.size / all.shape[0]!;
      const { grid, constants } = elementGrid(device, chosen.size, 1);
      // One window on most adapters: only bindings limit it.
      for (const window of classWindows(device, 'RowSubset', 1, [all.shape[0]!, columns])) {
        device.within('RowSubset', () =>
          device.dispatch({
            kernel,
            constants: { ...constants, ROWS: window.classes, COLUMNS: columns },
            conditions: { back },
            bindings: {
              all: rowsOf(all, window.first, window.classes),
              chosen,
              rows,
              first: runtimeOf(device).uniform([window.first]),
              ...(back && { count }),
            },
            grid,
            cost: { flops: 0, bytes: 8 * chosen.size },
          }),
        );
      }
    }
  }
}
