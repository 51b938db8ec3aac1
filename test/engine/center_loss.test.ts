import { expect, test } from 'vitest';
import { centerReference } from '../../src/engine/ops/heads/center_loss.reference.ts';
import { type CenterOptions, centerHead } from '../../src/engine/ops/heads/center_loss.ts';
import { headInputs } from '../../src/engine/ops/heads/class_head.ts';
import { rowOf, scoreMatrix } from '../../src/engine/ops/heads/class_scores.reference.ts';
import { readStatistics } from '../../src/engine/ops/heads/statistics.ts';
import { sampleInput } from '../../src/engine/testing/sample.ts';
import { testDevice } from './open.ts';

const device = await testDevice();

interface Batch {
  readonly features: ArrayLike<number>;
  readonly centers: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
}

async function evaluate({ features, centers, labels }: Batch, options: CenterOptions) {
  return device.scope(async () => {
    const d = features.length / labels.length;
    const f = device.tensor(features, [labels.length, d]).requireGradient();
    const c = device.tensor(centers, [centers.length / d, d]);
    const { loss, statistics } = centerHead(f, c, device.tensor(labels, [labels.length], 'u32'), options);
    loss.backward();
    return {
      loss: await loss.item(),
      statistics: await readStatistics(statistics),
      gradient: [...(await f.gradient!.readFloats())],
      centers: [...(await c.readFloats())],
    };
  });
}

test('three samples by hand', async () => {
  const batch = { features: [1, 0, 0, 2, 3, 0], centers: [0, 0, 1, 1, 0.3, -5], labels: [0, 0, 1] };
  const found = await evaluate(batch, { normalise: false });
  expect(found.loss).toBeCloseTo((1 + 4 + (4 + 1)) / 6, 6);
  // (x − c)/3, of the centers before they move.
  [1, 0, 0, 2, 2, -1].forEach((value, i) => {
    expect(found.gradient[i]).toBeCloseTo(value / 3, 6);
  });
  // ½·(1, 2)/(1 + 2) and ½·(2, −1)/(1 + 1); the third class does not occur.
  const moved = [1 / 6, 1 / 3, 1.5, 0.75, Math.fround(0.3), -5];
  moved.forEach((value, i) => {
    expect(found.centers[i]).toBeCloseTo(value, 6);
  });
  expect(found.centers.slice(4)).toEqual(moved.slice(4));
});

const [n, classes, d] = [70, 40, 13];
const [features, centers, labels] = headInputs(n, classes, d).map((spec, i) => sampleInput(spec, 500 + i));
// Class 3 has a dozen samples, apart from each other; 39 has none.
labels!.data.forEach((label, i) => {
  if (i % 6 === 1) labels!.data[i] = 3;
  else if (label === 39) labels!.data[i] = 38;
});
const random = { features: features!.data, centers: centers!.data, labels: labels!.data };

test.each<CenterOptions>([{}, { alpha: 1 }, { alpha: 0.1, normalise: false }, { alpha: 0 }])(
  'centers move as the float64 reference says: %o',
  async (options) => {
    const expected = centerReference(features!, centers!, labels!, options);
    const found = await evaluate(random, options);
    expect(found.loss / expected.loss.data[0]!).toBeCloseTo(1, 5);
    found.centers.forEach((value, i) => {
      expect(Math.abs(value - expected.centers.data[i]!)).toBeLessThan(2e-6);
    });
    const rowsThat = (moved: boolean): number =>
      Array.from({ length: classes }, (_, j) => j).filter((j) => {
        const before = rowOf(centers!, j);
        const isSame = before.every((value, k) => value === found.centers[j * d + k]);
        return isSame !== moved;
      }).length;
    const present = new Set(labels!.data).size;
    expect(present).toBeLessThan(classes);
    expect(rowsThat(true)).toBe(options.alpha === 0 ? 0 : present);
    expect(rowsThat(false)).toBe(options.alpha === 0 ? classes : classes - present);
  },
);

test('the step of the centers changes neither loss nor gradient of the batch, by no bit', async () => {
  const [still, moving] = [await evaluate(random, { alpha: 0 }), await evaluate(random, { alpha: 0.7 })];
  expect(moving.loss).toBe(still.loss);
  expect(moving.gradient).toEqual(still.gradient);
});

test('statistics are the cosines to the own center and to the others', async () => {
  const cosines = scoreMatrix(features!, centers!);
  const own = cosines.map((row, i) => row[labels!.data[i]!]!);
  const others = cosines.flatMap((row, i) => row.filter((_, j) => j !== labels!.data[i]));
  const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  for (const normalise of [true, false]) {
    const { statistics } = await evaluate(random, { normalise });
    expect(statistics.positiveCosine).toBeCloseTo(mean(own), 5);
    expect(statistics.negativeCosine).toBeCloseTo(mean(others), 5);
    expect(statistics.entries).toBe(n);
  }
});

test('a captured step moves the centers once a run, with the bits of eager mode', async () => {
  await device.scope(async () => {
    const f = device.tensor(random.features, [n, d]).requireGradient();
    const y = device.tensor(random.labels, [n], 'u32');
    const [eager, captured] = [0, 1].map(() => device.tensor(random.centers, [classes, d])) as [
      typeof f,
      typeof f,
    ];
    const step = device.capture(() => {
      const { loss } = centerHead(f, captured, y);
      loss.backward();
      return { loss };
    });
    expect(await captured.readFloats()).toEqual(
      await device.tensor(random.centers, [classes, d]).readFloats(),
    );
    for (let run = 0; run < 3; run++) {
      const { loss } = centerHead(f, eager, y);
      step.run();
      expect(await step.outputs.loss.item()).toBe(await loss.item());
      expect(await captured.readFloats()).toEqual(await eager.readFloats());
    }
    step.dispose();
  });
});

test('centers of a fixed batch converge to the means of its classes', async () => {
  await device.scope(async () => {
    const f = device.tensor(random.features, [n, d]);
    const y = device.tensor(random.labels, [n], 'u32');
    const c = device.tensor(random.centers, [classes, d]);
    // The slowest, of one sample, keep 3/4 of their distance each time.
    for (let step = 0; step < 60; step++) centerHead(f, c, y, { normalise: false });
    const found = await c.readFloats();
    const members = [...random.labels.keys()].filter((i) => random.labels[i] === 3);
    expect(members.length).toBeGreaterThan(10);
    for (let k = 0; k < d; k++) {
      const mean = members.reduce((sum, i) => sum + random.features[i * d + k]!, 0) / members.length;
      expect(Math.abs(found[3 * d + k]! - mean)).toBeLessThan(1e-5);
    }
  });
});
