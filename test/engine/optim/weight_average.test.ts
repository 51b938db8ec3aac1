import { expect, test } from 'vitest';
import { SGD } from '../../../src/engine/optim/sgd.ts';
import { WeightAverage, warmedUpDecay } from '../../../src/engine/optim/weight_average.ts';
import { DeviceRuntime } from '../../../src/engine/runtime/device.ts';
import { testDevice } from '../open.ts';
import { bitsOf, declarations, GradientSource, largestError, normals } from './harness.ts';

const device = await testDevice();
const steps = 6;
const rate = 0.1;
const decayAt = (step: number) => warmedUpDecay(0.4, step);

/** A training from some step on. */
async function train(source: GradientSource, average: WeightAverage, optimiser: SGD, from = 0, to = steps) {
  const step = source.parameters.device.capture(() => {
    source.loss().backward();
    optimiser.step();
    average.update();
  });
  for (let i = from; i < to; i++) {
    source.write(i);
    average.decay = decayAt(i);
    step.run();
  }
  const averages = await average.read();
  step.dispose();
  return averages;
}

function begin(on = device, count?: number) {
  const source = new GradientSource(on);
  const optimiser = new SGD(source.parameters, { learningRate: rate, momentum: 0 });
  return { source, optimiser, average: new WeightAverage(source.parameters, { decay: 0.4, count }) };
}

/** w ← w − rate·multiplier·g, ā ← d·ā + (1 − d)·w in float64. */
function reference() {
  const trained = declarations.filter(({ frozen }) => !frozen);
  return new Map(
    declarations.map(({ name, init, learningRateMultiplier = 1, frozen }) => {
      const weights = Float64Array.from(init as Float32Array);
      const averages = weights.slice();
      for (let step = 0; step < steps && !frozen; step++) {
        const number = trained.findIndex((one) => one.name === name);
        const gradients = normals(weights.length, 1000 * (step + 1) + number);
        const decay = Math.min(0.4, (1 + step) / (10 + step));
        weights.forEach((weight, i) => {
          weights[i] = weight - rate * learningRateMultiplier * gradients[i]!;
          averages[i] = decay * averages[i]! + (1 - decay) * weights[i]!;
        });
      }
      return [name, averages];
    }),
  );
}

test('follows the float64 reference, with a decay that warms up', async () => {
  const { source, optimiser, average } = begin();
  const averages = await train(source, average, optimiser);
  expect(largestError(averages, reference())).toBeLessThan(1e-6);
  // Not the weights themselves.
  expect(largestError(await source.parameters.readAll(), reference())).toBeGreaterThan(1e-2);
});

test('warm-up of the decay', () => {
  expect([0, 1, 8, 81, 1e6].map((t) => warmedUpDecay(0.9, t))).toEqual([1 / 10, 2 / 11, 9 / 18, 0.9, 0.9]);
});

test('goes on bit for bit from what was read', async () => {
  const whole = begin();
  const expected = await train(whole.source, whole.average, whole.optimiser);
  const half = begin();
  const averages = await train(half.source, half.average, half.optimiser, 0, 3);
  const rest = begin();
  for (const [name, values] of await half.source.parameters.readAll())
    rest.source.parameters.write(name, values);
  rest.average.restore(averages);
  expect(bitsOf(await train(rest.source, rest.average, rest.optimiser, 3))).toEqual(bitsOf(expected));
});

test('is of the first parameters alone where that is wanted, and of the weights as they were when it began', async () => {
  const { source, average } = begin(device, 2);
  expect(average.names).toEqual(['scalar', 'weight']);
  expect(average.bytes).toBeLessThan(source.parameters.bytes);
  source.parameters.write('weight', normals(315, 77));
  expect((await average.read()).get('weight')).toEqual(declarations[1]!.init);
  average.start();
  expect((await average.read()).get('weight')).toEqual(normals(315, 77));
  expect(() => average.get('bias')).toThrow('WeightAverage: there is no average of bias');
});

test('finds what is frozen between what is trained, and changes between steps, where it lies', async () => {
  const [scalar, weight, bias, , , frozen] = declarations;
  const source = new GradientSource(device, [scalar!, frozen!, weight!, bias!]);
  const average = new WeightAverage(source.parameters, { decay: 0.5, count: 3 });
  const before = await source.parameters.readAll();
  for (const name of ['frozen', 'weight', 'bias'])
    source.parameters.write(name, new Float32Array(source.parameters.get(name).size));
  average.update();
  const averages = await average.read();
  expect(new Set(averages.keys())).toEqual(new Set(['scalar', 'frozen', 'weight']));
  for (const [name, values] of averages) {
    const share = name === 'scalar' ? 1 : 0.5;
    expect(values, name).toEqual(before.get(name)!.map((value) => share * value));
  }
});

test('gives the same bits where the arena does not fit one binding', async () => {
  const { report } = device;
  const limits = { ...report.limits, maxStorageBufferBindingSize: 1300 };
  const narrow = begin(new DeviceRuntime(device.gpu, { ...report, limits }), 3);
  const wide = begin(device, 3);
  expect(bitsOf(await train(narrow.source, narrow.average, narrow.optimiser))).toEqual(
    bitsOf(await train(wide.source, wide.average, wide.optimiser)),
  );
});

test('misuse is refused', () => {
  const { source, average } = begin();
  const make = (options: object) => () => new WeightAverage(source.parameters, options as { decay: number });
  expect(make({ decay: 1 })).toThrow(/decay must be a number from 0 and below 1, not 1/);
  expect(make({ decay: Number.NaN })).toThrow(/not NaN/);
  expect(make({ decay: 0.9, count: 7 })).toThrow(
    /count must be a whole number from 1 to 6, the number of param/,
  );
  expect(make({ rate: 0.9 })).toThrow(/rate/);
  expect(() => average.restore(new Map())).toThrow('WeightAverage: scalar has no values, not 1');
  expect(() => {
    average.decay = -1;
  }).toThrow(/not -1/);
});
