/** Where the data sets of the experiments are, and what takes the place of those that are not there. */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../common/errors.ts';
import type { TrainingConfigInput } from '../training/config/config.ts';

/** Paths of the data sets that were found below one folder. */
export interface DataSources {
  readonly folder: string;
  /** LFW, aligned, as one `.tar` or as a folder of people. */
  readonly lfw?: string;
  /** The ten folds of 6,000 pairs of LFW. */
  readonly pairs?: string;
  /** Splits of the BLUFR protocol, a MATLAB file. */
  readonly blufr?: string;
  /** Folder of the idx files of MNIST. */
  readonly mnist?: string;
  /** CASIA-WebFace, a folder of people. */
  readonly casia?: string;
  /** YouTube Faces, a folder of people. */
  readonly ytf?: string;
}

const layout = {
  lfw: ['lfw/lfw-112x96.tar', 'lfw/lfw-112x96'],
  pairs: ['lfw/pairs.txt'],
  blufr: ['lfw/blufr/blufr_lfw_config.mat'],
  mnist: ['mnist'],
  casia: ['casia'],
  ytf: ['ytf'],
} as const;

/**
 * Looks for the data sets.
 * @param folder by default the environment's NORMFACE_DATA, else `../shared/data`
 * @throws UserError when a folder that was named is not there
 */
export function findDataSources(folder?: string): DataSources {
  const named = folder ?? process.env.NORMFACE_DATA;
  if (named !== undefined && !fs.existsSync(named)) throw new UserError(`there is no data folder ${named}`);
  const root = path.resolve(named ?? '../shared/data');
  const found = Object.entries(layout).map(([name, places]) => [
    name,
    places.map((place) => path.join(root, place)).find((place) => fs.existsSync(place)),
  ]);
  return { folder: root, ...Object.fromEntries(found) };
}

/** Faces to train on and other people to evaluate on. */
export interface Faces {
  /** What they are, for the text of an experiment. */
  readonly description: string;
  /** Whether they are generated because LFW is missing. */
  readonly generated: boolean;
  readonly data: NonNullable<TrainingConfigInput['data']>;
  readonly evaluation: NonNullable<TrainingConfigInput['evaluation']>;
}

/**
 * LFW with the people of its folds 9 and 10 kept out of training, fold 9 for the threshold and fold 10 for the test; where LFW is
 * missing, generated faces of 160 people and ten folds of pairs of 100 others.
 */
export function facesOf({ lfw, pairs }: DataSources, imageSize: [height: number, width: number]): Faces {
  if (lfw !== undefined && pairs !== undefined)
    return {
      description: 'LFW without the people of folds 9 and 10',
      generated: false,
      data: { path: lfw, pairs, excludeFolds: [9, 10], imageSize },
      evaluation: { thresholdFold: 9, testFold: 10 },
    };
  return {
    description: 'generated faces of 160 people, because LFW was not found',
    generated: true,
    data: { path: 'generated:identities=160,samples=16,seed=1', imageSize },
    evaluation: { data: 'generated:identities=100,samples=8,seed=1,first=160', pairsPerFold: 100 },
  };
}
