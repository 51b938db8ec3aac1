/** Trainings that several ranks do together. */

import type { Flavour } from '../../src/normface/distributed/launch-line.ts';
import type { Net } from '../../src/normface/nets/net.ts';
import type { TrainingConfigInput } from '../../src/normface/training/config/config.ts';

export interface RanksCase {
  readonly name: string;
  readonly ranks: number;
  readonly launcher: Flavour;
  readonly config: TrainingConfigInput;
  readonly classes: number;
  /** Steps of a round. */
  readonly steps: number;
  /** The case whose times these are compared with: the same with one rank. */
  readonly one: string | null;
}

/** Buckets that are small beside the net, so that several of them are on their way while the reverse pass goes on. */
const training: TrainingConfigInput = {
  net: 'small',
  batchSize: 32,
  loss: { name: 'normface' },
  ranks: { bucketMegabytes: 0.5 },
};

const people = 1334;

/** Numbers of ranks on this host, and over a link: there each host has as many. */
const counts = { here: [1, 2, 4], link: [2, 4] };

/** The same training, with the same batch, on more and more ranks. */
export function scalingCases(launcher: Flavour, where: keyof typeof counts): RanksCase[] {
  const name = (ranks: number) => `small, ${people} people, ${ranksText(ranks)}, ${launcher}`;
  return counts[where].map((ranks) => ({
    ...{ name: name(ranks), ranks, launcher, config: training, classes: people, steps: 4 },
    one: where === 'here' && ranks > 1 ? name(1) : null,
  }));
}

/** Features of 512 numbers from a net that is nothing beside the class matrix. */
const tiny: Net = {
  name: 'two-layers',
  input: [16, 16, 3],
  layers: [
    { kind: 'conv', name: 'conv1', channels: 8, kernel: 3, stride: 2, padding: 1, bias: true },
    { kind: 'prelu', name: 'prelu1' },
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc2', outputs: 512 },
  ],
};

/** Many people on four ranks, with all classes in each step and with a tenth of them. */
export function manyPeopleCases(launcher: Flavour): RanksCase[] {
  return [1, 0.1].flatMap((rate) =>
    [10_000, 100_000, 1_000_000].map((classes): RanksCase => {
      const loss = { name: 'normface' as const, ...(rate < 1 && { classSampling: { rate } }) };
      const config: TrainingConfigInput = { net: tiny, data: { imageSize: [16, 16] }, batchSize: 16, loss };
      const share = rate < 1 ? ', a tenth of them in a step' : '';
      const name = `d 512, ${classes.toLocaleString('en')} people${share}, ${ranksText(4)}, ${launcher}`;
      return { name, ranks: 4, launcher, config, classes, steps: 2, one: null };
    }),
  );
}

const ranksText = (ranks: number): string => (ranks === 1 ? '1 rank' : `${ranks} ranks`);
