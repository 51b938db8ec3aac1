/** What is trained, as forms and addresses say it. */

import { parseConfig, type TrainingConfig } from '../../normface/training/config/config.ts';
import { type LossName, lossChoice, lossChoices, type Scale, scales } from './choices.ts';

export const sources = ['faces', 'mnist', 'clusters'] as const;
export type SourceName = (typeof sources)[number];

export interface Setup {
  /** Generated faces, idx files, or the fixed features of two classes as in Figure 6, where agents alone are trained. */
  readonly data: SourceName;
  /** Generated people. */
  readonly people: number;
  /** Numbers of a feature. */
  readonly dimension: 2 | 3;
  readonly net: 'tiny' | 'paper';
  readonly loss: LossName;
  readonly scale: Scale;
  readonly margin: number;
  readonly learningRate: number;
  readonly batchSize: number;
  /** Steps of softmax before the loss takes over. */
  readonly softmaxFirst: number;
  readonly seed: number;
}

/** Numbers that can be set, with their limits. */
export const limits = {
  people: { least: 2, most: 10, whole: true },
  margin: { least: 0, most: 4, whole: false },
  learningRate: { least: 0.0001, most: 10, whole: false },
  batchSize: { least: 8, most: 512, whole: true },
  softmaxFirst: { least: 0, most: 1000, whole: true },
  seed: { least: 0, most: 0xffffffff, whole: true },
} as const;
export type NumberName = keyof typeof limits;

/** Names of the settings in addresses. */
const names = {
  data: 'data',
  people: 'people',
  dimension: 'd',
  net: 'net',
  loss: 'loss',
  scale: 's',
  margin: 'm',
  learningRate: 'rate',
  batchSize: 'batch',
  softmaxFirst: 'first',
  seed: 'seed',
} as const satisfies Record<keyof Setup, string>;

/** Of plain gradient steps on the mean over 200 features: fifty times that of Figure 6, whose agents start where these have yet to go. */
const clusterRate = 0.1;

/** Everything that is not said otherwise, for a source of data and a loss. */
export function defaultSetup(data: SourceName = 'faces', loss: LossName = defaultLoss(data)): Setup {
  const { scale = 10, margin, learningRate, dimension = 2 } = lossChoice(loss);
  const isFixed = data === 'clusters';
  return {
    data,
    people: 10,
    dimension: isFixed ? 3 : dimension,
    net: 'tiny',
    loss,
    scale,
    margin: margin?.initial ?? 0,
    learningRate: isFixed ? clusterRate : learningRate,
    batchSize: 64,
    softmaxFirst: 0,
    seed: 1,
  };
}

function defaultLoss(data: SourceName): LossName {
  return data === 'clusters' ? 'c-contrastive' : 'normface';
}

/** Whether a number can be the value of a setting. */
export function isWithin(name: NumberName, value: number): boolean {
  const { least, most, whole } = limits[name];
  return value >= least && value <= most && (!whole || Number.isInteger(value));
}

/** The set-up of an address, with a sentence for each value that cannot be used; its default takes the place of it. */
export function readSetup(parameters: URLSearchParams): { setup: Setup; problems: string[] } {
  const problems: string[] = [];
  const choose = <T extends string>(key: string, among: readonly T[], otherwise: T): T => {
    const value = parameters.get(key);
    if (value === null) return otherwise;
    const found = among.find((one) => one === value);
    if (found !== undefined) return found;
    problems.push(`${key} in the address must be one of ${among.join(', ')}, not "${value}"`);
    return otherwise;
  };
  const data = choose(names.data, sources, 'faces');
  const lossNames = lossChoices.map(({ name }) => name);
  const defaults = defaultSetup(data, choose(names.loss, lossNames, defaultLoss(data)));
  const number = (name: NumberName): number => {
    const text = parameters.get(names[name]);
    if (text === null) return defaults[name];
    const value = Number(text);
    if (text.trim() !== '' && isWithin(name, value)) return value;
    const { least, most, whole } = limits[name];
    const kind = whole ? 'a whole number' : 'a number';
    problems.push(`${names[name]} in the address must be ${kind} from ${least} to ${most}, not "${text}"`);
    return defaults[name];
  };
  const scale = choose(names.scale, scales.map(String), String(defaults.scale));
  const dimension = choose(names.dimension, ['2', '3'], String(defaults.dimension));
  const setup: Setup = {
    ...defaults,
    people: number('people'),
    dimension: dimension === '3' ? 3 : 2,
    net: choose(names.net, ['tiny', 'paper'], defaults.net),
    scale: scale === 'learnt' ? scale : Number(scale),
    margin: number('margin'),
    learningRate: number('learningRate'),
    batchSize: number('batchSize'),
    softmaxFirst: number('softmaxFirst'),
    seed: number('seed'),
  };
  return { setup: consistent(setup), problems };
}

/** A set-up without what contradicts its data: the fixed features have three numbers. */
export function consistent(setup: Setup): Setup {
  return setup.data === 'clusters' ? { ...setup, dimension: 3, softmaxFirst: 0 } : setup;
}

/** An address that says what differs from the defaults. */
export function writeSetup(setup: Setup): URLSearchParams {
  const parameters = new URLSearchParams();
  const start = defaultSetup();
  const defaults = defaultSetup(setup.data, setup.loss);
  if (setup.data !== start.data) parameters.set(names.data, setup.data);
  if (setup.loss !== defaultLoss(setup.data)) parameters.set(names.loss, setup.loss);
  for (const key of Object.keys(names) as (keyof Setup)[])
    if (key !== 'data' && key !== 'loss' && setup[key] !== defaults[key])
      parameters.set(names[key], String(setup[key]));
  return parameters;
}

/** Whether two set-ups differ in more than what can be changed while a training runs. */
export function needsRestart(before: Setup, after: Setup): boolean {
  return (Object.keys(names) as (keyof Setup)[]).some(
    (key) => key !== 'learningRate' && before[key] !== after[key],
  );
}

/** The net of a set-up. */
export function netName({ net, dimension }: Setup): string {
  if (net === 'tiny') return `tiny-${dimension}d`;
  return dimension === 2 ? 'mnist-lenet' : 'mnist-3d';
}

/**
 * The configuration of a training.
 * @param pictures size, and whether mirror images may be used
 * @param loss default: that of the set-up
 */
export function configOf(
  setup: Setup,
  pictures: { readonly width: number; readonly height: number; readonly mirrored: boolean },
  loss: LossName = setup.loss,
): TrainingConfig {
  return parseConfig({
    seed: setup.seed,
    net: netName(setup),
    data: { imageSize: [pictures.height, pictures.width] },
    loss: lossChoice(loss).loss(setup),
    optimiser: { learningRate: setup.learningRate },
    batchSize: setup.batchSize,
    augmentation: { mirror: pictures.mirrored },
    steps: 1,
  });
}
