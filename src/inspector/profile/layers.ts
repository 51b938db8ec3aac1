/** A profile by the layers of the net, and two profiles of the same step side by side. */

import { passText } from '../../engine/runtime/prepared.ts';
import { boundOfAll, type Roofline } from './bound.ts';
import type { DispatchProfile, StepProfile } from './profile.ts';

/** What a layer takes in one of its passes. */
export interface LayerPass {
  readonly microseconds: number;
  /** Of the time of all dispatches. */
  readonly timeShare: number;
  /** Of the peak: its arithmetic over what could be done in its time. */
  readonly peakShare: number;
}

export interface LayerRow extends LayerPass {
  /** Of the layer; where layers share a kernel, `conv1 + relu1`. What belongs to no layer has the name of its operator. */
  readonly layer: string;
  /** Null where it has none, as in inference. */
  readonly forward: LayerPass | null;
  readonly backward: LayerPass | null;
  readonly flops: number;
  readonly by: 'arithmetic' | 'memory' | null;
  /** Of the roofline. */
  readonly share: number;
}

const layerOf = (dispatch: DispatchProfile): string => dispatch.part ?? passText(dispatch);

/** One row a layer, in the order of the forward pass, and then everything together. */
export function layerRows({ dispatches, roofline }: StepProfile): {
  readonly layers: readonly LayerRow[];
  readonly total: LayerRow;
} {
  const groups = new Map<string, DispatchProfile[]>();
  for (const dispatch of dispatches) {
    const group = groups.get(layerOf(dispatch));
    if (group) group.push(dispatch);
    else groups.set(layerOf(dispatch), [dispatch]);
  }
  const whole = dispatches.reduce((sum, { microseconds }) => sum + microseconds, 0);
  return {
    layers: [...groups].map(([layer, group]) => rowOf(layer, group, roofline, whole)),
    total: rowOf('all', dispatches, roofline, whole),
  };
}

function rowOf(
  layer: string,
  dispatches: readonly DispatchProfile[],
  roofline: Roofline,
  whole: number,
): LayerRow {
  const { flops, microseconds, by, share } = boundOfAll(dispatches, roofline);
  const pass = (phase: DispatchProfile['phase']): LayerPass | null => {
    const own = dispatches.filter((dispatch) => dispatch.phase === phase);
    return own.length === 0 ? null : passOf(boundOfAll(own, roofline), roofline, whole);
  };
  return {
    layer,
    ...passOf({ flops, microseconds }, roofline, whole),
    forward: pass('forward'),
    backward: pass('backward'),
    flops,
    by,
    share,
  };
}

function passOf(
  { flops, microseconds }: { readonly flops: number; readonly microseconds: number },
  { gflops }: Roofline,
  whole: number,
): LayerPass {
  return {
    microseconds,
    timeShare: whole > 0 ? microseconds / whole : 0,
    // A GFLOP/s is 10³ FLOP per µs.
    peakShare: microseconds > 0 ? flops / (1e3 * gflops * microseconds) : 0,
  };
}

/** A layer in two profiles; null in one that does not have it. */
export interface ComparedLayer {
  readonly layer: string;
  readonly one: LayerPass | null;
  readonly other: LayerPass | null;
}

/** The layers of both, those of the first one in its order, then everything together. */
export function compareLayers(one: StepProfile, other: StepProfile): ComparedLayer[] {
  const [ones, others] = [layerRows(one), layerRows(other)];
  const find = (rows: readonly LayerRow[], name: string) => rows.find(({ layer }) => layer === name) ?? null;
  const names = new Set([...ones.layers, ...others.layers].map(({ layer }) => layer));
  return [
    ...[...names].map((layer) => ({
      layer,
      one: find(ones.layers, layer),
      other: find(others.layers, layer),
    })),
    { layer: 'all', one: ones.total, other: others.total },
  ];
}
