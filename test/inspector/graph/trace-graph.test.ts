import { expect, test } from 'vitest';
import { Parameters } from '../../../src/engine/core/parameters.ts';
import type { Tensor } from '../../../src/engine/core/tensor.ts';
import { conv2d } from '../../../src/engine/ops/conv2d/conv2d.ts';
import { add } from '../../../src/engine/ops/elementwise/add.ts';
import { multiply } from '../../../src/engine/ops/elementwise/multiply.ts';
import { relu } from '../../../src/engine/ops/elementwise/relu.ts';
import { scale } from '../../../src/engine/ops/elementwise/scale.ts';
import { matmul } from '../../../src/engine/ops/matmul/matmul.ts';
import { mean } from '../../../src/engine/ops/reduce/sum.ts';
import { flatten } from '../../../src/engine/ops/shape/reshape.ts';
import { runtimeOf } from '../../../src/engine/runtime/runtime.ts';
import { totalWork } from '../../../src/inspector/graph/graph.ts';
import { traceGraph } from '../../../src/inspector/graph/trace-graph.ts';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import { Objective } from '../../../src/normface/training/objective.ts';
import { testDevice } from '../../engine/open.ts';

const device = await testDevice();

const declare = (name: string, shape: readonly number[]) => ({
  name,
  shape,
  init: new Float32Array(shape.reduce((product, extent) => product * extent, 1)).fill(0.1),
});

const namesOf = (parameters: Parameters) => {
  const names = new Map(parameters.names.map((name) => [parameters.get(name), name]));
  return (tensor: Tensor) => names.get(tensor);
};

/** A net with a fork: relu(conv(x)) is added to its double, flattened and multiplied by a matrix. */
function forked() {
  const parameters = new Parameters(device, [
    declare('conv1.weight', [3, 3, 4, 8]),
    declare('conv1.bias', [8]),
    declare('fc.weight', [8 * 16, 5]),
  ]);
  const pixels = device.tensor(new Float32Array(2 * 16 * 4), [2, 4, 4, 4]);
  const forward = () => {
    const x = scale(pixels, 2);
    const y = relu(conv2d(x, parameters.get('conv1.weight'), parameters.get('conv1.bias'), { padding: 1 }));
    const sum = add(y, scale(y, 2));
    return mean(matmul(flatten(sum), parameters.get('fc.weight')));
  };
  return { parameters, forward, graph: traceGraph(device, 'forked', forward, namesOf(parameters)) };
}

test('the graph has the operators in order, with what they were called on', () => {
  const { graph } = forked();
  const { operators, leaves } = graph;
  expect(operators.map(({ operator }) => operator)).toEqual([
    'conv2d',
    'relu',
    'scale',
    'add',
    'flatten',
    'matmul',
    'mean',
  ]);
  const [conv, activation, doubled, sum, , product] = operators;
  expect(activation!.inputs).toEqual([conv!.id]);
  expect(sum!.inputs).toEqual([activation!.id, doubled!.id]);
  expect(conv!.layers).toEqual(['conv1']);
  expect(product!.layers).toEqual(['fc']);
  expect(conv!.output).toEqual({ shape: [2, 4, 4, 8], dtype: 'f32', bytes: 4 * 256 });
  const named = leaves.map(({ kind, name, learnt }) => [kind, name, learnt]);
  expect(named).toContainEqual(['input', 'scale', false]);
  expect(named).toContainEqual(['parameter', 'conv1.bias', true]);
  expect(leaves.length).toBe(4);
});

test('every dispatch is counted once: for its operator, or for the rest', () => {
  const { parameters, forward, graph } = forked();
  const dispatches = runtimeOf(device).dispatchesOf(() => forward().backward());
  const flops = dispatches.reduce((sum, { dispatch }) => sum + dispatch.cost.flops, 0);
  const passes = (['forward', 'backward'] as const).map((pass) => totalWork(graph, pass));
  expect(passes.reduce((sum, work) => sum + work.dispatches, 0)).toBe(dispatches.length);
  expect(passes.reduce((sum, work) => sum + work.flops, 0)).toBe(flops);
  parameters.dispose();
});

test('work belongs to the operator that did it', () => {
  const { operators, rest } = forked().graph;
  const find = (name: string) => operators.find(({ operator }) => operator === name)!;
  // 2·(outputs)·(taps) for the product, 2·n·m·k for the matrix.
  expect(find('conv2d').forward!.flops).toBeGreaterThanOrEqual(2 * 256 * 36);
  expect(find('matmul').forward!.flops).toBe(2 * 2 * 128 * 5);
  // Its gradients with respect to both operands are as many operations each.
  expect(find('matmul').backward!.flops).toBe(2 * 2 * 2 * 128 * 5);
  expect(find('flatten')).toMatchObject({ forward: null, backward: null });
  expect(find('add')).toMatchObject({ forward: { dispatches: 1 }, backward: null });
  const beside = rest.map(({ operator, pass, dispatches }) => [operator, pass, dispatches]);
  // The input was scaled before the graph begins, and two gradients of y meet.
  expect(beside).toEqual([
    ['scale', 'forward', 1],
    ['add', 'backward', 1],
  ]);
});

test('tracing computes nothing and leaves no graph behind', async () => {
  const weight = device.tensor([3], []).requireGradient();
  const input = device.tensor([2], []);
  const before = device.memory().used;
  let loss: Tensor | undefined;
  const graph = traceGraph(
    device,
    'product',
    () => {
      loss = multiply(weight, input);
      return loss;
    },
    () => 'w',
  );
  expect(graph.operators).toHaveLength(1);
  expect(loss!.node).toBeNull();
  expect(weight.gradient).toBeNull();
  expect(device.memory().used).toBe(before);
  // The same leaves serve a real pass afterwards.
  multiply(weight, input).backward();
  expect(await weight.gradient!.item()).toBe(2);
});

function trace(input: TrainingConfigInput, classes: number) {
  const objective = new Objective(device, parseConfig(input), classes);
  const graph = traceGraph(device, '', () => objective.forward().loss, namesOf(objective.parameters));
  objective.dispose();
  return graph;
}

test('a net and its loss: layers, residuals and the rest of the step', () => {
  const graph = trace({ net: 'tiny', batchSize: 4, loss: { name: 'normface' } }, 10);
  const layers = graph.operators.map((operator) => operator.layers.join(' + '));
  expect(layers).toEqual([
    'conv1 + prelu1',
    'conv2 + prelu2',
    'conv2_1 + prelu2_1',
    'conv2_2 + prelu2_2',
    'conv3 + prelu3',
    'conv3_1 + prelu3_1',
    'conv3_2 + prelu3_2',
    'conv4 + prelu4',
    '',
    'fc5',
    'loss',
  ]);
  const byLayer = new Map(graph.operators.map((operator) => [operator.layers[0], operator]));
  // A residual pair: the second convolution adds what the first one got.
  expect(byLayer.get('conv2_2')!.inputs).toContain(byLayer.get('conv2')!.id);
  expect(
    graph.operators.every(({ operator, forward }) => operator === 'flatten' || forward!.dispatches > 0),
  ).toBe(true);
  expect(graph.leaves.filter(({ kind }) => kind === 'input').map(({ name }) => name)).toEqual(['imageBatch']);
  expect(graph.rest.filter(({ pass }) => pass === 'forward').map(({ operator }) => operator)).toContain(
    'imageBatch',
  );
});

test('two losses meet in a sum', () => {
  const graph = trace(
    { net: 'tiny', batchSize: 4, loss: { name: 'softmax' }, auxiliaryLoss: { name: 'center', weight: 0.5 } },
    10,
  );
  const operators = graph.operators.map(({ operator }) => operator);
  expect(operators.at(-1)).toBe('add');
  expect(operators).toContain('scale');
  expect(operators.filter((operator) => operator.endsWith('Loss')).length).toBe(2);
});
