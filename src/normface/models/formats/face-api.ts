/**
 * Weights of face-api (and other nets of TensorFlow.js): a manifest of JSON that lists tensors, and shards with their bytes one after
 * the other (tensorflow/tfjs, tfjs-core/src/io/types.ts, `WeightsManifestConfig`). Quantised numbers are scale · q + min.
 */

import type { ModelFile, ModelTensor } from '../model-file.ts';
import { type NumberType, numbersOf, numberTypes } from './number-types.ts';
import { refusal } from './refusal.ts';

interface ManifestTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: NumberType;
  readonly quantised?: { readonly type: NumberType; readonly scale: number; readonly min: number };
}

interface ManifestGroup {
  readonly paths: readonly string[];
  readonly tensors: readonly ManifestTensor[];
}

/** All weights together; the largest of face-api's nets has 6 MB. */
const mostBytes = 2 ** 29;

/** Whether JSON looks like a manifest of weights. */
export function isManifest(json: unknown): boolean {
  return (
    Array.isArray(json) && json.length > 0 && json.every((group) => isRecord(group) && 'weights' in group)
  );
}

/**
 * Tensors as TensorFlow lays them out: filters [height, width, in, out], matrices [inputs, outputs].
 *
 * @param manifestJson the parsed manifest
 * @param shard gives the bytes of a shard by its path beside the manifest: a plain name, never one that leads elsewhere
 * @param source what sentences call the manifest
 * @throws UserError when the manifest is none, or does not agree with its shards
 */
export async function readFaceApi(
  manifestJson: unknown,
  shard: (path: string) => Promise<Uint8Array>,
  source: string,
): Promise<ModelFile> {
  const fail = (reason: string): never => {
    throw refusal(`${source} is not a usable manifest of weights: ${reason}`);
  };
  if (!isManifest(manifestJson)) fail('it is no list of groups of weights');
  const groups = (manifestJson as unknown[]).map((group) => groupOf(group, fail));
  const all = bytesOf(groups.flatMap(({ tensors }) => tensors));
  if (!(all <= mostBytes)) fail(`its weights have ${all} bytes; at most ${mostBytes} are read`);
  const tensors: ModelTensor[] = [];
  const names = new Set<string>();
  for (const group of groups) {
    const bytes = await joined(group, shard, fail);
    let at = 0;
    for (const tensor of group.tensors) {
      if (names.has(tensor.name)) fail(`it has two tensors "${tensor.name}"`);
      names.add(tensor.name);
      const length = byteLength(tensor);
      if (length > bytes.length - at)
        fail(
          `"${tensor.name}" has ${length} bytes, but its shards have ${bytes.length - at} left at byte ${at}`,
        );
      const own = bytes.subarray(at, at + length);
      at += length;
      tensors.push({ name: tensor.name, shape: tensor.shape, values: () => valuesOf(tensor, own) });
    }
    if (at < bytes.length)
      fail(`${bytes.length - at} bytes of ${group.paths.join(', ')} belong to no tensor`);
  }
  return { format: 'face-api', tensors };
}

async function joined(
  { paths, tensors }: ManifestGroup,
  shard: (path: string) => Promise<Uint8Array>,
  fail: (reason: string) => never,
): Promise<Uint8Array> {
  const expected = bytesOf(tensors);
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const path of paths) {
    const part = await shard(path);
    length += part.length;
    // A list may name a file as often as it likes.
    if (length > expected)
      fail(
        `its tensors have ${expected} bytes, but ${paths.slice(0, parts.length + 1).join(', ')} have ${length}`,
      );
    parts.push(part);
  }
  if (length !== expected) fail(`its tensors have ${expected} bytes, but ${paths.join(', ')} have ${length}`);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const bytesOf = (tensors: readonly ManifestTensor[]): number =>
  tensors.reduce((sum, tensor) => sum + byteLength(tensor), 0);

const elements = (shape: readonly number[]): number => shape.reduce((count, extent) => count * extent, 1);

function byteLength({ shape, type, quantised }: ManifestTensor): number {
  return elements(shape) * numberTypes[quantised?.type ?? type];
}

function valuesOf({ shape, type, quantised }: ManifestTensor, bytes: Uint8Array): Float32Array {
  const numbers = numbersOf(bytes, quantised?.type ?? type, true);
  return Float32Array.from({ length: elements(shape) }, (_, i) =>
    quantised ? numbers(i) * quantised.scale + quantised.min : numbers(i),
  );
}

function groupOf(group: unknown, fail: (reason: string) => never): ManifestGroup {
  const { weights, paths } = isRecord(group) ? group : {};
  if (!Array.isArray(weights) || !Array.isArray(paths)) return fail('a group has no weights and paths');
  const isName = (path: unknown): path is string =>
    typeof path === 'string' && /^[^/\\]+$/.test(path) && path !== '..' && path !== '.';
  const wrong = paths.findIndex((path) => !isName(path));
  if (wrong >= 0) fail(`the path ${wrong} of a group is no name of a file beside it`);
  return { paths, tensors: weights.map((weight) => tensorOf(weight, fail)) };
}

function tensorOf(weight: unknown, fail: (reason: string) => never): ManifestTensor {
  const { name, shape, dtype, quantization } = isRecord(weight) ? weight : {};
  if (typeof name !== 'string') return fail('a tensor has no name');
  if (!Array.isArray(shape) || !shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0))
    return fail(`"${name}" has no shape`);
  const type = typeOf(dtype) ?? fail(`"${name}" is of an unknown type`);
  if (quantization === undefined) return { name, shape, type };
  const { dtype: stored, scale, min } = isRecord(quantization) ? quantization : {};
  const storedType = typeOf(stored) ?? fail(`"${name}" is quantised to an unknown type`);
  if (storedType === 'float16') return { name, shape, type: 'float16' };
  if (typeof scale !== 'number' || typeof min !== 'number')
    return fail(`"${name}" has no scale and least number`);
  return { name, shape, type, quantised: { type: storedType, scale, min } };
}

const known = ['float32', 'int32', 'bool', 'uint8', 'uint16', 'float16'] as const;

const typeOf = (name: unknown): NumberType | undefined => known.find((type) => type === name);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
