import stepSource from '../../shaders/optim/adam.wesl';
import correctionSource from '../../shaders/optim/adam_correction.wesl';
import { checkOptionNames, type OptionNames } from '../core/options.ts';
import type { Parameters } from '../core/parameters.ts';
import type { Tensor } from '../core/tensor.ts';
import { runtimeOf } from '../runtime/runtime.ts';
import { elementGrid } from '../tuning/grid.ts';
import { checkRange, Optimiser, type OptimiserOptions, type UpdateWindow } from './optimiser.ts';

const stepKernel = { name: 'adam', source: stepSource };
const correctionKernel = { name: 'adam_correction', source: correctionSource };

/** Settings of Adam and AdamW. */
export interface AdamOptions extends OptimiserOptions {
  /** Decay rates of the two moments, each in [0, 1); default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the second moment; positive, default 1e-8. */
  readonly epsilon?: number;
  /** true: the weight decay acts on the weights and not through the moments, which is AdamW. */
  readonly decoupledDecay?: boolean;
}

const optionNames: OptionNames<AdamOptions> = {
  learningRate: true,
  weightDecay: true,
  clipNorm: true,
  ranks: true,
  lossScale: true,
  betas: true,
  epsilon: true,
  decoupledDecay: true,
};

/** Adam (Kingma & Ba, 2015): steps in the direction of the mean gradient over the root of the mean squared gradient. */
export class Adam extends Optimiser {
  private readonly moments: Readonly<Record<string, number>>;
  private readonly epsilon: number;
  private readonly weightDecay: number;
  private readonly decoupled: boolean;
  private readonly correction: Tensor;

  constructor(parameters: Parameters, options: AdamOptions) {
    checkOptionNames('Adam', options, optionNames);
    const {
      betas: [beta1, beta2] = [0.9, 0.999],
      epsilon = 1e-8,
      weightDecay = 0,
      decoupledDecay = false,
    } = options;
    const { device } = parameters;
    checkRange('Adam', 'the first of betas', beta1, 0, 1);
    checkRange('Adam', 'the second of betas', beta2, 0, 1);
    checkRange('Adam', 'epsilon', epsilon, Number.MIN_VALUE, Number.MAX_VALUE);
    const correction = runtimeOf(device).untracked(() => device.tensor([0, 0], [2]));
    super(
      'Adam',
      parameters,
      options,
      ['firstMoment', 'secondMoment'],
      new Map([['biasCorrection', correction]]),
    );
    this.correction = correction;
    this.epsilon = epsilon;
    this.weightDecay = weightDecay;
    this.decoupled = decoupledDecay;
    this.moments = { BETA1: beta1, BETA2: beta2, ONE_MINUS_BETA1: 1 - beta1, ONE_MINUS_BETA2: 1 - beta2 };
  }

  protected update(windows: readonly UpdateWindow[]): void {
    const { device } = this.parameters;
    const scaled = this.lossScale !== null;
    device.dispatch({
      kernel: correctionKernel,
      constants: this.moments,
      conditions: { scaled },
      bindings: { correction: this.correction, ...(scaled && { clipping: this.clipping! }) },
      grid: [1, 1, 1],
      cost: { flops: 4, bytes: 16 },
    });
    for (const { values, gradients, multipliers, state } of windows) {
      const { grid, constants } = elementGrid(device, values.size);
      device.dispatch({
        kernel: stepKernel,
        constants: { ...constants, ...this.moments, EPSILON: this.epsilon, DECAY: this.weightDecay },
        conditions: { clip: this.clipping !== null, scaled, decoupled: this.decoupled },
        bindings: {
          gradient: gradients,
          multipliers,
          learning_rate: this.rate,
          correction: this.correction,
          first: state.firstMoment!,
          second: state.secondMoment!,
          weight: values,
          ...(this.clipping && { clipping: this.clipping }),
        },
        grid,
        cost: { flops: 14 * values.size, bytes: 28 * values.size },
      });
    }
  }
}

/** Adam with decoupled weight decay (Loshchilov & Hutter, 2019), 0.01 unless told otherwise. */
export class AdamW extends Adam {
  constructor(parameters: Parameters, options: Omit<AdamOptions, 'decoupledDecay'>) {
    super(parameters, { weightDecay: 0.01, ...options, decoupledDecay: true });
  }
}
