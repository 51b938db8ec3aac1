/** A net for images of a size: the shapes, the parameters and the arithmetic of its layers. */

import { UserError } from '../../common/errors.ts';
import { ArgumentError } from '../../engine/core/errors.ts';
import { checkLayers } from './check-net.ts';
import { layerKinds } from './kinds.ts';
import type { AnyLayer, LayerKind, NamedLayer, SampleShape } from './layer.ts';
import type { Net } from './net.ts';

/**
 * Plans the layers of a net for images of a size.
 *
 * @throws UsageError if a layer is of no known kind, or has settings or a name that cannot be; UserError if the layers do not fit one another or the images
 */
export function planNet(net: Net, input: SampleShape = net.input): NamedLayer[] {
  checkLayers(net.layers, `the net ${net.name}`);
  try {
    const layers = planLayers(net.layers, input, 'layers');
    const names = new Set<string>();
    for (const { name } of layers.flatMap(withInner).flatMap(({ parameters }) => parameters)) {
      if (names.has(name)) throw new UserError(`the net ${net.name}: two parameters are called ${name}`);
      names.add(name);
    }
    return layers;
  } catch (error) {
    if (!(error instanceof LayerError)) throw error;
    throw new UserError(`the net ${net.name} does not fit images of ${input.join('×')}: ${error.message}`);
  }
}

/** A layer that does not fit what comes before it. */
class LayerError extends Error {}

function planLayers(layers: readonly AnyLayer[], input: SampleShape, place: string): NamedLayer[] {
  let shape = input;
  return layers.map((layer, i) => {
    const { kind, name } = layer;
    const here = `${place}[${i}]`;
    // The table maps each kind to itself, which TypeScript cannot follow through an index.
    const { plan } = layerKinds[kind as keyof typeof layerKinds] as LayerKind<AnyLayer>;
    try {
      const planned = plan(layer, shape, (inner, input, at) => planLayers(inner, input, `${here}.${at}`));
      const named = { name, kind, input: shape, ...planned };
      shape = planned.output;
      return named;
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      throw new LayerError(`${here} "${name}": ${error.message}`);
    }
  });
}

/** A layer with all that are inside it, in the order in which they run. */
export function withInner(layer: NamedLayer): NamedLayer[] {
  return [...(layer.inner ?? []).flatMap(withInner), layer];
}
