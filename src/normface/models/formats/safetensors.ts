import { float16 } from '../../../common/float16.ts';
import { decodeSafetensors, type StoredTensor } from '../../training/checkpoint/safetensors.ts';
import type { ModelFile } from '../model-file.ts';
import { bfloat16 } from './number-types.ts';

/**
 * Tensors of a safetensors file, in the layouts that PyTorch has.
 *
 * @param source what sentences call the file
 * @throws UserError saying what is wrong with the file
 */
export function safetensorsModel(bytes: Uint8Array, source: string): ModelFile {
  const { tensors, metadata } = decodeSafetensors(bytes, source);
  return {
    format: 'safetensors',
    tensors: [...tensors].map(([name, tensor]) => ({
      name,
      shape: tensor.shape,
      values: () => float32Of(tensor),
    })),
    metadata,
  };
}

function float32Of({ dtype, data }: StoredTensor): Float32Array {
  if (data instanceof Float32Array) return data;
  const number = dtype === 'F16' ? float16 : dtype === 'BF16' ? bfloat16 : Number;
  return Float32Array.from(data as ArrayLike<number>, number);
}
