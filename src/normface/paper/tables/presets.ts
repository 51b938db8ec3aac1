/** The recipes of the tables for either preset. */

import type { ExperimentRunner } from '../experiment-runner.node.ts';
import { casiaAndLfw, disjointLfw, mediumFolds } from './faces.ts';
import { lightMediumSizes, mediumSizes } from './medium-sizes.ts';
import { lightPaperSizes, lightQuickSizes, paperSizes, quickSizes, type Recipe } from './recipe.ts';

/** Of tables 1 and 2, the mirror table and figure 8. @throws UserError where data that the full preset needs are missing */
export function comparisonRecipe({ preset, data }: Pick<ExperimentRunner, 'preset' | 'data'>): Recipe {
  if (preset === 'quick') return { name: 'tables', faces: disjointLfw(data, [56, 48]), ...quickSizes };
  if (preset === 'medium')
    return { name: 'tables', faces: disjointLfw(data, [56, 48], mediumFolds), ...mediumSizes };
  return { name: 'tables', faces: casiaAndLfw(data, [112, 96]), ...paperSizes };
}

/** Of Table 4. @throws UserError where data that the full preset needs are missing */
export function lightRecipe({ preset, data }: Pick<ExperimentRunner, 'preset' | 'data'>): Recipe {
  if (preset === 'quick') return { name: 'light', faces: disjointLfw(data, [56, 48]), ...lightQuickSizes };
  if (preset === 'medium')
    return { name: 'light', faces: disjointLfw(data, [64, 64], mediumFolds), ...lightMediumSizes };
  const faces = casiaAndLfw(data, [144, 144]);
  return {
    name: 'light',
    faces: { ...faces, data: { ...faces.data, cropSize: [128, 128] } },
    ...lightPaperSizes,
  };
}
