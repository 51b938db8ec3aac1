/** SphereFace2: known numbers, the start of its bias, windows of classes, and the gradient of the authors' code. */

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import { headInputs } from '../../src/engine/ops/heads/class_head.ts';
import { scoreMatrix } from '../../src/engine/ops/heads/class_scores.reference.ts';
import {
  type SphereFace2Numbers,
  sphereFace2Bias,
  sphereFace2Head,
  sphereFace2Loss,
} from '../../src/engine/ops/heads/sphereface2_loss.ts';
import { readStatistics } from '../../src/engine/ops/heads/statistics.ts';
import { sampleInput, sampleTensor } from '../../src/engine/testing/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

test('the vectors of docs/reference.md#a-small-example', async () => {
  const features = device.tensor([1, 0, 0, 0, 0.6, 0.8], [2, 3]);
  const weights = device.tensor([0.8, 0.6, 0, 0, 1, 0, 0, 0, 1], [3, 3]);
  const labels = device.tensor([0, 2], [2], 'u32');
  const { loss, statistics } = sphereFace2Head(features, weights, labels, { bias: device.tensor([0], [1]) });
  expect((await loss.item()) / 0.0705975).toBeCloseTo(1, 5);
  const { positiveCosine, negativeCosine, bias } = await readStatistics(statistics);
  expect(positiveCosine).toBeCloseTo(0.8, 6);
  expect(negativeCosine).toBeCloseTo((0 + 0 + 0.36 + 0.6) / 4, 6);
  expect(bias).toBe(0);
});

test.each<[SphereFace2Numbers, number]>([
  [{}, 5.581649],
  [{ lambda: 0.8, r: 64, margin: 0.5 }, 8.120803],
])('the bias of 10,572 classes starts with %o at %d', (options, expected) => {
  expect(sphereFace2Bias(10_572, options)).toBeCloseTo(expected, 6);
});

const few = [2, 3, 4, 10].flatMap((classes) =>
  [0.7, 0.8, 0.95].flatMap((lambda) =>
    [
      { r: 40, margin: 0.4 },
      { r: 64, margin: 0.5 },
      { r: 1000, margin: 0.5 },
    ].map((rest): [number, SphereFace2Numbers] => [classes, { lambda, ...rest }]),
  ),
);
// 1 − q = 0: own class and others weigh the same.
test.each([...few, [2, { lambda: 0.5 }] as const, [10, { lambda: 0.9, r: 1000 }] as const])(
  'the bias of %d classes starts with %o where its gradient is zero at cosines of zero',
  (classes, options) => {
    const { lambda, r, margin } = { lambda: 0.7, r: 40, margin: 0.4, ...options };
    const b = sphereFace2Bias(classes, options);
    const logSigmoid = (x: number) => Math.min(0, x) - Math.log1p(Math.exp(-Math.abs(x)));
    const g = 2 * 0.5 ** 3 - 1;
    const own = Math.log(lambda) + logSigmoid(-(r * (g - margin) + b));
    const others = Math.log((1 - lambda) * (classes - 1)) + logSigmoid(r * (g + margin) + b);
    expect(own - others).toBeCloseTo(0, 6);
  },
);

test('there the gradient of the bias is zero when all cosines are', async () => {
  const [n, classes] = [3, 50];
  // Each in a dimension of its own.
  const unit = (rows: number, first: number) =>
    device.tensor(
      Array.from({ length: rows * 60 }, (_, i) => (i % 60 === first + Math.floor(i / 60) ? 1 : 0)),
      [rows, 60],
    );
  for (const [shift, sign] of [
    [0, 0],
    [0.1, 1],
    [-0.1, -1],
  ] as const) {
    const bias = device.tensor([sphereFace2Bias(classes) + shift], [1]).requireGradient();
    const labels = device.tensor([0, 7, 49], [n], 'u32');
    sphereFace2Loss(unit(n, 50), unit(classes, 0), labels, { bias }).backward();
    const [slope] = await bias.gradient!.readFloats();
    if (sign === 0) expect(Math.abs(slope!)).toBeLessThan(1e-6);
    else expect(Math.sign(slope!)).toBe(sign);
  }
});

/** Loss and gradients of features, weights and bias. */
async function evaluate(options: SphereFace2Numbers, [n, classes, d]: [number, number, number]) {
  const specs = [...headInputs(n, classes, d), { shape: [1] }];
  const arrays = specs.map((spec, i) => sampleInput(spec, 70 + i));
  return device.scope(async () => {
    const [f, w, y, b] = specs.map((spec, i) => sampleTensor(device, spec, arrays[i]!)) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const loss = sphereFace2Loss(f, w, y, { bias: b, ...options });
    loss.backward();
    const gradients = await Promise.all([f, w, b].map((tensor) => tensor.gradient!.readFloats()));
    return { arrays, loss: await loss.item(), gradients };
  });
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  const largest = Math.max(...Array.from(expected, Math.abs));
  const errors = Array.from(expected, (value, i) => Math.abs(value - actual[i]!));
  expect(Math.max(...errors) / largest).toBeLessThan(tolerance);
}

test('opposite vectors have gradients where g is a line', async () => {
  const evaluateAt = (cosine: number) =>
    device.scope(async () => {
      const f = device.tensor([1, 0], [1, 2]).requireGradient();
      const w = device.tensor([cosine, Math.sqrt(1 - cosine ** 2)], [1, 2]).requireGradient();
      const labels = device.tensor([0], [1], 'u32');
      const loss = sphereFace2Loss(f, w, labels, { bias: device.tensor([0], [1]), r: 4, t: 1 });
      loss.backward();
      return [await loss.item(), ...(await f.gradient!.readFloats()), ...(await w.gradient!.readFloats())];
    });
  const [loss, ...gradients] = await evaluateAt(-1);
  expect(loss).toBeCloseTo((0.7 / 4) * Math.log1p(Math.exp(4 * 1.4)), 5);
  for (const value of gradients) expect(Math.abs(value)).toBeLessThan(1e-6);
  // Next to it the slope is that of the line.
  const near = await evaluateAt(-0.999);
  expect(near[2]! / (-0.7 * Math.sqrt(1 - 0.999 ** 2))).toBeCloseTo(1, 1);
});

test('windows of classes change nothing', async () => {
  const whole = await evaluate({}, [9, 200, 12]);
  const cut = await device.settings.limiting({ classWindowBytes: 64 * 12 * 4 }, () =>
    evaluate({}, [9, 200, 12]),
  );
  expect(cut.loss / whole.loss).toBeCloseTo(1, 5);
  whole.gradients.forEach((gradient, i) => {
    expectClose(cut.gradients[i]!, gradient, 1e-5);
  });
});

describe('detached: the gradient is that of a loss in which g(c) − c is a constant', () => {
  test('of features, weights and bias', async () => {
    const [lambda, r, margin, t] = [0.6, 6, 0.3, 3];
    const { arrays, gradients } = await evaluate({ lambda, r, margin, t, gradient: 'detached' }, [6, 9, 5]);
    const [features, weights, labels, bias] = arrays as [
      (typeof arrays)[0],
      (typeof arrays)[0],
      (typeof arrays)[0],
      (typeof arrays)[0],
    ];
    const fixed = scoreMatrix(features, weights).map((row) => row.map((c) => 2 * ((c + 1) / 2) ** t - 1 - c));
    const softplus = (x: number) => Math.log1p(Math.exp(x));
    const surrogate = () =>
      scoreMatrix(features, weights)
        .flatMap((row, i) =>
          row.map((c, j) => {
            const g = c + fixed[i]![j]!;
            const b = bias.data[0]!;
            return j === labels.data[i]
              ? (lambda / r) * softplus(-(r * (g - margin) + b))
              : ((1 - lambda) / r) * softplus(r * (g + margin) + b);
          }),
        )
        .reduce((a, b) => a + b) / 6;
    [features, weights, bias].forEach((array, input) => {
      const expected = array.data.map((before, k) => {
        const [up, down] = [1e-5, -1e-5].map((step) => {
          array.data[k] = before + step;
          return surrogate();
        });
        array.data[k] = before;
        return (up! - down!) / 2e-5;
      });
      expectClose(gradients[input]!, expected, 1e-4);
    });
  });
});
