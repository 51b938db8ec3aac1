/** The checker finds what is wrong: kernels with one planted fault each. */

import { describe, expect, test } from 'vitest';
import { record } from '../../../src/engine/core/autograd.ts';
import { check } from '../../../src/engine/core/errors.ts';
import { defineOperator, type Operator, referenceArray } from '../../../src/engine/core/operator.ts';
import { elementCount } from '../../../src/engine/core/shape.ts';
import type { Tensor } from '../../../src/engine/core/tensor.ts';
import { checkCase, checkOperator, faultsOf, isRight } from '../../../src/engine/testing/check.ts';
import { passes } from '../../../src/engine/testing/compare.ts';
import { testDevice } from '../open.ts';

const device = await testDevice({ tune: 'off' });

/** What a kernel of one invocation an element does, given i and COUNT. */
const rightKernel = 'if (i < COUNT) { y[i] = 2.0 * x[i]; }';

function doubled(x: Tensor, body: string): Tensor {
  const source = `
    import constants::COUNT;
    @group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read_write> y: array<f32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3u) {
      let i = id.x;
      ${body}
    }`;
  const y = x.device.empty(x.shape);
  x.device.within('doubled', () =>
    x.device.dispatch({
      kernel: { name: 'doubled', source },
      constants: { COUNT: x.size },
      bindings: { x, y },
      grid: [Math.ceil(x.size / 64), 1, 1],
      cost: { flops: x.size, bytes: 8 * x.size },
    }),
  );
  return y;
}

interface Faults {
  readonly forward?: string;
  readonly backward?: string;
  readonly withoutGradient?: boolean;
  readonly anyShape?: boolean;
}

/** y = 2x, with faults. */
function doubling({ forward = rightKernel, backward = rightKernel, ...faults }: Faults = {}): Operator {
  return defineOperator({
    name: 'doubled',
    apply: ([x]) => {
      check(faults.anyShape === true || x!.shape.length > 0, 'doubled', () => 'x must have dimensions');
      const y = doubled(x!, forward);
      if (faults.withoutGradient) return y;
      return record(y, {
        operator: 'doubled',
        inputs: [x!],
        backward: (dy) => [doubled(dy, backward)],
      });
    },
    reference: ([x]) => referenceArray(x!.shape, (i) => 2 * x!.data[i]!),
    cost: ([x]) => ({ flops: elementCount(x!), bytes: 8 * elementCount(x!) }),
    cases: [{ inputs: [{ shape: [7, 97], kind: 'outliers' }], attributes: {} }],
    misuses: [{ inputs: [{ shape: [] }], attributes: {}, message: /doubled: x must have dimensions/ }],
  });
}

const found = async (faults: Faults, on = device): Promise<string> =>
  faultsOf(await checkCase(on, doubling(faults).cases[0]!)).join('\n');

test('a right operator passes, with any seed', async () => {
  for (const seed of [undefined, 7]) {
    const result = await checkOperator(device, doubling(), { seed });
    expect(result.text).toBe('doubled: ok, 1 of 1 cases right, 1 of 1 misuses refused\n  ok    7×97!');
    expect(result.passed).toBe(true);
  }
});

test('wrong small elements beside large ones are seen by their own scale alone', async () => {
  const wrong = 'if (i < COUNT) { y[i] = select(2.0, 2.2, abs(x[i]) < 1e-3) * x[i]; }';
  const result = await checkCase(device, doubling({ forward: wrong }).cases[0]!);
  const [output] = result.comparisons;
  expect(output!.what).toBe('output');
  // What was compared before: the largest error, relative to the largest element.
  expect(output!.error).toBeLessThan(output!.tolerance);
  expect(output!.scaledError).toBeGreaterThan(100 * output!.scaledTolerance);
  expect(passes(output!)).toBe(false);
  expect(Math.abs(output!.worst!.expected)).toBeLessThan(2e-3);
  expect(isRight(result)).toBe(false);
});

describe.each(['safe', 'fast'] as const)('in mode %s', (mode) => {
  test.each([
    ['one element past the end', 'y[i] = 2.0 * x[min(i, COUNT - 1u)];', /0 bytes behind it/],
    ['a row past the end', `${rightKernel} if (i == 0u) { y[COUNT + 96u] = 1.0; }`, /384 bytes behind it/],
  ])('a write is found: %s', async (_, forward, place) => {
    const on = await testDevice({ tune: 'off', mode });
    expect(await found({ forward }, on)).toMatch(
      new RegExp(`kernel doubled wrote past the end of y, a tensor of shape \\[7, 97\\]: .*${place.source}`),
    );
    expect(await found({ backward: forward }, on)).toContain('kernel doubled wrote past the end of y');
    expect(await found({}, on)).toBe('');
  });
});

test('a kernel that asks for the length of its output gets the true one', async () => {
  expect(await found({ forward: 'if (i < arrayLength(&y)) { y[i] = 2.0 * x[i]; }' })).toBe('');
});

test('an element that is never written is found, whatever lay in memory before', async () => {
  // Memory that holds the right result of a run before.
  expect(await found({})).toBe('');
  expect(await found({ forward: 'if (i < COUNT && i != 5u) { y[i] = 2.0 * x[i]; }' })).toMatch(
    /output against .*at element 5/,
  );
});

test.each<[string, Faults, RegExp]>([
  [
    'a wrong gradient',
    { backward: 'if (i < COUNT) { y[i] = 2.001 * x[i]; }' },
    /gradient of input 1 against finite/,
  ],
  [
    'a gradient that is wrong in a few elements',
    { backward: 'if (i < COUNT) { y[i] = select(2.0, 2.5, i % 50u == 7u) * x[i]; }' },
    /gradient of input 1 against finite/,
  ],
  ['no gradient', { withoutGradient: true }, /input 1 got no gradient/],
])('%s is found', async (_, faults, message) => {
  expect(await found(faults)).toMatch(message);
});

test('a misuse that is accepted is found', async () => {
  const { passed, text } = await checkOperator(device, doubling({ anyShape: true }));
  expect(passed).toBe(false);
  expect(text).toContain('WRONG scalar: accepted, should be refused with /doubled: x must have dimensions/');
});
