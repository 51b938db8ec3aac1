import { expect, test } from 'vitest';
import { readOnnx } from '../../../src/normface/models/formats/onnx.ts';
import { importModel } from '../../../src/normface/models/import-model.ts';
import { type BuiltModel, type BuiltNode, floats, onnx, whole } from './onnx-builder.ts';

const most = 19_000;

const read = (model: BuiltModel) => importModel(readOnnx(onnx(model), 'x'), { source: 'x', name: 'net' });

/** Nodes one after the other, from `x` to `y`. */
const chain = (
  count: number,
  node: (i: number) => Omit<BuiltNode, 'out'>,
  from = 'x',
  to = 'y',
): BuiltNode[] =>
  Array.from({ length: count }, (_, i) => {
    const { in: [, ...more] = [], ...rest } = node(i);
    return {
      ...rest,
      in: [i === 0 ? from : `${to}${i}`, ...more],
      out: [i === count - 1 ? to : `${to}${i + 1}`],
    };
  });

/** As many nodes as are read cost a second or two; what grew with their square took twenty and more. */
const seconds = 10;

function within<T>(work: () => T): T {
  const begin = performance.now();
  try {
    return work();
  } finally {
    expect((performance.now() - begin) / 1000).toBeLessThan(seconds);
  }
}

test('a chain of as many nodes as are read, all of one name', () => {
  const { net, values } = within(() =>
    read({
      inputs: { x: [0, 1, 1, 1] },
      nodes: [
        { op: 'Flatten', in: ['x'], out: ['f'] },
        ...chain(most, () => ({ op: 'BatchNormalization', name: 'same', in: ['', 'a', 'a', 'b', 'b'] }), 'f'),
      ],
      tensors: [floats('a', [1], [1]), floats('b', [1], [1])],
    }),
  );
  // The flattening, and the norms with their four parameters.
  expect(net.layers).toHaveLength(1 + most);
  expect(values.size).toBe(4 * most);
});

test('sums of a long chain with its beginning', () => {
  const length = most / 2;
  const nodes = [
    ...chain(length, () => ({ op: 'Relu', in: [''] }), 'x', 'c'),
    ...chain(length, () => ({ op: 'Add', in: ['', 'c'] }), 'x', 'y'),
  ];
  expect(() => within(() => read({ nodes }))).toThrow(/branches lie within branches more than 64 deep/);
});

test.each<[string, BuiltModel, RegExp]>([
  [
    'a weight that thousands of layers share',
    {
      inputs: { x: [0, 1, 2, 2] },
      nodes: [
        { op: 'Conv', in: ['x', 'first'], out: ['c'] },
        ...chain(5000, () => ({ op: 'Conv', in: ['', 'w'] }), 'c'),
      ],
      tensors: [floats('first', [64, 1, 1, 1]), floats('w', [64, 64, 1, 1])],
    },
    /^x: the node "\w+" \(conv, .*\): with it the net has many times the numbers of its file/,
  ],
  [
    'orders of large images, side by side again and again',
    {
      inputs: { x: [0, 3, 1000, 1000] },
      nodes: [
        ...Array.from({ length: 50 }, (_, i) => [
          { op: 'Flatten', in: ['x'], out: [`f${i}`] },
          { op: 'Flatten', in: ['x'], out: [`g${i}`] },
          { op: 'Concat', in: [`f${i}`, `g${i}`], out: [`h${i}`], attributes: { axis: 1 } },
        ]).flat(),
        { op: 'Sum', in: Array.from({ length: 50 }, (_, i) => `h${i}`), out: ['y'] },
      ],
    },
    /with it the net has many times the numbers of its file/,
  ],
  [
    'constants that follow from one again and again',
    {
      nodes: Array.from({ length: 300 }, (_, i) => ({ op: 'Neg', in: ['w'], out: [`n${i}`] })),
      tensors: [floats('w', [300, 300])],
      outputs: ['n0'],
    },
    /^x: the constant "n\d+" and those before it have many times the numbers of the file$/,
  ],
  [
    'a list that is too long for settings',
    {
      nodes: [{ op: 'Concat', in: ['l', 'l'], out: ['y'], attributes: { axis: 0 } }],
      tensors: [
        whole(
          'l',
          Array.from({ length: 3000 }, () => 0),
        ),
      ],
    },
    /^x: the node "y" \(Concat\): lists of more than 4096 numbers are not put together$/,
  ],
])('%s is refused before it fills the memory', (_, model, sentence) => {
  expect(() => within(() => read(model))).toThrow(sentence);
});

test('constants that thousands of others follow from are counted once', () => {
  const sources = Array.from({ length: 4096 }, (_, i) => floats(`t${i}`, [], [1]));
  // Sums of two until one is left, then its negatives.
  const nodes: BuiltNode[] = [];
  let level = sources.map((_, i) => `t${i}`);
  while (level.length > 1)
    level = level.flatMap((name, i) => {
      if (i % 2 === 1) return [];
      const out = `s${nodes.length}`;
      nodes.push({ op: 'Add', in: [name, level[i + 1]!], out: [out] });
      return [out];
    });
  const negatives = Array.from({ length: 10_000 }, (_, i) => ({
    op: 'Neg',
    in: [level[0]!],
    out: [`n${i}`],
  }));
  const used = [
    { op: 'Flatten', in: ['x'], out: ['f'] },
    ...chain(1, () => ({ op: 'Add', in: ['', 'n7'] }), 'f', 'y'),
  ];
  const { unused, values } = within(() =>
    read({ inputs: { x: [0, 1, 1, 1] }, nodes: [...nodes, ...negatives, ...used], tensors: sources }),
  );
  expect(unused).toEqual([]);
  expect([...values.values()].map(([first]) => first)).toContain(-4096);
});
