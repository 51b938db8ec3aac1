/** Whether stored weights fit a net, and if not, in which words to say so. */

import { UserError } from '../../../common/errors.ts';
import type { StoredTensor } from './safetensors.ts';

/** A parameter that a net expects. */
export interface ExpectedParameter {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * The stored values of each expected parameter; others, such as class weights, are left alone.
 * @param source what the sentence calls the checkpoint
 * @param net what the sentence calls the net that expects the parameters
 * @throws UserError naming the first parameter that is missing or has another shape
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
  if (differences.length > 0) {
    const others = differences.length - 1;
    const more = others > 0 ? ` (and ${others} more ${others > 1 ? 'differences' : 'difference'})` : '';
    throw new UserError(`the checkpoint ${source} does not fit the net "${net}": ${differences[0]}${more}`);
  }
  return values;
}
