import { afterAll, describe, expect, test } from 'vitest';
import { openDevice } from '../../../src/engine/runtime/device.node.ts';
import { BatchLoader } from '../../../src/normface/data/batches/loader.node.ts';
import type { Cursor } from '../../../src/normface/data/batches/order.ts';
import { openDataset } from '../../../src/normface/data/open.node.ts';
import { CachingPool } from '../../../src/normface/training/caching-pool.node.ts';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import type { StepMetrics } from '../../../src/normface/training/loop.ts';
import { Model } from '../../../src/normface/training/model.ts';

const device = await openDevice();
const pool = new CachingPool(1);
afterAll(async () => {
  await pool.close();
  device.close();
});
const faces = await openDataset('generated:identities=6,samples=6,seed=2');

const balanced = {
  net: 'tiny',
  batchSize: 16,
  sampling: { kind: 'balanced', people: 4, images: 4 },
  augmentation: { mirror: false },
} as const;

function setUp(input: TrainingConfigInput, cursor?: Cursor) {
  const config = parseConfig({ ...balanced, ...input });
  const [height, width] = config.data.imageSize;
  const { batchSize, sampling, seed } = config;
  return {
    model: new Model(device, config, faces.identities.length),
    loader: new BatchLoader(faces, { batchSize, sampling, seed, cursor, height, width, pool }),
  };
}

/** Steps `first` to `last`. */
async function train({ model, loader }: ReturnType<typeof setUp>, first: number, last: number) {
  const course: StepMetrics[] = [];
  let cursor: Cursor | undefined;
  for (let step = first; step < last; step++) {
    const batch = await loader.next();
    cursor = batch.cursor;
    course.push(await model.step(batch, 0.01, step));
  }
  return { course, cursor: cursor! };
}

const mean = (course: StepMetrics[], of: (metrics: StepMetrics) => number): number =>
  course.reduce((sum, metrics) => sum + of(metrics), 0) / course.length;

const gap = ({ positiveCosine, negativeCosine }: StepMetrics): number => positiveCosine! - negativeCosine!;

describe('on generated faces, with balanced batches', () => {
  test.each<[string, TrainingConfigInput]>([
    [
      'softmax and center loss',
      { loss: { name: 'softmax' }, auxiliaryLoss: { name: 'center', normalise: false } },
    ],
    ['contrastive', { loss: { name: 'pair-contrastive' } }],
    ['triplet, all', { loss: { name: 'triplet', mining: 'all' } }],
    ['triplet, hardest', { loss: { name: 'triplet', mining: 'hardest' } }],
  ])('%s falls, and people come apart', async (_, config) => {
    const run = setUp(config);
    const { course } = await train(run, 0, 50);
    run.model.dispose();
    const [start, end] = [course.slice(0, 10), course.slice(-10)];
    expect(mean(end, ({ loss }) => loss)).toBeLessThan(0.7 * mean(start, ({ loss }) => loss));
    expect(mean(end, gap)).toBeGreaterThan(mean(start, gap) + 0.02);
  });

  test('center loss alone falls, and nothing keeps people apart', async () => {
    const run = setUp({ loss: { name: 'center', weight: 1 } });
    const { course } = await train(run, 0, 50);
    run.model.dispose();
    expect(course.at(-1)!.loss).toBeLessThan(0.1 * course[0]!.loss);
    expect(course.at(-1)!.positiveCosine).toBeGreaterThan(0.9);
    expect(course.at(-1)!.negativeCosine).toBeGreaterThan(0.9);
  });

  test('triplet, semi-hard: the triplets used stay as hard as they are chosen, and people come apart', async () => {
    const run = setUp({ loss: { name: 'triplet' } });
    const { course } = await train(run, 0, 50);
    run.model.dispose();
    for (const { loss } of course) expect(loss).toBeLessThan(0.2);
    expect(mean(course.slice(-10), gap)).toBeGreaterThan(2 * mean(course.slice(0, 10), gap));
  });
});

test.each<[string, TrainingConfigInput]>([
  ['center loss', { loss: { name: 'softmax' }, auxiliaryLoss: { name: 'center', normalise: false } }],
  ['triplet loss', { loss: { name: 'triplet', mining: 'hardest' } }],
])('a run with %s and balanced batches continues with the same bits', async (_, loss) => {
  const config: TrainingConfigInput = { ...loss, augmentation: { mirror: true, shift: 1 } };
  const whole = setUp(config);
  const { cursor } = await train(whole, 0, 3);
  const saved = await whole.model.snapshot();
  const rest = await train(whole, 3, 6);
  const resumed = setUp(config, cursor);
  resumed.model.restore(saved, { source: 'x', net: 'tiny' });
  expect(await train(resumed, 3, 6)).toEqual(rest);
  expect(await resumed.model.snapshot()).toEqual(await whole.model.snapshot());
  whole.model.dispose();
  resumed.model.dispose();
});
