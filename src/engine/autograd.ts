import { check, formatShape, ShapeError } from './errors.ts';
import { accumulate } from './ops/accumulate.ts';
import { add } from './ops/add.ts';
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

/** Records that `output` came from `inputs`, unless none of them wants a gradient. Returns `output`. */
export function record(output: Tensor, node: GraphNode): Tensor {
  if (node.inputs.some((input) => input.requiresGradient)) {
    output.requiresGradient = true;
    output.node = node;
  }
  return output;
}

/**
 * Reverse pass. Tensors are numbered as they are made, so descending number is a topological order of the graph: no
 * recursion, however deep the net.
 *
 * Contract of accumulation: the first contribution to a gradient is written (=), later ones are added. A parameter's
 * gradient keeps accumulating over several backward passes until its optimiser has stepped.
 */
export function backward(root: Tensor): void {
  check(
    root.size === 1,
    'backward',
    () =>
      `starts from one number, not from a tensor of shape ${formatShape(root.shape)}; reduce it with sum or mean`,
  );
  if (!root.node) {
    throw new ShapeError(
      'backward: no input of this tensor requires a gradient, or backward was already called on it',
    );
  }
  const device = root.device;
  const gradients = new Map<Tensor, Tensor>([[root, device.constant(1, root.shape)]]);
  for (const tensor of reachable(root)) {
    const gradient = gradients.get(tensor);
    const node = tensor.node;
    if (!node) continue;
    tensor.node = null;
    if (!gradient) continue;
    const into = (index: number): Tensor => {
      const input = node.inputs[index]!;
      const slot = input.gradientSlot;
      return slot && !slot.written && !gradients.has(input) ? slot.tensor : device.empty(input.shape);
    };
    const contributions = device.within(`${node.operator} backward`, () => node.backward(gradient, into));
    contributions.forEach((contribution, index) => {
      const input = node.inputs[index]!;
      if (contribution && input.requiresGradient) collect(input, contribution, gradients);
    });
  }
}

function collect(input: Tensor, contribution: Tensor, gradients: Map<Tensor, Tensor>): void {
  if (input.node) {
    const previous = gradients.get(input);
    gradients.set(input, previous ? add(previous, contribution) : contribution);
    return;
  }
  const slot = input.gradientSlot;
  if (slot) {
    if (contribution !== slot.tensor) accumulate(slot.tensor, contribution, slot.written);
    slot.written = true;
    input.gradient = slot.tensor;
  } else {
    input.gradient = input.gradient ? add(input.gradient, contribution) : contribution;
  }
}

function reachable(root: Tensor): Tensor[] {
  const seen = new Set<Tensor>([root]);
  const stack = [root];
  for (let tensor = stack.pop(); tensor; tensor = stack.pop()) {
    for (const input of tensor.node?.inputs ?? []) {
      if (input.requiresGradient && !seen.has(input)) {
        seen.add(input);
        stack.push(input);
      }
    }
  }
  return [...seen].sort((a, b) => b.id - a.id);
}
