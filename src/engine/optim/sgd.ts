import source from '../../shaders/optim/sgd.wesl';
import { checkArgument } from '../core/errors.ts';
import { checkOptionNames, type OptionNames } from '../core/options.ts';
import type { Parameters } from '../core/parameters.ts';
import { elementGrid } from '../tuning/grid.ts';
import { checkRange, Optimiser, type OptimiserOptions, type UpdateWindow } from './optimiser.ts';

const kernel = { name: 'sgd', source };

/** Settings of stochastic gradient descent. */
export interface SGDOptions extends OptimiserOptions {
  /** In [0, 1), default 0.9. */
  readonly momentum?: number;
  /** Nesterov's momentum instead of the plain one. Default false. */
  readonly nesterov?: boolean;
}

const optionNames: OptionNames<SGDOptions> = {
  learningRate: true,
  weightDecay: true,
  clipNorm: true,
  ranks: true,
  lossScale: true,
  momentum: true,
  nesterov: true,
};

/**
 * Stochastic gradient descent with momentum and weight decay exactly as Caffe's solver takes it (sgd_solver.cpp):
 * V ← μV + lr·lr_mult·(g + decay·decay_mult·w), w ← w − V. The learning rate is inside V, so lowering it leaves the momentum
 * gathered at the higher rate; clipping scales g before the decay is added. With `nesterov`, U being what V gains: w ← w − (μV + U), as
 * Caffe's NesterovSolver and, at a constant rate, PyTorch's SGD with nesterov=True.
 *
 * @throws ArgumentError if `momentum` is not in [0, 1), or 0 with `nesterov`, which then means nothing
 */
export class SGD extends Optimiser {
  private readonly constants: { readonly MOMENTUM: number; readonly DECAY: number };
  private readonly nesterov: boolean;

  constructor(parameters: Parameters, options: SGDOptions) {
    checkOptionNames('SGD', options, optionNames);
    const { momentum = 0.9, nesterov = false, weightDecay = 0 } = options;
    checkRange('SGD', 'momentum', momentum, 0, 1);
    checkArgument(!nesterov || momentum > 0, 'SGD', () => 'nesterov needs a momentum above 0');
    super('SGD', parameters, options, ['velocity']);
    this.constants = { MOMENTUM: momentum, DECAY: weightDecay };
    this.nesterov = nesterov;
  }

  protected update(windows: readonly UpdateWindow[]): void {
    const { device } = this.parameters;
    for (const { values, gradients, multipliers, state } of windows) {
      const { grid, constants } = elementGrid(device, values.size);
      device.dispatch({
        kernel,
        constants: { ...constants, ...this.constants },
        conditions: {
          clip: this.clipping !== null,
          scaled: this.lossScale !== null,
          nesterov: this.nesterov,
        },
        bindings: {
          gradient: gradients,
          multipliers,
          learning_rate: this.rate,
          velocity: state.velocity!,
          weight: values,
          ...(this.clipping && { clipping: this.clipping }),
        },
        grid,
        cost: { flops: (this.nesterov ? 8 : 6) * values.size, bytes: 20 * values.size },
      });
    }
  }
}
