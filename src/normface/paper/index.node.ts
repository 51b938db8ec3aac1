/** The experiments in the order of the paper, and after them what it leaves out. */

import { UsageError } from '../../common/errors.ts';
import { suggest } from '../../common/suggest.ts';
import { convergence } from './convergence.node.ts';
import type { AnyExperiment } from './experiment.ts';
import { fig2 } from './fig2.node.ts';
import { fig3 } from './fig3.node.ts';
import { fig4 } from './fig4.node.ts';
import { fig5 } from './fig5.node.ts';
import { fig6 } from './fig6.node.ts';
import { fig7 } from './fig7.node.ts';
import { fig9 } from './fig9.node.ts';
import { baselineLength } from './tables/baseline-length.node.ts';
import { centerBaseline } from './tables/center-baseline.node.ts';
import { distances } from './tables/distances.node.ts';
import { fig8 } from './tables/fig8.node.ts';
import { margins } from './tables/margins.node.ts';
import { mirror } from './tables/mirror.node.ts';
import { norms } from './tables/norms.node.ts';
import { precision } from './tables/precision.node.ts';
import { scratch } from './tables/scratch.node.ts';
import { table1 } from './tables/table1.node.ts';
import { table2 } from './tables/table2.node.ts';
import { table3 } from './tables/table3.node.ts';
import { table4 } from './tables/table4.node.ts';
import { table5 } from './tables/table5.node.ts';

export const experiments: readonly AnyExperiment[] = [
  table1,
  fig2,
  fig3,
  fig4,
  convergence,
  fig5,
  fig6,
  fig7,
  baselineLength,
  table2,
  distances,
  centerBaseline,
  fig8,
  table3,
  table4,
  table5,
  mirror,
  fig9,
  scratch,
  norms,
  margins,
  precision,
];

/** The experiments with these names, in the given order and each once. @throws UsageError for an unknown name */
export function findExperiments(
  names: readonly string[],
  known: readonly AnyExperiment[] = experiments,
): AnyExperiment[] {
  return [...new Set(names)].map((name) => {
    const found = known.find((experiment) => experiment.name === name);
    if (found) return found;
    const all = known.map((experiment) => experiment.name);
    const guess = suggest(name, all);
    throw new UsageError(
      `there is no experiment "${name}"${guess ? `, did you mean "${guess}"?` : ''} (known: ${all.join(', ')})`,
    );
  });
}
