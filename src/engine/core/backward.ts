import { accumulate } from '../ops/elementwise/accumulate.ts';
import { add } from '../ops/elementwise/add.ts';
import { type LeafGradients, runtimeOf } from '../runtime/runtime.ts';
import { check, formatShape, ShapeError } from './errors.ts';
import type { Tensor } from './tensor.ts';

/** Tensors whose graph node an earlier reverse pass has used up. */
const released = new WeakSet<Tensor>();

/**
 * Reverse pass. Tensors are numbered as they are made, so descending number is a topological order of the graph: no
 * recursion, however deep the net.
 *
 * Contract of accumulation: the first contribution to a gradient is written (=), later ones are added. A parameter's
 * gradient keeps accumulating over several backward passes until its optimiser has stepped.
 */
export function backward(root: Tensor, seed: Tensor | null = null): void {
  check(
    seed !== null || root.size === 1,
    'backward',
    () =>
      `starts from one number, not from a tensor of shape ${formatShape(root.shape)}; reduce it with sum or mean, or give its gradient`,
  );
  check(
    !seed || formatShape(seed.shape) === formatShape(root.shape),
    'backward',
    () => `the gradient given has shape ${formatShape(seed!.shape)}, the tensor ${formatShape(root.shape)}`,
  );
  if (!root.node) {
    throw new ShapeError(
      'backward: no input of this tensor requires a gradient, or backward was already called on it',
    );
  }
  const { device } = root;
  const runtime = runtimeOf(device);
  const { gradients: leaves } = runtime;
  const graph = reachable(root);
  const gradients = new Map([[root, storedLike(root, seed ?? device.constant(1, root.shape))]]);
  for (const tensor of graph) {
    const gradient = gradients.get(tensor);
    const node = tensor.node;
    if (!node) continue;
    tensor.node = null;
    released.add(tensor);
    if (!gradient) continue;
    const into = (index: number): Tensor => {
      const input = node.inputs[index]!;
      const slot = input.gradientSlot;
      // An input that appears twice has one place only: its second contribution is computed elsewhere, then added.
      const vacant = slot && !leaves.isWritten(slot) && node.inputs.indexOf(input) === index;
      return vacant ? slot.tensor : device.empty(input.shape, input.dtype);
    };
    runtime.inPart(tensor.part, () => {
      const contributions = device.within(node.operator, () => node.backward(gradient, into), 'backward');
      contributions.forEach((contribution, index) => {
        const input = node.inputs[index]!;
        if (!contribution || !input.requiresGradient) return;
        if (input.node) {
          const previous = gradients.get(input);
          gradients.set(input, previous ? add(previous, contribution) : contribution);
        } else collect(leaves, input, contribution, contribution.storage === gradient.storage);
      });
    });
  }
}

/** Gradients are stored like what they belong to. */
function storedLike(root: Tensor, gradient: Tensor): Tensor {
  if (gradient.dtype === root.dtype) return gradient;
  const stored = root.device.empty(root.shape, root.dtype);
  accumulate(stored, gradient, false);
  return stored;
}

/** Adds a contribution to the gradient of a leaf. One that is `shared` with other tensors is copied: a leaf owns its gradient. */
function collect(leaves: LeafGradients, leaf: Tensor, contribution: Tensor, shared: boolean): void {
  const { device, gradientSlot: slot } = leaf;
  if (slot) {
    if (contribution !== slot.tensor) accumulate(slot.tensor, contribution, leaves.isWritten(slot));
    slot.written = true;
    leaf.gradient = slot.tensor;
    return;
  }
  const previous = leaves.of(leaf);
  if (previous) accumulate(previous, contribution, true);
  else if (shared) {
    const copy = device.empty(leaf.shape, leaf.dtype);
    accumulate(copy, contribution, false);
    leaves.give(leaf, copy);
  } else leaves.give(leaf, contribution);
}

/**
 * The tensors that the gradient flows through, latest first.
 *
 * @throws ShapeError where it could not flow on
 */
function reachable(root: Tensor): Tensor[] {
  const seen = new Set<Tensor>([root]);
  const stack = [root];
  for (let tensor = stack.pop(); tensor; tensor = stack.pop()) {
    for (const input of tensor.node?.inputs ?? []) {
      if (!input.requiresGradient || seen.has(input)) continue;
      check(
        !released.has(input),
        'backward',
        () =>
          `an earlier backward has released the graph behind a tensor of shape ${formatShape(input.shape)}; add the losses and call backward once, or compute the tensor again`,
      );
      check(
        !input.isDisposed,
        'backward',
        () => `a tensor of shape ${formatShape(input.shape)} on the way was disposed of`,
      );
      seen.add(input);
      stack.push(input);
    }
  }
  return [...seen].sort((a, b) => b.id - a.id);
}
