import { describe, expect, test } from 'vitest';
import { Parameters } from '../../src/engine/core/parameters.ts';
import { withoutGradients } from '../../src/engine/core/recording.ts';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { fusedConv2d } from '../../src/engine/ops/conv2d/fused_conv2d.ts';
import { add } from '../../src/engine/ops/elementwise/add.ts';
import { multiply } from '../../src/engine/ops/elementwise/multiply.ts';
import { prelu } from '../../src/engine/ops/elementwise/prelu.ts';
import { relu } from '../../src/engine/ops/elementwise/relu.ts';
import { scale } from '../../src/engine/ops/elementwise/scale.ts';
import { mean, sum } from '../../src/engine/ops/reduce/sum.ts';
import { flatten, reshape } from '../../src/engine/ops/shape/reshape.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

const leaf = (values: number[], shape: number[] = [values.length]): Tensor =>
  device.tensor(values, shape).requireGradient();
const gradientOf = async (tensor: Tensor): Promise<number[]> => [...(await tensor.gradient!.readFloats())];

describe('graphs', () => {
  test('an input used twice by one operator gets both contributions', async () => {
    const x = leaf([1, 2, 3]);
    sum(add(x, x)).backward();
    expect(await gradientOf(x)).toEqual([2, 2, 2]);
    const y = leaf([1, 2, 3]);
    sum(multiply(y, y)).backward();
    expect(await gradientOf(y)).toEqual([2, 4, 6]);
  });

  test('the same for a parameter, whose gradient has one place in the arena', async () => {
    const parameters = new Parameters(device, [{ name: 'p', shape: [2], init: Float32Array.of(-3, 2) }]);
    const p = parameters.get('p');
    // y = p for p > 0, else p·p: both inputs of prelu are p.
    sum(prelu(p, p)).backward();
    expect(await gradientOf(p)).toEqual([-6, 1]);
    parameters.dispose();
  });

  test('a diamond adds what comes through both sides', async () => {
    const x = leaf([1, -2]);
    const h = scale(x, 3);
    // y = 3x·relu(3x) + 2·3x
    const loss = sum(add(multiply(h, relu(h)), h, { beta: 2 }));
    loss.backward();
    expect(await loss.item()).toBe(9 + 6 - 12);
    expect(await gradientOf(x)).toEqual([18 + 6, 6]);
  });

  test('a chain of diamonds is walked once a node, not once a path', async () => {
    const x = leaf([1]);
    let h: Tensor = x;
    for (let i = 0; i < 60; i++) h = scale(add(h, h), 0.5); // 2⁶⁰ paths
    sum(h).backward();
    expect(await gradientOf(x)).toEqual([1]);
  });

  test('without gradients nothing is recorded, and nothing kept for them', async () => {
    const x = leaf([1, -2, 0.5, 4], [1, 1, 1, 4]);
    const weight = leaf(Array(36).fill(0.5), [3, 3, 4, 1]);
    const slope = leaf([0.25]);
    const run = () => fusedConv2d({ x, weight, activation: { slope } }, { padding: 1 });
    const most = () => device.capture(run).arenaBytes;
    const recorded = run();
    const y = withoutGradients(run);
    expect(y.requiresGradient).toBe(false);
    expect(() => y.backward()).toThrow('no input of this tensor requires a gradient');
    expect(await y.readFloats()).toEqual(await recorded.readFloats());
    expect(withoutGradients(most)).toBeLessThan(most());
    expect(() =>
      withoutGradients(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(run().requiresGradient).toBe(true);
  });

  test('a reverse pass can start from a given gradient, which stays as it is', async () => {
    const x = leaf([1, 2]);
    const seed = device.tensor([3, -5], [2]);
    scale(x, 2).backward(seed);
    expect([...(await x.gradient!.readFloats())]).toEqual([6, -10]);
    expect([...(await seed.readFloats())]).toEqual([3, -5]);
  });

  test('a chain of 5,000 operators does not overflow the stack', async () => {
    await device.scope(async () => {
      const x = leaf([0.5, -0.25]);
      let h: Tensor = x;
      for (let i = 0; i < 5000; i++) h = scale(h, i % 2 ? 0.5 : 2);
      sum(h).backward();
      expect(await gradientOf(x)).toEqual([1, 1]);
    });
  });

  test('branches without gradient are left out', async () => {
    const x = leaf([2, 3]);
    const constant = device.tensor([5, 7], [2]);
    const unused = scale(x, 100);
    const untouched = scale(constant, 2);
    sum(multiply(x, untouched)).backward();
    expect(await gradientOf(x)).toEqual([10, 14]);
    expect(constant.gradient).toBeNull();
    expect(untouched.node).toBeNull();
    expect(unused.gradient).toBeNull();
  });
});

describe('gradients of leaves', () => {
  test('accumulate over backward passes, in place', async () => {
    const x = leaf([1, 2]);
    sum(scale(x, 3)).backward();
    const first = x.gradient;
    sum(scale(x, 4)).backward();
    expect(x.gradient).toBe(first);
    expect(await gradientOf(x)).toEqual([7, 7]);
  });

  test('belong to one leaf each, even where an operator passes the same gradient to all inputs', async () => {
    const [a, b] = [leaf([1]), leaf([2])];
    add(a, b).backward();
    sum(a).backward();
    expect(await gradientOf(a)).toEqual([2]);
    expect(await gradientOf(b)).toEqual([1]);
    a.dispose();
    expect(await gradientOf(b)).toEqual([1]);
    // The seed of the reverse pass is shared by all: it must still be 1.
    const c = leaf([4]);
    scale(c, 1).backward();
    expect(await gradientOf(c)).toEqual([1]);
  });

  test('of views are not changed by later passes', async () => {
    const x = leaf([1, 2, 3, 4], [2, 2]);
    const y = leaf([1, 1, 1, 1]);
    sum(add(reshape(x, [4]), y)).backward();
    sum(flatten(x)).backward();
    expect(await gradientOf(x)).toEqual([2, 2, 2, 2]);
    expect(await gradientOf(y)).toEqual([1, 1, 1, 1]);
    expect(x.gradient!.shape).toEqual([2, 2]);
  });

  test('survive the scope that made them when the leaf does, and are freed with the leaf', async () => {
    const x = leaf([1, 2]);
    device.scope(() => sum(scale(x, 3)).backward());
    expect(await gradientOf(x)).toEqual([3, 3]);
    const gradient = x.gradient!;
    x.dispose();
    expect(gradient.isDisposed).toBe(true);
  });

  test('can be returned from the scope of their leaf', async () => {
    const gradient = device.scope(() => {
      const x = leaf([1, 2]);
      sum(scale(x, 3)).backward();
      return x.gradient!;
    });
    expect([...(await gradient.readFloats())]).toEqual([3, 3]);
  });

  test('of a captured step start again in every run and leave the eager ones alone', async () => {
    const x = leaf([1, 2]);
    sum(scale(x, 3)).backward();
    const capture = () =>
      device.capture(() => {
        mean(multiply(x, x)).backward();
        sum(x).backward();
        return { gradient: x.gradient! };
      });
    const [step, another] = [capture(), capture()];
    for (const { run, outputs } of [step, another, step].map((s) => ({
      run: () => s.run(),
      outputs: s.outputs,
    }))) {
      run();
      expect([...(await outputs.gradient.readFloats())]).toEqual([2, 3]);
    }
    step.dispose();
    another.run();
    expect([...(await another.outputs.gradient.readFloats())]).toEqual([2, 3]);
    expect(await gradientOf(x)).toEqual([3, 3]);
  });
});

describe('misuse', () => {
  test('backward from more than one number', () => {
    const x = leaf([1, 2]);
    expect(() => scale(x, 2).backward()).toThrow(
      /^backward: starts from one number, not from a tensor of shape \[2\]; reduce it with sum or mean, or give its gradient$/,
    );
    expect(() => scale(x, 2).backward(device.tensor([1, 2, 3], [3]))).toThrow(
      'backward: the gradient given has shape [3], the tensor [2]',
    );
  });

  test('backward twice', () => {
    const loss = sum(leaf([1, 2]));
    loss.backward();
    expect(() => loss.backward()).toThrow(/^backward: .*already called/);
  });

  test('backward where nothing requires a gradient', () => {
    expect(() => sum(device.tensor([1, 2], [2])).backward()).toThrow(
      /^backward: no input .*requires a gradient/,
    );
  });

  test('backward through a part of the graph that another backward has released', async () => {
    const x = leaf([1, 2]);
    const shared = scale(x, 2);
    const [first, second] = [sum(shared), sum(scale(shared, 3))];
    first.backward();
    expect(() => second.backward()).toThrow(
      /^backward: an earlier backward has released the graph behind a tensor of shape \[2\]; add the losses/,
    );
    expect(await gradientOf(x)).toEqual([2, 2]);
  });

  test('backward through a tensor that was disposed of', () => {
    const x = leaf([1, 2]);
    const h = scale(x, 2);
    const loss = sum(h);
    h.dispose();
    expect(() => loss.backward()).toThrow(/^backward: a tensor of shape \[2\] on the way was disposed of$/);
    const outside = leaf([3]);
    const escaped = device.scope(() => sum(scale(outside, 2)));
    expect(() => escaped.backward()).toThrow(
      /^backward: a tensor of shape \[1\] on the way was disposed of$/,
    );
  });

  test('a gradient for whole numbers', () => {
    expect(() => device.tensor([1], [1], 'u32').requireGradient()).toThrow(/u32 tensor has no gradient/);
  });

  test('a view through which no gradient would pass', async () => {
    const x = leaf(
      Array.from({ length: 128 }, (_, i) => i),
      [2, 64],
    );
    for (const tensor of [x, scale(x, 2)]) {
      expect(() => tensor.view([128])).toThrow(
        /^view: a tensor of shape \[2, 64\] requires a gradient, which would end here; use the operator reshape/,
      );
      expect(() => tensor.rows(1, 1)).toThrow(/^rows: .* requires a gradient, .* use the operator slice/);
      const [view, row] = withoutGradients(() => [tensor.view([128]), tensor.rows(1, 1)]);
      expect((await view!.read())[127]).toBe(tensor === x ? 127 : 254);
      expect((await row!.read())[0]).toBe(tensor === x ? 64 : 128);
    }
    expect(device.tensor([1, 2], [2]).view([1, 2]).shape).toEqual([1, 2]);
  });
});
