import { describe, expect, test } from 'vitest';
import type { Parameters } from '../../../src/engine/core/parameters.ts';
import { Adam, AdamW } from '../../../src/engine/optim/adam.ts';
import type { Optimiser } from '../../../src/engine/optim/optimiser.ts';
import { SGD } from '../../../src/engine/optim/sgd.ts';
import { DeviceRuntime } from '../../../src/engine/runtime/device.ts';
import { testDevice } from '../open.ts';
import { bitsOf, declarations, GradientSource, largestError, normals } from './harness.ts';

const device = await testDevice();
const rates = [0.1, 0.1, 0.02, 0.02, 0.004];

/** Weights in float64 after each learning rate of `rates`, by a rule for one weight written from the papers' formulas. */
type Rule = (
  weight: number,
  gradient: number,
  rate: number,
  decay: number,
  t: number,
  memory: number[],
) => number;

function follow(rule: Rule, { decay, clipNorm }: { decay: number; clipNorm?: number }) {
  const source = declarations.filter(({ frozen }) => !frozen);
  const weights = new Map(source.map(({ name, init }) => [name, Float64Array.from(init as Float32Array)]));
  const memories = new Map<string, number[]>();
  rates.forEach((rate, step) => {
    const gradients = new Map(
      source.map(({ name }, i) => [name, normals(weights.get(name)!.length, 1000 * (step + 1) + i)]),
    );
    const norm = Math.sqrt([...gradients.values()].flatMap((g) => [...g]).reduce((s, g) => s + g * g, 0));
    const factor = clipNorm && norm > clipNorm ? clipNorm / norm : 1;
    for (const { name, learningRateMultiplier = 1, decayMultiplier = 1 } of source) {
      const values = weights.get(name)!;
      values.forEach((weight, i) => {
        const key = `${name} ${i}`;
        const memory = memories.get(key) ?? [0, 0];
        memories.set(key, memory);
        const gradient = factor * gradients.get(name)![i]!;
        values[i] = rule(
          weight,
          gradient,
          rate * learningRateMultiplier,
          decay * decayMultiplier,
          step + 1,
          memory,
        );
      });
    }
  });
  return weights;
}

const caffe =
  (momentum: number): Rule =>
  (w, g, rate, decay, _, memory) => {
    memory[0] = momentum * memory[0]! + rate * (g + decay * w);
    return w - memory[0];
  };

/** Sutskever et al. 2013 with the rate inside the velocity: a look ahead along it before the step. */
const nesterov =
  (momentum: number): Rule =>
  (w, g, rate, decay, _, memory) => {
    const before = memory[0]!;
    memory[0] = momentum * before + rate * (g + decay * w);
    return w - ((1 + momentum) * memory[0] - momentum * before);
  };

const adam =
  ([b1, b2]: [number, number], epsilon: number, decoupled: boolean): Rule =>
  (w, g, rate, decay, t, memory) => {
    const gradient = decoupled ? g : g + decay * w;
    memory[0] = b1 * memory[0]! + (1 - b1) * gradient;
    memory[1] = b2 * memory[1]! + (1 - b2) * gradient ** 2;
    const mean = memory[0] / (1 - b1 ** t);
    const square = memory[1] / (1 - b2 ** t);
    const decayed = decoupled ? w * (1 - rate * decay) : w;
    return decayed - (rate * mean) / (Math.sqrt(square) + epsilon);
  };

const start = { learningRate: rates[0]! };
const kinds: [string, (parameters: Parameters) => Optimiser, () => Map<string, Float64Array>][] = [
  [
    'SGD with momentum and decay',
    (p) => new SGD(p, { ...start, momentum: 0.9, weightDecay: 0.05 }),
    () => follow(caffe(0.9), { decay: 0.05 }),
  ],
  ['SGD alone', (p) => new SGD(p, { ...start, momentum: 0 }), () => follow(caffe(0), { decay: 0 })],
  [
    'SGD with Nesterov momentum and decay',
    (p) => new SGD(p, { ...start, momentum: 0.9, nesterov: true, weightDecay: 0.05 }),
    () => follow(nesterov(0.9), { decay: 0.05 }),
  ],
  [
    'SGD with clipping',
    (p) => new SGD(p, { ...start, momentum: 0.5, weightDecay: 0.05, clipNorm: 3 }),
    () => follow(caffe(0.5), { decay: 0.05, clipNorm: 3 }),
  ],
  [
    'SGD with clipping that never acts',
    (p) => new SGD(p, { ...start, clipNorm: 1e6 }),
    () => follow(caffe(0.9), { decay: 0 }),
  ],
  [
    'Adam with decay and clipping',
    (p) => new Adam(p, { ...start, weightDecay: 0.05, clipNorm: 2 }),
    () => follow(adam([0.9, 0.999], 1e-8, false), { decay: 0.05, clipNorm: 2 }),
  ],
  [
    'Adam with other betas',
    (p) => new Adam(p, { ...start, betas: [0.5, 0.9], epsilon: 1e-3 }),
    () => follow(adam([0.5, 0.9], 1e-3, false), { decay: 0 }),
  ],
  [
    'AdamW',
    (p) => new AdamW(p, { ...start, weightDecay: 0.3 }),
    () => follow(adam([0.9, 0.999], 1e-8, true), { decay: 0.3 }),
  ],
];

describe.each(kinds)('%s', (_, make, reference) => {
  /** Steps eagerly from step `from` on and returns the weights. */
  async function run(
    on = device,
    from = 0,
    source = new GradientSource(on),
    optimiser = make(source.parameters),
  ) {
    for (let step = from; step < rates.length; step++) {
      source.write(step);
      optimiser.learningRate = rates[step]!;
      on.scope(() => source.loss().backward());
      optimiser.step();
    }
    return source.parameters.readAll();
  }

  test('follows the float64 reference', async () => {
    expect(largestError(await run(), reference())).toBeLessThan(2e-6);
  });

  test('leaves frozen weights as they are, bit for bit', async () => {
    const weights = await run();
    for (const { name, init } of declarations.filter(({ name }) => name === 'still' || name === 'frozen'))
      expect(weights.get(name)).toEqual(init);
    expect(weights.get('bias')).not.toEqual(declarations.find(({ name }) => name === 'bias')!.init);
  });

  test('a captured step that follows a schedule equals eager steps bit for bit', async () => {
    const source = new GradientSource(device);
    const optimiser = make(source.parameters);
    const step = device.capture(() => {
      source.loss().backward();
      optimiser.step();
    });
    for (const [i, rate] of rates.entries()) {
      source.write(i);
      optimiser.learningRate = rate;
      step.run();
    }
    expect(bitsOf(await source.parameters.readAll())).toEqual(bitsOf(await run()));
    step.dispose();
  });

  test('resumes from weights and state bit for bit', async () => {
    const source = new GradientSource(device);
    const optimiser = make(source.parameters);
    for (let step = 0; step < 2; step++) {
      source.write(step);
      optimiser.learningRate = rates[step]!;
      device.scope(() => source.loss().backward());
      optimiser.step();
    }
    const weights = await source.parameters.readAll();
    const state = await optimiser.state();
    const resumed = new GradientSource(device);
    for (const [name, values] of weights) resumed.parameters.write(name, values);
    const other = make(resumed.parameters);
    other.restore(state);
    expect(bitsOf(await other.state())).toEqual(bitsOf(state));
    expect(bitsOf(await run(device, 2, resumed, other))).toEqual(bitsOf(await run()));
  });

  test('gives the same bits when the arena does not fit one binding', async () => {
    const { report } = device;
    const limits = { ...report.limits, maxStorageBufferBindingSize: 1300 };
    const narrow = new DeviceRuntime(device.gpu, { ...report, limits });
    const source = new GradientSource(narrow);
    expect(source.parameters.windows.map(({ values }) => values.size)).toEqual([320, 320]);
    // The partial sums of the norm are chunked by window, so that clipped steps agree only nearly.
    const weights = await run(narrow, 0, source);
    expect(largestError(weights, await run())).toBeLessThan(1e-6);
    if (!make(source.parameters).clipping) expect(bitsOf(weights)).toEqual(bitsOf(await run()));
  });
});

describe('gradients of a step', () => {
  const once = (momentum = 0) => {
    const source = new GradientSource(device);
    return { source, optimiser: new SGD(source.parameters, { learningRate: 1, momentum }) };
  };

  test('add up over two backward passes, and start again after the step', async () => {
    const { source, optimiser } = once();
    const expected = new Map<string, Float64Array>(
      ['weight', 'slope'].map((name) => {
        const { init } = declarations.find((declaration) => declaration.name === name)!;
        return [name, Float64Array.from(init as Float32Array)];
      }),
    );
    for (let step = 0; step < 2; step++) {
      for (let pass = 0; pass < 2; pass++) {
        const gradients = source.write(10 * step + pass);
        for (const [name, values] of expected) {
          const rate = name === 'slope' ? 0.5 : 1;
          gradients.get(name)!.forEach((gradient, i) => {
            values[i]! -= rate * gradient;
          });
        }
        device.scope(() => source.loss(['weight', 'slope']).backward());
      }
      optimiser.step();
    }
    expect(largestError(await source.parameters.readAll(), expected)).toBeLessThan(1e-6);
  });

  test('add up in the same way inside one captured step', async () => {
    const eager = once();
    const captured = once();
    const write = ({ source }: typeof eager) => source.write(0);
    write(eager);
    write(captured);
    const body = ({ source, optimiser }: typeof eager) => {
      source.loss(['weight']).backward();
      source.loss(['weight', 'bias']).backward();
      optimiser.step();
    };
    const step = device.capture(() => body(captured));
    for (let i = 0; i < 2; i++) {
      device.scope(() => body(eager));
      step.run();
    }
    const weights = await eager.source.parameters.readAll();
    expect(bitsOf(await captured.source.parameters.readAll())).toEqual(bitsOf(weights));
    step.dispose();
  });

  test('are zero for parameters that no backward pass has reached', async () => {
    const { source, optimiser } = once(0.5);
    const { weight } = Object.fromEntries(source.write(0));
    device.scope(() => source.loss(['weight', 'bias']).backward());
    optimiser.step();
    const before = await source.parameters.readAll();
    device.scope(() => source.loss(['bias']).backward());
    optimiser.step();
    const after = await source.parameters.readAll();
    // Only the momentum of the first step moves the weight: w − ½·g.
    const expected = before.get('weight')!.map((value, i) => value - 0.5 * weight![i]!);
    expect(largestError(after, new Map([['weight', expected]]))).toBeLessThan(1e-6);
    expect(after.get('slope')).toEqual(declarations.find(({ name }) => name === 'slope')!.init);
  });

  test('that are not finite leave frozen weights alone', async () => {
    const { source, optimiser } = once();
    source.gradients.get('still')!.write(new Float32Array(63).fill(Number.NaN));
    device.scope(() => source.loss().backward());
    optimiser.step();
    const weights = await source.parameters.readAll();
    expect(weights.get('still')).toEqual(declarations.find(({ name }) => name === 'still')!.init);
  });

  test('have a norm that can be read after a clipped step', async () => {
    const source = new GradientSource(device);
    const optimiser = new SGD(source.parameters, { learningRate: 1, clipNorm: 5 });
    const gradients = [...source.write(0).values()].flatMap((values) => [...values]);
    device.scope(() => source.loss().backward());
    optimiser.step();
    const norm = Math.hypot(...gradients);
    const [factor, measured] = await optimiser.clipping!.readFloats();
    expect(measured! / norm).toBeCloseTo(1, 5);
    expect(factor! / (5 / norm)).toBeCloseTo(1, 5);
  });

  test('must exist: a step without a backward pass is refused', () => {
    const { source, optimiser } = once();
    expect(() => optimiser.step()).toThrow(/^step: no backward pass has reached a parameter/);
    device.scope(() => source.loss().backward());
    optimiser.step();
    expect(() => optimiser.step()).toThrow(/no backward pass/);
  });
});

describe('wrong options and states', () => {
  const { parameters } = new GradientSource(device);

  test.each<[string, () => unknown, RegExp]>([
    ['a negative rate', () => new SGD(parameters, { learningRate: -1 }), /^SGD: learningRate.*-1/],
    [
      'a rate that is not a number',
      () => {
        new SGD(parameters, { learningRate: 1 }).learningRate = Number.NaN;
      },
      /learningRate.*NaN/,
    ],
    [
      'a momentum of 1',
      () => new SGD(parameters, { learningRate: 1, momentum: 1 }),
      /momentum.*below 1, not 1/,
    ],
    ['a negative decay', () => new SGD(parameters, { learningRate: 1, weightDecay: -1 }), /weightDecay.*-1/],
    [
      'a norm of zero',
      () => new Adam(parameters, { learningRate: 1, clipNorm: 0 }),
      /^Adam: clipNorm.*not 0/,
    ],
    [
      'a beta of 1',
      () => new Adam(parameters, { learningRate: 1, betas: [0.9, 1] }),
      /second of betas.*not 1/,
    ],
    ['an epsilon of 0', () => new Adam(parameters, { learningRate: 1, epsilon: 0 }), /epsilon.*not 0/],
  ])('%s', (_, wrong, message) => {
    expect(wrong).toThrow(message);
  });

  test('a state that lacks, adds or resizes an array changes nothing', async () => {
    const optimiser = new Adam(parameters, { learningRate: 1 });
    const state = await optimiser.state();
    expect([...state.keys()].sort().slice(0, 3)).toEqual([
      'bias.firstMoment',
      'bias.secondMoment',
      'biasCorrection',
    ]);
    const changed = (change: (copy: typeof state) => void) => {
      const copy = new Map([...state].map(([name, values]) => [name, values.map(() => 1)]));
      change(copy);
      return () => optimiser.restore(copy);
    };
    expect(changed((copy) => copy.delete('slope.secondMoment'))).toThrow(/lacks slope\.secondMoment/);
    expect(changed((copy) => copy.set('other', new Float32Array(1)))).toThrow(/other is unknown/);
    expect(changed((copy) => copy.set('bias.firstMoment', new Float32Array(3)))).toThrow(
      /bias\.firstMoment has 3 values, not 64/,
    );
    expect(await optimiser.state()).toEqual(state);
  });
});

test('an optimiser keeps as much memory as what is trained takes for each number that it keeps of a weight', () => {
  const { parameters } = new GradientSource(device);
  const bytesOf = (optimiser: Optimiser): number => {
    const { bytes } = optimiser;
    optimiser.dispose();
    return bytes;
  };
  expect(parameters.gradientBytes).toBeLessThan(parameters.bytes);
  expect(bytesOf(new SGD(parameters, { learningRate: 0.1 }))).toBe(parameters.gradientBytes);
  expect(bytesOf(new Adam(parameters, { learningRate: 0.1 }))).toBe(2 * parameters.gradientBytes);
  expect(bytesOf(new AdamW(parameters, { learningRate: 0.1 }))).toBe(2 * parameters.gradientBytes);
});

describe('a state from before something was frozen, or set free', () => {
  const optimiserOf = (frozen: readonly string[]) =>
    new Adam(
      new GradientSource(
        device,
        declarations.map((one) => ({ ...one, frozen: frozen.includes(one.name) })),
      ).parameters,
      { learningRate: 1 },
    );
  const ones = async (optimiser: Optimiser) =>
    new Map([...(await optimiser.state())].map(([name, values]) => [name, values.map(() => 1)]));

  test('of what is frozen now it is left out, as of versions that kept zeros for it', async () => {
    const all = await ones(optimiserOf([]));
    const part = optimiserOf(['bias', 'frozen']);
    part.restore(all);
    const kept = [...all].filter(([name]) => !/^(bias|frozen)\./.test(name));
    expect(new Map(await part.state())).toEqual(new Map(kept));
    expect(() => part.restore(new Map([...all, ['bias.velocity', new Float32Array(64)]]))).toThrow(
      'bias.velocity is unknown',
    );
  });

  test('what was frozen begins at rest', async () => {
    const part = await ones(optimiserOf(['bias', 'frozen']));
    const all = optimiserOf([]);
    all.restore(await ones(all));
    all.restore(part);
    const still = ['bias.firstMoment', 'bias.secondMoment', 'frozen.firstMoment', 'frozen.secondMoment'];
    for (const [name, values] of await all.state())
      expect([name, new Set(values)]).toEqual([name, new Set([still.includes(name) ? 0 : 1])]);
  });
});
