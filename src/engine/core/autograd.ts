import { checkArgument } from './errors.ts';
import { isRecording } from './recording.ts';
import type { GraphNode, Tensor } from './tensor.ts';

/** Whether a result of these inputs will have a gradient. */
export function wantsGradient(...inputs: readonly (Tensor | null)[]): boolean {
  return isRecording() && inputs.some((input) => input?.requiresGradient);
}

/** Records that `output` came from `inputs`, unless none of them wants a gradient. Returns `output`. */
export function record(output: Tensor, node: GraphNode): Tensor {
  checkArgument(
    Array.isArray(node?.inputs) && typeof node.backward === 'function',
    node?.operator ?? 'record',
    () => 'record takes the name of the operator, a list of its inputs, and a function as backward',
  );
  if (wantsGradient(...node.inputs)) {
    output.requiresGradient = true;
    output.node = node;
  }
  return output;
}
