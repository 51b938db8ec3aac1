/** Which layers the other programs are told of. */

import type { Layer } from '../../src/normface/nets/net.ts';
import { MissingOperation } from './peer.ts';

/** Their settings, by kind; initial values and multipliers of rates are the same for every program. */
const settings: { readonly [Kind in Layer['kind']]?: readonly string[] } = {
  conv: ['channels', 'kernel', 'stride', 'padding', 'bias', 'init', 'decayMultiplier'],
  prelu: ['slope', 'decayMultiplier'],
  maxFeatureMap: [],
  maxPool: ['kernel'],
  flatten: [],
  fullyConnected: ['outputs', 'bias', 'init'],
  residual: ['layers', 'shortcut'],
};

/** @throws MissingOperation that names the first layer, or setting of one, that would be left out silently */
export function checkTranslated(layers: readonly Layer[]): void {
  for (const layer of layers) {
    const { kind } = layer;
    const known = settings[kind];
    if (!known) throw new MissingOperation(`no ${kind} layer in this comparison`);
    const given = Object.entries(layer).filter(([, value]) => value !== undefined);
    const other = given.find(([key]) => !['kind', 'name', ...known].includes(key));
    if (other) throw new MissingOperation(`no ${kind} layer with ${other[0]} in this comparison`);
    if (layer.kind === 'conv' && typeof (layer.padding ?? 0) !== 'number')
      throw new MissingOperation('no conv layer with padding by sides in this comparison');
    if (layer.kind === 'maxPool' && layer.kernel !== 2)
      throw new MissingOperation(`no maxPool layer with kernel ${layer.kernel} in this comparison`);
    if (layer.kind === 'residual')
      for (const inner of [layer.layers, layer.shortcut ?? []]) checkTranslated(inner);
  }
}
