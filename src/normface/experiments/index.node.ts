/** The experiments in the order of the paper. */

import { UsageError } from '../errors.ts';
import { suggest } from '../training/suggest.ts';
import type { Experiment } from './experiment.ts';
import { fig5 } from './fig5.node.ts';

export const experiments: readonly Experiment[] = [fig5];

/** The experiments with these names, in the given order and each once. @throws UsageError for an unknown name */
export function findExperiments(
  names: readonly string[],
  known: readonly Experiment[] = experiments,
): Experiment[] {
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
