/** Which layers the other programs are told of. */

import type { Layer } from '../../src/normface/nets/net.ts';
import { MissingOperation } from './peer.ts';

/** Settings by kind of layer. */
type Known = { readonly [Kind in Layer['kind']]?: readonly string[] };

/** Those that every program is told of; initial values and multipliers of rates are the same for all. */
const settings: Known = {
  conv: ['channels', 'kernel', 'stride', 'padding', 'bias', 'init', 'decayMultiplier'],
  prelu: ['slope', 'decayMultiplier'],
  maxFeatureMap: [],
  maxPool: ['kernel'],
  flatten: [],
  fullyConnected: ['outputs', 'bias', 'init'],
  residual: ['layers', 'shortcut'],
};

/** Also depthwise convolutions, and batch norm by the statistics of the batch: what a step of MobileFaceNet needs. */
export const withDepthwise: Known = { ...settings, conv: [...settings.conv!, 'groups'], batchNorm: [] };

/** @throws MissingOperation that names the first layer, or setting of one, that would be left out silently */
export function checkTranslated(layers: readonly Layer[], known = settings): void {
  for (const layer of layers) {
    const { kind } = layer;
    const names = known[kind];
    if (!names) throw new MissingOperation(`no ${kind} layer in this comparison`);
    const given = Object.entries(layer).filter(
      ([key, value]) => value !== undefined && !(key === 'groups' && value === 1),
    );
    const other = given.find(([key]) => !['kind', 'name', ...names].includes(key));
    if (other) throw new MissingOperation(`no ${kind} layer with ${other[0]} in this comparison`);
    if (layer.kind === 'conv' && typeof (layer.padding ?? 0) !== 'number')
      throw new MissingOperation('no conv layer with padding by sides in this comparison');
    if (layer.kind === 'conv' && typeof (layer.stride ?? 1) !== 'number')
      throw new MissingOperation('no conv layer with two strides in this comparison');
    const groups = layer.kind === 'conv' ? (layer.groups ?? 1) : 1;
    if (layer.kind === 'conv' && groups !== 1 && (!names.includes('groups') || groups !== layer.channels))
      throw new MissingOperation(`no conv layer with ${groups} groups in this comparison`);
    if (layer.kind === 'maxPool' && layer.kernel !== 2)
      throw new MissingOperation(`no maxPool layer with kernel ${layer.kernel} in this comparison`);
    if (layer.kind === 'residual')
      for (const inner of [layer.layers, layer.shortcut ?? []]) checkTranslated(inner, known);
  }
}
