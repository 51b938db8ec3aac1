import { UserError } from '../../../common/errors.ts';
import { integerColumns } from '../integer-columns.ts';

/** The lines `key ⇥ offset` of an `.idx` file, in its order. */
export interface IndexList {
  readonly keys: Uint32Array;
  readonly offsets: Float64Array;
}

/** Reads the index that belongs to a RecordIO file. @throws UserError naming the line or the key that is none */
export function parseIndexList(bytes: Uint8Array, name: string): IndexList {
  const expected = 'a key and the offset of a record, with a tab between them';
  const [keys, offsets] = integerColumns(bytes, 2, name, expected) as [Float64Array, Float64Array];
  const large = keys.findIndex((key) => key > 0xffffffff);
  if (large >= 0) throw new UserError(`${name}: the key ${keys[large]} is larger than 2³² − 1`);
  return { keys: Uint32Array.from(keys), offsets };
}
