/** Which format a model file has, by its first bytes and its fields, never by its name. */

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { UserError } from '../../../common/errors.ts';

export type ModelFormat = 'caffe' | 'pytorch' | 'safetensors' | 'onnx' | 'json';

const supported =
  'Caffe (.caffemodel), PyTorch state dictionaries (torch.save), safetensors, ONNX, and manifests of face-api (*-weights_manifest.json) are read';

/** Files that are often tried: what they have where, and what they are. */
const others: readonly (readonly [offset: number, text: string, what: string])[] = [
  [
    0,
    '\x89HDF\r\n',
    'an HDF5 file (Keras, or Caffe with snapshot_format HDF5); export the net to ONNX (tf2onnx), or save a .caffemodel',
  ],
  [4, 'TFL3', 'a TensorFlow Lite file; export the net to ONNX (tf2onnx)'],
  [0, '\x12\x01\0\0\0\0\0\0', 'a parameter file of MXNet; export the net to ONNX (mxnet.onnx)'],
  [0, '\x93NUMPY', 'an array of NumPy; save a state dictionary as safetensors'],
  [0, 'MATLAB 5.0', 'a MATLAB file; export the net to ONNX'],
  [0, '\x1f\x8b', 'a gzip archive; unpack it first'],
  [
    257,
    'ustar',
    'a tar archive; unpack it first (of PyTorch before 0.1.10: load it there and save it with a newer one)',
  ],
];

/** @throws UserError in one sentence for formats that are not read */
export function formatOf(bytes: Uint8Array, source: string): ModelFormat {
  const start = String.fromCharCode(...bytes.subarray(0, 512));
  const unknown = (what: string): UserError => new UserError(`${source} is ${what}; ${supported}`);
  if (bytes.length === 0) throw unknown('empty');
  const other = others.find(([offset, text]) => start.startsWith(text, offset));
  if (other) throw unknown(other[2]);
  if (start.startsWith('PK')) return zipFormat(bytes, unknown);
  if (/^\s*(name\s*:|layers?\s*\{|input\s*:)/.test(start))
    throw unknown('the text of a net (.prototxt); the weights are in its .caffemodel');
  if (bytes[0] === 0x80 && bytes[1]! <= 5) return 'pytorch';
  if (start.startsWith('\0\0{', 6)) return 'safetensors';
  if (/^\s*[[{]/.test(start)) return 'json';
  return messageFormat(bytes, unknown);
}

/** Zip archives of other programs have telling names among their last bytes, the directory. */
function zipFormat(bytes: Uint8Array, unknown: (what: string) => UserError): 'pytorch' {
  const end = new TextDecoder('latin1').decode(bytes.subarray(-65_536));
  if (end.includes('model.weights.h5')) throw unknown('a Keras archive; export the net to ONNX (tf2onnx)');
  if (end.includes('.npy'))
    throw unknown('an archive of NumPy arrays; save a state dictionary as safetensors');
  if (end.includes('saved_model.pb'))
    throw unknown('an archive of TensorFlow; export the net to ONNX (tf2onnx)');
  return 'pytorch';
}

/** Messages of protocol buffers: NetParameter (Caffe), ModelProto (ONNX), GraphDef and SavedModel (TensorFlow). */
function messageFormat(bytes: Uint8Array, unknown: (what: string) => UserError): 'caffe' | 'onnx' {
  const fields = firstFields(bytes);
  if (fields.has(7)) return 'onnx';
  if (fields.has(100)) return 'caffe';
  // A SavedModel's first field is a number.
  if (fields.has(2) && fields.get(1) !== WireType.Varint) return 'caffe';
  if (fields.has(1)) throw unknown('a graph of TensorFlow; export the net to ONNX (tf2onnx)');
  throw unknown('of no format that is known here');
}

/** Fields of the outermost message with their types, up to the place where it is damaged: of a file that was cut short its reader tells more. */
function firstFields(bytes: Uint8Array): Map<number, WireType> {
  const fields = new Map<number, WireType>();
  const reader = new BinaryReader(bytes);
  try {
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      fields.set(field, type);
      if (type === WireType.Varint) reader.int64();
      else if (type === WireType.Bit32) reader.pos += 4;
      else if (type === WireType.Bit64) reader.pos += 8;
      else if (type === WireType.LengthDelimited) {
        const length = reader.uint32();
        reader.pos += length;
      } else break;
    }
  } catch {
    // It ends here.
  }
  return fields;
}
