/** The images that the tables train on and are judged by. */

import { UserError } from '../../../common/errors.ts';
import { type DataSources, type Faces, facesOf } from '../data-sources.node.ts';

/** The folds of LFW's pairs that judge when LFW is also what is trained on. */
const quickFolds = [6, 7, 8, 9, 10];

/** Fewer of them leave more people to train on: 978 with two images or more, where the five of `quick` leave 826. */
export const mediumFolds = [7, 8, 9, 10];

/**
 * LFW alone: its last folds judge, 600 pairs each, and everybody whom they name is left out of training. Where LFW is missing,
 * generated faces.
 */
export function disjointLfw(
  sources: DataSources,
  imageSize: [height: number, width: number],
  folds: number[] = quickFolds,
): Faces {
  const { lfw, pairs } = sources;
  if (lfw === undefined || pairs === undefined) return facesOf(sources, imageSize);
  return {
    description: `LFW without the people whom folds ${folds[0]} to 10 of its pairs name, judged by these ${(600 * folds.length).toLocaleString('en-US')} pairs`,
    generated: false,
    data: { path: lfw, pairs, excludeFolds: folds, imageSize },
    evaluation: { folds },
  };
}

/** CASIA-WebFace for training and all 6,000 pairs of LFW. @throws UserError where one of them is missing */
export function casiaAndLfw(
  { casia, lfw, pairs, folder }: DataSources,
  imageSize: [height: number, width: number],
): Faces {
  const missing = [
    ...(casia === undefined ? ['CASIA-WebFace in casia/'] : []),
    ...(lfw === undefined || pairs === undefined ? ['LFW in lfw/'] : []),
  ];
  if (casia === undefined || lfw === undefined || pairs === undefined)
    throw new UserError(
      `the full preset trains on CASIA-WebFace and is judged by LFW; ${folder} lacks ${missing.join(' and ')}`,
    );
  return {
    description: 'CASIA-WebFace, judged by the 6,000 pairs of LFW',
    generated: false,
    data: { path: casia, imageSize },
    evaluation: { data: lfw, pairs },
  };
}
