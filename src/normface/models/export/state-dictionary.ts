/** Weights of a net in PyTorch's layouts and under its names. */

import { elementCount } from '../../../engine/core/shape.ts';
import type { NetWithValues } from '../../nets/fold.ts';
import type { LayerParameter, NamedLayer } from '../../nets/layer.ts';
import type { Layer } from '../../nets/net.ts';
import { planNet } from '../../nets/plan.ts';
import { float32Tensor, type StoredTensor } from '../../training/checkpoint/safetensors.ts';
import { refusal } from '../formats/refusal.ts';
import { filtersChannelsFirst, flattenedOrder, matrixChannelsFirst, putBack } from '../weight-layout.ts';
import { innerLists } from './inner-lists.ts';
import { type PyTorchOriginal, pyTorchSuffixes } from './pytorch-names.ts';

/** Where each flat number of an image is in the order channels, rows, columns; undefined where the orders are one. */
type Order = Uint32Array | undefined;

/**
 * Turns weights to PyTorch's layouts: convolutions [out, in / groups, height, width], matrices [outputs, inputs], whose inputs follow the
 * order channels, rows, columns where an image was flattened.
 *
 * @param input [height, width, channels] of the images
 * @param original whose names the tensors get; without one the layers' own
 * @throws UserError if the net does not fit the images, or flattened images lie side by side
 */
export function stateDictionary(
  { net, values }: NetWithValues,
  input: readonly [number, number, number],
  original?: PyTorchOriginal,
): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  const nameOf = (layer: string): string => original?.rename(layer) ?? layer;

  const store = (layer: NamedLayer, { name, shape }: LayerParameter, order: Order): void => {
    const numbers = values.get(name);
    if (!numbers) throw new Error(`there is no parameter ${name}`);
    const suffix = name.slice(layer.name.length + 1);
    const renamed = `${nameOf(layer.name)}.${pyTorchSuffixes[suffix] ?? suffix}`;
    tensors.set(renamed, turned(numbers, shape, layer.kind === 'fullyConnected', order));
  };

  const visit = (layers: readonly Layer[], planned: readonly NamedLayer[], before: Order): Order =>
    layers.reduce((order, layer, i) => one(layer, planned[i]!, order), before);

  const one = (layer: Layer, plan: NamedLayer, order: Order): Order => {
    for (const parameter of plan.parameters) store(plan, parameter, order);
    const place = nameOf(layer.name);
    if (layer.kind === 'conv' && original?.hasBias?.(place) && !tensors.has(`${place}.bias`))
      tensors.set(`${place}.bias`, float32Tensor(new Float32Array(layer.channels), [layer.channels]));
    if (layer.kind === 'squeezeExcite')
      for (const inner of plan.inner ?? [])
        for (const parameter of inner.parameters) store(inner, parameter, undefined);
    if (layer.kind === 'residual') {
      const [beside = [], main = []] = innerLists(plan, [layer.shortcut ?? [], layer.layers]);
      visit(layer.shortcut ?? [], beside, order);
      return visit(layer.layers, main, order);
    }
    if (layer.kind === 'branches') {
      const lists = innerLists(plan, layer.branches);
      const orders = layer.branches.map((branch, i) => visit(branch, lists[i] ?? [], order));
      if (layer.join !== 'add' && orders.some((made) => made))
        throw refusal(
          `the net ${net.name} puts flattened images side by side in "${layer.name}", which has no equal in PyTorch's order`,
        );
      return orders[0];
    }
    return orderAfter(plan, order);
  };

  visit(net.layers, planNet(net, input), undefined);
  return tensors;
}

function turned(
  numbers: Float32Array,
  shape: readonly number[],
  isProduct: boolean,
  order: Order,
): StoredTensor {
  if (shape.length === 4) {
    const [height, width, inputs, out] = shape as [number, number, number, number];
    const first = filtersChannelsFirst(numbers, [height, width, inputs, out]);
    return float32Tensor(first, [out, inputs, height, width]);
  }
  if (shape.length === 2) {
    const [inputs, outputs] = shape as [number, number];
    return float32Tensor(matrixChannelsFirst(numbers, outputs, order), [outputs, inputs]);
  }
  // The bias of a matrix belongs to what it gives; one slope for all has no order.
  const isOutput = isProduct || numbers.length !== order?.length;
  return float32Tensor(isOutput ? numbers : putBack(numbers, order), shape);
}

/** The order of flat numbers behind a layer: an image is flattened there with its channels first. */
function orderAfter({ kind, input, output }: NamedLayer, order: Order): Order {
  if (kind === 'flatten')
    return input.length === 3 ? flattenedOrder(input as [number, number, number]) : order;
  return kind === 'fullyConnected' || elementCount(output) !== order?.length ? undefined : order;
}
