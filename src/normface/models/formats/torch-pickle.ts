/** The names of Python that pickles of PyTorch's state dictionaries have, and nothing else. */

import { type NumberType, numberTypes } from './number-types.ts';
import type { PickleFunction, PickleOptions } from './pickle.ts';
import { refusal } from './refusal.ts';
import { TorchStorage, TorchTensor, TorchType } from './torch-tensor.ts';

/** What is in a file beside its tensors, such as NumPy's numbers and settings of a training, and is not needed. */
const ignored = Symbol('not read');

/** In all dictionaries that are made of lists of pairs, which a small file may do again and again. */
const mostEntries = 1_000_000;

const storageTypes: Readonly<Record<string, NumberType>> = {
  FloatStorage: 'float32',
  DoubleStorage: 'float64',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
  UntypedStorage: 'uint8',
};

/** Names for {@link readPickle}; `onStorage` hears of each storage that the pickle mentions. */
export function torchNames(
  source: string,
  onStorage: (storage: TorchStorage) => void,
): Pick<PickleOptions, 'global' | 'persistent' | 'build'> {
  let entries = 0;
  const skip: PickleFunction = () => ignored;
  const functions: Readonly<Record<string, PickleFunction>> = {
    'collections.OrderedDict': (pairs) => {
      const made = orderedDict(pairs, source);
      entries += made.size;
      if (entries > mostEntries)
        throw refusal(`${source} is damaged: its dictionaries have more than ${mostEntries} entries`);
      return made;
    },
    'torch._utils._rebuild_tensor': (...view) => new TorchTensor(view[0], view[1], view[2], view[3], source),
    'torch._utils._rebuild_tensor_v2': (...view) =>
      new TorchTensor(view[0], view[1], view[2], view[3], source),
    'torch._utils._rebuild_tensor_v3': (...view) => {
      const type = view[6];
      return new TorchTensor(
        view[0],
        view[1],
        view[2],
        view[3],
        source,
        type instanceof TorchType ? type.type : undefined,
      );
    },
    'torch._utils._rebuild_parameter': (tensor) => tensor,
    'torch._utils._rebuild_parameter_with_state': (tensor) => tensor,
    'torch.Size': (extents) => extents,
    'torch.device': skip,
    'argparse.Namespace': skip,
    'numpy.dtype': skip,
    'numpy.core.multiarray.scalar': skip,
    'numpy._core.multiarray.scalar': skip,
    '_codecs.encode': skip,
  };
  const storages = new Map<string, TorchStorage>();
  return {
    global(module, name) {
      const whole = `${module}.${name}`;
      if (Object.hasOwn(functions, whole)) return functions[whole];
      if (
        (module === 'torch' || module === 'torch.cuda' || module === 'torch.storage') &&
        Object.hasOwn(storageTypes, name)
      )
        return new TorchType(storageTypes[name]!);
      if (module === 'torch' && Object.hasOwn(numberTypes, name)) return new TorchType(name as NumberType);
      throw refusal(
        `${source} holds an object of Python's "${whole}", which only the program that has it can read; ` +
          'nothing was executed; save the numbers alone with torch.save(model.state_dict(), …)',
      );
    },
    persistent(id) {
      const [kind, type, key, , count, part] = Array.isArray(id) ? id : [];
      if (
        kind !== 'storage' ||
        !(type instanceof TorchType) ||
        (typeof key !== 'string' && typeof key !== 'number')
      )
        throw refusal(
          `${source} holds ${kind === 'module' ? 'a whole model with its code' : 'an object outside of its pickle'}; ` +
            'save the numbers alone with torch.save(model.state_dict(), …)',
        );
      if (!Number.isSafeInteger(count) || count < 0)
        throw refusal(`${source} is damaged: its storage ${key} has no count of numbers`);
      // Of the old format, the sixth is null or which part of the storage is meant (`view_metadata`).
      if (Array.isArray(part))
        throw refusal(
          `${source} is of an old version of PyTorch that stored parts of storages; load it in PyTorch and save it again`,
        );
      const known = storages.get(String(key));
      if (known && known.type === type.type && known.count === count) return known;
      const storage = new TorchStorage(String(key), type.type, count);
      storages.set(storage.key, storage);
      onStorage(storage);
      return storage;
    },
    // Attributes of dictionaries (`_metadata`) and of what is ignored.
    build() {},
  };
}

function orderedDict(pairs: unknown, source: string): Map<unknown, unknown> {
  if (pairs === undefined) return new Map();
  if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2))
    throw refusal(`${source} is damaged: a dictionary has no pairs`);
  return new Map(pairs as [unknown, unknown][]);
}
