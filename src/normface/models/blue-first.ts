import type { Layer } from '../nets/net.ts';
import { refusal } from './formats/refusal.ts';
import type { MatchedNet } from './match-tensors.ts';

/** Numbers of one kernel position and, of vectors, of the image. */
const colours = 3;

/**
 * The same net for images whose channels are red, green, blue, of one that gets blue, green, red: the first convolution's inputs change
 * places, and so do vectors of the image's channels before it.
 *
 * @throws UserError where the net does not begin with a convolution
 */
export function blueFirst(made: MatchedNet, source: string): MatchedNet {
  if (made.net.input[2] !== colours) throw refusal(`${source} is no net for colour images`);
  const values = new Map(made.values);
  for (const layer of made.net.layers) {
    if (layer.kind === 'conv' && (layer.groups ?? 1) === 1) {
      const name = `${layer.name}.weight`;
      values.set(name, swapped(values.get(name)!, layer.channels));
      return { ...made, values };
    }
    if (!keepsChannels(layer))
      throw refusal(
        `${source}: its channels cannot change places, since "${layer.name}" (${layer.kind}) comes before the first convolution`,
      );
    for (const [name, numbers] of values)
      if (name.startsWith(`${layer.name}.`) && numbers.length === colours)
        values.set(name, swapped(numbers, 1));
  }
  throw refusal(`${source}: its channels cannot change places, since it has no convolution`);
}

const keepsChannels = ({ kind }: Layer): boolean =>
  ['batchNorm', 'prelu', 'relu', 'sigmoid', 'maxPool', 'averagePool', 'dropout'].includes(kind);

/** Every group of three times `each` numbers with the first and the last third in each other's place. */
function swapped(numbers: Float32Array, each: number): Float32Array {
  const turned = numbers.slice();
  for (let at = 0; at < numbers.length; at += colours * each) {
    turned.set(numbers.subarray(at + 2 * each, at + 3 * each), at);
    turned.set(numbers.subarray(at, at + each), at + 2 * each);
  }
  return turned;
}
