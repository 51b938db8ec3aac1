/**
 * State dictionaries that PyTorch stored with torch.save: the zip archive (since 1.6), and before it five pickles followed by raw
 * storages (torch/serialization.py, `_save` and `_legacy_save`). Nothing of the file is executed.
 */

import type { ModelFile, ModelTensor } from '../model-file.ts';
import { numberTypes } from './number-types.ts';
import { readPickle } from './pickle.ts';
import { refusal } from './refusal.ts';
import { TorchArchive } from './torch-archive.ts';
import { torchNames } from './torch-pickle.ts';
import { type TorchStorage, TorchTensor } from './torch-tensor.ts';

/** The first number of the old serialisation. */
const magic = 0x1950a86a20f9469cfc6cn;

/** What a file holds, and how the bytes of its storages are found. */
interface Stored {
  readonly value: unknown;
  readonly littleEndian: boolean;
  bytes(storage: TorchStorage): Uint8Array;
}

/**
 * Tensors of a state dictionary, or of one that a training checkpoint has under a usual name (`state_dict`, `model` and so on; `metadata.part`
 * says which; `metadata.leftOut` names what else is in the file). Integers are there, too, as float32.
 *
 * @param source what sentences call the file
 * @throws UserError with the reason: cut short, damaged, or holding objects of classes
 */
export function readPyTorch(bytes: Uint8Array, source: string): ModelFile {
  const stored = bytes[0] === 0x50 && bytes[1] === 0x4b ? readArchive(bytes, source) : readOld(bytes, source);
  const { dictionary, part, leftOut } = stateDictionary(stored.value, source);
  const tensors: ModelTensor[] = [];
  for (const [key, value] of dictionary) {
    const name = keyText(key);
    if (!(value instanceof TorchTensor)) leftOut.push(name);
    else
      tensors.push({
        name,
        shape: value.shape,
        values: () => value.values(stored.bytes(value.storage), stored.littleEndian),
      });
  }
  return {
    format: 'pytorch',
    tensors,
    metadata: { ...(part && { part }), ...(leftOut.length > 0 && { leftOut: leftOut.join(', ') }) },
  };
}

function readArchive(bytes: Uint8Array, source: string): Stored {
  const archive = new TorchArchive(bytes, source);
  const order = archive.has('byteorder')
    ? new TextDecoder().decode(archive.read('byteorder')).trim()
    : 'little';
  if (order !== 'little' && order !== 'big')
    throw refusal(`${source} is damaged: its byte order is ${JSON.stringify(order.slice(0, 20))}`);
  const place = `${source}, data.pkl`;
  const { value } = readPickle(archive.read('data.pkl'), { source: place, ...torchNames(source, () => {}) });
  let last: { key: string; bytes: Uint8Array } | undefined;
  return {
    value,
    littleEndian: order === 'little',
    bytes({ key, byteLength }) {
      // Tensors that share a storage follow one another.
      if (last?.key !== key) last = { key, bytes: archive.read(`data/${key}`) };
      if (last.bytes.length < byteLength)
        throw refusal(
          `${source} is damaged: its storage ${key} has ${last.bytes.length} bytes, not ${byteLength}`,
        );
      return last.bytes;
    },
  };
}

function readOld(bytes: Uint8Array, source: string): Stored {
  if (bytes[0] !== 0x80)
    throw refusal(`${source} is no file of torch.save: it starts with neither a zip archive nor a pickle`);
  const storages = new Map<string, TorchStorage>();
  const other = (): never => {
    throw refusal(
      `${source} is a pickle, but none of torch.save; save the numbers with torch.save(model.state_dict(), …)`,
    );
  };
  const first = readPickle(bytes, { source, global: other });
  if (first.value !== magic) other();
  let at = first.end;
  const next = (): unknown => {
    const names = torchNames(source, (storage) => {
      const known = storages.get(storage.key);
      if (known && known.byteLength !== storage.byteLength)
        throw refusal(`${source} is damaged: it has two storages ${storage.key}`);
      storages.set(storage.key, storage);
    });
    const { value, end } = readPickle(bytes, { source, start: at, ...names });
    at = end;
    return value;
  };
  const protocol = next();
  if (protocol !== 1001)
    throw refusal(`${source} is of version ${keyText(protocol)} of PyTorch's old format; 1001 is read`);
  const system = next();
  const isBigEndian = system instanceof Map && system.get('little_endian') === false;
  const value = next();
  const keys = next();
  if (!Array.isArray(keys)) throw refusal(`${source} is damaged: it has no list of storages`);
  const places = new Map<string, Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const key of keys) {
    const storage = storages.get(keyText(key));
    if (!storage) throw refusal(`${source} is damaged: nothing uses its storage ${keyText(key)}`);
    if (at + 8 > bytes.length)
      throw refusal(`${source} is cut short: it ends before the storage ${storage.key}`);
    // Numbers are stored with their low byte first by every computer; the count was not by old versions (torch/csrc/generic/serialization.cpp).
    const counts = [true, false].map((littleEndian) => Number(view.getBigInt64(at, littleEndian)));
    const count = isBigEndian && counts[1] === storage.count ? storage.count : counts[0]!;
    at += 8;
    const length = count * numberTypes[storage.type];
    if (count !== storage.count)
      throw refusal(
        `${source} is damaged: at byte ${at - 8}, its storage ${storage.key} has ${count} numbers, not ${storage.count}`,
      );
    if (length > bytes.length - at)
      throw refusal(
        `${source} is cut short: its storage ${storage.key} has ${length} bytes, but ${bytes.length - at} are left at byte ${at}`,
      );
    places.set(storage.key, bytes.subarray(at, at + length));
    at += length;
  }
  const missing = [...storages.keys()].find((key) => !places.has(key));
  if (missing !== undefined) throw refusal(`${source} is damaged: it lacks the storage ${missing}`);
  return { value, littleEndian: true, bytes: ({ key }) => places.get(key)! };
}

/** Names of state dictionaries in checkpoints of trainings, the likeliest first. */
const usualParts = [
  'state_dict',
  'model_state_dict',
  'model',
  'net',
  'network',
  'backbone',
  'weights',
  'params',
];

function stateDictionary(
  value: unknown,
  source: string,
): { dictionary: Map<unknown, unknown>; part?: string; leftOut: string[] } {
  if (value instanceof TorchTensor) throw refusal(`${source} holds a single tensor, not a state dictionary`);
  if (!(value instanceof Map)) throw refusal(`${source} holds no state dictionary`);
  if (hasTensors(value)) return { dictionary: value, leftOut: [] };
  const parts = new Map(
    [...value].filter(([, part]) => hasTensors(part)).map(([key, part]) => [keyText(key), part]),
  );
  const names = [...parts.keys()];
  const part = usualParts.find((name) => parts.has(name)) ?? names[0];
  if (part === undefined) throw refusal(`${source} holds no tensors`);
  if (names.length > 1 && !usualParts.includes(part))
    throw refusal(
      `${source} holds several dictionaries of tensors (${names.join(', ')}); save the one that is meant with torch.save`,
    );
  return {
    dictionary: parts.get(part) as Map<unknown, unknown>,
    part,
    leftOut: [...value.keys()].map(keyText).filter((key) => key !== part),
  };
}

/** Keys are texts or numbers; anything else may hold itself, and is not printed. */
function keyText(key: unknown): string {
  return typeof key === 'string' || typeof key === 'number' || typeof key === 'bigint'
    ? String(key)
    : '(no text)';
}

function hasTensors(value: unknown): value is Map<unknown, unknown> {
  return value instanceof Map && [...value.values()].some((item) => item instanceof TorchTensor);
}
