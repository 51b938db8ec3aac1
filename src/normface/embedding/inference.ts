import { Parameters } from '../../engine/core/parameters.ts';
import type { Device } from '../../engine/core/tensor.ts';
import { type BuiltNet, buildNet } from '../nets/build.ts';
import { foldNet } from '../nets/fold.ts';

/** A net and its parameters, none of which is trained. */
export interface InferenceNet {
  readonly net: BuiltNet;
  readonly parameters: Parameters;
}

/**
 * A net made ready to embed: as {@link foldNet} has it, with its weights on the device.
 *
 * @param values of the parameters of `net`, by name
 */
export function inferenceNet(
  device: Device,
  { net, input }: BuiltNet,
  values: ReadonlyMap<string, Float32Array>,
): InferenceNet {
  const folded = foldNet({ net, values });
  const built = buildNet(folded.net, input, 0);
  const parameters = new Parameters(
    device,
    built.declarations.map((declaration) => ({
      ...declaration,
      init: folded.values.get(declaration.name)!,
      frozen: true,
    })),
  );
  return { net: built, parameters };
}

/** First values of the parameters of a net, by name. */
export function initialValuesOf({ declarations }: BuiltNet): Map<string, Float32Array> {
  return new Map(declarations.map(({ name, init }) => [name, typeof init === 'function' ? init() : init]));
}
