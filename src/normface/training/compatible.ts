/** Whether stored weights fit a net, and if not, in which words to say so. */

import { UserError } from '../errors.ts';
import type { StoredTensor } from './safetensors.ts';

/** A parameter that a net expects. */
export interface ExpectedParameter {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * The stored values of each expected parameter.
 * @param source what the sentence calls the checkpoint
 * @param net what the sentence calls the net that expects the parameters
 * @throws UserError naming the first parameter that is missing, has another shape or is unknown to the net
 */
export function matchParameters(
  stored: ReadonlyMap<string, StoredTensor>,
  expected: readonly ExpectedParameter[],
  { source, net }: { source: string; net: string },
): Map<string, Float32Array> {
  const differences: string[] = [];
  const values = new Map<string, Float32Array>();
  for (const { name, shape } of expected) {
    const tensor = stored.get(name);
    if (!tensor) differences.push(`it lacks "${name}" [${shape}]`);
    else if (!(tensor.data instanceof Float32Array))
      differences.push(`its "${name}" is ${tensor.dtype}, not F32`);
    else if (tensor.shape.join() !== shape.join())
      differences.push(`its "${name}" is [${tensor.shape}], the net's is [${shape}]`);
    else values.set(name, tensor.data);
  }
  const known = new Set(expected.map(({ name }) => name));
  for (const name of stored.keys())
    if (!known.has(name)) differences.push(`its "${name}" is unknown to the net`);
  if (differences.length > 0) {
    const more = differences.length > 1 ? ` (and ${differences.length - 1} more differences)` : '';
    throw new UserError(`the checkpoint ${source} does not fit the net "${net}": ${differences[0]}${more}`);
  }
  return values;
}
