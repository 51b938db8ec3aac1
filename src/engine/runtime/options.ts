import type { OperandType } from '../core/data-type.ts';
import { checkArgument } from '../core/errors.ts';
import { checkOptionNames, checkOptionValue } from '../core/options.ts';
import type { TuneMode } from '../tuning/tune.ts';
import type { CapabilityOptions } from './capabilities.ts';

export type { OperandType };

/** Which adapter is opened, and how the device runs kernels. */
export interface DeviceOptions extends CapabilityOptions {
  /** Part of the name of the wanted adapter, compared without case. */
  adapter?: string;
  /** false refuses software drivers (default true: they are slow but correct). */
  allowSoftware?: boolean;
  /** `safe` (default) keeps every check of the WebGPU implementation; `fast` drops those that correct kernels do not need. */
  mode?: 'safe' | 'fast';
  /** In Node, toggles of Dawn in addition to those of the mode. Dawn's source describes each. */
  toggles?: { enable?: readonly string[]; disable?: readonly string[] };
  /** Which variants of kernels to use: the default ones, those measured before on this adapter, or measure what is missing. Default `cache`. */
  tune?: TuneMode;
  /**
   * What the operands of matrix products and convolutions are rounded to: `f16` takes half the memory traffic inside a kernel
   * and opens the matrix units of GPUs, for a relative error of 5e-4 an operand (and infinities past 65,504); sums and all
   * tensors are f32 with either. Default `f32`.
   */
  operands?: OperandType;
  /**
   * Most arithmetic in one submission to the GPU, in GFLOP: a system takes a GPU that is busy for too long for hung, and resets it.
   * Default: 100, and no limit on software drivers. Results do not depend on it.
   */
  gflopPerSubmission?: number;
  /** Measure also what was measured before. */
  ignoreMeasurements?: boolean;
  /**
   * In Node, where variants are measured: in another process, which a kernel that crashes the driver may end without harm, or in
   * this one. Default `child`, on software drivers `process`.
   */
  tuneIn?: 'child' | 'process';
  /** Most seconds that measuring takes in all; what is left keeps its default. Default: 90 in another process, else no limit. */
  tuneSeconds?: number;
  debug?: {
    /** Tests every result for NaN and infinities; the first read after one throws and names the operator. */
    checkFinite?: boolean;
    /** Tests every label that a loss gets; the first read after one outside the classes throws and names it. */
    checkLabels?: boolean;
    /**
     * Reports tensors that no scope owns and that the garbage collector found before anyone called `dispose`, once for every
     * line of the program that makes such. When that is up to the collector. Notes a stack for every tensor.
     */
    leaks?: boolean;
    /** Gets the reports of `leaks`; default `console.warn`. */
    onLeak?: (message: string) => void;
  };
}

/** Refuses options, and values of options, that do not exist. @throws ArgumentError */
export function checkDeviceOptions(options: DeviceOptions): void {
  checkOptionNames('openDevice', options, {
    adapter: true,
    allowSoftware: true,
    mode: true,
    toggles: true,
    tune: true,
    operands: true,
    ignoreMeasurements: true,
    tuneIn: true,
    tuneSeconds: true,
    gflopPerSubmission: true,
    debug: true,
    features: true,
    limits: true,
  });
  const { toggles = {}, debug = {}, mode, tune, operands, tuneIn, tuneSeconds } = options;
  checkOptionValue('openDevice', 'mode', mode, ['safe', 'fast']);
  checkOptionValue('openDevice', 'tune', tune, ['off', 'cache', 'full']);
  checkOptionValue('openDevice', 'operands', operands, ['f32', 'f16']);
  checkOptionValue('openDevice', 'tuneIn', tuneIn, ['child', 'process']);
  checkArgument(
    tuneSeconds === undefined || tuneSeconds > 0,
    'openDevice',
    () => `tuneSeconds must be a positive number, not ${tuneSeconds}`,
  );
  checkOptionNames('openDevice, toggles', toggles, { enable: true, disable: true });
  checkOptionNames('openDevice, debug', debug, {
    checkFinite: true,
    checkLabels: true,
    leaks: true,
    onLeak: true,
  });
}
