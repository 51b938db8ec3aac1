import type { Device, Tensor } from '../../engine/core/tensor.ts';
import type { Storage } from '../../engine/runtime/memory.ts';
import type { PreparedDispatch } from '../../engine/runtime/prepared.ts';
import { runtimeOf } from '../../engine/runtime/runtime.ts';
import {
  type AutogradGraph,
  addWork,
  type GraphLeaf,
  type GraphOperator,
  type GraphRest,
  type GraphWork,
} from './graph.ts';

/**
 * Reads the graph that `forward` builds, walking back from the loss that it returns, and runs the reverse pass over it, all
 * without computing anything.
 *
 * Which dispatches are whose: the device numbers operator calls. An operator's forward pass is the call that first wrote its
 * output, and its backward pass the call that asked for its gradients.
 *
 * @param nameOf the name of a parameter, or undefined for what is none
 */
export function traceGraph(
  device: Device,
  title: string,
  forward: () => Tensor,
  nameOf: (tensor: Tensor) => string | undefined,
): AutogradGraph {
  let tensors: readonly Tensor[] = [];
  let forwardCalls = 0;
  const nodes = new Map<Tensor, NonNullable<Tensor['node']>>();
  const backwardCalls = new Map<Tensor, number>();
  const dispatches = runtimeOf(device).dispatchesOf(() => {
    const loss = forward();
    forwardCalls = runtimeOf(device).call;
    tensors = tensorsBehind(loss);
    for (const tensor of tensors) {
      const { node } = tensor;
      if (!node) continue;
      nodes.set(tensor, node);
      tensor.node = {
        ...node,
        backward: (gradient, into) => {
          backwardCalls.set(tensor, runtimeOf(device).call);
          return node.backward(gradient, into);
        },
      };
    }
    loss.backward();
  });

  const writers = firstWriters(dispatches);
  const work = new WorkByCall(dispatches);
  const ids = new Map(tensors.map((tensor, id) => [tensor, id]));
  const operators = [...nodes].map(([tensor, node]): GraphOperator => {
    const isView = node.inputs.some((input) => input.storage.root === tensor.storage.root);
    return {
      id: ids.get(tensor)!,
      operator: node.operator,
      layers: layersOf(node.inputs.flatMap((input) => nameOf(input) ?? [])),
      output: describe(tensor),
      inputs: node.inputs.map((input) => ids.get(input)!),
      forward: isView ? null : work.take(writers.get(tensor.storage.root)),
      backward: isView ? null : work.take(backwardCalls.get(tensor)),
    };
  });
  const leaves = tensors
    .filter((tensor) => !nodes.has(tensor))
    .map((tensor): GraphLeaf => {
      const parameter = nameOf(tensor);
      const writer = work.operatorOf(writers.get(tensor.storage.root));
      return {
        id: ids.get(tensor)!,
        kind: parameter !== undefined ? 'parameter' : writer !== undefined ? 'input' : 'constant',
        name: parameter ?? writer ?? 'constant',
        learnt: tensor.requiresGradient,
        ...describe(tensor),
      };
    });
  return { title, leaves, operators, rest: work.rest(forwardCalls) };
}

/** The tensors that a loss depends on, itself included, in the order in which they were made. */
function tensorsBehind(loss: Tensor): Tensor[] {
  const seen = new Set([loss]);
  for (const tensor of seen) for (const input of tensor.node?.inputs ?? []) seen.add(input);
  return [...seen].sort((a, b) => a.id - b.id);
}

function describe({ shape, dtype, bytes }: Tensor): Pick<Tensor, 'shape' | 'dtype' | 'bytes'> {
  return { shape, dtype, bytes };
}

/** `conv1a` for `conv1a.weight` and `conv1a.bias`. */
function layersOf(parameters: readonly string[]): string[] {
  return [...new Set(parameters.map((name) => name.split('.')[0]!))];
}

/** The call that first wrote each piece of memory. */
function firstWriters(dispatches: readonly PreparedDispatch[]): Map<Storage, number> {
  const writers = new Map<Storage, number>();
  for (const { kernel, tensors, call } of dispatches) {
    kernel.bindings.forEach(({ writable }, i) => {
      const { root } = tensors[i]!.storage;
      if (writable && !writers.has(root)) writers.set(root, call);
    });
  }
  return writers;
}

/** Work of every operator call; what an operator of the graph has taken is not part of the rest. */
class WorkByCall {
  private readonly calls = new Map<number, { operator: string; work: GraphWork }>();
  private readonly taken = new Set<number>();

  constructor(dispatches: readonly PreparedDispatch[]) {
    for (const { call, operator, dispatch } of dispatches) {
      const before = this.calls.get(call)?.work;
      const work = { dispatches: 1, ...dispatch.cost };
      this.calls.set(call, { operator, work: before ? addWork([before, work]) : work });
    }
  }

  operatorOf(call: number | undefined): string | undefined {
    return call === undefined ? undefined : this.calls.get(call)?.operator;
  }

  /** The work of a call that has not been taken before; null where there is none. */
  take(call: number | undefined): GraphWork | null {
    if (call === undefined || this.taken.has(call)) return null;
    this.taken.add(call);
    return this.calls.get(call)?.work ?? null;
  }

  /** What nobody took, by operator and pass. */
  rest(forwardCalls: number): GraphRest[] {
    const rest = new Map<string, GraphRest>();
    for (const [call, { operator, work }] of this.calls) {
      if (this.taken.has(call)) continue;
      const pass = call <= forwardCalls ? 'forward' : 'backward';
      const key = `${pass} ${operator}`;
      const before = rest.get(key);
      rest.set(key, { operator, pass, ...(before ? addWork([before, work]) : work) });
    }
    return [...rest.values()];
  }
}
