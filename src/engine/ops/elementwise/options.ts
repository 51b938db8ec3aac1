/** The element-wise operations by name, and what each can be told. */

import type { OptionNames } from '../../core/options.ts';

export type NoOptions = Record<string, never>;

/** Factors of the summands. */
export interface AddOptions {
  /** Factor of a (default 1). */
  readonly alpha?: number;
  /** Factor of b (default 1). */
  readonly beta?: number;
}

/** The range that numbers are brought into. */
export interface ClipOptions {
  /** Default: no lower bound. */
  readonly min?: number;
  /** Default: no upper bound. */
  readonly max?: number;
}

/** Which formula of GELU is computed. */
export interface GeluOptions {
  /** 'tanh': with the tanh that stands for the error function in the paper; default: with the error function. */
  readonly approximate?: 'tanh';
}

/** What becomes of negative numbers. */
export interface LeakyReluOptions {
  /** Slope for negative numbers (default 0.01). */
  readonly slope?: number;
}

interface OptionsByName {
  add: AddOptions;
  clip: ClipOptions;
  gelu: GeluOptions;
  leakyRelu: LeakyReluOptions;
}

/** Those of the operations that have any. */
export const optionNames: { readonly [N in keyof OptionsByName]: OptionNames<OptionsByName[N]> } = {
  add: { alpha: true, beta: true },
  clip: { min: true, max: true },
  gelu: { approximate: true },
  leakyRelu: { slope: true },
};

export type OperationName = ArithmeticName | ComparisonName | UnaryName | 'where';
export type ArithmeticName = 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum' | 'minimum' | 'power';
export type ComparisonName = 'equal' | 'notEqual' | 'less' | 'lessEqual' | 'greater' | 'greaterEqual';
export type UnaryName =
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'abs'
  | 'negate'
  | 'square'
  | 'reciprocal'
  | 'clip'
  | 'sigmoid'
  | 'tanh'
  | 'gelu'
  | 'leakyRelu'
  | 'softplus';

export type OptionsOf<N extends OperationName> = N extends keyof OptionsByName ? OptionsByName[N] : NoOptions;
