import source from '../../shaders/sgd.wgsl';
import { elementGrid } from '../grid.ts';
import type { Parameters } from '../parameters.ts';
import { checkRange, Optimiser, type OptimiserOptions, type UpdateWindow } from './optimiser.ts';

const kernel = { name: 'sgd', source };

export interface SGDOptions extends OptimiserOptions {
  /** In [0, 1), default 0.9. */
  readonly momentum?: number;
}

/**
 * Stochastic gradient descent with momentum and weight decay exactly as Caffe's solver takes it (paper section 7.5):
 * V ← μV + lr·lr_mult·(g + decay·decay_mult·w), w ← w − V. The learning rate is inside V, so lowering it leaves the momentum
 * gathered at the higher rate; clipping scales g before the decay is added.
 */
export class SGD extends Optimiser {
  private readonly constants: { readonly MOMENTUM: number; readonly DECAY: number };

  constructor(parameters: Parameters, options: SGDOptions) {
    const { momentum = 0.9, weightDecay = 0 } = options;
    checkRange('SGD', 'momentum', momentum, 0, 1);
    super('SGD', parameters, options, ['velocity']);
    this.constants = { MOMENTUM: momentum, DECAY: weightDecay };
  }

  protected update(windows: readonly UpdateWindow[]): void {
    const { device } = this.parameters;
    for (const { values, gradients, multipliers, state } of windows) {
      const { grid, constants } = elementGrid(device, values.size);
      device.dispatch({
        kernel,
        constants: { ...constants, ...this.constants },
        conditions: { clip: this.clipping !== null },
        bindings: {
          gradient: gradients,
          multipliers,
          learning_rate: this.rate,
          velocity: state.velocity!,
          weight: values,
          ...(this.clipping && { clipping: this.clipping }),
        },
        grid,
        cost: { flops: 6 * values.size, bytes: 20 * values.size },
      });
    }
  }
}
