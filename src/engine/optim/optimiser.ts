import { check, checkArgument } from '../core/errors.ts';
import { type Parameters, type ParameterWindow, readTensors } from '../core/parameters.ts';
import type { Tensor } from '../core/tensor.ts';
import { Arena, layOut } from '../runtime/arena.ts';
import { runtimeOf } from '../runtime/runtime.ts';
import { measureClipping } from './clip.ts';
import type { LossScale } from './loss_scale.ts';
import { type GradientExchange, SharedGradients } from './shared_gradients.ts';

/** Settings that all optimisers have. */
export interface OptimiserOptions {
  /** Not negative; change it at any time through {@link Optimiser.learningRate}. */
  readonly learningRate: number;
  /** Factor of the decay of every parameter, before its own multiplier. */
  readonly weightDecay?: number;
  /** Scales all gradients of a step down so that their common Euclidean norm is at most this. Default: no clipping. */
  readonly clipNorm?: number;
  /** Ranks that train together, each with some of the samples: their gradients are added up before a step. Default: this one alone. */
  readonly ranks?: GradientExchange;
  /** What the losses of the reverse passes are multiplied by; the optimiser disposes of it. Default: nothing. */
  readonly lossScale?: LossScale | null;
}

/** A window of the parameters with the optimiser's own arrays beside it. */
export interface UpdateWindow extends ParameterWindow {
  readonly state: Readonly<Record<string, Tensor>>;
}

/** What the optimisers share: learning rate, clipping, gradients that are due, and state for checkpoints. */
export abstract class Optimiser {
  readonly parameters: Parameters;
  /**
   * (factor, norm) of the latest step where gradients are clipped or scaled: `norm` is that of the gradients before it. The factor is −1 where
   * a gradient was infinite or not a number, and the step was skipped because of the scale.
   */
  readonly clipping: Tensor | null;
  protected readonly name: string;
  /** The learning rate on the device: a captured step reads it when it runs. */
  protected readonly rate: Tensor;
  protected readonly lossScale: LossScale | null;
  private readonly clipNorm: number;
  private readonly shared: SharedGradients | null;
  /** By array: of what is trained, laid out as the parameters are; then what {@link Optimiser.keepFor} adds. */
  private readonly arenas: ReadonlyMap<string, Arena[]>;
  private readonly scalars: ReadonlyMap<string, Tensor>;
  private currentRate: number;

  /** @param arrays names of the arrays that hold one number for each parameter value, zero at first */
  protected constructor(
    name: string,
    parameters: Parameters,
    {
      learningRate,
      weightDecay = 0,
      clipNorm = Number.POSITIVE_INFINITY,
      ranks,
      lossScale = null,
    }: OptimiserOptions,
    arrays: readonly string[],
    scalars: ReadonlyMap<string, Tensor> = new Map(),
  ) {
    checkRate(name, learningRate);
    checkRange(name, 'weightDecay', weightDecay, 0, Number.MAX_VALUE);
    checkArgument(clipNorm > 0, name, () => `clipNorm must be a positive number, not ${clipNorm}`);
    const { device } = parameters;
    this.name = name;
    this.parameters = parameters;
    this.clipNorm = clipNorm;
    this.lossScale = lossScale;
    this.shared = ranks ? new SharedGradients(parameters, ranks) : null;
    this.currentRate = learningRate;
    this.rate = runtimeOf(device).untracked(() => device.tensor([learningRate], [1]));
    this.clipping =
      Number.isFinite(clipNorm) || lossScale
        ? runtimeOf(device).untracked(() => device.tensor([1, 0], [2]))
        : null;
    const trained = parameters.entries.filter((_, i) => !parameters.declarations[i]!.frozen);
    this.arenas = new Map(
      arrays.map((array) => [array, trained.length === 0 ? [] : [new Arena(device, trained)]]),
    );
    this.scalars = lossScale ? new Map([...scalars, ['lossScale', lossScale.state]]) : scalars;
  }

  get learningRate(): number {
    return this.currentRate;
  }

  /** Takes effect with the next step, eager or captured. */
  set learningRate(rate: number) {
    if (rate === this.currentRate) return;
    checkRate(this.name, rate);
    this.currentRate = rate;
    this.rate.write([rate]);
  }

  /**
   * Changes every parameter by the gradients collected since the last step; parameters that no reverse pass has reached count as
   * having a zero gradient. The next reverse pass starts new gradients.
   *
   * @throws ArgumentError if no reverse pass has reached any parameter
   */
  step(): void {
    const { device, windows } = this.parameters;
    device.within(this.name, () =>
      device.scope(() => {
        this.parameters.completeGradients();
        this.shared?.addUp();
        if (this.clipping) {
          if (this.shared) this.shared.measureClipping(this.clipNorm, this.clipping, this.lossScale);
          else {
            const gradients = windows.map((window) => window.gradients);
            measureClipping(gradients, this.clipNorm, this.clipping, { lossScale: this.lossScale });
          }
        }
        this.update(
          windows.map((window, i) => ({
            ...window,
            state: Object.fromEntries([...this.arenas].map(([name, [own]]) => [name, own!.windows[i]!])),
          })),
        );
      }),
    );
    this.parameters.clearGradients();
  }

  protected abstract update(windows: readonly UpdateWindow[]): void;

  /** Everything that decides later steps besides the parameters and the options, as `conv1a.weight.velocity` and the like. */
  async state(): Promise<Map<string, Float32Array>> {
    return readTensors(this.stateTensors());
  }

  /**
   * Sets what {@link Optimiser.state} gave, so that the next steps give the same bits as those that followed it. Parameters may have been
   * frozen or set free since: arrays of those that are frozen now are left out, those that have no arrays yet begin at rest.
   *
   * @throws ArgumentError if an array is missing, unknown or of another length; nothing is changed then
   */
  restore(state: ReadonlyMap<string, Float32Array>): void {
    const tensors = this.stateTensors();
    const refuse = (reason: string) => () => `the state does not fit the parameters: ${reason}`;
    const arraysOf = (name: string) => this.arraysOf(name);
    const names = this.parameters.persistent.map(({ name }) => name);
    const kept = names.filter((name) => this.statesOf(name).length > 0);
    const fresh = kept.filter((name) => !arraysOf(name).some((array) => state.has(array)));
    // Of which nothing is known is no state of these parameters.
    const atRest = new Set(fresh.length < kept.length ? fresh.flatMap(arraysOf) : []);
    const frozen = new Set(names.filter((name) => !kept.includes(name)).flatMap(arraysOf));
    for (const [name, { size }] of tensors) {
      if (atRest.has(name)) continue;
      const values = state.get(name);
      checkArgument(values !== undefined, this.name, refuse(`it lacks ${name}`));
      check(values.length === size, this.name, refuse(`${name} has ${values.length} values, not ${size}`));
    }
    for (const name of state.keys())
      checkArgument(tensors.has(name) || frozen.has(name), this.name, refuse(`${name} is unknown`));
    for (const [name, tensor] of tensors) tensor.write(state.get(name) ?? new Float32Array(tensor.size));
  }

  /** What the optimiser keeps for one parameter, of the same shape; always in the same order. Nothing for what is frozen. */
  statesOf(name: string): Tensor[] {
    return [...this.arenas.values()].flat().flatMap(({ tensors }) => tensors.get(name) ?? []);
  }

  /** As {@link Optimiser.statesOf}, also for a frozen parameter: its arrays, zero at first, are kept from now on. */
  keepFor(name: string): Tensor[] {
    const { device } = this.parameters;
    const { shape } = this.parameters.get(name);
    if (this.statesOf(name).length === 0)
      for (const arenas of this.arenas.values()) arenas.push(new Arena(device, layOut([{ name, shape }])));
    return this.statesOf(name);
  }

  /** All that the optimiser keeps for the parameters, as flat arrays. */
  get arrays(): readonly Tensor[] {
    return [...this.arenas.values()].flat().flatMap(({ windows }) => windows);
  }

  /** GPU memory of what it keeps for the parameters, in bytes: none of it is theirs. */
  get bytes(): number {
    return this.arrays.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** What a state calls the arrays of a parameter. */
  private arraysOf(name: string): string[] {
    return [...this.arenas.keys()].map((array) => `${name}.${array}`);
  }

  private stateTensors(): Map<string, Tensor> {
    const tensors = new Map(this.scalars);
    for (const { name } of this.parameters.persistent) {
      const arrays = this.arraysOf(name);
      this.statesOf(name).forEach((tensor, i) => {
        tensors.set(arrays[i]!, tensor);
      });
    }
    return tensors;
  }

  /** Frees the memory of the state; the parameters stay. */
  dispose(): void {
    this.shared?.dispose();
    for (const arena of [...this.arenas.values()].flat()) arena.dispose();
    for (const tensor of [this.rate, this.clipping, ...this.scalars.values()]) tensor?.dispose();
  }
}

/** Throws unless `least ≤ value < bound`. */
export function checkRange(name: string, option: string, value: number, least: number, bound: number): void {
  checkArgument(
    value >= least && value < bound,
    name,
    () =>
      `${option} must be a number from ${least}${bound < Number.MAX_VALUE ? ` and below ${bound}` : ''}, not ${value}`,
  );
}

function checkRate(name: string, rate: number): void {
  checkRange(name, 'learningRate', rate, 0, Number.MAX_VALUE);
}
