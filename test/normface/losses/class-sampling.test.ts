/** Class sampling: which classes are drawn, and what a step with a part of them does to the rest. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Device } from '../../../src/engine/core/tensor.ts';
import { openDevice } from '../../../src/engine/runtime/device.node.ts';
import { drawClasses } from '../../../src/normface/losses/draw-classes.ts';
import type { TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import type { Model } from '../../../src/normface/training/model.ts';
import { batch, tinyModel } from '../training/tiny.ts';

describe('the drawn classes', () => {
  const labels = Uint32Array.of(17, 3, 17, 98, 3);
  const of = (wanted: number, step = 0, seed = 1, stream = 2) =>
    drawClasses(labels, { classes: 100, wanted, seed, stream }, step);

  test('are those of the batch and others, each once and in order', () => {
    for (let step = 0; step < 20; step++) {
      const classes = of(10, step);
      expect(classes.length).toBe(10);
      expect([...classes]).toEqual([...new Set(classes)].sort((a, b) => a - b));
      for (const label of labels) expect(classes).toContain(label);
    }
  });

  test('are those of the batch alone where these are more', () => {
    for (const wanted of [0, 2, 3]) expect([...of(wanted)]).toEqual([3, 17, 98]);
  });

  test('can be all', () => {
    expect([...of(100)]).toEqual(Array.from({ length: 100 }, (_, j) => j));
  });

  test('follow from seed, stream and step', () => {
    expect(of(10)).toEqual(of(10));
    for (const other of [of(10, 1), of(10, 0, 2), of(10, 0, 1, 3)]) expect(other).not.toEqual(of(10));
  });

  test('are as likely as each other', () => {
    const counts = new Array<number>(100).fill(0);
    for (let step = 0; step < 2000; step++) for (const j of of(13, step)) counts[j]!++;
    for (const [j, count] of counts.entries()) {
      if (labels.includes(j)) expect(count).toBe(2000);
      // 10 of 97: the mean is 206, six standard deviations 82.
      else expect(Math.abs(count - 206)).toBeLessThan(82);
    }
  });
});

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});
afterAll(() => device.close());

type LossInput = NonNullable<TrainingConfigInput['loss']>;

/** Rows of a parameter and of what the optimiser keeps for it. */
async function rowsOf(model: Model, name: string): Promise<Map<string, number[][]>> {
  const { weights, optimiser } = await model.snapshot();
  const stored = [...weights, ...optimiser].filter(
    ([key]) => key === name || (key.startsWith(`${name}.`) && !key.includes('chosen')),
  );
  const [count] = weights.get(name)!.shape;
  return new Map(
    stored.map(([key, { data }]) => {
      const columns = data.length / count!;
      const all = Array.from(data as Float32Array);
      return [key, Array.from({ length: count! }, (_, j) => all.slice(j * columns, (j + 1) * columns))];
    }),
  );
}

describe('a step', () => {
  const people = 30;
  const optimisers: TrainingConfigInput['optimiser'][] = [
    { name: 'sgd', weightDecay: 0.01 },
    { name: 'adamw', learningRate: 0.001 },
  ];

  test.each(optimisers)('changes rows of its classes, and no others: %o', async (optimiser) => {
    const loss: LossInput = { name: 'softmax', bias: true, classSampling: { rate: 0.4 } };
    const model = tinyModel(device, { loss, optimiser }, people);
    for (let step = 0; step < 3; step++) {
      const before = [await rowsOf(model, 'loss.weight'), await rowsOf(model, 'loss.bias')];
      await model.step(batch, 0.01, step);
      const after = [await rowsOf(model, 'loss.weight'), await rowsOf(model, 'loss.bias')];
      before.forEach((parameter, i) => {
        expect(parameter.size).toBe(optimiser?.name === 'sgd' ? 2 : 3);
        const changed = [...parameter].map(([key, rows]) =>
          rows.flatMap((row, j) => (row.some((x, k) => x !== after[i]!.get(key)![j]![k]) ? [j] : [])),
        );
        // 12 of 30, those of the batch among them; values and state of the same.
        for (const classes of changed) expect(classes).toEqual(changed[0]);
        expect(changed[0]!.length).toBe(12);
        expect(changed[0]!.slice(0, 4)).toEqual([0, 1, 2, 3]);
      });
    }
    model.dispose();
  });

  test('with all classes is the same bit for bit as without sampling', async () => {
    const losses: LossInput[] = [
      { name: 'softmax', bias: true },
      { name: 'cosface', weightNormalisation: 'hard' },
      { name: 'adacos', dynamic: true },
    ];
    for (const loss of losses) {
      for (const optimiser of optimisers) {
        // The classes of the batch are all four; a rate of 1 is no sampling at all.
        const models = [undefined, { rate: 0.3 }, { rate: 1 }].map((classSampling) =>
          tinyModel(device, { loss: { ...loss, classSampling } as LossInput, optimiser }),
        );
        const courses = [];
        for (const model of models) {
          const losses = [];
          for (let step = 0; step < 4; step++) losses.push((await model.step(batch, 0.01, step)).loss);
          courses.push({ losses, weight: await rowsOf(model, 'loss.weight') });
          model.dispose();
        }
        expect(courses[1]).toEqual(courses[0]);
        expect(courses[2]).toEqual(courses[0]);
      }
    }
  });

  test('checkpoints and the count of parameters do not know the rows of a step', async () => {
    const count = (classSampling?: { rate: number }) => {
      const model = tinyModel(device, { loss: { name: 'normface', classSampling } }, people);
      const { parameterCount } = model;
      return { model, parameterCount };
    };
    const [all, part] = [count(), count({ rate: 0.5 })];
    expect(part.parameterCount).toBe(all.parameterCount);
    const names = async ({ model }: typeof all) => {
      const { weights, optimiser } = await model.snapshot();
      return [[...weights.keys()].sort(), [...optimiser.keys()].sort()];
    };
    expect(await names(part)).toEqual(await names(all));
    all.model.dispose();
    part.model.dispose();
  });

  test('two losses draw classes of their own', async () => {
    const sampled = { name: 'normface', classSampling: { rate: 0.4 } } as const;
    const model = tinyModel(device, { loss: sampled, auxiliaryLoss: sampled }, people);
    const changedBy = async (name: string, before: Map<string, number[][]>) => {
      const after = (await rowsOf(model, name)).get(name)!;
      return before.get(name)!.flatMap((row, j) => (row.join() === after[j]!.join() ? [] : [j]));
    };
    const [main, auxiliary] = [await rowsOf(model, 'loss.weight'), await rowsOf(model, 'auxiliary.weight')];
    await model.step(batch, 0.01, 0);
    expect(await changedBy('loss.weight', main)).not.toEqual(await changedBy('auxiliary.weight', auxiliary));
    model.dispose();
  });
});

describe('learns one batch with a part of the classes', () => {
  const losses: LossInput['name'][] = ['softmax', 'normface', 'cosface', 'arcface', 'sphereface', 'adacos'];
  test.each(losses)('%s', async (name) => {
    const loss = { name, classSampling: { rate: 0.3 } } as LossInput;
    const model = tinyModel(device, { loss, augmentation: { mirror: false } }, 40);
    const course = [];
    for (let step = 0; step < 30; step++) course.push((await model.step(batch, 0.01, step)).loss);
    expect(course.at(-1)!).toBeLessThan(0.7 * course[0]!);
    model.dispose();
  });
});
