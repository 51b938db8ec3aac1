import { describe, expect, test } from 'vitest';
import { NotFiniteError } from '../../src/engine/core/errors.ts';
import { Parameters } from '../../src/engine/core/parameters.ts';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { add } from '../../src/engine/ops/elementwise/add.ts';
import { multiply } from '../../src/engine/ops/elementwise/multiply.ts';
import { relu } from '../../src/engine/ops/elementwise/relu.ts';
import { scale } from '../../src/engine/ops/elementwise/scale.ts';
import { sum } from '../../src/engine/ops/reduce/sum.ts';
import { LossScale } from '../../src/engine/optim/loss_scale.ts';
import { SGD } from '../../src/engine/optim/sgd.ts';
import { testDevice } from './open.ts';

const device = await testDevice({ debug: { checkFinite: true } });

/** x·10³⁰·10³⁰ overflows in the second product; what follows only passes it on. */
const overflow = (x: Tensor): Tensor => sum(relu(multiply(scale(x, 1e30), scale(x, 1e30))));

describe('the finite trap in eager mode', () => {
  test('names the first operator, its kernel and the shape', async () => {
    const x = device.tensor([1, 2, 3, 4, 5, 6], [2, 3]);
    const error = await overflow(x)
      .read()
      .then(
        () => null,
        (reason: unknown) => reason,
      );
    expect(error).toBeInstanceOf(NotFiniteError);
    expect((error as Error).message).toBe(
      'operator multiply (kernel elementwise) wrote NaN or an infinity to y, a tensor of shape [2, 3]',
    );
  });

  test('finds a single NaN and a negative infinity at any place', async () => {
    for (const [value, place] of [
      [Number.NaN, 0],
      [Number.NEGATIVE_INFINITY, 4999],
      [Number.POSITIVE_INFINITY, 2501],
    ] as const) {
      const data = new Float32Array(5000);
      data[place] = value;
      await expect(scale(device.tensor(data, [5000]), 1).read()).rejects.toThrow(
        /^operator scale .*\[5000\]$/,
      );
    }
  });

  test('says nothing of finite numbers, also the largest, and works on after a report', async () => {
    const x = device.tensor([3.4028234e38, -3.4028234e38, 1e-45, 0], [4]);
    expect([...(await scale(x, 1).readFloats())].slice(0, 2)).toEqual([
      3.4028234663852886e38, -3.4028234663852886e38,
    ]);
    await expect(scale(x, 2).read()).rejects.toThrow(/^operator scale/);
    await expect(scale(x, 0.5).read()).resolves.toHaveLength(4);
    scale(x, 4);
    await expect(device.synchronize()).rejects.toThrow(/^operator scale/);
    await device.synchronize();
  });

  test('names a backward pass that overflows where the forward pass did not', async () => {
    const x = device.tensor([1e-30], [1]).requireGradient();
    const loss = sum(scale(relu(scale(x, 1e20)), 1e20));
    expect(await loss.item()).toBeCloseTo(1e10, -5);
    loss.backward();
    await expect(x.gradient!.read()).rejects.toThrow(
      /^operator scale backward \(kernel scale\) wrote NaN or an infinity to y, a tensor of shape \[1\]$/,
    );
  });

  test('names the operator that a user calls, not one that it is made of', async () => {
    const [a, b] = [device.tensor([3e38], [1]), device.tensor([3e38], [1])];
    await expect(add(a, b).read()).rejects.toThrow(/^operator add/);
    const total = sum(device.tensor(new Float32Array(3000).fill(1e36), [3000]));
    await expect(total.read()).rejects.toThrow(/^operator sum \(kernel reduce\)/);
  });

  test('keeps no memory of checks that passed', async () => {
    const x = device.tensor([1, 2], [2]);
    const round = () =>
      device.scope(async () => {
        for (let i = 0; i < 20; i++) scale(x, 2);
        await device.synchronize();
      });
    await round();
    const { used } = device.memory();
    for (let i = 0; i < 3; i++) await round();
    expect(device.memory().used).toBe(used);
  });
});

describe('the finite trap in captured steps', () => {
  test('names the first operator of the run that went wrong, run by run', async () => {
    const x = device.tensor([1, 1], [2]);
    const step = device.capture(() => overflow(x));
    x.write([1e-30, 1e-25]);
    step.run();
    expect(await step.outputs.item()).toBeGreaterThan(1e9);
    x.write([1, 1e-30]);
    step.run();
    await expect(step.outputs.read()).rejects.toThrow(/^operator multiply \(kernel elementwise\) .*\[2\]$/);
    x.write([0, 1e-30]);
    step.run();
    expect(await step.outputs.item()).toBeCloseTo(1, 5);
    step.dispose();
  });

  test('names a backward pass', async () => {
    const x = device.tensor([1e-30], [1]).requireGradient();
    const step = device.capture(() => {
      const loss = sum(scale(scale(x, 1e20), 1e20));
      loss.backward();
      return { loss, gradient: x.gradient! };
    });
    step.run();
    await expect(step.outputs.loss.read()).rejects.toThrow(/^operator scale backward/);
    step.dispose();
  });

  test('names what ran first, not what was recorded first', async () => {
    const x = device.tensor([1], [1]);
    const step = device.capture(() => relu(x));
    const infinite = scale(device.tensor([1e38], [1]), 1e10);
    step.run();
    await expect(infinite.read()).rejects.toThrow(/^operator scale/);
    x.write([Number.POSITIVE_INFINITY]);
    const later = scale(x, 2);
    step.run();
    await expect(later.read()).rejects.toThrow(/^operator scale/);
    step.dispose();
  });
});

describe.each(['eager', 'captured'] as const)('the finite trap with a loss scale, %s', (mode) => {
  /** Steps on a loss of about 1 whose gradient is `factor`² times the scale. */
  function prepared(factor: number) {
    const init = Float32Array.of(1e-30, 2e-30, 3e-30, 4e-30);
    const parameters = new Parameters(device, [{ name: 'w', shape: [4], init }]);
    const lossScale = new LossScale(device);
    const optimiser = new SGD(parameters, { learningRate: 1e-38, lossScale });
    const once = () => {
      lossScale.backward(sum(scale(scale(parameters.get('w'), factor), factor)));
      optimiser.step();
    };
    const captured = mode === 'captured' ? device.capture(once) : null;
    const step = async () => {
      if (captured) captured.run();
      else device.scope(once);
      return [...(await lossScale.state.read())];
    };
    return { step, start: (scaling: number) => lossScale.state.write([scaling, 0, 0, 0]) };
  }

  test('passes over steps that are skipped', async () => {
    const { step, start } = prepared(1e15);
    // 10³⁰ times 2²⁸ is the first of these below 2¹²⁸; its square, which clipping sums, is not.
    start(2 ** 30);
    const states = [await step(), await step(), await step(), await step()];
    expect(states.map(([scaling]) => Math.log2(scaling!))).toEqual([29, 28, 28, 28]);
    expect(states.map((state) => state[3])).toEqual([1, 1, 0, 0]);
  });

  test('names the operator of the reverse pass of a step that is taken', async () => {
    const { step, start } = prepared(1e20);
    start(2);
    expect(await step()).toEqual([1, 0, 1, 1]);
    await expect(step()).rejects.toThrow(/^operator scale backward/);
  });
});

test('the finite trap lets clipping sum squares that are beyond f32', async () => {
  const parameters = new Parameters(device, [{ name: 'w', shape: [4], init: new Float32Array(4) }]);
  const optimiser = new SGD(parameters, { learningRate: 0.1, clipNorm: 1 });
  device.scope(() => {
    scale(sum(parameters.get('w')), 1e25).backward();
    optimiser.step();
  });
  expect([...(await parameters.get('w').read())]).toEqual(Array(4).fill(expect.closeTo(-0.05, 6)));
});
