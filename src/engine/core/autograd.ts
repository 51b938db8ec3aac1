import { accumulate } from '../ops/elementwise/accumulate.ts';
import { add } from '../ops/elementwise/add.ts';
import { check, formatShape, ShapeError } from './errors.ts';
import type { Tensor } from './tensor.ts';

/** One operator call in the graph. */
export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly Tensor[];
  /**
   * Gradients of the inputs, given that of the output; null where an input needs none. `into(i)` is the tensor to write
   * input i's gradient to: for a parameter not yet reached in this step it is its place in the gradient arena.
   */
  backward(gradient: Tensor, into: (input: number) => Tensor): readonly (Tensor | null)[];
}

let recording = true;

/** Runs `body` without building a graph: for inference, where nothing needs to be kept for a reverse pass. */
export function withoutGradients<T>(body: () => T): T {
  const previous = recording;
  recording = false;
  try {
    return body();
  } finally {
    recording = previous;
  }
}

/** Whether a result of these inputs will have a gradient. */
export function wantsGradient(...inputs: readonly (Tensor | null)[]): boolean {
  return recording && inputs.some((input) => input?.requiresGradient);
}

/** Records that `output` came from `inputs`, unless none of them wants a gradient. Returns `output`. */
export function record(output: Tensor, node: GraphNode): Tensor {
  if (wantsGradient(...node.inputs)) {
    output.requiresGradient = true;
    output.node = node;
  }
  return output;
}

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
  const device = root.device;
  const graph = reachable(root);
  const gradients = new Map<Tensor, Tensor>([[root, seed ?? device.constant(1, root.shape)]]);
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
      const vacant = slot && !device.gradientIsWritten(slot) && node.inputs.indexOf(input) === index;
      return vacant ? slot.tensor : device.empty(input.shape);
    };
    const contributions = device.within(node.operator, () => node.backward(gradient, into), 'backward');
    contributions.forEach((contribution, index) => {
      const input = node.inputs[index]!;
      if (!contribution || !input.requiresGradient) return;
      if (input.node) {
        const previous = gradients.get(input);
        gradients.set(input, previous ? add(previous, contribution) : contribution);
      } else collect(input, contribution, contribution.storage === gradient.storage);
    });
  }
}

/** Adds a contribution to the gradient of a leaf. One that is `shared` with other tensors is copied: a leaf owns its gradient. */
function collect(leaf: Tensor, contribution: Tensor, shared: boolean): void {
  const { device, gradientSlot: slot } = leaf;
  if (slot) {
    if (contribution !== slot.tensor) accumulate(slot.tensor, contribution, device.gradientIsWritten(slot));
    slot.written = true;
    leaf.gradient = slot.tensor;
    return;
  }
  const previous = device.gradientOf(leaf);
  if (previous) accumulate(previous, contribution, true);
  else if (shared) {
    const copy = device.empty(leaf.shape);
    accumulate(copy, contribution, false);
    device.giveGradient(leaf, copy);
  } else device.giveGradient(leaf, contribution);
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
