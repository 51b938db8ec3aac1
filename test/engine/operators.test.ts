import { describe, expect, test } from 'vitest';
import { hash32 } from '../../src/engine/core/random.ts';
import { operators } from '../../src/engine/ops/index.ts';
import { sampleInput, sampleTensor } from '../../src/engine/testing/sample.ts';
import {
  type Case,
  differentiableInputs,
  projection,
  projectionWeights,
  relativeError,
  resultsOf,
} from './case-results.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
/** Elements of each input whose derivative is compared with finite differences. */
const checkedElements = 12;

const bits = (data: ArrayLike<number>): Uint32Array => new Uint32Array(Float32Array.from(data).buffer);

function inputsOf(sample: Case) {
  const arrays = sample.inputs.map((spec, i) => sampleInput(spec, 1000 + i));
  return { arrays, tensors: () => arrays.map((array, i) => sampleTensor(device, sample.inputs[i]!, array)) };
}

describe.each(operators.map((operator) => [operator.name, operator] as const))('%s', (_, operator) => {
  describe.each(operator.cases.map((sample) => [sample.label, sample] as const))('%s', (_, sample) => {
    test('forward equals the float64 reference', async () => {
      const { arrays, tensors } = inputsOf(sample);
      const expected = sample.reference(arrays);
      await device.scope(async () => {
        const output = sample.apply(tensors());
        expect(output.shape).toEqual(expected.shape);
        expect(relativeError(await output.read(), expected.data)).toBeLessThan(sample.tolerance.forward);
      });
    });

    const isDifferentiable = differentiableInputs(sample).includes(true);
    test.runIf(isDifferentiable)('gradients equal finite differences of the reference', async () => {
      const { arrays } = inputsOf(sample);
      const { gradients: found, output } = await resultsOf(device, sample);
      const weights = projectionWeights(output.length);
      const projected = (): number =>
        sample.reference(arrays).data.reduce((total, value, i) => total + value * weights[i]!, 0);
      arrays.forEach((array, input) => {
        const gradient = found[input];
        if (!gradient) {
          expect(differentiableInputs(sample)[input]).toBe(false);
          return;
        }
        const columns = array.shape.at(-1) ?? 1;
        const rowOf = (i: number): number => Math.floor(i / columns);
        const byRow = sample.inputs[input]!.kind === 'extremeRows';
        const picked = Array.from({ length: Math.min(checkedElements, array.data.length) }, (_, k) =>
          array.data.length <= checkedElements ? k : hash32(5, input, k) % array.data.length,
        );
        // Extreme rows are checked one by one, a few elements each: gradients differ as much as the rows do.
        if (byRow)
          for (let i = 0; i < array.data.length; i += columns)
            for (let k = 0; k < 4; k++) picked.push(i + (hash32(6, i, k) % columns));
        const expected = picked.map((i) => {
          const value = array.data[i]!;
          const row = array.data.subarray(rowOf(i) * columns, (rowOf(i) + 1) * columns);
          const step = byRow
            ? 1e-4 * Math.max(1e-6, Math.hypot(...row))
            : 1e-5 * Math.max(1e-1, Math.abs(value));
          array.data[i] = value + step;
          const above = projected();
          array.data[i] = value - step;
          const below = projected();
          array.data[i] = value;
          return (above - below) / (2 * step);
        });
        const groups = byRow ? [...new Set(picked.map(rowOf))] : [null];
        for (const group of groups) {
          const members = picked.flatMap((i, k) =>
            group === null || rowOf(i) === group ? [[i, k] as const] : [],
          );
          const row = Array.from(gradient).slice((group ?? 0) * columns, ((group ?? 0) + 1) * columns);
          const actual = members.map(([i]) => gradient[i]!);
          const wanted = members.map(([, k]) => expected[k]!);
          const scale = Math.max(0, ...(byRow ? row : Array.from(gradient)).map(Math.abs));
          const error = Math.max(...actual.map((value, k) => Math.abs(value - wanted[k]!)));
          // Where all but roundings cancel in a row, against what one of the terms would be.
          const first = group === null ? null : array.data.subarray(group * columns, (group + 1) * columns);
          const least = first ? 1e-3 / Math.max(1e-6, Math.hypot(...first)) : 1e-30;
          const magnitude = Math.max(scale, ...wanted.map(Math.abs), least);
          expect(error / magnitude, `input ${input}: ${actual} against ${wanted}`).toBeLessThan(
            sample.tolerance.backward,
          );
        }
      });
    });

    test('a captured step equals eager mode bit for bit, and so do two runs', async () => {
      const eager = await resultsOf(device, sample);
      await device.scope(async () => {
        const tensors = inputsOf(sample).tensors();
        const differentiable = tensors.some((tensor) => tensor.requiresGradient);
        device.setRandom(0, 0);
        const step = device.capture(() => {
          const output = sample.apply(tensors);
          if (differentiable) projection(output).backward();
          return { output, gradients: tensors.flatMap((tensor) => tensor.gradient ?? []) };
        });
        for (let run = 0; run < 2; run++) {
          step.run();
          expect(bits(await step.outputs.output.read())).toEqual(bits(eager.output));
          const expected = eager.gradients.filter((gradient) => gradient !== null);
          for (const [i, gradient] of step.outputs.gradients.entries()) {
            expect(bits(await gradient.read())).toEqual(bits(expected[i]!));
          }
        }
        step.dispose();
      });
    });
  });

  test.each(operator.misuses.map((misuse) => [misuse.label, misuse] as const))('refuses %s', (_, misuse) => {
    device.scope(() => {
      const tensors = misuse.inputs.map((spec, i) => sampleTensor(device, spec, sampleInput(spec, i)));
      expect(() => misuse.apply(tensors)).toThrow(misuse.message);
    });
  });
});
