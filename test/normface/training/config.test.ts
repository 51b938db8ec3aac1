import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/common/errors.ts';
import { parseConfig, type TrainingConfigInput } from '../../../src/normface/training/config/config.ts';
import {
  applyOverrides,
  canonicalJson,
  configHash,
  differingKeys,
  mergeConfig,
} from '../../../src/normface/training/config/overrides.ts';

describe('training configuration', () => {
  test('fills in every default', () => {
    const config = parseConfig({});
    expect(config.loss).toMatchObject({ name: 'softmax', bias: false, weight: 1 });
    expect(config.data.path).toBe('generated');
    expect(config.epochs).toBe(10);
    expect(config.sampling).toEqual({ kind: 'shuffled' });
    const { auxiliaryLoss } = parseConfig({ auxiliaryLoss: { name: 'center' } });
    expect(auxiliaryLoss).toEqual({ name: 'center', weight: 0.008, alpha: 0.5, normalise: true });
    expect(parseConfig(config)).toEqual(config);
  });

  test('images have the size the net was designed for, if nothing else is said', () => {
    expect(parseConfig({ net: 'mnist-3d' }).data.imageSize).toEqual([28, 28]);
    expect(parseConfig({ net: 'mnist-3d', data: { imageSize: [32, 30] } }).data.imageSize).toEqual([32, 30]);
    expect(() => parseConfig({ net: 'mnist' })).toThrow(/there is no net "mnist"; there are .*mnist-3d/);
  });

  test('the paper-time head is the default of the NormFace loss', () => {
    const { loss } = parseConfig({ loss: { name: 'normface' } });
    if (loss.name !== 'normface') throw new Error('wrong branch');
    expect(loss.scale).toEqual({
      initial: 10,
      learn: true,
      minimum: 0.01,
      learningRateMultiplier: 1,
      decayMultiplier: 1,
    });
    expect(loss.weightNormalisation).toBe('tangent');
  });

  test('without normalised features the scale is 1 and fixed unless asked for', () => {
    const scaleOf = (loss: TrainingConfigInput['loss']) => {
      const config = parseConfig({ loss });
      expect(parseConfig(config)).toEqual(config);
      return config.loss.name === 'normface' ? config.loss.scale : undefined;
    };
    const rates = { minimum: 0.01, learningRateMultiplier: 1, decayMultiplier: 1 };
    const normalise = 'weights';
    expect(scaleOf({ name: 'normface', normalise })).toEqual({ initial: 1, learn: false, ...rates });
    expect(scaleOf({ name: 'normface', normalise, scale: { learn: true, initial: 5 } })).toEqual({
      initial: 5,
      learn: true,
      ...rates,
    });
  });

  test.each([
    ['cosface', { margin: 0.35, onlyAbove: false, scale: { initial: 30, learn: false } }],
    [
      'arcface',
      { margin: 0.5, easyMargin: false, straightThrough: false, scale: { initial: 64, learn: false } },
    ],
    ['sphereface', { multiple: 4, annealing: { initial: 1000, gamma: 0.12, power: 1, minimum: 5 } }],
    ['sphereface2', { lambda: 0.7, r: 40, margin: 0.4, t: 3, gradient: 'exact', weight: 50 }],
    [
      'uniface',
      { s: 64, margin: 0.4, lambda: 1, clamped: false, weight: 1, bias: { learn: true, decayMultiplier: 1 } },
    ],
    ['adacos', { dynamic: false }],
    ['circle', { margin: 0.25, gamma: 256 }],
    ['curricularface', { margin: 0.5, momentum: 0.99, scale: { initial: 64, learn: false } }],
    ['adaface', { margin: 0.4, concentration: 0.333, alpha: 0.01, scale: { initial: 64, learn: false } }],
    [
      'magface',
      { leastMargin: 0.45, mostMargin: 0.8, leastNorm: 10, mostNorm: 110, lambda: 35, easyMargin: true },
    ],
    ['elasticface', { form: 'arc', margin: 0.5, deviation: 0.05, assignment: 'random', clamped: false }],
  ] as const)('the defaults of %s are those of its authors', (name, settings) => {
    const { loss } = parseConfig({ loss: { name } });
    expect(loss).toMatchObject({ dropout: 0, weightNormalisation: 'tangent', ...settings });
  });

  const wrong: [title: string, input: unknown, sentence: RegExp][] = [
    ['unknown key', { lr: 1 }, /unknown key "lr", did you mean "optimiser.learningRate"\?/],
    [
      'nested unknown key',
      { loss: { name: 'normface', scale: { inital: 3 } } },
      /did you mean "loss.scale.initial"/,
    ],
    ['other spelling', { batch_size: 3 }, /unknown key "batch_size", did you mean "batchSize"\?/],
    ['unknown without likeness', { zzzzzzzz: 3 }, /unknown key "zzzzzzzz"$/],
    [
      'key of another loss',
      { loss: { name: 'softmax', scale: {} } },
      /the loss "[a-z0-9]+" has no option "scale"; name one that has it as loss.name: .*cosface/,
    ],
    ["AdaFace's h", { loss: { name: 'adaface', h: 0.3 } }, /"loss.h", did you mean "loss.concentration"\?/],
    ["MagFace's l_a", { loss: { name: 'magface', l_a: 9 } }, /"loss.l_a", did you mean "loss.leastNorm"\?/],
    ["ElasticFace's std", { loss: { name: 'elasticface', std: 1 } }, /did you mean "loss.deviation"\?/],
    ['a letter that is near all others', { loss: { name: 'adaface', q: 1 } }, /unknown key "loss.q"$/],
    ['unknown loss', { loss: { name: 'normfase' } }, /did you mean "normface"/],
    [
      'negatives rescaled with the exact gradient',
      { loss: { name: 'c-contrastive', normalizeNegative: 1 } },
      /normalizeNegative rescales gradients, which needs gradient "caffe"/,
    ],
    [
      'loss without name',
      { loss: {} },
      /loss.name is missing: give one of softmax, normface, c-contrastive, c-triplet, cosface, arcface, sphereface, /,
    ],
    [
      'class sampling of a loss that is no softmax',
      { loss: { name: 'sphereface2', classSampling: { rate: 0.1 } } },
      /the loss "[a-z0-9]+" has no option "classSampling"; name one that has it as loss.name: .*cosface/,
    ],
    [
      'smoothed labels of a loss that is no softmax',
      { loss: { name: 'c-triplet', labelSmoothing: 0.1 } },
      /the loss "c-triplet" has no option "labelSmoothing"; name one that has it as loss.name: softmax, normface, cosface/,
    ],
    [
      'labels that are all smooth',
      { loss: { name: 'softmax', labelSmoothing: 1 } },
      /labelSmoothing is 1, expected less than 1/,
    ],
    [
      'lengths out of order',
      { loss: { name: 'magface', leastNorm: 110 } },
      /leastNorm 110 must be below mostNorm 110/,
    ],
    [
      'margins out of order',
      { loss: { name: 'magface', leastMargin: 0.9 } },
      /leastMargin 0.9 must not be above mostMargin 0.8/,
    ],
    ['a share above one', { loss: { name: 'adaface', alpha: 2 } }, /loss.alpha is 2, expected at most 1/],
    [
      'no classes',
      { loss: { name: 'cosface', classSampling: { rate: 0 } } },
      /rate is 0, expected more than 0/,
    ],
    ['all dropped', { loss: { name: 'c-triplet', dropout: 1 } }, /loss.dropout is 1, expected less than 1/],
    [
      'weights normalised and not',
      { loss: { name: 'normface', normalise: 'features', weightNormalisation: 'hard' } },
      /normalise "features" leaves the class weights as they are/,
    ],
    [
      'scale of another loss',
      { loss: { name: 'circle', scale: { initial: 3 } } },
      /the loss "[a-z0-9]+" has no option "scale"; name one that has it as loss.name: .*cosface/,
    ],
    [
      'an infinite number',
      { epochs: Number.POSITIVE_INFINITY },
      /epochs is Infinity, expected a finite number/,
    ],
    ['text for a number', { batchSize: '64' }, /batchSize is "64", expected a number/],
    ['fraction for a count', { batchSize: 0.5 }, /batchSize is 0.5, expected a whole number/],
    ['too small', { batchSize: 0 }, /batchSize is 0, expected at least 1/],
    ['not positive', { optimiser: { learningRate: 0 } }, /learningRate is 0, expected more than 0/],
    [
      'Nesterov without momentum',
      { optimiser: { nesterov: true, momentum: 0 } },
      /nesterov is for sgd with a momentum above 0/,
    ],
    ['Nesterov with Adam', { optimiser: { nesterov: true, name: 'adam' } }, /nesterov is for sgd/],
    ['momentum of one', { optimiser: { momentum: 1 } }, /momentum is 1, expected at most/],
    [
      'choice',
      { schedule: { kind: 'linear' } },
      /expected one of constant, step, multistep, cosine, polynomial/,
    ],
    ['image size', { data: { imageSize: [48] } }, /imageSize is \[48\], expected 2 values/],
    [
      'a crop larger than the image',
      { data: { cropSize: [58, 48] } },
      /data.cropSize 58×48 is larger than data.imageSize 56×48/,
    ],
    [
      'a shift of random crops',
      { data: { cropSize: [48, 48] }, augmentation: { shift: 1 } },
      /set augmentation.randomCrop to false/,
    ],
    [
      'a range that falls',
      { augmentation: { crop: { area: [0.5, 0.2] } } },
      /augmentation.crop.area is \[0.5,0.2\]: expected the smaller number first/,
    ],
    [
      'one number for a range',
      { augmentation: { crop: { area: 0.5 } } },
      /augmentation.crop.area is 0.5, expected a list/,
    ],
    [
      'a probability above 1',
      { augmentation: { lowResolution: { probability: 2 } } },
      /augmentation.lowResolution.probability is 2, expected at most 1/,
    ],
    [
      'a cover that is no level',
      { augmentation: { erase: { fill: 'mean' } } },
      /augmentation.erase.fill is "mean": expected random, or a whole number from 0 to 255/,
    ],
    [
      'a change by its name elsewhere',
      { augmentation: { cutout: {} } },
      /unknown key "augmentation.cutout", did you mean "augmentation.erase"/,
    ],
    ['name that is a path', { name: '../x' }, /name is "..\/x": use letters/],
    ['a list', [], /expected an object/],
    ['folds without pairs', { data: { path: 'x', excludeFolds: [1] } }, /excludeFolds needs data.pairs/],
    [
      'nothing to evaluate on',
      { evaluation: { everySteps: 5 } },
      /evaluation.everySteps needs evaluation.data/,
    ],
    ['half a held-out fold', { evaluation: { testFold: 1, data: 'x' } }, /belong together/],
    ['one fold for both', { evaluation: { testFold: 1, thresholdFold: 1, data: 'x' } }, /are both 1/],
    [
      'test people in training',
      { data: { pairs: 'p', excludeFolds: [9] }, evaluation: { thresholdFold: 9, testFold: 10 } },
      /fold 10 is used in the evaluation but its people are in training/,
    ],
    [
      'test people of several folds in training',
      { data: { pairs: 'p', excludeFolds: [8, 9] }, evaluation: { folds: [8, 9, 10] } },
      /fold 10 is used in the evaluation but its people are in training/,
    ],
    ['a single fold', { evaluation: { folds: [9], data: 'x' } }, /folds is \[9\], expected 2 values/],
    [
      'two choices of folds',
      { evaluation: { folds: [1, 2], testFold: 1, thresholdFold: 2, data: 'x' } },
      /both say which folds to look at/,
    ],
    ['two lengths', { epochs: 1, steps: 1 }, /either epochs or steps/],
    ['no milestones', { schedule: { kind: 'multistep' } }, /needs schedule.milestones/],
    ['milestones fall', { schedule: { kind: 'multistep', milestones: [0.8, 0.5] } }, /must increase/],
    [
      'unknown sampling',
      { sampling: { kind: 'even' } },
      /sampling.kind is "even", expected one of shuffled, balanced/,
    ],
    ['half a sampling', { sampling: { kind: 'balanced', people: 4 } }, /sampling.images is missing/],
    [
      'people of a shuffled sampling',
      { sampling: { kind: 'shuffled', people: 4 } },
      /"sampling.people" does not belong to this sampling/,
    ],
    [
      'sampling of another batch size',
      { batchSize: 64, sampling: { kind: 'balanced', people: 16, images: 5 } },
      /16 people with 5 images each makes batches of 80 images, but batchSize is 64$/,
    ],
    [
      'a batch without pairs',
      { batchSize: 1, loss: { name: 'triplet' } },
      /the loss triplet needs a batchSize from 2 to 2048, not 1$/,
    ],
    [
      'a batch of a pair and a half',
      { batchSize: 3, auxiliaryLoss: { name: 'pair-contrastive', pairs: 'adjacent' } },
      /pairs "adjacent" needs an even batchSize, not 3$/,
    ],
    [
      'pairs of one person only',
      {
        batchSize: 8,
        loss: { name: 'pair-contrastive', pairs: 'adjacent' },
        sampling: { kind: 'balanced', people: 2, images: 4 },
      },
      /never meets two people: make sampling.images odd$/,
    ],
    ['an empty pattern', { freeze: [''] }, /freeze\.0 is empty/],
    [
      'a rate of a parameter that is below zero',
      { parameters: [{ match: 'conv*', learningRateMultiplier: -1 }] },
      /parameters\.0\.learningRateMultiplier is -1, expected at least 0/,
    ],
    ['a rate of no parameter', { parameters: [{ decayMultiplier: 0 }] }, /parameters\.0\.match is missing/],
    [
      'a key that a rate of a parameter does not have',
      { parameters: [{ match: 'conv*', decay: 0 }] },
      /unknown key "parameters\.0\.decay"/,
    ],
    ['checkpoint to start from', { initialise: {} }, /initialise.from is missing/],
  ];
  test.each(wrong)('%s', (_, input, sentence) => {
    const attempt = () => parseConfig(input, 'x.json');
    expect(attempt).toThrow(UsageError);
    expect(attempt).toThrow(sentence);
    expect(attempt).toThrow(/^x\.json: [^\n]+$/);
  });
});

describe('--set', () => {
  test('reads JSON and text, reaches into groups, removes with null', () => {
    const base = { net: 'small', data: { path: 'a', strict: true } };
    const set = applyOverrides(base, [
      'data.path=b c',
      'seed=7',
      'data.imageSize=[64,64]',
      'data.strict=null',
      'x=a=b',
    ]);
    expect(set).toEqual({ net: 'small', data: { path: 'b c', imageSize: [64, 64] }, seed: 7, x: 'a=b' });
    expect(base.data).toEqual({ path: 'a', strict: true });
  });

  test.each([
    ['seed', /write key=value/],
    ['=3', /write key=value/],
    ['a..b=3', /empty or forbidden part/],
    ['__proto__.x=3', /empty or forbidden part/],
    ['net.x=3', /"net" holds a value/],
  ])('refuses %s', (assignment, sentence) => {
    expect(() => applyOverrides({ net: 'small' }, [assignment])).toThrow(sentence);
  });

  test('a key of more parts than any setting has is refused, however many', () => {
    for (const parts of [17, 60_000])
      expect(() => applyOverrides({}, [`${'a.'.repeat(parts - 1)}b=1`])).toThrow(
        `the key has ${parts} parts; no setting has more than 16`,
      );
  });

  test('later layers win key by key', () => {
    const merged = mergeConfig({ a: { b: 1, c: [1, 2] }, d: 1 }, { a: { c: [3] }, e: 2 });
    expect(merged).toEqual({ a: { b: 1, c: [3] }, d: 1, e: 2 });
  });
});

describe('comparison of settings', () => {
  test('the hash ignores the order of keys and where a run is kept, not what decides its numbers', () => {
    const hash = configHash(parseConfig({ seed: 3, batchSize: 8 }));
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect(configHash(parseConfig({ batchSize: 8, seed: 3, name: 'other', output: 'x' }))).toBe(hash);
    expect(configHash(parseConfig({ seed: 4, batchSize: 8 }))).not.toBe(hash);
    expect(canonicalJson({ b: 1, a: [{ d: null, c: 'x' }] })).toBe('{"a":[{"c":"x","d":null}],"b":1}');
  });

  test('names the keys that differ', () => {
    const a = { net: 'small', loss: { name: 'softmax' }, data: { imageSize: [1, 2] } };
    const b = { net: 'small', loss: { name: 'normface', weight: 1 }, data: { imageSize: [1, 3] } };
    expect(differingKeys(a, b)).toEqual(['data.imageSize', 'loss.name', 'loss.weight']);
  });
});
