import { expect, test } from 'vitest';
import { mtcnnNets } from '../../../src/normface/detection/mtcnn-weights.ts';
import type { ModelFile, ModelTensor } from '../../../src/normface/models/model-file.ts';
import { mtcnnFiles, transposed } from './mtcnn-files.ts';

const files = mtcnnFiles('pytorch');
const named = (models: readonly ModelFile[]) => {
  const [proposal, refinement, output] = models.map((model, i) => ({ model, source: `net${i + 1}` }));
  return { proposal: proposal!, refinement: refinement!, output: output! };
};

type Values = ReadonlyMap<string, Float32Array>;

/** Bit for bit, by name. */
function expectSame(got: Values, wanted: Values): void {
  expect([...got.keys()]).toEqual([...wanted.keys()]);
  const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) =>
    Buffer.from(buffer, byteOffset, byteLength);
  for (const [name, values] of wanted) expect(bytes(got.get(name)!).equals(bytes(values)), name).toBe(true);
}

test('Caffe and PyTorch files of the same nets give the same weights', () => {
  const [pytorch, caffe] = [mtcnnNets(named(files)), mtcnnNets(named(files.map(transposed)))];
  expectSame(caffe.proposal(12, 12).values, pytorch.proposal(12, 12).values);
  expectSame(caffe.refinement.values, pytorch.refinement.values);
  expectSame(caffe.output.values, pytorch.output.values);
  expect(pytorch.output.values.get('conv1.weight')).toHaveLength(3 * 3 * 3 * 32);
});

test('weights and fully connected layers end up at the pixel and channel that they belong to', () => {
  const { refinement } = mtcnnNets(named(files));
  const stored = new Map(files[1]!.tensors.map((tensor) => [tensor.name, tensor.values()]));
  const [o, i, y, x] = [11, 4, 2, 1];
  expect(refinement.values.get('conv2.weight')![((y * 3 + x) * 28 + i) * 48 + o]).toBe(
    stored.get('conv2.weight')![((o * 28 + i) * 3 + y) * 3 + x],
  );
  // The conversion flattens [x, y, channel].
  const [row, column, channel] = [0, 2, 9];
  expect(refinement.values.get('fc4.weight')![((row * 3 + column) * 64 + channel) * 128 + o]).toBe(
    stored.get('dense4.weight')![o * 576 + (column * 3 + row) * 64 + channel],
  );
  // The heads are one layer: two scores, then how four edges move.
  expect(refinement.values.get('heads.weight')![7 * 6 + 1]).toBe(stored.get('dense5_1.weight')![128 + 7]);
  expect(refinement.values.get('heads.bias')![5]).toBe(stored.get('dense5_2.bias')![3]);
});

test('old Caffe files, whose tensors all have four extents, and layers that we do not use are read', () => {
  const four = ({ name, shape, values }: ModelTensor): ModelTensor => ({
    name,
    shape: [...new Array(4 - shape.length).fill(1), ...shape],
    values,
  });
  const [det1, det2, det3] = files.map(transposed);
  const more: ModelFile = {
    format: 'caffe',
    tensors: [...det2!.tensors, { name: 'conv5-3', shape: [10, 128], values: () => new Float32Array(1280) }],
  };
  const old = (model: ModelFile): ModelFile => ({ ...model, tensors: model.tensors.map(four) });
  expectSame(
    mtcnnNets(named([old(det1!), old(more), old(det3!)])).refinement.values,
    mtcnnNets(named(files)).refinement.values,
  );
});

test('a file that is another net says which layer it lacks', () => {
  const [pnet, rnet, onet] = files as [ModelFile, ModelFile, ModelFile];
  expect(() => mtcnnNets(named([rnet, rnet, onet]))).toThrow(
    'net1 does not hold MTCNN P-Net: there is no tensor [10, 3, 3, 3] for its layer conv1',
  );
  const cut: ModelFile = { ...onet, tensors: onet.tensors.slice(0, -2) };
  expect(() => mtcnnNets(named([pnet, rnet, cut]))).toThrow(
    'net3 does not hold MTCNN O-Net: there is no tensor [10, 256] for its layer heads',
  );
  expect(() => mtcnnNets(named([{ ...pnet, format: 'onnx' }, rnet, onet]))).toThrow(
    "net1 is a file of the format onnx; MTCNN is read from Caffe's and PyTorch's",
  );
});
