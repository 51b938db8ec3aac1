import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { formatTable } from '../../../src/common/table.ts';
import { graphDot } from '../../../src/inspector/graph/dot.ts';
import type { AutogradGraph, GraphLeaf, GraphOperator } from '../../../src/inspector/graph/graph.ts';
import { graphSvg } from '../../../src/inspector/graph/svg.node.ts';
import { graphTable } from '../../../src/inspector/graph/table.ts';

const tensor = (...shape: number[]) =>
  ({ shape, dtype: 'f32', bytes: 4 * shape.reduce((product, extent) => product * extent, 1) }) as const;

const leaf = (id: number, kind: GraphLeaf['kind'], name: string, ...shape: number[]): GraphLeaf => ({
  id,
  kind,
  name,
  learnt: kind === 'parameter',
  ...tensor(...shape),
});

const operator = (id: number, name: string, more: Partial<GraphOperator>): GraphOperator => ({
  id,
  operator: name,
  layers: [],
  output: tensor(8, 4),
  inputs: [],
  forward: { dispatches: 1, flops: 1e6, bytes: 2048 },
  backward: { dispatches: 2, flops: 3e6, bytes: 4096 },
  ...more,
});

const graph: AutogradGraph = {
  title: 'two "layers" <b> & a loss',
  leaves: [
    leaf(0, 'input', 'imageBatch', 8, 16),
    leaf(1, 'parameter', 'fc1.weight', 16, 4),
    leaf(4, 'parameter', 'loss.weight', 10, 4),
    leaf(5, 'constant', 'constant', 1),
  ],
  operators: [
    operator(2, 'matmul', { layers: ['fc1'], inputs: [0, 1] }),
    operator(3, 'relu', { inputs: [2] }),
    operator(6, 'relu', { inputs: [3], forward: null, backward: null }),
    operator(7, 'softmaxLoss', { layers: ['loss'], inputs: [6, 4, 5], output: tensor() }),
  ],
  rest: [{ operator: 'imageBatch', pass: 'forward', dispatches: 1, flops: 500, bytes: 100 }],
};

test('a node for every operator call and an edge for every tensor handed on', () => {
  const dot = graphDot(graph);
  const edges = [...dot.matchAll(/"(.+?)" -> "(.+?)" \[(?:label=" *(.+?) *")?/g)].map((match) =>
    match.slice(1),
  );
  expect(edges).toEqual([
    ['imageBatch', 'fc1', '8×16, 512 B'],
    ['fc1', 'relu', '8×4, 128 B'],
    // The edge above says how large it is.
    ['relu', 'relu 2', undefined],
    ['relu 2', 'loss', undefined],
  ]);
  expect(dot).toContain('style="dashed"');
  expect(dot).toContain('digraph "two \\"layers\\" <b> & a loss" {');
  expect(dot).toContain('two &quot;layers&quot; &lt;b&gt; &amp; a loss');
});

test('parameters are lines of the nodes that use them, or nodes of their own', () => {
  const folded = graphDot(graph);
  expect(folded).toContain('weight 16×4');
  expect(folded).not.toContain('"fc1.weight"');
  const unfolded = graphDot(graph, { parameters: true });
  expect(unfolded).toContain('"fc1.weight" -> "fc1"');
  expect(unfolded).toContain('"loss.weight" -> "loss"');
  expect(unfolded).toContain('"constant" -> "loss"');
  expect(unfolded).not.toContain('>weight 16×4<');
});

test('Graphviz draws it: as many nodes and edges, dark colours, nothing outside of the picture', async () => {
  for (const [options, nodes, edges] of [
    [{}, 5, 4],
    [{ parameters: true }, 8, 7],
  ] as const) {
    const svg = await graphSvg(graphDot(graph, options));
    const { document } = parseHTML(`<body>${svg}</body>`);
    expect(document.querySelectorAll('g.node').length).toBe(nodes);
    expect(document.querySelectorAll('g.edge').length).toBe(edges);
    expect(svg).toMatch(/^<svg class="autograd" width="\d+pt" height="\d+pt"/);
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg.replaceAll(/xmlns(:\w+)?="[^"]*"/g, '')).not.toMatch(/https?:/);
    const texts = [...document.querySelectorAll('text')].map(({ textContent }) => textContent);
    expect(texts).toContain('two "layers" <b> & a loss');
    expect(texts).toContain('1.00 MFLOP');
    expect(texts.filter((text) => text === 'relu')).toHaveLength(2);
  }
});

test('the table adds up', () => {
  const text = formatTable(graphTable(graph));
  expect(text).toMatch(/fc1 +matmul +8×4 +128 B +64 +1\.00 MFLOP +2\.00 KiB +3\.00 MFLOP +4\.00 KiB/);
  expect(text).toMatch(/relu +8×4 +view\n/);
  expect(text).toMatch(/ +imageBatch +500 FLOP +100 B\n/);
  expect(text).toMatch(/all +4 calls +260 B +104 +3\.00 MFLOP +6\.10 KiB +9\.00 MFLOP +12\.0 KiB/);
});
