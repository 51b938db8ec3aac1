import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openModel } from '../../../../src/normface/models/formats/open.node.ts';
import { formatOf } from '../../../../src/normface/models/formats/recognise.ts';
import {
  encodeSafetensors,
  float32Tensor,
} from '../../../../src/normface/training/checkpoint/safetensors.ts';
import { temporaryFolder } from '../../data/fixtures.ts';
import { message, newNet, oldNet } from './caffe-writer.ts';
import { archive, oldFile, stateDict } from './torch-writer.ts';

const root = temporaryFolder();
const safetensors = encodeSafetensors(new Map([['a', float32Tensor(Float32Array.of(1), [1])]]));
const graph = message({ 1: 8, 2: 'maker', 7: message({ 2: 'net' }), 8: message({ 2: 11 }) });

test.each([
  ['caffe', newNet],
  ['caffe', oldNet],
  ['caffe', newNet.subarray(0, 200)],
  ['pytorch', archive(stateDict(false))],
  ['pytorch', oldFile(stateDict(true))],
  ['safetensors', safetensors],
  ['onnx', graph],
  ['json', new TextEncoder().encode(' [{"weights": []}]')],
])('%s is told by its content', (format, bytes) => {
  expect(formatOf(bytes, 'x')).toBe(format);
});

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

test.each([
  ['nothing', '', 'x is empty; '],
  [
    'HDF5',
    '\x89HDF\r\n\x1a\n',
    'x is an HDF5 file (Keras, or Caffe with snapshot_format HDF5); export the net to ONNX (tf2onnx), or save a .caffemodel; ',
  ],
  ['TensorFlow Lite', '\x1c\0\0\0TFL3', 'x is a TensorFlow Lite file'],
  ['MXNet', '\x12\x01\0\0\0\0\0\0', 'x is a parameter file of MXNet'],
  ['NumPy', '\x93NUMPY\x01', 'x is an array of NumPy'],
  ['gzip', '\x1f\x8b\x08', 'x is a gzip archive; unpack it first; '],
  ['tar', `${'\0'.repeat(257)}ustar`, 'x is a tar archive; unpack it first'],
  ['Keras', 'PK\x03\x04 model.weights.h5', 'x is a Keras archive'],
  ['prototxt', 'name: "LeNet"', 'x is the text of a net (.prototxt); the weights are in its .caffemodel; '],
  ['TensorFlow', '\x0a\x03\x0a\x01a', 'x is a graph of TensorFlow'],
  ['a picture', '\xff\xd8\xff\xe0', 'x is of no format that is known here; '],
])('%s: the sentence says what is read instead', (_, content, sentence) => {
  expect(() => formatOf(latin1(content), 'x')).toThrow(sentence);
  expect(() => formatOf(latin1(content), 'x')).toThrow('Caffe (.caffemodel), PyTorch state dictionaries');
});

test('files and folders on disk', async () => {
  const file = path.join(root, 'wrong-ending.onnx');
  fs.writeFileSync(file, newNet);
  expect((await openModel(file)).format).toBe('caffe');
  await expect(openModel(path.join(root, 'none'))).rejects.toThrow(/^cannot read .*none: /);
  const folder = path.join(root, 'face');
  fs.mkdirSync(folder);
  await expect(openModel(folder)).rejects.toThrow('is a folder without a manifest (*-weights_manifest.json)');
  const manifest = [{ weights: [{ name: 'a', shape: [1], dtype: 'float32' }], paths: ['s1'] }];
  fs.writeFileSync(path.join(folder, 'a-weights_manifest.json'), JSON.stringify(manifest));
  await expect(openModel(folder)).rejects.toThrow(/^cannot read .*s1: /);
  fs.writeFileSync(path.join(folder, 's1'), new Uint8Array(Float32Array.of(2).buffer));
  const [tensor] = (await openModel(folder)).tensors;
  expect([...tensor!.values()]).toEqual([2]);
  fs.writeFileSync(path.join(folder, 'b-weights_manifest.json'), '{}');
  await expect(openModel(folder)).rejects.toThrow('has several manifests');
  await expect(openModel(path.join(folder, 'b-weights_manifest.json'))).rejects.toThrow(
    "is JSON, but no manifest of face-api's weights",
  );
});
