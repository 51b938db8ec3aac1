/** The float64 reference on a thread of its own: what is sent there, and what is done there. */

import type { BoundCase, InputSpec, Operator, Tolerance } from '../../engine/core/operator.ts';
import { type Check, LatestReference } from '../../engine/testing/check.ts';
import type { Results } from '../../engine/testing/recording.ts';
import { inspectedOperators } from '../../inspector/kernels/operators.ts';

/** A case by what can be copied to another thread, and what a kernel made of it. */
export interface ReferenceTask {
  readonly operator: string;
  readonly inputs: readonly InputSpec[];
  readonly attributes: unknown;
  readonly tolerance: Required<Tolerance>;
  readonly results: Results;
}

export function taskOf(operator: Operator, sample: BoundCase, results: Results): ReferenceTask {
  const { inputs, attributes, tolerance } = sample;
  return { operator: operator.name, inputs, attributes, tolerance, results };
}

const latest = new LatestReference();

/** Finds the operator by its name, and compares. */
export function doTask({ operator, inputs, attributes, tolerance, results }: ReferenceTask): Check {
  const found = inspectedOperators.find(({ name }) => name === operator);
  if (!found) throw new Error(`there is no operator "${operator}"`);
  return latest.check(found, { ...found.bind(inputs, attributes), tolerance }, results);
}
