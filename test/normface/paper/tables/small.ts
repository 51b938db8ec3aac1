import type { Faces } from '../../../../src/normface/paper/data-sources.node.ts';
import { quickSizes, type Recipe } from '../../../../src/normface/paper/tables/recipe.ts';

export const smallFaces: Faces = {
  description: 'generated faces of 6 people',
  generated: true,
  data: { path: 'generated:identities=6,samples=4,seed=1', imageSize: [16, 16] },
  evaluation: { data: 'generated:identities=40,samples=3,seed=1,first=6', pairsPerFold: 6 },
};

/** Everything as small as it still runs. */
export const smallRecipe: Recipe = {
  ...quickSizes,
  name: 'small',
  faces: smallFaces,
  baseline: { batchSize: 8, steps: 4, learningRate: 0.05 },
  fineTune: { batchSize: 8, steps: 4, learningRate: 0.01 },
};
