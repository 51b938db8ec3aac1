/** What goes between a process that tunes and the one that times variants for it: one request after another, each with a reply. */

import type { DeviceOptions } from '../runtime/options.ts';
import type { StepProgram } from '../runtime/program.ts';

export type BenchRequest =
  /** @returns identity of the adapter, as JSON */
  | { readonly kind: 'open'; readonly options: DeviceOptions }
  /** Compiles a program, under a number. */
  | { readonly kind: 'load'; readonly number: number; readonly label: string; readonly program: StepProgram }
  /** @returns milliseconds of so many runs */
  | { readonly kind: 'run'; readonly number: number; readonly repeats: number }
  /** Has no reply. */
  | { readonly kind: 'unload'; readonly number: number };

export type BenchReply =
  | { readonly result: number | string }
  /** `isOver`: the device was lost, and the process is of no more use. `mayPass`: see PassingFailure. */
  | { readonly failure: string; readonly isOver: boolean; readonly mayPass: boolean };
