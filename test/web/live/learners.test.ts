import { beforeAll, describe, expect, test } from 'vitest';
import { degrees, type Point3, points3 } from '../../../src/common/vectors.ts';
import type { Device } from '../../../src/engine/core/tensor.ts';
import { embedderOf } from '../../../src/normface/embedding/open-embedder.ts';
import { lossBound } from '../../../src/normface/losses/bound.ts';
import { decodeSafetensors } from '../../../src/normface/training/checkpoint/safetensors.ts';
import { lossChoices } from '../../../src/web/live/choices.ts';
import { ClusterLearner } from '../../../src/web/live/cluster-learner.ts';
import { accuracy, classCentres, normalised } from '../../../src/web/live/embedding.ts';
import { drawFaces } from '../../../src/web/live/faces.ts';
import type { LiveLearner } from '../../../src/web/live/learner.ts';
import { NetLearner } from '../../../src/web/live/net-learner.ts';
import { type Pictures, rgbaOf } from '../../../src/web/live/pictures.ts';
import { defaultSetup, type Setup } from '../../../src/web/live/setup.ts';
import { testDevice } from '../../engine/open.ts';

let device: Device;
let faces: Pictures;
beforeAll(async () => {
  device = await testDevice();
  faces = await drawFaces({ people: 4, each: 24, width: 28, height: 28 });
});

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

async function train(learner: LiveLearner, steps: number, rate: number): Promise<number[]> {
  await learner.prepare();
  const losses: number[] = [];
  for (let k = 0; k < steps; k++) losses.push((await learner.step(rate)).loss);
  return losses;
}

describe('a net on generated faces', () => {
  test.each(lossChoices.map(({ name }) => name))(
    'the loss of %s falls, and its agents find their classes',
    async (loss) => {
      const setup: Setup = { ...defaultSetup('faces', loss), people: 4, batchSize: 16 };
      const learner = new NetLearner(device, faces, setup);
      const before = await learner.embed();
      const losses = await train(learner, 60, setup.learningRate);
      const after = await learner.embed();
      expect(mean(losses.slice(-10))).toBeLessThan(0.8 * mean(losses.slice(0, 5)));
      expect(after.step).toBe(60);
      expect(after.features).not.toEqual(before.features);
      expect(after.agents).not.toEqual(before.agents);
      expect(accuracy(after).training).toBeGreaterThan(0.6);
      expect(after.bias?.length).toBe(loss === 'softmax-bias' ? 4 : undefined);
      learner.dispose();
    },
  );

  test('its weights file opens as the same net, and says what it was trained on', async () => {
    const learner = new NetLearner(device, faces, { ...defaultSetup(), people: 4, batchSize: 16 });
    await train(learner, 5, 0.05);
    const { features } = await learner.embed();
    const file = decodeSafetensors(await learner.weightsFile(), 'file');
    expect(file.metadata).toMatchObject({ net: 'tiny-2d', imageSize: '28x28', step: '5', classes: '4' });
    expect(file.metadata.trainedOn).toMatch(/^generated faces/);
    const opened = await embedderOf(device, file, 'file', 4);
    const first = learner.sampleIndices.slice(0, 4);
    const embedded = await opened.embed(rgbaOf(faces, first));
    embedded.forEach((value, i) => {
      expect(value).toBeCloseTo(features[i]!, 4);
    });
    opened.dispose();
    learner.dispose();
  });

  test('in space too, and the bound of Proposition 2 comes with the loss', async () => {
    const setup: Setup = {
      ...defaultSetup('faces', 'normface'),
      people: 4,
      batchSize: 16,
      dimension: 3,
      scale: 4,
    };
    const learner = new NetLearner(device, faces, setup);
    const { loss, bound, scale } = await learner.step(setup.learningRate);
    expect([bound, scale]).toEqual([lossBound(4, 4), 4]);
    expect(loss).toBeGreaterThan(bound!);
    const { dimension, features, labels } = await learner.embed();
    expect([dimension, features.length]).toEqual([3, 3 * labels.length]);
    learner.dispose();
  });

  test('softmax may come first, and hands over what it has learnt', async () => {
    const setup: Setup = {
      ...defaultSetup('faces', 'c-contrastive'),
      people: 4,
      batchSize: 16,
      softmaxFirst: 3,
    };
    const learner = new NetLearner(device, faces, setup);
    const titles: string[] = [];
    for (let k = 0; k < 3; k++) {
      titles.push(learner.lossTitle);
      await learner.step(0.02);
    }
    const softmax = await learner.embed();
    expect(softmax.cosine).toBe(false);
    titles.push(learner.lossTitle);
    // A step of no length shows what was taken over; the batch norms' running statistics move all the same.
    await learner.step(1e-30);
    const taken = await learner.embed();
    expect(titles).toEqual(['Softmax', 'Softmax', 'Softmax', 'C-contrastive']);
    expect([taken.step, taken.cosine]).toEqual([4, true]);
    expect(taken.agents).toEqual(softmax.agents);
    const fresh = new NetLearner(device, faces, { ...setup, softmaxFirst: 0 });
    expect((await fresh.embed()).agents).not.toEqual(taken.agents);
    fresh.dispose();
    learner.dispose();
  });

  test('the same seed gives the same course, another seed another', async () => {
    const course = async (seed: number) => {
      const setup: Setup = { ...defaultSetup(), people: 4, batchSize: 16, seed };
      const learner = new NetLearner(device, faces, setup);
      const losses = await train(learner, 4, 0.05);
      learner.dispose();
      return losses;
    };
    const first = await course(1);
    expect(await course(1)).toEqual(first);
    expect(await course(2)).not.toEqual(first);
  });

  test('goes on with another device as if nothing had happened', async () => {
    const setup: Setup = { ...defaultSetup('faces', 'normface'), people: 4, batchSize: 16, softmaxFirst: 2 };
    const whole = new NetLearner(device, faces, setup);
    const expected = await train(whole, 6, 0.05);
    const moved = new NetLearner(await testDevice(), faces, setup);
    expect(await train(moved, 2, 0.05)).toEqual(expected.slice(0, 2));
    await moved.keep();
    await moved.step(0.05);
    moved.moveTo(device);
    expect(moved.steps).toBe(2);
    expect(await train(moved, 4, 0.05)).toEqual(expected.slice(2));
    expect(await moved.embed()).toEqual(await whole.embed());
    // One that was never kept begins again.
    const early = new NetLearner(await testDevice(), faces, setup);
    await early.step(0.05);
    early.moveTo(device);
    expect(await train(early, 2, 0.05)).toEqual(expected.slice(0, 2));
    for (const learner of [whole, moved, early]) learner.dispose();
  });

  test('nothing is left on the GPU', async () => {
    const buffers = new Set<GPUBuffer>();
    const create = device.gpu.createBuffer.bind(device.gpu);
    device.gpu.createBuffer = (descriptor) => {
      const buffer = create(descriptor);
      const destroy = buffer.destroy.bind(buffer);
      buffers.add(buffer);
      buffer.destroy = () => {
        buffers.delete(buffer);
        return destroy();
      };
      return buffer;
    };
    const setup: Setup = {
      ...defaultSetup('faces', 'c-contrastive'),
      people: 4,
      batchSize: 16,
      softmaxFirst: 1,
    };
    const once = async () => {
      const learner = new NetLearner(device, faces, setup);
      await train(learner, 2, 0.02);
      await learner.embed();
      const most = buffers.size;
      learner.dispose();
      return most;
    };
    // The first makes what a device keeps: constants, pooled memory, buffers for reading back.
    await once();
    const kept = [buffers.size, device.memory().used];
    expect(await once()).toBeGreaterThan(buffers.size);
    expect([buffers.size, device.memory().used]).toEqual(kept);
    device.gpu.createBuffer = create;
  });
});

test('clusters go on with another device as well', async () => {
  const setup: Setup = { ...defaultSetup('clusters', 'c-contrastive'), seed: 6 };
  const whole = new ClusterLearner(device, setup);
  const expected = await train(whole, 6, 0.05);
  const moved = new ClusterLearner(await testDevice(), setup);
  await train(moved, 3, 0.05);
  await moved.keep();
  await moved.step(0.05);
  moved.moveTo(device);
  expect([moved.steps, await train(moved, 3, 0.05)]).toEqual([3, expected.slice(3)]);
  whole.dispose();
  moved.dispose();
});

describe('the clusters of Figure 6', () => {
  const walk = async (margin: number) => {
    const setup: Setup = { ...defaultSetup('clusters', 'c-contrastive'), margin, seed: 6 };
    const learner = new ClusterLearner(device, setup);
    const losses = await train(learner, 100, setup.learningRate);
    const embedding = await learner.embed();
    learner.dispose();
    const centres = points3(classCentres(embedding)) as [Point3, Point3];
    const agents = points3(normalised(embedding.agents, 3)) as [Point3, Point3];
    return { losses, centres, agents, embedding };
  };

  test('without a margin the agents come to the centres, with one they go beyond', async () => {
    const [centred, pushed] = [await walk(0), await walk(1)];
    for (const k of [0, 1] as const) expect(degrees(centred.agents[k], centred.centres[k])).toBeLessThan(1.5);
    const between = ([a, b]: [Point3, Point3]) => degrees(a, b);
    expect(between(pushed.agents)).toBeGreaterThan(between(pushed.centres) + 5);
    expect(pushed.losses.at(-1)).toBeLessThan(pushed.losses[0]!);
  });

  test.each(lossChoices.map(({ name }) => name))('%s moves agents alone', async (loss) => {
    const setup: Setup = { ...defaultSetup('clusters', loss), seed: 6 };
    const learner = new ClusterLearner(device, setup);
    const before = await learner.embed();
    const losses = await train(learner, 50, 0.05);
    const after = await learner.embed();
    expect(after.features).toEqual(before.features);
    expect(after.agents).not.toEqual(before.agents);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    learner.dispose();
  });
});
