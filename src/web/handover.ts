/** What the page Train live hands to the page Verify. */

import type { Pixels } from '../normface/data/images/resample.ts';
import type { StoredThreshold } from '../normface/embedding/stored-threshold.ts';

/** A net, the threshold that suits it, and pictures that it has not been trained on. */
export interface Handover {
  readonly name: string;
  /** A weights file (safetensors). */
  readonly weights: Uint8Array;
  readonly threshold: StoredThreshold;
  readonly faces: readonly { readonly name: string; readonly picture: Pixels }[];
}

let waiting: Handover | undefined;

/** Lays it ready for the page Verify. */
export function handOver(handed: Handover): void {
  waiting = handed;
}

/** What lies ready; it is taken once. */
export function takeHandover(): Handover | undefined {
  const taken = waiting;
  waiting = undefined;
  return taken;
}
