/** The recipes of the tables for either preset. */

import type { Laboratory } from '../laboratory.node.ts';
import { casiaAndLfw, disjointLfw } from './faces.ts';
import { paperSizes, quickSizes, type Recipe } from './recipe.ts';

/** Of tables 1 and 2, the mirror table and figure 8. @throws UserError where data that the full preset needs are missing */
export function comparisonRecipe({ preset, data }: Pick<Laboratory, 'preset' | 'data'>): Recipe {
  return preset === 'quick'
    ? { name: 'tables', faces: disjointLfw(data, [56, 48]), ...quickSizes }
    : { name: 'tables', faces: casiaAndLfw(data, [112, 96]), ...paperSizes };
}
